"""Where the mappings of a project name operations, and how such a name is changed in the text."""

from collections.abc import Iterator, Sequence
from copy import deepcopy
from typing import Any

import orjson
from connector_sdk import JSON, Problem, SettingError
from ruamel.yaml import YAML
from ruamel.yaml.nodes import MappingNode, Node

from connector_agent.project.document import Keys
from connector_agent.project.names import canonical
from connector_agent.project.reader import parse


def lookups(lines: object, keys: Keys = ("mapping",)) -> Iterator[tuple[Keys, str]]:
    """The operations in which lines of a mapping look ids up, each with the keys to its name."""
    if not isinstance(lines, Sequence) or isinstance(lines, str):
        return
    for index, line in enumerate(lines):
        if not isinstance(line, dict):
            continue
        lookup = line.get("lookup")
        name = lookup.get("operation") if isinstance(lookup, dict) else None
        if isinstance(name, str):
            yield (*keys, index, "lookup", "operation"), canonical(name.strip())
        yield from lookups(line.get("mapping"), (*keys, index, "mapping"))


def with_lookups(text: str, file: str, old: str, new: str) -> str:
    """The text of the operation `file`, with lookups in `old` made lookups in `new`; all else
    stays as it is written. Raises SettingError when the text is no YAML of a project, or spreads
    the name over lines. A text with words that YAML would change has to be mended first."""
    value = parse(text, file).value
    places = [keys for keys, name in lookups(_mapping(value)) if name == old]
    if not places:
        return text
    wanted = deepcopy(value)
    for keys in places:
        _set(wanted, keys, new)
    root = YAML(typ="rt", pure=True).compose(text)
    spans = sorted((_span(root, keys) for keys in places), reverse=True)
    for written in (new, orjson.dumps(new).decode()):
        changed = text
        for start, end in spans:
            changed = changed[:start] + written + changed[end:]
        try:
            after = parse(changed, file)
        except SettingError:
            continue  # a name that needs quotes
        if after.value == wanted and not after.problems:
            return changed
    raise SettingError(
        Problem(
            "name_over_lines",
            f"{file} names the operation {old!r} in a way that can't be replaced.",
            "Write the name on one line, then rename again.",
            line=file,
        )
    )


def _mapping(value: JSON) -> JSON:
    return value.get("mapping") if isinstance(value, dict) else None


def _set(value: Any, keys: Keys, new: str) -> None:
    for key in keys[:-1]:
        value = value[key]
    value[keys[-1]] = new


def _span(node: Node, keys: Keys) -> tuple[int, int]:
    """Where the text of the value at `keys` starts and ends, quotes included."""
    for key in keys:
        if isinstance(node, MappingNode):
            node = next(value for name, value in node.value if name.value == key)
        else:
            node = node.value[key]
    return node.start_mark.index, node.end_mark.index
