"""Pages of a list or a search, cut into raw records without building objects."""

import re
from typing import NamedTuple
from urllib.parse import parse_qsl, urlsplit

import msgspec
from connector_sdk import JSON, Problem, UnreachableError

PAGE = 100
"""Rows that are asked for at once: the most that Stripe gives."""

_HEAD = re.compile(rb'\{\s*"id":\s*"([^"\\]+)",\s*"object":\s*"([^"\\]+)"')


class Rows(NamedTuple):
    """One page of an answer: each row as compact JSON, whether there are more behind it, and
    the parameters that lead there where the API gives them (a search's page token, all that
    stands in a next_page_url of v2)."""

    slices: list[msgspec.Raw]
    more: bool
    following: dict[str, JSON]

    @property
    def raw(self) -> list[bytes]:
        """The rows themselves; a slice keeps the whole page in memory."""
        return [*map(bytes, self.slices)]


class _Answer(msgspec.Struct):
    data: list[msgspec.Raw]
    has_more: bool = False
    next_page: str | None = None
    next_page_url: str | None = None


class _Head(msgspec.Struct):
    id: str = ""
    object: str = ""


def compact(body: bytes) -> bytes:
    """The same JSON without the blanks between its parts. Raises UnreachableError when it
    isn't JSON: then it was not Stripe that answered."""
    try:
        return msgspec.json.format(body, indent=-1)
    except (msgspec.DecodeError, RecursionError):
        raise no_answer() from None


def rows_of(body: bytes) -> Rows:
    """Cuts the answer of a list or a search into its rows."""
    try:
        answer = msgspec.json.decode(compact(body), type=_Answer)
    except msgspec.ValidationError:
        raise no_answer() from None
    following: dict[str, JSON] = {}
    if answer.next_page:
        following["page"] = answer.next_page
    elif answer.next_page_url:
        following.update(parse_qsl(urlsplit(answer.next_page_url).query))
    return Rows(answer.data, answer.has_more or bool(following), following)


def head(raw: bytes) -> tuple[str, str]:
    """The id and the kind of an object, "" for what it doesn't tell. Stripe
    writes both first, so that the rest is hardly ever looked at."""
    found = _HEAD.match(raw)
    if found is not None:
        return found[1].decode(), found[2].decode()
    try:
        begin = msgspec.json.decode(raw, type=_Head)
    except msgspec.DecodeError:
        return "", ""
    return begin.id, begin.object


def place(raw: bytes) -> str:
    """Where a record comes from, as people say it: "customer cus_123"."""
    name, kind = head(raw)
    return f"{kind} {name}".strip()


def no_answer() -> UnreachableError:
    """The error for an answer that can't be Stripe's."""
    return UnreachableError(
        Problem(
            "not_stripe",
            "The answer is not one of Stripe's API.",
            "Check the address and the proxy of the connection.",
        )
    )
