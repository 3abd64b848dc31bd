"""What the SDK says only in prose, or not at all: formats, whose ids, lengths, what is deprecated.

Each rule looks at one field and answers with facts about it, or with nothing; the first one
that states a fact wins. `reviewed.json` says by hand what no rule can find, and takes back what
a rule finds wrongly: it was written by reading what each rule hits. Where neither says anything
the format stays unknown.
"""

import json
import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, NamedTuple

from scripts.catalogue_source.annotation import Node

Side = Literal["request", "response"]
REVIEWED = Path(__file__).parent / "reviewed.json"


@dataclass(frozen=True)
class Seen:
    """A node as the rules see it.

    `owner` is the id of the operation or resource, `path` leads to the node ("items[].price"),
    `name` and `text` are those of the nearest field: what a list, a map or an alternative holds
    has none of its own. `above` are the names on the way, `beside` the names of the siblings.
    """

    side: Side
    owner: str
    path: str
    name: str
    text: str
    above: tuple[str, ...]
    beside: frozenset[str]
    node: Node

    @property
    def place(self) -> str:
        return f"{self.owner}:{self.path}"

    @property
    def v2(self) -> bool:
        return self.owner.startswith("v2.")

    @property
    def plain_text(self) -> bool:
        """Free text: neither a choice nor an id that the SDK marks, nor a format that it states."""
        node = self.node
        return node["type"] == "string" and not {"choices", "ref", "format"} & node.keys()

    @property
    def whole_number(self) -> bool:
        return self.node["type"] == "integer" and not {"choices", "format"} & self.node.keys()


Facts = dict[str, Any]


class Rule(NamedTuple):
    """One way to know something: `facts` says what, for a field that `name` applies to."""

    name: str
    facts: Callable[[Seen], Facts | None]


class Hit(NamedTuple):
    """One field that a rule, or the list of what was reviewed, says something about."""

    rule: str
    seen: Seen
    facts: Facts


class Reviewed:
    """The hand-made list: `exceptions` by rule, and `stated` facts by the name of the field."""

    def __init__(self, file: Path = REVIEWED) -> None:
        data = json.loads(file.read_text(encoding="utf-8"))
        self._exceptions = {
            rule: re.compile("|".join(f"(?:{place})" for place in places))
            for rule, places in data["exceptions"].items()
        }
        self._stated: dict[str, list[tuple[str, re.Pattern[str], Facts]]] = {}
        for entry in data["stated"]:
            where = re.compile(entry.get("where", ".*"))
            for name in entry["names"]:
                self._stated.setdefault(name, []).append((entry["type"], where, entry["facts"]))

    @cached_property
    def rules(self) -> frozenset[str]:
        """The names of the rules that have exceptions."""
        return frozenset(self._exceptions)

    def excepts(self, rule: str, seen: Seen) -> bool:
        """Whether the rule is wrong about this field."""
        places = self._exceptions.get(rule)
        return places is not None and places.fullmatch(seen.place) is not None

    def says(self, seen: Seen) -> Facts | None:
        """What is stated by hand about this field."""
        for kind, where, facts in self._stated.get(seen.name, ()):
            free = "choices" not in seen.node and "ref" not in seen.node
            if kind == seen.node["type"] and free and where.fullmatch(seen.place):
                return facts
        return None


def apply(
    nodes: Iterator[Seen], rules: tuple[Rule, ...], reviewed: Reviewed, objects: Collection[str]
) -> Iterator[Hit]:
    """Writes into every node what is known about it, and tells which rule knew it.

    What is stated by hand goes before the rules. An id of an object that this version does not
    have is an id of which no more is known.
    """
    for seen in nodes:
        stated = reviewed.says(seen)
        if stated is not None:
            yield _write("reviewed", seen, stated, objects)
        for rule in rules:
            found = rule.facts(seen)
            if not found or reviewed.excepts(rule.name, seen):
                continue
            new = {key: value for key, value in found.items() if key not in seen.node}
            if new:
                yield _write(rule.name, seen, new, objects)


def _write(rule: str, seen: Seen, facts: Facts, objects: Collection[str]) -> Hit:
    if facts.get("id_of", "") not in ("", *objects):
        facts = {key: value for key, value in facts.items() if key != "id_of"}
    seen.node.update(facts)
    return Hit(rule, seen, facts)


def walk(side: Side, owner: str, root: Node) -> Iterator[Seen]:
    """Every node below `root`."""
    yield from _children(side, owner, root, "", ())


def _children(
    side: Side, owner: str, node: Node, path: str, above: tuple[str, ...]
) -> Iterator[Seen]:
    beside = frozenset(child["name"] for child in node.get("fields", ()))
    for child in node.get("fields", ()):
        name = child["name"]
        where = f"{path}.{name}" if path else name
        seen = Seen(side, owner, where, name, child.get("description", ""), above, beside, child)
        yield seen
        yield from _inside(seen)


def _inside(seen: Seen) -> Iterator[Seen]:
    """What a list, a map or a choice between shapes holds goes by the name of its field."""
    node = seen.node
    parts = [(option, seen.path) for option in node.get("any_of", ())]
    if "items" in node:
        mark = "[]" if node["type"] == "list" else ".*"
        parts.append((node["items"], seen.path + mark))
    for part, path in parts:
        inner = Seen(
            seen.side, seen.owner, path, seen.name, seen.text, seen.above, seen.beside, part
        )
        yield inner
        yield from _inside(inner)
    yield from _children(seen.side, seen.owner, node, seen.path, (*seen.above, seen.name))
