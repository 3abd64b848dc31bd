"""What moves money or can't be undone, as overlays/guarded.json and deletions.json state it."""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Literal

import msgspec
from connector_sdk import IRREVERSIBLE, JSON, Guarded, Mode, Problem

from stripe_connector.activities.choices.naming import full_label
from stripe_connector.activities.choices.offers import Offer
from stripe_connector.activities.choices.parameters import CURRENCY
from stripe_connector.activities.choices.verbs import name_of, ways
from stripe_connector.catalogue import Catalogue, overlay
from stripe_connector.catalogue.amounts import owners
from stripe_connector.catalogue.model import ApiCall

Condition = dict[str, list[bool | str] | Literal["set"]]


class Guard(msgspec.Struct, frozen=True):
    """Why an API call is not done on a live account unasked: it `moves` money, or there is no
    way to `undo` it. `note` is the reason. Where there are conditions `when` it holds only for
    requests that meet one of them, and never for those that meet one of `unless`. `amount` and
    `currency` are the parameters that say how much."""

    moves: bool = False
    note: str = ""
    undo: str = ""
    when: list[Condition] = []
    unless: list[Condition] = []
    amount: str = ""
    currency: str = ""

    @property
    def always(self) -> bool:
        """Whether it holds for every request."""
        return not self.when and not self.unless

    def told(self) -> str:
        """When it holds, what is done, and whether it can be undone."""
        where = _where("Where", self.when) + _where("Unless", self.unless)
        undone = f"To undo it, {self.undo}." if self.undo else "It can't be undone."
        return f"{where}{self.note} {undone}".strip()


def guard_of(offer: Offer) -> Guard | None:
    """Why the offer has to be allowed; None for what is harmless."""
    api_call = offer.api_call
    if offer.way is not None:
        return None if offer.way.undo else Guard(note=offer.way.note)
    stated = _stated().get(api_call.id)
    if stated is not None:
        return stated
    for way in ways(api_call.object):
        if way.action == api_call.action and not way.undo:
            fixed: Condition = {name: [value] for name, value in way.fixed.items()}
            return Guard(note=way.note, when=[fixed] if fixed else [])
    return None


def can_be_guarded(catalogue: Catalogue, offer: Offer) -> bool:
    """Whether the offer is guarded, or what a Create does with an object that an earlier run
    made: it updates it."""
    if guard_of(offer) is not None:
        return True
    update = catalogue.api_calls.get(f"{offer.api_call.object}.update")
    if offer.api_call.action != "create" or update is None:
        return False
    return guard_of(updating(update)) is not None


def updating(api_call: ApiCall) -> Offer:
    """The update of an object as an Update activity offers it."""
    return Offer(name_of(api_call), api_call)


def guarded(catalogue: Catalogue, offer: Offer) -> Guarded | None:
    """The same for whoever runs it, with the words of every refusal."""
    guard = guard_of(offer)
    if guard is None:
        return None
    label = full_label(catalogue, offer.api_call.object)
    refusal = Problem(
        IRREVERSIBLE,
        f"{label}: {offer.action} on a live account. {guard.told()}",
        f"If that is what you want, set `{IRREVERSIBLE}: allow` in the activity; in Python give "
        f'{IRREVERSIBLE}="allow".',
        path=IRREVERSIBLE,
    )
    return Guarded(
        refusal,
        guard.moves,
        _conditions(guard.when),
        _conditions(guard.unless),
        guard.amount,
        guard.currency or (CURRENCY if owners(offer.api_call.id) else ""),
    )


def must_be_allowed(mode: Mode, irreversible: JSON) -> bool:
    """Whether guarded requests have to be allowed first: on a live account."""
    return mode == "live" and irreversible != "allow"


def refusal_of(catalogue: Catalogue, offer: Offer, params: Mapping[str, JSON]) -> Problem | None:
    """Why a request with these parameters isn't sent unless it is allowed."""
    guard = guarded(catalogue, offer)
    return guard.refusal if guard is not None and guard.concerns(params) else None


def _where(word: str, conditions: Sequence[Condition]) -> str:
    told = [
        " and ".join(_told(path, values) for path, values in condition.items())
        for condition in conditions
    ]
    return f"{word} {' or '.join(told)}: " if told else ""


def _told(path: str, values: list[bool | str] | str) -> str:
    if isinstance(values, str):
        return f"{path} is given"
    return f"{path} is {' or '.join(str(value).lower() for value in values)}"


def _conditions(conditions: Sequence[Condition]) -> tuple[dict[str, tuple[JSON, ...]], ...]:
    return tuple(
        {path: () if isinstance(values, str) else tuple(values) for path, values in each.items()}
        for each in conditions
    )


@cache
def _stated() -> Mapping[str, Guard]:
    return msgspec.convert(overlay.read("guarded.json")["guarded"], dict[str, Guard])
