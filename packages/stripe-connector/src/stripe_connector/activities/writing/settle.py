"""What became of writes to an object whose answer was lost: a look at the object tells."""

from collections.abc import Mapping
from functools import partial
from typing import cast

import msgspec
from connector_sdk import JSON, Call, Outcome, Problem, RefusedError

from stripe_connector.activities.choices.parameters import EXPANSIONS
from stripe_connector.activities.choices.verbs import own_id
from stripe_connector.activities.writing import request as requests
from stripe_connector.activities.writing.answers import effect_of, is_answer
from stripe_connector.catalogue import Catalogue
from stripe_connector.catalogue.model import ApiCall
from stripe_connector.client import Client

_MISSING = ("resource_missing", "not_found")
"""Codes of "no such object", in API v1 and in v2."""

_CLOCKS = 300
"""Seconds by which clocks may differ."""

_UNSET: tuple[JSON, ...] = (None, "", [], {})


async def settle_write(client: Client, catalogue: Catalogue, call: Call) -> Outcome | None:
    """What became of any write but a create."""
    api_call = catalogue.api_calls[call.body.action]
    if api_call.method == "DELETE":
        return await settle_delete(client, catalogue, call)
    if api_call.action == "update":
        return await settle_update(client, catalogue, call)
    return await settle_action(client, catalogue, call)


async def settle_action(client: Client, catalogue: Catalogue, call: Call) -> Outcome | None:
    """Written where the object is in the state that the action leads to. None where it isn't
    and a repeat can't do it twice; unknown where it could, or where no state tells."""
    if call.first_sent is None:
        return None
    request = requests.parse(call.body.json)
    api_call = catalogue.api_calls[request.api_call]
    effect = effect_of(api_call.id)
    if effect is None:
        return unclear(call, "the object doesn't show it")
    if effect.harmless:
        return None
    found = await _look(client, catalogue, api_call, request)
    if found is None:
        return unclear(call, f"{api_call.object} can't be read back")
    there, body = found
    if there is not None and effect.proved(there, request.params):
        name = request.path[api_call.path_parameters[-1]]
        return Outcome(call.seq, call.step, "written", name, response=body)
    if effect.repeatable(request.params):
        return None
    return unclear(call, "the object doesn't show it, and a repeat could do it twice")


async def is_gone(
    client: Client, catalogue: Catalogue, request: requests.Request, problem: Problem
) -> bool:
    """Whether a refused delete had nothing left to do: the object isn't there, or is in the
    state already to which the delete would have led."""
    if problem.status == 404:
        return problem.code in _MISSING
    effect = effect_of(request.api_call)
    if effect is None:
        return False
    found = await _look(client, catalogue, catalogue.api_calls[request.api_call], request)
    return found is not None and found[0] is not None and effect.proved(found[0], request.params)


async def settle_update(client: Client, catalogue: Catalogue, call: Call) -> Outcome | None:
    """Written where the object has every value that was sent. None where one differs or can't
    be read back, as setting it again does no harm; unknown where it could (a second item on an
    invoice), or where nothing can be compared."""
    if call.first_sent is None:
        return None
    request = requests.parse(call.body.json)
    api_call = catalogue.api_calls[request.api_call]
    found = await _look(client, catalogue, api_call, request)
    if found is None:
        return unclear(call, f"{api_call.object} can't be read back")
    there, body = found
    if there is None or there.get("deleted") is True:
        return None  # the repeat then says that the object is missing
    sent = {name: value for name, value in request.params.items() if name not in EXPANSIONS}
    readable = {name: value for name, value in sent.items() if name in there}
    same = all(
        holds(there[name], value)
        or (name == "expires_at" and _is_over(there[name], value, client.clock.now()))
        for name, value in readable.items()
    )
    if same and readable and len(readable) == len(sent):
        name = there.get("id")
        return Outcome(
            call.seq, call.step, "written", name if isinstance(name, str) else "", response=body
        )
    effect = effect_of(api_call.id)
    if effect is not None and not effect.repeatable(sent):
        return unclear(call, "the object doesn't show it, and a repeat could do it twice")
    if not readable:
        return unclear(call, "nothing of what was sent can be read back")
    return None


async def settle_delete(client: Client, catalogue: Catalogue, call: Call) -> Outcome | None:
    """Written where the object is gone or ended, None where it is still there."""
    if call.first_sent is None:
        return None
    request = requests.parse(call.body.json)
    api_call = catalogue.api_calls[request.api_call]
    found = await _look(client, catalogue, api_call, request)
    if found is None:
        return unclear(call, f"{api_call.object} can't be read back")
    there, body = found
    gone = request.path[api_call.path_parameters[-1]] if api_call.path_parameters else ""
    if there is None or there.get("deleted") is True:
        return Outcome(call.seq, call.step, "written", gone, response=body)
    match api_call.action:
        case "delete":
            done = False
        case "cancel":
            done = there.get("status") in ("canceled", "incomplete_expired")
        case "delete_discount":
            done = not there.get("discount") and not there.get("discounts")
        case _:
            return unclear(call, f"the object doesn't show whether {api_call.action} was done")
    return Outcome(call.seq, call.step, "written", gone, response=body) if done else None


def holds(has: JSON, sent: JSON) -> bool:
    """Whether the object's value is what was sent. An expanded object stands for its id, a
    map that was sent may be a part of the one that is there, and numbers are compared with
    their decimal text."""
    if isinstance(has, dict) and isinstance(sent, str) and sent:
        return has.get("id") == sent
    if sent in _UNSET:
        return has in _UNSET
    if isinstance(sent, dict):
        return isinstance(has, dict) and all(
            holds(has.get(name), value) for name, value in sent.items()
        )
    if isinstance(sent, list):
        return (
            isinstance(has, list)
            and len(has) == len(sent)
            and all(holds(*pair) for pair in zip(has, sent, strict=True))
        )
    if isinstance(has, bool) or isinstance(sent, bool):
        return has is sent
    return has == sent or (has is not None and str(has) == str(sent))


def _is_over(has: JSON, sent: JSON, now: float | None) -> bool:
    """Whether an expiry that was sent as "now" has come, by Stripe's clock."""
    return sent == "now" and now is not None and isinstance(has, int) and has <= now + _CLOCKS


def unclear(call: Call, why: str) -> Outcome:
    """The outcome of a call that nobody can settle by looking."""
    return Outcome(
        call.seq,
        call.step,
        "unknown",
        problem=Problem(
            "unsettled",
            f"Whether {call.body.action} was done can't be found out: {why}.",
            "Look at the object in the Stripe Dashboard, then decide.",
        ),
    )


async def _look(
    client: Client, catalogue: Catalogue, api_call: ApiCall, request: requests.Request
) -> tuple[Mapping[str, JSON] | None, bytes | None] | None:
    """The object that a request is about, None inside where it doesn't exist; None where it
    can't be read at all."""
    retrieve = catalogue.api_calls.get(f"{api_call.object}.retrieve")
    if retrieve is None or bool(own_id(retrieve)) != bool(own_id(api_call)):
        return None
    ids = [request.path[name] for name in api_call.path_parameters]
    # By position from the end: a source is detached from a customer, and read without one.
    named = dict(zip(reversed(retrieve.path_parameters), reversed(ids), strict=False))
    params: dict[str, JSON] = {**named}
    try:
        answer = await client.send(
            retrieve, params, accept=partial(is_answer, catalogue, retrieve, named)
        )
    except RefusedError as error:
        return (None, None) if error.problem.code in _MISSING else None
    return cast("dict[str, JSON]", msgspec.json.decode(answer.body)), answer.body
