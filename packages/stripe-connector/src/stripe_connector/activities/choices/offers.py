"""What each activity type offers on each object: an action, and the API call behind it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from weakref import WeakKeyDictionary

from connector_sdk import JSON, Mode, Problem, SettingError, did_you_mean

from stripe_connector.activities.choices.naming import article, full_label, object_named
from stripe_connector.activities.choices.verbs import TYPES, Way, is_offered, name_of, verb_of, ways
from stripe_connector.catalogue import Catalogue, versions
from stripe_connector.catalogue.model import ApiCall


@dataclass(frozen=True, slots=True)
class Offer:
    """One action as an activity type offers it. `way` is what a delete means here; every offer
    of Delete has one, and no other."""

    action: str
    api_call: ApiCall
    way: Way | None = None

    @property
    def constants(self) -> dict[str, JSON]:
        """Parameters that make the API call this action: active=false of a deactivation."""
        return self.way.constants if self.way is not None else {}

    def is_also(self, name: str) -> bool:
        """Whether the SDK's name of the action is this one; it is accepted, too."""
        return name == self.api_call.action and not self.constants


Actions = Mapping[str, Offer]

_USUAL = {
    "search": ("list", "search"),
    "read": ("retrieve",),
    "create": ("create",),
    "update": ("update",),
}

_known: WeakKeyDictionary[Catalogue, dict[tuple[str, bool], dict[str, Actions]]] = (
    WeakKeyDictionary()
)


def offers(catalogue: Catalogue, type: str, mode: Mode) -> Mapping[str, Actions]:
    """Every object that has something for this activity type, and its actions by name. Raises
    SettingError for a type that there isn't."""
    names = [kind.name for kind in TYPES]
    if type not in names:
        raise SettingError(
            Problem(
                "unknown_activity_type",
                f"Stripe has no activity type {type!r}; there are {', '.join(names)}.",
                did_you_mean(type, names) or "Choose one of them.",
                path="type",
            )
        )
    known = _known.setdefault(catalogue, {})
    key = (type, mode == "live")
    if key not in known:
        found = ((name, _actions(catalogue, type, name, mode)) for name in catalogue.objects)
        known[key] = {name: actions for name, actions in found if actions}
    return known[key]


def offer_for(catalogue: Catalogue, type: str, on: str, action: str, mode: Mode) -> Offer:
    """The one offer that type, object and action lead to. Without an action the usual one of
    the type is meant: of a search the list; of a delete what deleting means for that object.
    Raises SettingError."""
    known = offers(catalogue, type, mode)
    chosen = object_named(catalogue, type, on, known, mode)
    actions = known[chosen]
    if action in actions:
        return actions[action]
    for offer in actions.values():
        if action and offer.is_also(action):
            return offer
    if not action:
        usual = _USUAL.get(type, tuple(actions))
        for name in (*usual, *(actions if type in ("search", "read") else ())):
            if name in actions:
                return actions[name]
    raise SettingError(_unknown_action(catalogue, type, chosen, action, actions))


def _actions(catalogue: Catalogue, type: str, object: str, mode: Mode) -> dict[str, Offer]:
    api_calls = [catalogue.api_calls[f"{object}.{name}"] for name in catalogue.objects[object]]
    api_calls += [each for each in catalogue.additions.values() if each.object == object]
    allowed = [api_call for api_call in api_calls if is_offered(api_call, mode)]
    found: dict[str, Offer] = {}
    if type == "delete":
        found.update((offer.action, offer) for offer in _deletions(object, allowed))
    for api_call in allowed:
        if verb_of(api_call) == type and name_of(api_call) not in found:
            name = name_of(api_call)
            found[name] = Offer(name, api_call, Way(name, name) if type == "delete" else None)
    return found


def _deletions(object: str, api_calls: list[ApiCall]) -> Iterator[Offer]:
    """What a delete means here. Operations that are at home in Delete keep their own name."""
    by_name = {api_call.action: api_call for api_call in api_calls}
    for way in ways(object):
        api_call = by_name.get(way.action)
        if api_call is not None:
            home = verb_of(api_call) == "delete"
            yield Offer(name_of(api_call) if home else way.means, api_call, way)


def _unknown_action(
    catalogue: Catalogue, type: str, object: str, action: str, actions: Actions
) -> Problem:
    names = ", ".join(actions)
    if not action:
        return Problem(
            "missing_action",
            f"What {article(type)} activity does with {full_label(catalogue, object)} has to be "
            f"said; there {'is' if len(actions) == 1 else 'are'} {names}.",
            f"Give the action, for example `action: {next(iter(actions))}`.",
            path="action",
        )
    elsewhere = versions.absent(catalogue.api_version, object, action)
    if elsewhere is not None:
        return elsewhere._replace(path="action")
    meant = [
        offer.action
        for offer in actions.values()
        if action in (offer.api_call.action, offer.action.capitalize())
    ]
    near = f"Did you mean {meant[0]!r}?" if meant else did_you_mean(action, actions)
    return Problem(
        "unknown_action",
        f"{full_label(catalogue, object)} can't be used with {action!r} in "
        f"{article(type)} activity; "
        f"there {'is' if len(actions) == 1 else 'are'} {names}.",
        near or "Choose one of them, or leave the action out.",
        path="action",
    )
