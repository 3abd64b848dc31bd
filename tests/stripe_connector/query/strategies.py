"""Random objects and queries, and a second evaluator that was written without the first."""

import re
import unicodedata
from typing import Any

from hypothesis import strategies as st
from stripe_connector.query import Clause, Group, Query

WORDS = st.sampled_from(["Ada", "ada", "Lovelace", "José", "jose", "O'Hara", "a-b", "x@y.z", "100"])
TEXTS = st.one_of(st.lists(WORDS, min_size=1, max_size=3).map(" ".join), st.text(max_size=8))
KEYS = st.sampled_from(["crm_id", "plan", 'a"b', "c d"])


def numbers() -> st.SearchStrategy[int]:
    return st.integers(-3, 3)


def any_clause() -> st.SearchStrategy[Clause]:
    """Whatever the language can say, of no particular object."""
    fields = st.from_regex(r"\A[a-z_]{1,6}(\.[a-z_]{1,6})?\Z")
    return st.builds(
        Clause,
        fields,
        st.just("") | st.text(min_size=1, max_size=6),
        st.sampled_from([":", "~", ">", "<", ">=", "<=", "="]),
        st.text(max_size=12) | numbers().map(str),
        st.booleans(),
    ) | st.builds(Clause, fields, st.just(""), st.just(":"), st.none(), st.booleans())


def queries(leaves: st.SearchStrategy[Clause], most: int = 8) -> st.SearchStrategy[Query]:
    """Trees of these clauses."""
    return st.recursive(
        leaves,
        lambda parts: st.builds(
            Group,
            st.sampled_from(["AND", "OR"]),
            st.lists(parts, min_size=2, max_size=3).map(tuple),
            st.booleans(),
        ),
        max_leaves=most,
    )


def naive(query: Query, obj: dict[str, Any]) -> bool:
    """Whether a query asks for an object, decided as slowly and as plainly as can be."""
    if isinstance(query, Group):
        results = [naive(part, obj) for part in query.parts]
        result = (True in results) if query.joined == "OR" else (False not in results)
    else:
        result = _naive(query, obj)
    return not result if query.negated else result


def _naive(clause: Clause, obj: dict[str, Any]) -> bool:
    value: Any = obj
    for name in [*clause.field.split("."), *([clause.key] if clause.key else [])]:
        value = value.get(name) if isinstance(value, dict) else None
    if clause.value is None:
        return value is None
    if value is None:
        return False
    text = {True: "true", False: "false"}[value] if isinstance(value, bool) else str(value)
    if clause.kind == "number":
        left, right = float(text), float(clause.value)
        return {
            ":": left == right, "=": left == right, ">": left > right, "<": left < right,
            ">=": left >= right, "<=": left <= right,
        }[clause.op]  # fmt: skip
    if clause.op == "=" or clause.kind == "id":
        return text == clause.value
    have, want = _plain(text), _plain(clause.value)
    if clause.op == "~":
        return want in have
    if clause.kind != "string":
        return text.casefold() == clause.value.casefold()
    wanted = re.findall(r"\w+", want)
    if not wanted:
        return want.strip() in have
    return _in_order(wanted, re.findall(r"\w+", have))


def _in_order(wanted: list[str], words: list[str]) -> bool:
    if not wanted:
        return True
    if wanted[0] not in words:
        return False
    return _in_order(wanted[1:], words[words.index(wanted[0]) + 1 :])


def _plain(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(sign for sign in decomposed if not unicodedata.combining(sign))
