"""Puts values in place of `${name}`, so that nothing in them can become part of the query."""

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from connector_sdk import JSON, did_you_mean

from stripe_connector.query.clause import QueryError, Span

RECORD = "record:"
"""How the name of a value begins that each record of a driven search gives."""

_PART = re.compile(r"\\(.)|\$\$\{|\$\{([^{}]*)\}", re.DOTALL)
_PLAIN = re.compile(r"(\Z\A)|\$\$\{|\$\{([^{}]*)\}")
"""The same where a backslash means nothing."""


class Text(NamedTuple):
    """A text with its values put in; `open` says that one of them is not known yet, and has its
    name in its place."""

    text: str
    open: bool = False


def text_of(
    written: str, span: Span, values: Mapping[str, JSON] | None, *, escapes: bool = True
) -> Text:
    """What `written` says without its `escapes` by backslashes, and with `values` put in; with
    None `${` has no meaning. Raises QueryError for a name without a value."""
    out: list[str] = []
    end = 0
    open_ = False
    for found in (_PART if escapes else _PLAIN).finditer(written):
        if found[1] is None and values is None:
            continue
        out.append(written[end : found.start()])
        end = found.end()
        if found[1] is not None:
            out.append(found[1])
        elif found[0] == "$${":
            out.append("${")
        else:
            value = value_of(found[2], span, values or {})
            open_ = open_ or value is None
            out.append(plain(value, found[2], span) if value is not None else found[0])
    out.append(written[end:])
    return Text("".join(out), open_)


def value_of(name: str, span: Span, values: Mapping[str, JSON]) -> JSON:
    """The value of `name`; None for one that a record will give. Raises QueryError."""
    name = name.strip()
    if name in values:
        value = values[name]
        if value is None or (isinstance(value, str) and not value.strip()) or value == []:
            raise QueryError(
                f"The value of ${{{name}}} is empty, and a query for nothing finds anything",
                span,
                "Give it a value, or pass the record over.",
                code="empty_value",
            )
        return value
    if name.startswith(RECORD):
        return None
    raise QueryError(
        f"There is no value for ${{{name}}}",
        span,
        did_you_mean(name, values) or "Give it with the query, or write '$${' for a plain '${'.",
        code="unbound_value",
    )


def plain(value: JSON, name: str, span: Span) -> str:
    """A value as the text that is compared. Raises QueryError for one that has parts."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None:
        raise QueryError(
            f"One of the values of ${{{name}}} is null",
            span,
            f"Take it out of the list, or ask for it by a clause of its own: {name}:null.",
            code="empty_value",
        )
    if isinstance(value, (list, dict)):
        raise QueryError(
            f"The value of ${{{name}}} is {'a list' if isinstance(value, list) else 'an object'}",
            span,
            "Give a text or a number; a list may stand in the parentheses of `in`.",
            code="wrong_value",
        )
    return str(value)


def names(text: str) -> Iterator[str]:
    """The names of all `${name}` in a text."""
    for found in _PART.finditer(text):
        if found[2] is not None:
            yield found[2].strip()
