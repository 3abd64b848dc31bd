"""Many clauses on one field, joined by OR, decided by one look-up."""

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Sequence
from decimal import Decimal

from connector_sdk import JSON

from stripe_connector.query.checking import amount
from stripe_connector.query.clause import Clause

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
