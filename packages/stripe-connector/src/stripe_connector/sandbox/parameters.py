"""Compiles the request schema of an API call into a check of parameters.

Forms and query strings bring text. Bodies of API v2 bring JSON: decimals and 64-bit integers as
text, times as RFC 3339, null to unset (docs.stripe.com/api-v2-overview). One fault is reported, as
at Stripe: an unknown name before a wrong value before a missing one.
"""

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal, InvalidOperation

import orjson
from connector_sdk import JSON, Field

from stripe_connector.sandbox import refusal
from stripe_connector.sandbox.metadata import check_metadata
from stripe_connector.sandbox.refusal import RefusalError

Check = Callable[[JSON, str], JSON]
"""Takes value and parameter name; gives the typed value, None to unset."""

_INTEGER = re.compile(r"-?[0-9]{1,18}")


class Checker:
    """`currencies` has Stripe's codes in lower case; `typed` values come as JSON."""

    def __init__(self, currencies: Mapping[str, int], *, typed: bool = False) -> None:
        self._currencies = currencies
        self._typed = typed

    def request(self, field: Field) -> Check:
        """Path parameters are left out."""
        return self._object([child for child in field.fields if not child.in_path])

    def _compile(self, field: Field) -> Check:
        check = self._any(field) if field.any_of else self._plain(field)
        if self._typed:
            return check if field.required else _or_null(check)
        return _unsetting(check) if field.clears or field.nullable else _not_empty(check)

    def _plain(self, field: Field) -> Check:
        if field.type == "object":
            return self._object(field.fields) if field.fields else _free
        if field.type == "map":
            items = self._compile(field.items) if field.items else _free
            return check_metadata if field.name == "metadata" else _map(items)
        if field.type == "list":
            return _list(self._compile(field.items) if field.items else _free)
        if field.choices:
            return _typed_choice(field) if self._typed else _choice(field)
        if field.type == "string" and (field.format == "currency" or field.name == "currency"):
            return self._currency
        formats, types = (_TYPED_FORMATS, _TYPED) if self._typed else (_TEXT_FORMATS, _TEXT)
        return formats.get(field.format) or types.get(field.type, _free)

    def _object(self, fields: "list[Field] | tuple[Field, ...]") -> Check:
        checks = {child.name: self._compile(child) for child in fields}
        required = [child.name for child in fields if child.required]

        def check(value: JSON, param: str) -> JSON:
            if not isinstance(value, dict):
                if value == "" and not param:
                    return {}
                raise refusal.invalid("object", value, param)
            nope = [_below(param, name) for name in value if name not in checks]
            if nope:
                raise refusal.unknown(nope)
            out = {name: checks[name](part, _below(param, name)) for name, part in value.items()}
            for name in required:
                if name not in value:
                    raise refusal.missing(_below(param, name))
            return out

        return check

    def _any(self, field: Field) -> Check:
        options = [(option, self._compile(option)) for option in field.any_of]

        def check(value: JSON, param: str) -> JSON:
            fault: RefusalError | None = None
            for pair in sorted(options, key=lambda pair: _rank(pair[0], value)):
                try:
                    return pair[1](value, param)
                except RefusalError as found:
                    fault = fault or found
            raise fault or refusal.invalid("value", value, param)

        return check

    def _currency(self, value: JSON, param: str) -> JSON:
        code = value.lower() if isinstance(value, str) else ""
        if code not in self._currencies:
            raise RefusalError(
                400,
                f"Invalid currency: {code or value}. Stripe currently supports these "
                f"currencies: {', '.join(sorted(self._currencies))}",
                "",
                param,
            )
        return code


def _below(param: str, name: str) -> str:
    return f"{param}[{name}]" if param else name


def _rank(option: Field, value: JSON) -> int:
    """Rank of an alternative. Text fits anything, so it comes last."""
    if isinstance(value, dict):
        return option.type not in ("object", "map")
    if isinstance(value, list):
        return option.type != "list"
    order = ["integer", "number", "boolean", "string"]
    if option.choices:
        return 0
    return order.index(option.type) + 1 if option.type in order else 9


def _unsetting(check: Check) -> Check:
    def unset_or_checked(value: JSON, param: str) -> JSON:
        return None if value == "" else check(value, param)

    return unset_or_checked


def _not_empty(check: Check) -> Check:
    def filled(value: JSON, param: str) -> JSON:
        if value == "" and param:
            raise refusal.empty(param)
        return check(value, param)

    return filled


def _free(value: JSON, param: str) -> JSON:
    return value


