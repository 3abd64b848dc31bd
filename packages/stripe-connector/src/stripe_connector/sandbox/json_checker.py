"""Checks the parameters of API v2, which come as JSON and so with types.

Whole numbers of 64 bits and decimals are text there, times are RFC 3339, and null unsets
(docs.stripe.com/api-v2-overview). Query strings of v2 are text as those of v1: see `checker`.
"""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal, InvalidOperation

import orjson
from connector_sdk import JSON, Field

from stripe_connector.sandbox import refusal
from stripe_connector.sandbox.checker import Check, Checker


class JsonChecker(Checker):
    """As Checker, for values that have their types. An empty text is a value like any other."""

    def _compile(self, field: Field) -> Check:
        check = self._any(field) if field.any_of else self._plain(field)
        return check if field.required else _or_null(check)

    def _choice(self, field: Field) -> Check:
        allowed = {(type(choice), choice) for choice in field.choices}

        def check(value: JSON, param: str) -> JSON:
            if isinstance(value, (dict, list)) or (type(value), value) not in allowed:
                raise refusal.wrong_choice(param, field.choices)
            return value

        return check

    def _single(self, field: Field) -> Check:
        if field.format in _FORMATS:
            return _FORMATS[field.format]
        return _TYPES.get(field.type, _free)


def _or_null(check: Check) -> Check:
    def null_or_checked(value: JSON, param: str) -> JSON:
        return None if value is None else check(value, param)

    return null_or_checked


def _free(value: JSON, param: str) -> JSON:
    return value


def _integer(value: JSON, param: str) -> JSON:
    if isinstance(value, bool) or not isinstance(value, int):
        raise refusal.invalid("integer", _written(value), param, "parameter_invalid_integer")
    return value


def _number(value: JSON, param: str) -> JSON:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise refusal.invalid("number", _written(value), param)
    return value


def _boolean(value: JSON, param: str) -> JSON:
    if not isinstance(value, bool):
        raise refusal.invalid("boolean", _written(value), param)
    return value


def _string(value: JSON, param: str) -> JSON:
    if not isinstance(value, str):
        raise refusal.invalid("string", _written(value), param, "parameter_invalid_string")
    return value


def _decimal(value: JSON, param: str) -> JSON:
    try:
        finite = isinstance(value, str) and Decimal(value).is_finite()
    except InvalidOperation:
        finite = False
    if not finite:
        raise refusal.invalid("decimal", _written(value), param)
    return value


def _int64(value: JSON, param: str) -> JSON:
    if not isinstance(value, str) or not value.lstrip("-").isdecimal():
        raise refusal.invalid("integer", _written(value), param, "parameter_invalid_integer")
    return value


def _moment(value: JSON, param: str) -> JSON:
    try:
        if isinstance(value, str) and datetime.fromisoformat(value).tzinfo is not None:
            return value
    except ValueError:
        pass
    raise refusal.invalid("timestamp", _written(value), param)


def _written(value: JSON) -> str:
    """The value as JSON writes it."""
    return value if isinstance(value, str) else orjson.dumps(value).decode()


_TYPES: Mapping[str, Check] = {
    "integer": _integer,
    "number": _number,
    "boolean": _boolean,
    "string": _string,
}
_FORMATS: Mapping[str, Check] = {"decimal": _decimal, "int64": _int64, "date-time": _moment}
