"""Decides whether one object is what a query asks for.

How each operator compares (docs.stripe.com/search): `:` ignores case; on a text it asks for all
words in their order, elsewhere for the whole value. `~` asks for a part of the text, `=` for
exactly this value. A negated clause is true for an object that lacks the field. A list holds
what one of its elements does.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping

from connector_sdk import JSON

from stripe_connector.catalogue.overlay import search_places
from stripe_connector.query.checking import number
from stripe_connector.query.clause import Clause, Query

Matcher = Callable[[Mapping[str, JSON]], bool]
_Test = Callable[[JSON], bool]

_WORDS = re.compile(r"\w+")


def matcher(query: Query, object: str, *, trusting: bool = False) -> Matcher:
    """A test for objects as the API answers them; `object` is their kind ("customers").

    With `trusting` what Stripe's search decides better than we do counts as true: which words
    a text has, and fields of which we don't know where they are.
    """
    if not isinstance(query, Clause):
        parts = [matcher(part, object, trusting=trusting) for part in query.parts]
        wanted = not query.negated
        if query.joined == "OR":
            return lambda obj: any(part(obj) for part in parts) is wanted
        return lambda obj: all(part(obj) for part in parts) is wanted
    if (
        trusting
        and query.value is not None
        and (query.kind == "" or (query.kind == "string" and query.op == ":"))
    ):
        return lambda obj: True
    return _clause(query, object)


def _clause(clause: Clause, object: str) -> Matcher:
    wanted = not clause.negated
    values = _reader(clause, object)
    if clause.value is None:
        return lambda obj: (next(values(obj), None) is None) is wanted
    test = _test(clause, clause.value)
    return lambda obj: any(test(value) for value in values(obj)) is wanted


def _reader(clause: Clause, object: str) -> Callable[[Mapping[str, JSON]], Iterator[JSON]]:
    """Gives the values of the clause's field in an object, none for null and for absent."""
    if object == "charges" and clause.field == "refunded":
        return _refunded
    places = search_places().get(object, {})
    names = tuple(places.get(clause.field, clause.field).split("."))
    if clause.key:
        names = (*names, clause.key)
    return lambda obj: _values(obj, names)


def _values(value: object, names: tuple[str, ...]) -> Iterator[JSON]:
    for depth, name in enumerate(names):
        if isinstance(value, list):
            for each in value:
                yield from _values(each, names[depth:])
            return
        if not isinstance(value, dict):
            return
        value = value.get(name)
    if isinstance(value, list):
        for each in value:
            yield from _values(each, ())
    elif isinstance(value, dict):
        yield value.get("id", True)  # a whole object stands for its id; null asks for it, too
    elif isinstance(value, (str, int, float)):
        yield value


def _refunded(charge: Mapping[str, JSON]) -> Iterator[JSON]:
    """True for a full refund, False for a partial one, nothing for none."""
    if charge.get("refunded") is True:
        yield True
    elif charge.get("amount_refunded"):
        yield False


def _test(clause: Clause, wanted: str) -> _Test:
    if clause.op == "=":
        amount = number(wanted) if clause.kind == "number" else None
        if amount is not None:
            return lambda value: number(_text(value)) == amount
        return lambda value: _text(value) == wanted
    if clause.op == "~":
        part = _folded(wanted)
        return lambda value: part in _folded(_text(value))
    if clause.op != ":" or clause.kind == "number":
        return _comparison(clause, wanted)
    if clause.kind == "id":
        return lambda value: _text(value) == wanted
    if clause.kind == "string":
        return _words(wanted)
    folded = wanted.casefold()
    return lambda value: _text(value).casefold() == folded


def _text(value: JSON) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _folded(text: str) -> str:
    """Without case and accents."""
    if text.isascii():
        return text.lower()
    split = unicodedata.normalize("NFKD", text.casefold())
    return "".join(sign for sign in split if not unicodedata.combining(sign))


def _comparison(clause: Clause, wanted: str) -> _Test:
    right = number(wanted)
    if right is None:
        return lambda value: False
    whole = int(right) if right == right.to_integral_value() else None

    def test(value: JSON) -> bool:
        left = value if isinstance(value, int) and whole is not None else number(_text(value))
        bound = whole if isinstance(left, int) and whole is not None else right
        if left is None or isinstance(value, bool):
            return False
        match clause.op:
            case ">":
                return left > bound
            case "<":
                return left < bound
            case ">=":
                return left >= bound
            case "<=":
                return left <= bound
        return left == bound

    return test


def _words(wanted: str) -> _Test:
    words = _WORDS.findall(_folded(wanted))
    if not words:
        plain = _folded(wanted).strip()
        return lambda value: plain in _folded(_text(value))

    def test(value: JSON) -> bool:
        rest = iter(_WORDS.findall(_folded(_text(value))))
        return all(word in rest for word in words)

    return test