def _map(items: Check) -> Check:
    def check(value: JSON, param: str) -> JSON:
        if not isinstance(value, dict):
            raise refusal.invalid("object", value, param)
        return {name: items(part, _below(param, name)) for name, part in value.items()}

    return check


def _list(items: Check) -> Check:
    def check(value: JSON, param: str) -> JSON:
        if not isinstance(value, list):
            raise refusal.invalid("array", value, param)
        return [items(part, f"{param}[{index}]") for index, part in enumerate(value)]

    return check


def _choice(field: Field) -> Check:
    named = {_text(choice): choice for choice in field.choices}

    def check(value: JSON, param: str) -> JSON:
        if not isinstance(value, str) or value not in named:
            raise refusal.wrong_choice(param, field.choices)
        return named[value]

    return check


def _text(choice: object) -> str:
    return str(choice).lower() if isinstance(choice, bool) else str(choice)


def _text_integer(value: JSON, param: str) -> JSON:
    if not isinstance(value, str) or not _INTEGER.fullmatch(value):
        raise refusal.invalid("integer", value, param, "parameter_invalid_integer")
    return int(value)


def _text_number(value: JSON, param: str) -> JSON:
    number = _read_decimal(value)
    if number is None:
        raise refusal.invalid("number", value, param)
    return float(number)


def _text_decimal(value: JSON, param: str) -> JSON:
    if _read_decimal(value) is None:
        raise refusal.invalid("decimal", value, param)
    return value


def _read_decimal(value: JSON) -> Decimal | None:
    try:
        number = Decimal(value) if isinstance(value, str) else None
    except InvalidOperation:
        return None
    return number if number is not None and number.is_finite() else None


def _text_boolean(value: JSON, param: str) -> JSON:
    if value not in ("true", "false"):
        raise refusal.invalid("boolean", value, param)
    return value == "true"


def _text_string(value: JSON, param: str) -> JSON:
    if not isinstance(value, str):
        raise refusal.invalid("string", value, param, "parameter_invalid_string")
    return value


_TEXT: Mapping[str, Check] = {
    "integer": _text_integer,
    "number": _text_number,
    "boolean": _text_boolean,
    "string": _text_string,
}
_TEXT_FORMATS: Mapping[str, Check] = {"decimal": _text_decimal}


def _typed_choice(field: Field) -> Check:
    allowed = {(type(choice), choice) for choice in field.choices}

    def check(value: JSON, param: str) -> JSON:
        if isinstance(value, (dict, list)) or (type(value), value) not in allowed:
            raise refusal.wrong_choice(param, field.choices)
        return value

    return check


def _or_null(check: Check) -> Check:
    def null_or_checked(value: JSON, param: str) -> JSON:
        return None if value is None else check(value, param)

    return null_or_checked


def _typed_integer(value: JSON, param: str) -> JSON:
    if isinstance(value, bool) or not isinstance(value, int):
        raise refusal.invalid("integer", _written(value), param, "parameter_invalid_integer")
    return value


def _typed_number(value: JSON, param: str) -> JSON:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise refusal.invalid("number", _written(value), param)
    return value


def _typed_boolean(value: JSON, param: str) -> JSON:
    if not isinstance(value, bool):
        raise refusal.invalid("boolean", _written(value), param)
    return value


def _typed_string(value: JSON, param: str) -> JSON:
    if not isinstance(value, str):
        raise refusal.invalid("string", _written(value), param, "parameter_invalid_string")
    return value


def _typed_decimal(value: JSON, param: str) -> JSON:
    if _read_decimal(value) is None:
        raise refusal.invalid("decimal", _written(value), param)
    return value


def _typed_int64(value: JSON, param: str) -> JSON:
    if not isinstance(value, str) or not value.lstrip("-").isdecimal():
        raise refusal.invalid("integer", _written(value), param, "parameter_invalid_integer")
    return value


def _typed_time(value: JSON, param: str) -> JSON:
    try:
        if isinstance(value, str) and datetime.fromisoformat(value).tzinfo is not None:
            return value
    except ValueError:
        pass
    raise refusal.invalid("timestamp", _written(value), param)


def _written(value: JSON) -> str:
    return value if isinstance(value, str) else orjson.dumps(value).decode()


_TYPED: Mapping[str, Check] = {
    "integer": _typed_integer,
    "number": _typed_number,
    "boolean": _typed_boolean,
    "string": _typed_string,
}
_TYPED_FORMATS: Mapping[str, Check] = {
    "decimal": _typed_decimal,
    "int64": _typed_int64,
    "date-time": _typed_time,
}
