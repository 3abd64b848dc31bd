"""The three chained tables of every activity type: section, object, action."""

from collections.abc import Mapping, Sequence

from connector_sdk import Choice, Mode, Problem, SettingError, did_you_mean

from stripe_connector.activities.choices.guarding import guard_of
from stripe_connector.activities.choices.naming import object_named, section_label
from stripe_connector.activities.choices.offers import Actions, Offer, offers
from stripe_connector.catalogue import Catalogue, overlay


def rows(catalogue: Catalogue, type: str, chosen: Sequence[str], mode: Mode) -> tuple[Choice, ...]:
    """The rows of the next table after `chosen`, none after the last. An empty section stands
    for all of them. Raises SettingError for a choice that there isn't."""
    known = offers(catalogue, type, mode)
    match list(chosen):
        case []:
            return _sections(catalogue, known)
        case [section]:
            return _objects(catalogue, known, section)
        case [_, object]:
            found = known[object_named(catalogue, type, object, known, mode)]
            return tuple(_action(catalogue, offer) for offer in found.values())
    return ()


def _sections(catalogue: Catalogue, known: Mapping[str, Actions]) -> tuple[Choice, ...]:
    used = {catalogue.section(each) for each in known}
    return tuple(Choice(each.id, each.label) for each in overlay.sections() if each.id in used)


def _objects(
    catalogue: Catalogue, known: Mapping[str, Actions], section: str
) -> tuple[Choice, ...]:
    """Nested objects stand behind the one above them."""
    order = [each.id for each in overlay.sections()]
    wanted = _section_named(section) if section else ""
    found = [each for each in known if wanted in ("", catalogue.section(each))]
    found.sort(key=lambda each: (order.index(catalogue.section(each)), each.split(".")))
    return tuple(Choice(each, catalogue.label(each), ", ".join(known[each])) for each in found)


def _section_named(name: str) -> str:
    """The id of the section of this id or label. Raises SettingError."""
    known = {each.id: each.label for each in overlay.sections()}
    for section in known:
        if name.casefold() in (section, section_label(section).casefold()):
            return section
    raise SettingError(
        Problem(
            "unknown_section",
            f"Stripe's API reference has no section {name!r}.",
            did_you_mean(name, known) or f"There are {', '.join(known)}.",
            path="on",
        )
    )


def _action(catalogue: Catalogue, offer: Offer) -> Choice:
    """With what Stripe says about it, and what it does for good or with money."""
    guard = guard_of(offer)
    told = offer.way.told() if offer.way is not None else guard.told() if guard is not None else ""
    return Choice(
        offer.action,
        offer.action.replace("_", " ").capitalize(),
        f"{told} {catalogue.summary(offer.api_call)}".strip(),
    )
