"""How the contents of all versions become the data that is shipped, and come back from it.

The versions differ little, so that everything stands once: an operation in the index with the
first and the last version that has it, a field in its member however many versions and forms
share it, a text in its member, or in the member of texts where several members share it.
"""

import hashlib
import json
import zipfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from scripts.catalogue_source.annotation import Node
from scripts.catalogue_source.content import INDEX, Content

ARCHIVE = "schemas.zip"
TEXTS = "texts.json"
GONE = -1
"""Stands in the place of a form from the version on that has the member no more."""

_FIXED_TIME = (1980, 1, 1, 0, 0, 0)
_PARTS = ("fields", "any_of")
_TEXTS = ("summary", "description")
_ROOTS = ("request", "schema")

Data = dict[str, Any]


def pack(contents: Sequence[Content], built_by: str) -> dict[str, Data]:
    """The index and every member by its name; `contents` from the oldest to the newest."""
    versions = [content[INDEX]["api_version"] for content in contents]
    names = sorted({name for content in contents for name in content} - {INDEX})
    used: Counter[str] = Counter()
    for name in names:
        used.update({text for content in contents for text in _texts(content.get(name))})
    shared = {text: place for place, text in enumerate(t for t, n in used.items() if n > 1)}
    members: dict[str, Data] = {
        name: _Member(shared).packed([(c[INDEX]["api_version"], c.get(name)) for c in contents])
        for name in names
    }
    index: Data = {
        "built_by": built_by,
        "versions": [
            {
                "api_version": content[INDEX]["api_version"],
                "sdk": content[INDEX]["sdk"],
            }
            for content in contents
        ],
        "operations": _spans([content[INDEX]["operations"] for content in contents], versions),
        "resources": _spans([content[INDEX]["resources"] for content in contents], versions),
    }
    data = {INDEX: index, TEXTS: {"texts": list(shared)}, **members}
    index["digest"] = digest(data)
    return data


