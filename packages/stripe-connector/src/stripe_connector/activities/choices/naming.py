"""Objects by the names that people write: ids, labels, and labels below their section."""

import re
from collections.abc import Mapping
from functools import cache
from typing import Any
from weakref import WeakKeyDictionary

from connector_sdk import Mode, Problem, SettingError, did_you_mean

from stripe_connector.activities.choices.verbs import impossible, is_test_helper
from stripe_connector.catalogue import Catalogue, overlay, versions

_BETWEEN = re.compile(r"\s*[›/>]\s*|\.")

_Names = dict[str, tuple[str, ...]]
_names: WeakKeyDictionary[Catalogue, tuple[_Names, _Names]] = WeakKeyDictionary()


def full_label(catalogue: Catalogue, object: str) -> str:
    """An object as people find it: "Billing › Meter events"."""
    return f"{section_label(catalogue.section(object))} › {catalogue.label(object)}"


def article(type: str) -> str:
    """An activity type as a sentence needs it: "an update"."""
    return f"{'an' if type[:1] in 'aeiou' else 'a'} {type}"


@cache
def section_label(section: str) -> str:
    """What people read instead of the id of a section."""
    return next(each.label for each in overlay.sections() if each.id == section)


def object_named(
    catalogue: Catalogue, type: str, name: str, known: Mapping[str, object], mode: Mode
) -> str:
    """The id of the object that a project calls by its id or its label, with or without its
    section, in any case. `known` are the objects of the activity type. Raises SettingError for
    one that Stripe doesn't have, that has nothing of this type, or a name that several have."""
    if name in known:
        return name
    if name not in catalogue.objects:
        found = _called(catalogue, name)
        fitting = [each for each in found if each in known]
        if len(fitting) == 1:
            return fitting[0]
        if fitting:
            raise SettingError(_ambiguous(name, fitting))
        name = found[0] if len(found) == 1 else name
    raise SettingError(_unknown(catalogue, type, name, known, mode))


def _called(catalogue: Catalogue, name: str) -> tuple[str, ...]:
    """The objects that a name stands for; those below others count by the end of their name
    only where nothing is called so as a whole: "Refunds" are not those of application fees."""
    names = _names.get(catalogue)
    if names is None:
        names = _names[catalogue] = ({}, {})
        for each in catalogue.objects:
            for kind, forms in zip(names, _forms(catalogue, each), strict=True):
                for form in forms:
                    kind[form] = (*kind.get(form, ()), each)
    wanted = _plain(name)
    whole, ends = names
    return whole.get(wanted) or ends.get(wanted, ())


def _forms(catalogue: Catalogue, object: str) -> tuple[set[str], set[str]]:
    """The whole names of an object, and the ends of them."""
    label = catalogue.label(object)
    whole = {object, label, full_label(catalogue, object)}
    ends = {label.rpartition("›")[2], object.rpartition(".")[2]}
    return set(map(_plain, whole)), set(map(_plain, ends))


def _plain(name: str) -> str:
    """One way of writing for all: "Billing › Meter events" is "billing/meter events"."""
    return "/".join(
        " ".join(part.replace("_", " ").split()) for part in _BETWEEN.split(name)
    ).casefold()


def _ambiguous(name: str, found: list[str]) -> Problem:
    return Problem(
        "ambiguous_object",
        f"{name!r} is the name of several of Stripe's objects: {', '.join(found)}.",
        f"Write the id, for example `on: {found[0]}`.",
        path="on",
    )


def _unknown(
    catalogue: Catalogue, type: str, name: str, known: Mapping[str, object], mode: Mode
) -> Problem:
    if not name:
        return Problem(
            "missing_object",
            f"{article(type).capitalize()} activity has to say which of Stripe's objects it works "
            "on.",
            "Give the object, for example `on: customers`.",
            path="on",
        )
    removed = _removed(catalogue, type, name)
    if removed is not None:
        return removed
    elsewhere = versions.absent(catalogue.api_version, name)
    if elsewhere is not None and name not in catalogue.objects:
        return elsewhere._replace(path="on")
    if name in catalogue.objects:
        if mode == "live" and is_test_helper(name):
            return Problem(
                "test_helper",
                f"{full_label(catalogue, name)} simulates things in test mode, and the key of "
                "this connection is a live one.",
                "Use it with a test key (sk_test_…, rk_test_…) or the sandbox.",
                path="on",
            )
        return _nothing_for(catalogue, type, name)
    for each in versions.objects():
        elsewhere = versions.absent(catalogue.api_version, each)
        if elsewhere is not None and _plain(each) == _plain(name):
            return elsewhere._replace(path="on")
    near = did_you_mean(name, known) or did_you_mean(name.rpartition(".")[2] + "s", known)
    return Problem(
        "unknown_object",
        f"Stripe has no object {name!r} that {article(type)} activity could work on.",
        near or "Look it up in the list of objects.",
        path="on",
    )


def _nothing_for(catalogue: Catalogue, type: str, object: str) -> Problem:
    reason = impossible(object) if type == "delete" else None
    if reason is not None:
        return Problem(
            "not_deletable",
            f"Stripe can't delete {full_label(catalogue, object)}. {reason.why}",
            reason.instead or "Leave it as it is.",
            path="on",
        )
    return Problem(
        "no_such_action",
        f"Stripe has nothing to {type} {full_label(catalogue, object)} with; there is only "
        f"{', '.join(catalogue.objects[object])}.",
        "Choose another activity type or another object.",
        path="on",
    )


def _removed(catalogue: Catalogue, type: str, name: str) -> Problem | None:
    """Says that Stripe took an object out of its API, and what there is instead."""
    stated: dict[str, dict[str, Any]] = overlay.read("removed.json")["removed"]
    wanted = _plain(name)
    for gone_id, removed in stated.items():
        own = gone_id.rpartition(".")[2]
        whole, ends = _forms(catalogue, gone_id)
        forms = whole | ends | {_plain(f"billing/{own}")}
        gone = gone_id not in catalogue.objects and catalogue.api_version >= removed["since"]
        if gone and wanted in forms:
            instead: dict[str, str] = removed["instead"]
            return Problem(
                "removed_object",
                f"Stripe removed {own.replace('_', ' ')} with the API version "
                f"{removed['since']}, and this connection uses {catalogue.api_version}.",
                instead.get(type, instead[""]),
                path="on",
            )
    return None
