"""Reads Stripe's search language.

Covered: `field op value` with the operators `:` `~` `>` `<` `>=` `<=`, dotted fields,
`metadata["key"]`, quoted strings with escapes, bare numbers, `null`, negation by `-`, and up to
ten clauses joined by AND (or a space) or by OR. The language itself has neither parentheses nor
a mix of AND and OR (docs.stripe.com/search). Everything else is refused with its place.
"""

import re
from collections.abc import Mapping
from typing import cast

from stripe_connector.query.clause import MAX_CHARACTERS, MAX_CLAUSES, Clause, Op, Query, QueryError
from stripe_connector.query.fields import check

_BLANK = re.compile(r"[ \t\r\n]*")
_FIELD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*")
_OP = re.compile(r">=|<=|[:~<>]")
_NUMBER = re.compile(r"-?[0-9]+(?:\.[0-9]+)?(?![A-Za-z0-9_.])")
_WORD = re.compile(r"[A-Za-z]+(?![A-Za-z0-9_.:~<>=\[])")
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"|\'((?:[^\'\\]|\\.)*)\'', re.DOTALL)
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)


def parse(text: str, fields: Mapping[str, str] | None = None) -> Query:
    """The query that `text` holds. With `fields` (name to "token", "string" or "number") each
    clause is checked against them and knows its kind. Raises QueryError."""
    if len(text) > MAX_CHARACTERS:
        raise QueryError(
            f"The query has {len(text)} characters; {MAX_CHARACTERS} are allowed.",
            (MAX_CHARACTERS, len(text)),
        )
    query = _Parser(text).query()
    return query if fields is None else check(query, fields)


class _Parser:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0

    def query(self) -> Query:
        clauses: list[Clause] = []
        joined = ""
        self.blank()
        if self.at == len(self.text):
            raise QueryError("The query is empty. Give at least one clause", (0, 0))
        while self.at < len(self.text):
            if clauses:
                joined = self.join(joined)
            clauses.append(self.clause())
            if len(clauses) > MAX_CLAUSES:
                raise QueryError(
                    f"A query may have {MAX_CLAUSES} clauses and this is one more",
                    clauses[-1].span,
                )
            end = self.at
            self.blank()
            if self.at == end < len(self.text):
                raise self.fault("Put a space before the next clause")
        return Query(tuple(clauses), "OR" if joined == "OR" else "AND")

    def blank(self) -> None:
        found = _BLANK.match(self.text, self.at)
        self.at = found.end() if found else self.at

    def fault(self, message: str, length: int = 1) -> QueryError:
        return QueryError(message, (self.at, min(self.at + length, len(self.text))))

    def join(self, joined: str) -> str:
        """The word between two clauses; a space alone means AND."""
        found = _WORD.match(self.text, self.at)
        word = found.group() if found else ""
        if word.upper() in ("AND", "OR") and word != word.upper():
            raise self.fault(f"Write {word.upper()} in capitals", len(word))
        here = word if word in ("AND", "OR") else "AND"
        if joined and here != joined:
            raise self.fault("AND and OR can't be mixed in one query", len(word) or 1)
        if word == here:
            self.at += len(word)
            self.blank()
            if self.at == len(self.text):
                raise self.fault(f"A clause has to follow {word}")
        return here

    def clause(self) -> Clause:
        start = self.at
        negated = self.text[self.at] == "-"
        self.at += negated
        field, key = self.field()
        op = self.op(field)
        value = self.value(op)
        return Clause(field, key, op, value, negated, (start, self.at))

    def field(self) -> tuple[str, str]:
        if self.text.startswith(("(", ")"), self.at):
            raise self.fault("The search language has no parentheses")
        found = _FIELD.match(self.text, self.at)
        if not found:
            raise self.fault("The name of a field has to stand here")
        name = found.group()
        self.at = found.end()
        if not self.text.startswith("[", self.at):
            return name, ""
        if name != "metadata":
            raise self.fault("Only metadata takes a key in brackets")
        self.at += 1
        key = self.quoted()
        if key is None:
            raise self.fault('The key of metadata has to be quoted: metadata["key"]')
        if not self.text.startswith("]", self.at):
            raise self.fault("The bracket after the key isn't closed")
        self.at += 1
        return name, key

    def op(self, field: str) -> Op:
        found = _OP.match(self.text, self.at)
        if not found:
            raise self.fault(f"One of : ~ > < >= <= has to follow {field!r}")
        self.at = found.end()
        return cast(Op, found.group())

    def value(self, op: Op) -> str | None:
        quoted = self.quoted()
        if quoted is not None:
            return quoted
        if self.text[self.at : self.at + 1] in ('"', "'"):
            raise self.fault("This quotation isn't closed", len(self.text) - self.at)
        number = _NUMBER.match(self.text, self.at)
        if number:
            self.at = number.end()
            return number.group()
        word = _WORD.match(self.text, self.at)
        if word and word.group().lower() == "null":
            if op != ":":
                raise self.fault("null can only be asked for by ':'", len(word.group()))
            self.at = word.end()
            return None
        raise self.fault("A value has to stand here: a number, null, or text in quotes")

    def quoted(self) -> str | None:
        found = _QUOTED.match(self.text, self.at)
        if not found:
            return None
        self.at = found.end()
        text = found.group(1) if found.group(1) is not None else found.group(2)
        return _ESCAPE.sub(r"\1", text)
