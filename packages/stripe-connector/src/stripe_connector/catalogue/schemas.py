"""Reads the data of all API versions: the index, and schemas one member at a time."""

import zipfile
from collections.abc import Mapping, Sequence
from functools import cache, cached_property
from pathlib import Path
from typing import Any

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

    def operations(self, version: str) -> list[dict[str, Any]]:
        """The entries of the operations that a version has, in the order of the API."""
        return self._at(self._index["operations"], version)

    def resources(self, version: str) -> list[str]:
        """The ids of the resources that a version has."""
        return [entry["id"] for entry in self._at(self._index["resources"], version)]

    def spans(self, part: str) -> Sequence[Mapping[str, Any]]:
        """All entries of "operations" or "resources": `since` is the first version where that
        is not the oldest, `until` the last one where that is not the newest. An entry that
        changed stands there once for each of its forms, the oldest first."""
        entries: Sequence[Mapping[str, Any]] = self._index[part]
        return entries

    def member(self, name: str, version: str) -> dict[str, Any] | None:
        """One member ("resources/customer.json") as it is in a version, its schema as a Field;
        None where the version has none."""
        member = orjson.loads(self._zip.read(name))
        place, form = self.versions.index(version), -1
        for since, number in member["since"]:
            if self.versions.index(since) <= place:
                form = number
        return None if form < 0 else _Reader(member, self).form(form)

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


class _Reader:
    """Makes Fields of the nodes of one member: equal nodes are one Field."""

    def __init__(self, member: dict[str, Any], archive: Archive) -> None:
        self._member = member
        self._archive = archive
        self._fields: dict[int, Field] = {}

    def form(self, number: int) -> dict[str, Any]:
        out = dict(self._member["forms"][number])
        for key in _TEXTS:
            if key in out:
                out[key] = self._text(out[key])
        for key in _ROOTS:
            if key in out:
                out[key] = self._field(out[key])
        return out

    def _text(self, number: int) -> str:
        """Own texts count from 0 upwards, shared ones from -1 downwards."""
        text: str = (
            self._member["texts"][number] if number >= 0 else self._archive.texts[-1 - number]
        )
        return text

    def _field(self, number: int) -> Field:
        """What a node leaves out is the default."""
        known = self._fields.get(number)
        if known is not None:
            return known
        parts = dict(self._member["nodes"][number])
        if "description" in parts:
            parts["description"] = self._text(parts["description"])
        for key in ("fields", "any_of"):
            if key in parts:
                parts[key] = tuple([self._field(child) for child in parts[key]])
        if "items" in parts:
            parts["items"] = self._field(parts["items"])
        if "choices" in parts:
            parts["choices"] = tuple(parts["choices"])
        made = self._fields[number] = Field(**parts)
        return made