def digest(data: Mapping[str, Data]) -> str:
    """Tells whether data are what a build made of them, and not edited since."""
    index = {key: value for key, value in data[INDEX].items() if key != "digest"}
    text = json.dumps({**data, INDEX: index}, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def unpack(data: Mapping[str, Data], version: str) -> Content:
    """The content of one version, as it was packed."""
    index, shared = data[INDEX], data[TEXTS]["texts"]
    order = [entry["api_version"] for entry in index["versions"]]
    place = order.index(version)
    content: Content = {
        INDEX: {
            "api_version": version,
            "sdk": index["versions"][place]["sdk"],
            "operations": _at(index["operations"], order, place),
            "resources": _at(index["resources"], order, place),
        }
    }
    for name, member in data.items():
        if name in (INDEX, TEXTS):
            continue
        form = GONE
        for since, number in member["since"]:
            if order.index(since) <= place:
                form = number
        if form != GONE:
            content[name] = _unpacked(member["forms"][form], member, shared)
    return content


def write(folder: Path, data: Mapping[str, Data]) -> None:
    """The same data always gives the same bytes with the same zlib."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / INDEX).write_text(_index_text(data[INDEX]), encoding="utf-8")
    with zipfile.ZipFile(folder / ARCHIVE, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name in sorted(data.keys() - {INDEX}):
            info = zipfile.ZipInfo(name, _FIXED_TIME)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.create_system = 3
            archive.writestr(info, dumps(data[name]))


def read(folder: Path) -> dict[str, Data]:
    """What `write` wrote. Raises OSError, ValueError or BadZipFile for anything else."""
    data = {INDEX: json.loads((folder / INDEX).read_bytes())}
    with zipfile.ZipFile(folder / ARCHIVE) as archive:
        for name in archive.namelist():
            data[name] = json.loads(archive.read(name))
    return data


def dumps(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


class _Member:
    """One operation or resource in all versions: equal nodes and texts get one number."""

    def __init__(self, shared: Mapping[str, int]) -> None:
        self._shared = shared
        self._texts: dict[str, int] = {}
        self._nodes: dict[str, int] = {}
        self._forms: dict[str, int] = {}

    def packed(self, found: Sequence[tuple[str, Data | None]]) -> Data:
        since: list[tuple[str, int]] = []
        for version, member in found:
            number = GONE if member is None else self._form(member)
            if (since[-1][1] if since else GONE) != number:
                since.append((version, number))
        return {
            "since": since,
            "forms": [json.loads(form) for form in self._forms],
            "texts": list(self._texts),
            "nodes": [json.loads(node) for node in self._nodes],
        }

    def _form(self, member: Data) -> int:
        form = dict(member)
        for key in form.keys() & {*_ROOTS, *_TEXTS}:
            form[key] = self._node(form[key]) if key in _ROOTS else self._text(form[key])
        return self._forms.setdefault(dumps(form), len(self._forms))

    def _node(self, node: Node) -> int:
        out = dict(node)
        if "description" in node:
            out["description"] = self._text(node["description"])
        for part in _PARTS:
            if part in node:
                out[part] = [self._node(child) for child in node[part]]
        if "items" in node:
            out["items"] = self._node(node["items"])
        return self._nodes.setdefault(dumps(out), len(self._nodes))

    def _text(self, text: str) -> int:
        """Own texts count from 0 upwards, shared ones from -1 downwards."""
        if text in self._shared:
            return -1 - self._shared[text]
        return self._texts.setdefault(text, len(self._texts))


def _unpacked(form: Data, member: Data, shared: Sequence[str]) -> Data:
    out = dict(form)
    for key in form.keys() & {*_ROOTS, *_TEXTS}:
        made = _node if key in _ROOTS else _text
        out[key] = made(form[key], member, shared)
    return out


def _text(number: int, member: Data, shared: Sequence[str]) -> str:
    text: str = member["texts"][number] if number >= 0 else shared[-1 - number]
    return text


def _node(number: int, member: Data, shared: Sequence[str]) -> Node:
    node: Node = dict(member["nodes"][number])
    if "description" in node:
        node["description"] = _text(node["description"], member, shared)
    for part in _PARTS:
        if part in node:
            node[part] = [_node(child, member, shared) for child in node[part]]
    if "items" in node:
        node["items"] = _node(node["items"], member, shared)
    return node


def _texts(value: Any) -> Iterator[str]:
    """Every description and summary inside a member."""
    if isinstance(value, dict):
        for key, part in value.items():
            if key in _TEXTS and isinstance(part, str):
                yield part
            elif key != "choices":
                yield from _texts(part)
    elif isinstance(value, list):
        for part in value:
            yield from _texts(part)


def _spans(found: Sequence[Mapping[str, Data]], versions: Sequence[str]) -> list[Data]:
    """Every entry once, in the order of the newest version that has it, with the first and the
    last version that has it where they are not the oldest and the newest."""
    order: list[str] = []
    for entries in found:
        order = _merged(list(entries), order)
    out: list[Data] = []
    for name in order:
        at: list[tuple[int, str]] = [
            (place, dumps(entries[name])) for place, entries in enumerate(found) if name in entries
        ]
        while at:
            first, text = at[0]
            end = next(
                (n for n, (place, other) in enumerate(at) if other != text or place != first + n),
                len(at),
            )
            last = first + end - 1
            entry = {"id": name, **json.loads(text)}
            if first > 0:
                entry["since"] = versions[first]
            if last < len(versions) - 1:
                entry["until"] = versions[last]
            out.append(entry)
            at = at[end:]
    return out


def _merged(newer: list[str], older: list[str]) -> list[str]:
    """`newer`, and what only `older` has behind its neighbour there."""
    out, known = list(newer), set(newer)
    for place, name in enumerate(older):
        if name not in known:
            before = next((n for n in reversed(older[:place]) if n in known), None)
            out.insert(out.index(before) + 1 if before is not None else 0, name)
            known.add(name)
    return out


def _at(entries: Sequence[Data], order: Sequence[str], place: int) -> dict[str, Data]:
    out: dict[str, Data] = {}
    for entry in entries:
        first = order.index(entry["since"]) if "since" in entry else 0
        last = order.index(entry["until"]) if "until" in entry else len(order) - 1
        if first <= place <= last:
            out[entry["id"]] = {
                key: value for key, value in entry.items() if key not in ("id", "since", "until")
            }
    return out


def _index_text(index: Data) -> str:
    """The index with one entry a line, so that a change reads well."""
    parts = [
        f'"{key}":[\n' + ",\n".join(dumps(entry) for entry in value) + "\n]"
        if isinstance(value, list)
        else f'"{key}":{dumps(value)}'
        for key, value in index.items()
    ]
    return "{" + ",\n".join(parts) + "}\n"
