"""Decides whether an object is what a query asks for."""

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal

from connector_sdk import JSON

from stripe_connector.catalogue.overlay import search_places
from stripe_connector.query.checking import amount
from stripe_connector.query.clause import Clause, Group, Query

Test = Callable[[JSON], bool]

_WORDS = re.compile(r"\w+")


def text_of(value: JSON) -> str:
    """A value as it is compared with text."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def folded(text: str) -> str:
    """Without case and accents."""
    if text.isascii():
        return text.lower()
    split = unicodedata.normalize("NFKD", text.casefold())
    return "".join(sign for sign in split if not unicodedata.combining(sign))


def together(clauses: Sequence[Clause]) -> list[list[Clause]]:
    """Clauses that can be decided by one look-up, in groups; the others alone."""
    found: dict[object, list[Clause]] = {}
    for at, clause in enumerate(clauses):
        equal = clause.op in (":", "=") and clause.value is not None and not clause.negated
        alone = not equal or not clause.kind
        key: object = at if alone else (clause.field, clause.key, clause.op, clause.kind)
        found.setdefault(key, []).append(clause)
    return list(found.values())


def one_of(clauses: Sequence[Clause]) -> Test:
    """Whether a value is what one of the clauses asks for, all of them of one field, operator
    and kind, and neither negated nor null."""
    first = clauses[0]
    wanted = [clause.value or "" for clause in clauses]
    if first.kind in ("number", "moment"):
        return _amounts(wanted, amount(first))
    if first.op == "=" or first.kind == "id":
        exact = frozenset(wanted)
        return lambda value: text_of(value) in exact
    if first.kind == "string":
        return _words(wanted)
    tokens = frozenset(text.casefold() for text in wanted)
    return lambda value: text_of(value).casefold() in tokens


def _amounts(wanted: Sequence[str], size: Callable[[str], Decimal | None]) -> Test:
    found = {size(text) for text in wanted} - {None}
    return lambda value: not isinstance(value, bool) and size(text_of(value)) in found


def _words(wanted: Sequence[str]) -> Test:
    """All words of one of the texts in their order. Each text is looked up by that of its
    words that the fewest of them have."""
    texts = {text: _WORDS.findall(text) for text in dict.fromkeys(map(folded, wanted))}
    plain = [text.strip() for text, words in texts.items() if not words]
    common = Counter(word for words in texts.values() for word in set(words))
    rare: dict[str, list[list[str]]] = {}
    for words in texts.values():
        if words:
            rare.setdefault(min(words, key=common.__getitem__), []).append(words)

    def test(value: JSON) -> bool:
        text = folded(text_of(value))
        have = _WORDS.findall(text)
        for word in have:
            for words in rare.get(word, ()):
                rest = iter(have)
                if all(each in rest for each in words):
                    return True
        return any(part in text for part in plain)

    return test


Matcher = Callable[[Mapping[str, JSON]], bool]


def matcher(query: Query, object: str, *, trusting: bool = False) -> Matcher:
    """A test for objects as the API answers them; `object` is their kind ("customers").

    With `trusting` what Stripe's search decides better than we do counts as true: which words
    a text has, and fields of which we don't know where they are.
    """
    if not isinstance(query, Clause):
        parts = _parts(query, object, trusting=trusting)
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


def _parts(query: Group, object: str, *, trusting: bool) -> list[Matcher]:
    if query.joined == "AND" or trusting:
        return [matcher(part, object, trusting=trusting) for part in query.parts]
    found = [matcher(part, object) for part in query.parts if not isinstance(part, Clause)]
    for clauses in together([part for part in query.parts if isinstance(part, Clause)]):
        several = len(clauses) > 1
        found.append(_one_of(clauses, object) if several else _clause(clauses[0], object))
    return found


def _one_of(clauses: Sequence[Clause], object: str) -> Matcher:
    values = _reader(clauses[0], object)
    test = one_of(clauses)
    return lambda obj: any(test(value) for value in values(obj))


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


def _test(clause: Clause, wanted: str) -> Test:
    if clause.op == "~":
        part = folded(wanted)
        return lambda value: part in folded(text_of(value))
    if clause.op in (":", "="):
        return one_of([clause])
    return _comparison(clause, wanted)


def _comparison(clause: Clause, wanted: str) -> Test:
    size = amount(clause)
    right = size(wanted)
    if right is None:
        return lambda value: False
    whole = int(right) if right == right.to_integral_value() else None

    def test(value: JSON) -> bool:
        left = value if isinstance(value, int) and whole is not None else size(text_of(value))
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
        return left <= bound

    return test
