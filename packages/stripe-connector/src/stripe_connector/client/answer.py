"""What came of a call, and of one attempt at it."""

from collections.abc import Mapping
from typing import NamedTuple

from connector_sdk import Problem


class Answer(NamedTuple):
    """What Stripe answered to a call that it accepted.

    `replayed` says that Stripe repeated the stored answer to the same key. `content_type` is
    that of a body that went into a file.
    """

    status: int
    body: bytes
    request_id: str = ""
    replayed: bool = False
    content_type: str = ""


class Reply(NamedTuple):
    """An HTTP answer to one attempt; `headers` are found in any case of letters."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Fault(NamedTuple):
    """No answer to one attempt, and whether the request may have reached the other side."""

    problem: Problem
    sent: bool
