"""Paths of requests, where a parameter is, and the fault of a request that can't be sent."""

import re
from collections.abc import Mapping
from urllib.parse import quote

from connector_sdk import Problem, RefusedError, shown


class WireError(RefusedError):
    """A request can't be written, or was not written as Stripe's API wants it.

    `key` is the parameter as it stands on the wire ("items[0][price]"); "" where the fault
    has no single place.
    """

    def __init__(self, key: str, message: str, remedy: str, code: str = "malformed_request"):
        self.key = key
        super().__init__(Problem(code, message, remedy, path=shown(key)))


_PARAMETER = re.compile(r"\{([^{}]+)\}")
_PLAIN_NAME = re.compile(r"[^\s.\[\]\"]+")


def build_path(template: str, values: Mapping[str, str]) -> str:
    """The template with every parameter filled in and percent-encoded, so that no id can
    reach another path. Raises WireError for an id that is missing, "", "." or ".."."""

    def filled(match: re.Match[str]) -> str:
        name = match[1]
        value = values.get(name, "")
        if value in ("", ".", ".."):
            raise WireError(
                name,
                f"{value!r} can't be the id {name!r} of {template}."
                if value
                else f"The id {name!r} of {template} is missing.",
                "Give the id of an existing object.",
                "missing_id",
            )
        try:
            return quote(value, safe="")
        except UnicodeEncodeError:
            raise WireError(
                name, f"The id {name!r} holds half of a surrogate pair.", "Give a true id."
            ) from None

    return _PARAMETER.sub(filled, template)


def field_path(param: str) -> str:
    """Stripe's way to name a parameter in ours: "items[0][price]" is "items[0].price". Names
    with blanks, dots, brackets or quotes stand in double quotes."""
    name, _, rest = param.partition("[")
    path = _named(name) if name else ""
    if not rest:
        return path
    for segment in rest.removesuffix("]").split("]["):
        path += f"[{segment}]" if not segment or segment.isdecimal() else f".{_named(segment)}"
    return path


def _named(name: str) -> str:
    if _PLAIN_NAME.fullmatch(name):
        return name
    return '"' + shown(name).replace("\\", "\\\\").replace('"', '\\"') + '"'
