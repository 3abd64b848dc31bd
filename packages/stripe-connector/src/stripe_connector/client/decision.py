"""What one attempt means for its call: done, refused, unknown, or sent again after a while.
Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from random import Random
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

from stripe_connector.catalogue.model import ApiCall
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


def succeeded(api_call: ApiCall, reply: Reply) -> bool:
    """Whether the answer says that it was done, and can be Stripe's: a proxy's page is none."""
    if not 200 <= reply.status < 300:
        return False
    if api_call.shape == "binary":
        return "text/html" not in reply.headers.get("Content-Type", "").lower()
    if api_call.shape == "none":
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


PATIENCE = 4
"""How many times more attempts a 429 gets: it says "later", not "broken"."""
LONGEST_WAIT = 60.0
"""Seconds; a Retry-After beyond it isn't obeyed but taken for a mistake."""


@dataclass(frozen=True, slots=True)
class Retry:
    """`first` and `most` bound the backoff in seconds: before attempt n it is drawn evenly
    from 0 to first · 2ⁿ⁻², at most `most` (full jitter, so that clients don't march in step)."""

    retries: int = 5
    first: float = 0.5
    most: float = 8.0
    random: Random = field(default_factory=Random)

    def wait(
        self, attempts: int, status: int, headers: Mapping[str, str], code: str = ""
    ) -> float | None:
        """Seconds to wait before the next attempt, or None to stop.

        `attempts` failed so far, those with a 429 counted apart. `status` is 0 where no answer
        came; `code` is that of Stripe's error body.
        """
        retries = self.retries * PATIENCE if status == 429 else self.retries
        if attempts > retries or not worth_another(status, headers, code):
            return None
        wait = self.random.uniform(0.0, min(self.most, self.first * 2.0 ** min(attempts - 1, 30)))
        return max(wait, retry_after(headers) or 0.0)


def worth_another(status: int, headers: Mapping[str, str], code: str = "") -> bool:
    """Whether another attempt could end otherwise."""
    if status >= 500 and headers.get("Idempotent-Replayed") == "true":
        return False
    match headers.get("Stripe-Should-Retry"):
        case "true":
            return True
        case "false":
            # SDKs that obey this on a 429 give records up that only came too fast.
            return status == 429
    if status == 409 and code == "idempotency_error":
        return False
    return status in (0, 408, 409, 425, 429) or status >= 500


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds that the answer asks for; None where it asks nothing, or nothing sane."""
    text = headers.get("Retry-After", "")
    if not (text.isascii() and text.isdecimal()):
        return None
    seconds = float(text)
    return seconds if seconds <= LONGEST_WAIT else None
