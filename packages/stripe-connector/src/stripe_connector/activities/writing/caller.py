"""What a caller from Python gives, as an activity and its records, and the errors that it gets."""

import json
from collections.abc import Mapping
from typing import Any

from connector_sdk import (
    IRREVERSIBLE,
    JSON,
    Activity,
    ConnectorError,
    FailedError,
    Form,
    Mode,
    Outcome,
    Problem,
    Record,
    RefusedError,
    SettingError,
    UncertainError,
    conform,
    setting_of,
)
from connector_sdk.open_outcomes import OUT
from connector_sdk.writing import Written

from stripe_connector.activities.choices.offers import offer_for
from stripe_connector.activities.choices.parameters import EXPANSIONS
from stripe_connector.activities.choices.resolution import resolve
from stripe_connector.activities.choices.settings import ActivitySettings, activity_form
from stripe_connector.activities.choices.verbs import OWN_ID, own_id
from stripe_connector.catalogue import Catalogue
from stripe_connector.catalogue.model import ApiCall

_ELSEWHERE = ("marker", IRREVERSIBLE)
"""Settings that say nothing where an action has no use for them."""


class Use:
    """One use of an action. `given` are keyword arguments: settings by the names that activities
    have for them, where None is none. Raises SettingError."""

    def __init__(
        self,
        catalogue: Catalogue,
        mode: Mode,
        type: str,
        object: str,
        action: str,
        given: Mapping[str, Any],
    ) -> None:
        offer = offer_for(catalogue, type, object, action, mode)
        allowing = {IRREVERSIBLE: given.get(IRREVERSIBLE, "refuse")}
        wrong = conform(
            Form((setting_of(ActivitySettings, IRREVERSIBLE),)).as_field(), allowing
        ).problems
        if wrong:
            raise SettingError(*wrong)
        known = {field.name for field in activity_form(catalogue, offer, type).fields}
        settings = {
            name: value
            for name, value in given.items()
            if value is not None and (name in known or name not in _ELSEWHERE)
        }
        self.activity = Activity("", type, object, action, settings)
        self._api_call: ApiCall = offer.api_call
        self._schema = resolve(catalogue, self.activity, mode).request_schema(catalogue)

    def request(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Ids and parameters by the names that a target has for them."""
        own = own_id(self._api_call)
        return {OWN_ID if own and name == own else name: part for name, part in given.items()}

    def check(self, request: Mapping[str, Any]) -> None:
        """Raises SettingError with every fault of the types and names of a request."""
        problems = conform(self._schema, dict(request)).problems
        if problems:
            raise SettingError(*problems)


def split_expansion(params: Mapping[str, Any] | None) -> tuple[dict[str, Any], JSON]:
    """Parameters, and apart from them what they say of the answer."""
    given = dict(params or {})
    expand = [given.pop(name) for name in EXPANSIONS if name in given]
    return given, expand[0] if expand else None


def record_of(request: object, seq: int, at: str = "") -> Record:
    """A request as a record; what can't be JSON has a problem."""
    try:
        return Record(seq, json.dumps(request, allow_nan=False).encode(), at)
    except (TypeError, ValueError, RecursionError) as error:
        problem = Problem(
            "not_json",
            f"The request can't be written as JSON: {error}.",
            "Give texts, numbers, booleans, lists and dictionaries.",
            at=at,
        )
        return Record(seq, b"{}", at, problem)


def is_clear(written: Written) -> bool:
    """Whether the outcome says more than the error that ended the writing."""
    return written.outcome.kind != "failed"


def error_of(written: Written) -> ConnectorError | None:
    """What a caller who waits for one answer gets instead of it; None where it was done."""
    outcome, key = written.outcome, written.key
    problem = outcome.problem
    if outcome.kind in ("written", "skipped") or problem is None:
        return None
    if not key:
        return SettingError(problem)
    again = f"The same call with key={key!r} does nothing twice within 24 hours."
    remedy = f"{problem.remedy} {again}".strip()
    match outcome:
        case Outcome(kind="failed"):
            return FailedError(problem._replace(remedy=f"Send it again with key={key!r}."))
        case Outcome(kind="refused", open=False):
            return RefusedError(problem)
    return UncertainError(problem._replace(remedy=remedy), refused=outcome.open)


def stop_of(error: ConnectorError, batch: str) -> ConnectorError:
    """The error that ended a batch, with the key under which the rows can be given again."""
    problem = error.problem
    again = f"Give the same rows again with key={batch!r}: nothing is done twice within 24 hours."
    before = "Wait until Stripe works again." if problem.code == OUT else problem.remedy
    return error.__class__(problem._replace(remedy=f"{before} {again}".strip()))
