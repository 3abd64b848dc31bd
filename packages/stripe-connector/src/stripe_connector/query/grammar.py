"""The grammar of queries, and what it says about a text that doesn't follow it."""

import re
from functools import cache
from typing import TYPE_CHECKING

from stripe_connector.query.clause import QueryError

if TYPE_CHECKING:
    from lark import Lark, Tree
    from lark.lexer import Token

GRAMMAR = r"""
start: any
any: all (OR all)*
all: unit (AND? unit)*
?unit: clause | nested
nested: MINUS? LPAR any RPAR
clause: MINUS? field (OP value | IN LPAR value (COMMA value)* RPAR)
field: FIELD (LSQB (STRING | HOLE) RSQB)?
value: STRING | NUMBER | NULL | HOLE | BARE

AND.3: /AND(?![A-Za-z0-9_.\[])/
OR.3: /OR(?![A-Za-z0-9_.\[])/
IN.3: /in(?=[\s(])/i
FIELD: /[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*/
OP: />=|<=|[:~<>=]/
STRING.3: /"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'/s
HOLE.3: /\$\{[^{}]*\}/
NULL.2: /null(?![^\s),])/i
NUMBER.2: /-?[0-9]+(\.[0-9]+)?(?![^\s),])/
BARE: /(?:[^\s"'(),\\\[\]:~<>=]|\\.)(?:[^\s"'(),\\]|\\.)*/s
MINUS: "-"
LPAR: "("
RPAR: ")"
LSQB: "["
RSQB: "]"
COMMA: ","
%ignore /\s+/
"""

_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_.]*$")
_NEAR = 200
"""Characters before a fault in which its word is looked for."""


@cache
def _lark() -> "Lark":
    from lark import Lark

    return Lark(GRAMMAR, parser="lalr", lexer="contextual", maybe_placeholders=False)


def tree(text: str) -> "Tree[Token]":
    """The text as a tree of tokens, each with its place. Raises QueryError."""
    from lark.exceptions import UnexpectedCharacters, UnexpectedToken

    try:
        return _lark().parse(text)
    except UnexpectedToken as error:
        at = len(text) if error.token.type == "$END" else error.token.start_pos or 0
        raise _fault(text, at, error.accepts or error.expected) from None
    except UnexpectedCharacters as error:
        raise _fault(text, error.pos_in_stream or 0, error.allowed or set()) from None


def _fault(text: str, at: int, expected: set[str]) -> QueryError:
    """Why nothing of what was `expected` stands at `at`."""
    rest = text[at:]
    here = (at, min(at + 1, len(text)))
    if "OP" in expected:
        return _no_operator(text, at, here)
    if expected == {"LPAR"}:
        return QueryError("The values of 'in' stand in parentheses", here, "Write in (a, b).")
    if "BARE" in expected:
        if rest[:1] in ("'", '"'):
            return QueryError(
                "This quotation isn't closed",
                (at, len(text)),
                f"Put {rest[0]} behind the value; inside of it write \\{rest[0]}.",
            )
        return QueryError(
            "A value has to stand here: a number, null, or text in quotes",
            here,
            'Write the value, for example "ada@example.com".',
        )
    if "RSQB" in expected:
        return QueryError("The bracket after the key isn't closed", here, "Put ']' here.")
    if "STRING" in expected:
        return QueryError(
            "The key in brackets has to be quoted", here, 'Write it as in metadata["key"].'
        )
    return _no_clause(text, at, here, expected)


def _no_operator(text: str, at: int, here: tuple[int, int]) -> QueryError:
    first = max(0, at - _NEAR)
    begun = text[first:at].rstrip()
    found = _WORD.search(begun)
    word = found.group() if found else ""
    span = (first + found.start(), first + found.end()) if found else here
    if word.upper() in ("AND", "OR") and word != word.upper():
        return QueryError(f"Write {word.upper()} in capitals", span, f"Write {word.upper()}.")
    if word in ("AND", "OR"):
        return QueryError(f"A clause has to stand before {word}", span, f"Take {word} out.")
    if text[at : at + 1] == "[":
        return QueryError("Only one key in brackets can follow a field", here)
    name = begun[_field_start(begun) :]
    return QueryError(
        f"One of : ~ > < >= <= = or 'in' has to follow {name!r}",
        here,
        f'Write for example {name}:"value".',
    )


def _field_start(text: str) -> int:
    found = re.search(r"[A-Za-z_][A-Za-z0-9_.]*(\[[^\]]*\])?$", text)
    return found.start() if found else max(len(text) - 1, 0)


def _no_clause(text: str, at: int, here: tuple[int, int], expected: set[str]) -> QueryError:
    before = text[:at].rstrip()
    if not text.strip():
        return QueryError(
            "The query is empty", (0, 0), 'Give at least one clause: email:"ada@example.com".'
        )
    if text[at : at + 1] == ")":
        if not before or before.endswith("("):
            return QueryError("There is nothing in these parentheses", here, "Put a clause in.")
        if _opened(before) < 0:
            return QueryError("This parenthesis was never opened", here, "Take it out.")
    opened = _opened(text)
    if "RPAR" in expected and at >= len(text.rstrip()) and opened >= 0:
        return QueryError("This parenthesis isn't closed", (opened, opened + 1), "Put ')' behind.")
    if text[at : at + 1] in ("'", '"') and text[at - 1 : at].strip():
        return QueryError(
            "This quote stands in the middle of a value",
            here,
            "Put the whole value in quotes, or a backslash before this one.",
        )
    if re.search(r"\bin\s*\([^()]*[^(),\s]\s*$", before):
        return QueryError(
            "A comma has to stand between two values of a list",
            here,
            "Put a comma before it; a value that holds blanks has to stand in quotes.",
        )
    for word in ("AND", "OR"):
        if re.search(rf"(?:^|[\s()]){word}$", before) and "AND" not in expected:
            return QueryError(
                f"A clause has to follow {word}", here, f"Add one, or take {word} out."
            )
    return QueryError("The name of a field has to stand here", here, 'Write for example email:"…".')


def _opened(text: str) -> int:
    """Where the innermost parenthesis that is still open stands, -1 where none is."""
    quotes = re.compile(r"\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'", re.DOTALL)
    plain = quotes.sub(lambda found: " " * len(found.group()), text)
    open_: list[int] = []
    for place, sign in enumerate(plain):
        if sign == "(":
            open_.append(place)
        elif sign == ")" and open_:
            open_.pop()
    return open_[-1] if open_ else -1
