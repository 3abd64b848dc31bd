"""A schema as a tree for a terminal: one line for each field."""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from connector_sdk import Field
from rich.cells import cell_len
from rich.text import Text

from connector_agent.cli.output import out

TEMPLATE = "template"
"""The format of a setting that is a text with references in it."""

_LINK = re.compile(r"\[([^\]]+)\]\((?:[^()\s]|\([^()\s]*\))*\)?")
"""Some links in descriptions are never closed."""
_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[A-Z`])|\n")
_CHOICES = 6
_TYPE_WIDTH = 40
_WORDS = {
    "string": "text",
    "integer": "whole number",
    "number": "number",
    "boolean": "true or false",
    "object": "object",
    "map": "names and values",
    "file": "file",
    "any": "anything",
}


class Line(NamedTuple):
    """A field `depth` levels below the top; `more` counts the hidden fields below it."""

    depth: int
    field: Field
    more: int


def tree(root: Field, *, depth: int = 0, only_required: bool = False, text: str = "") -> list[Line]:
    """The fields below `root`, down to `depth` levels (0: all); `only_required` ones, or those
    with `text` in their name or description, and their parents."""
    return list(_lines(root, 0, depth, only_required, text.casefold()))


def children(field: Field) -> tuple[Field, ...]:
    """The fields of an object, of objects in a list or map, and of every shape of a value."""
    if field.format == TEMPLATE:
        return ()
    if field.any_of:
        seen: dict[str, Field] = {}
        for option in field.any_of:
            for child in children(option):
                seen.setdefault(child.name, child)
        return tuple(seen.values())
    if field.items is not None:
        return children(field.items)
    return field.fields


def type_text(field: Field) -> str:
    """The type of a field, in words."""
    if field.ref:
        return f"id or {field.ref}" if field.on_request else field.ref
    if field.format == TEMPLATE:
        shapes = [option for option in field.any_of if option.type != "object"]
        return " or ".join(map(type_text, shapes)) or "text"
    if field.any_of:
        return " or ".join(dict.fromkeys(type_text(option) for option in field.any_of))
    if field.type == "list":
        return f"list of {type_text(field.items)}" if field.items is not None else "list"
    if field.type == "map" and field.items is not None and field.items.type != "any":
        return f"names with {type_text(field.items)}"
    if field.choices:
        shown = ", ".join(map(_choice, field.choices[:_CHOICES]))
        left = len(field.choices) - _CHOICES
        more = f" and {left} more" if left > 0 else ", or others" if field.open else ""
        return f"{shown}{more}"
    if field.id_of:
        return f"id of {field.id_of}"
    word = _WORDS.get(field.type, field.type)
    return f"{word} ({field.format})" if field.format else word


def facts(field: Field) -> Iterator[str]:
    """What else is known of a field, besides its type and whether it is required."""
    if field.clears:
        yield "clears when empty"
    if field.max_length and field.type != "map":
        yield f"at most {field.max_length:,} characters"
    if field.max_items:
        yield f"at most {field.max_items:,} entries"
    if field.deprecated:
        yield "deprecated"


def updates_text(create: Field, update: Field) -> Iterator[str]:
    """Which lines of a mapping need `only` if an operation updates what it created."""
    if not update.fields:
        yield "What is created can't be updated; choose `skip` or `create`."
        return
    missing = [each.name for each in create.fields if update.child(each.name) is None]
    starting = [each.name for each in update.fields if each.starting]
    if missing:
        yield f"An update doesn't take {', '.join(missing)}."
    if starting:
        yield f"Values to start with are {', '.join(starting)}."
    if missing or starting:
        yield "Say `only: create` in their lines of a mapping."
    else:
        yield "An update takes every field, and none is a value to start with."


def sentence(text: str) -> str:
    """The first sentence of a description, without markup."""
    plain = re.sub(r"<[^>]+>", "", _LINK.sub(r"\1", text)).strip()
    return _SENTENCE.split(plain, maxsplit=1)[0].strip()


def print_tree(lines: Sequence[Line]) -> None:
    """Name, type and description in columns; on a terminal one line each."""
    names = ["  " * (line.depth + 1) + line.field.name for line in lines]
    types = [type_text(line.field) for line in lines]
    name_width = max(
        cell_len(name) + line.field.required for name, line in zip(names, lines, strict=True)
    )
    type_width = min(max(map(cell_len, types)), _TYPE_WIDTH)
    rows = []
    for line, name, kind in zip(lines, names, types, strict=True):
        text = Text(name)
        text.append("*" if line.field.required else "", style="bold red")
        text.pad_right(name_width - text.cell_len + 2)
        text.append(kind)
        text.pad_right(name_width + 2 + type_width - text.cell_len)
        if line.more:
            text.append(f"  … {line.more} more below", style="cyan")
        known = ", ".join(facts(line.field))
        text.append(f"  {known[:1].upper()}{known[1:]}." * bool(known), style="magenta")
        about = sentence(line.field.description)
        text.append(f" {'' if known else ' '}{about}".rstrip(), style="dim")
        if out.is_terminal:
            text.truncate(out.width, overflow="ellipsis")
        rows.append(text)
    out.print(Text("\n").join(rows))


def _lines(root: Field, above: int, depth: int, only_required: bool, text: str) -> Iterator[Line]:
    for field in children(root):
        if only_required and not field.required:
            continue
        below = list(_lines(field, above + 1, depth, only_required, text))
        if text and not below and not _has(field, text):
            continue
        if depth and above >= depth:
            continue
        hidden = len(children(field)) if depth and above + 1 >= depth else 0
        yield Line(above, field, 0 if only_required else hidden)
        yield from below


def _has(field: Field, text: str) -> bool:
    return text in field.name.casefold() or text in field.description.casefold()


def _choice(choice: str | float) -> str:
    return str(choice).lower() if isinstance(choice, bool) else str(choice)
