"""Reads the data of all API versions: the index, and schemas one member at a time."""

import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache, cached_property
from pathlib import Path
from typing import Any, NamedTuple

import orjson
from connector_sdk.schema import Field

_DATA = Path(__file__).parent / "data"
_ROOTS = ("request", "schema")
_TEXTS = ("summary", "description")


class Archive:
    """The data in `folder`; its parts are read when they are asked for, once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @cached_property
    def versions(self) -> tuple[str, ...]:
        """The API versions, from the oldest to the newest."""
        return tuple([entry["api_version"] for entry in self._index["versions"]])

    def api_calls(self, version: str) -> list[dict[str, Any]]:
        """The entries of the API calls that a version has, in the order of the API."""
        return self._at(self._index["operations"], version)

    def resources(self, version: str) -> list[str]:
        """The ids of the resources that a version has."""
        return [entry["id"] for entry in self._at(self._index["resources"], version)]

    def spans(self, part: str) -> Sequence[Mapping[str, Any]]:
        """All entries of "API calls" or "resources": `since` is the first version where that
        is not the oldest, `until` the last one where that is not the newest. An entry that
        changed stands there once for each of its forms, the oldest first."""
        entries: Sequence[Mapping[str, Any]] = self._index[part]
        return entries

    def member(self, name: str, version: str) -> dict[str, Any] | None:
        """One member ("resources/customer.json") as it is in a version, its schema as a Field;
        None where the version has none."""
        return _Reader(orjson.loads(self._zip.read(name)), self, version).form()

    def summary(self, name: str, version: str) -> str:
        """What a member says of an API call that a version has; no Field is made for it."""
        return _Reader(orjson.loads(self._zip.read(name)), self, version).summary()

    @cached_property
    def texts(self) -> list[str]:
        """The texts that several members share."""
        texts: list[str] = orjson.loads(self._zip.read("texts.json"))["texts"]
        return texts

    def _at(self, entries: Sequence[dict[str, Any]], version: str) -> list[dict[str, Any]]:
        place = {name: at for at, name in enumerate(self.versions)}
        at, last = place[version], self.versions[-1]
        return [
            entry
            for entry in entries
            if place[entry.get("since", self.versions[0])] <= at <= place[entry.get("until", last)]
        ]

    @cached_property
    def _index(self) -> dict[str, Any]:
        index: dict[str, Any] = orjson.loads((self._folder / "index.json").read_bytes())
        return index

    @cached_property
    def _zip(self) -> zipfile.ZipFile:
        return zipfile.ZipFile(self._folder / "schemas.zip")


@cache
def archive() -> Archive:
    """The data that is shipped."""
    return Archive(_DATA)


class _Other(NamedTuple):
    """A node in the place of another one, and the first and last version in which it is there."""

    since: str
    until: str
    node: int


class _Reader:
    """Makes Fields of the nodes of one member as they are in one version.

    Equal nodes are one Field, except where the form of another version differs below them:
    there an object says which names it has elsewhere.
    """

    def __init__(self, member: dict[str, Any], archive: Archive, version: str) -> None:
        self._member = member
        self._archive = archive
        self._version = version
        self._fields: dict[tuple[int, tuple[_Other, ...]], Field] = {}
        self._names: dict[int, dict[str, int]] = {}

    def summary(self) -> str:
        return self._text(self._member["forms"][self._here(self._spans())]["summary"])

    def form(self) -> dict[str, Any] | None:
        spans = self._spans()
        here = self._here(spans)
        if here < 0:
            return None
        forms: list[dict[str, Any]] = self._member["forms"]
        out = dict(forms[here])
        for key in _TEXTS:
            if key in out:
                out[key] = self._text(out[key])
        for key in _ROOTS:
            if key in out:
                others = (
                    _Other(since, until, forms[n][key]) for since, until, n in spans if n >= 0
                )
                out[key] = self._field(out[key], self._different(out[key], others))
        return out

    def _here(self, spans: Iterable[_Other]) -> int:
        return next((n for since, until, n in spans if since <= self._version <= until), -1)

    def _spans(self) -> list[_Other]:
        """The first and last version of each stretch, and the number of the form in it, which
        is -1 where there is none. Versions begin with their date, and sort by it."""
        versions, stretches = self._archive.versions, self._member["since"]
        ends = [versions[versions.index(since) - 1] for since, _ in stretches[1:]]
        return [
            _Other(since, until, number)
            for (since, number), until in zip(stretches, [*ends, versions[-1]], strict=True)
        ]

    def _text(self, number: int) -> str:
        """Own texts count from 0 upwards, shared ones from -1 downwards."""
        text: str = (
            self._member["texts"][number] if number >= 0 else self._archive.texts[-1 - number]
        )
        return text

    def _field(self, number: int, others: tuple[_Other, ...]) -> Field:
        """What a node leaves out is the default; `others` stand in its place elsewhere."""
        known = self._fields.get((number, others))
        if known is not None:
            return known
        parts = dict(self._member["nodes"][number])
        if "description" in parts:
            parts["description"] = self._text(parts["description"])
        if "fields" in parts:
            parts["fields"] = tuple([self._child(child, others) for child in parts["fields"]])
            if others:
                parts["elsewhere"] = tuple(self._elsewhere(number, others))
        if "any_of" in parts:
            parts["any_of"] = tuple([self._field(option, ()) for option in parts["any_of"]])
        if "items" in parts:
            inside = [(each, self._node(each.node).get("items")) for each in others]
            found = (each._replace(node=node) for each, node in inside if node is not None)
            parts["items"] = self._field(parts["items"], self._different(parts["items"], found))
        if "choices" in parts:
            parts["choices"] = tuple(parts["choices"])
        if "expandable" in parts:
            parts["on_request"] = parts.pop("expandable")
        made = self._fields[number, others] = Field(**parts)
        return made

    def _child(self, child: int, others: tuple[_Other, ...]) -> Field:
        if not others:
            return self._field(child, ())
        name = self._node(child)["name"]
        inside = [(each, self._children(each.node).get(name)) for each in others]
        found = (each._replace(node=node) for each, node in inside if node is not None)
        return self._field(child, self._different(child, found))

    def _different(self, number: int, others: Iterable[_Other]) -> tuple[_Other, ...]:
        return tuple([each for each in others if each.node != number])

    def _elsewhere(self, number: int, others: tuple[_Other, ...]) -> Iterator[tuple[str, str]]:
        """The names that the object does not have in this version, and since or until when."""
        names, told = self._children(number), dict[str, str]()
        for each in others:
            later = each.since > self._version
            span = f"exists since {each.since}" if later else f"existed until {each.until}"
            for name in self._children(each.node).keys() - names:
                if not later or name not in told:
                    told[name] = f"It {span}; this connection goes by {self._version}."
        yield from sorted(told.items())

    def _children(self, number: int) -> dict[str, int]:
        """The fields of an object by their names."""
        known = self._names.get(number)
        if known is None:
            children = self._node(number).get("fields", ())
            known = self._names[number] = {self._node(child)["name"]: child for child in children}
        return known

    def _node(self, number: int) -> dict[str, Any]:
        node: dict[str, Any] = self._member["nodes"][number]
        return node
