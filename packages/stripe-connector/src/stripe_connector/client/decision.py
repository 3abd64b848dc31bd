"""What one attempt means for its call, and how a call without success ends; pure."""

from collections.abc import Mapping
from typing import NamedTuple, NoReturn

from connector_sdk import (
    CredentialError,
    FailedError,
    Problem,
    RefusedError,
    UncertainError,
    UnreachableError,
    shown,
)

from stripe_connector.catalogue.model import Operation
from stripe_connector.client.answer import Fault, Reply
from stripe_connector.wire import without_secrets


class Request(NamedTuple):
    """A call as every attempt sends it."""

    method: str
    url: str
    headers: dict[str, str]
    body: bytes | None
    writes: bool
    repeatable: bool


def succeeded(operation: Operation, reply: Reply) -> bool:
    """Whether the answer says that it was done, and can be Stripe's: a proxy's page is none."""
    if not 200 <= reply.status < 300:
        return False
    if operation.shape == "binary":
        return "text/html" not in reply.headers.get("Content-Type", "").lower()
    if operation.shape == "none":
        return True
    return reply.body[:64].lstrip().startswith(b"{")


def status_of(got: Reply | Fault) -> tuple[int, Mapping[str, str]]:
    return (0, {}) if isinstance(got, Fault) else (got.status, got.headers)


def maybe_done(got: Reply | Fault, problem: Problem) -> bool:
    """Whether a write may have been done by this attempt, though it didn't succeed."""
    if isinstance(got, Fault):
        return got.sent
    return (
        got.status < 300
        or got.status >= 500
        or got.status in (408, 424)
        or problem.code == "idempotency_key_in_use"
    )


def conclude(
    request: Request, got: Reply | Fault, problem: Problem, perhaps_done: bool, earlier: bool
) -> NoReturn:
    """The end of a call that no attempt brought to success."""
    if isinstance(got, Fault):
        _give_up(request, problem, perhaps_done)
    status = got.status
    replayed = got.headers.get("Idempotent-Replayed") == "true"
    if problem.code == "not_stripe" and status < 500 and status != 413:
        _give_up(request, problem, perhaps_done and not request.repeatable)
    if status in (401, 403) or problem.code == "invalid_api_version":
        raise CredentialError(problem)
    if status >= 500 and replayed:
        raise UncertainError(_repeated(problem))
    if status >= 500 or status in (408, 424, 429) or problem.code == "idempotency_key_in_use":
        _give_up(request, problem, perhaps_done)
    open_ = request.writes and (perhaps_done or earlier) and not replayed
    if status == 425 or problem.code == "lock_timeout":
        if open_:
            _give_up(request, problem, True)
        raise FailedError(problem)
    if open_ and problem.code != "idempotency_error":
        raise UncertainError(_refused_after_loss(problem), refused=True)
    raise RefusedError(problem)


def wrong_answer(reply: Reply) -> Problem:
    begins = shown(without_secrets(reply.body[:200].decode("utf-8", "replace"))[:120])
    return Problem(
        "wrong_answer",
        f"The answer with status {reply.status} is not the object that this call gives: "
        f"it begins {begins!r}.",
        "Check the address and the proxy of the connection.",
        request_id=reply.headers.get("Request-Id", ""),
    )


def _give_up(request: Request, problem: Problem, perhaps_done: bool) -> NoReturn:
    if not perhaps_done:
        raise UnreachableError(problem)
    remedy = (
        "Send it again with the same idempotency key within 24 hours, or look in Stripe first."
        if "Idempotency-Key" in request.headers
        else "Look in Stripe whether it was done before sending it again."
    )
    raise UncertainError(
        problem._replace(
            message=f"{problem.message} The write may or may not have been done.", remedy=remedy
        )
    )


def _refused_after_loss(problem: Problem) -> Problem:
    return problem._replace(
        message=f"{problem.message} An earlier attempt, whose answer was lost, may have been done.",
        remedy="Look in Stripe whether it was done. If it was not: "
        f"{problem.remedy[:1].lower()}{problem.remedy[1:]}",
    )


def _repeated(problem: Problem) -> Problem:
    return problem._replace(
        code="replayed_failure",
        message="Stripe failed while it did this write, and repeats that answer to its key: "
        + problem.message,
        remedy="Look in Stripe whether it was done; only if not, send it with a new key.",
    )
