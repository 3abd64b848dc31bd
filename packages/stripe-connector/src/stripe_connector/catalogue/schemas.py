"""Reads the schemas of one API version out of their archive, one member at a time."""

import zipfile
from functools import cached_property
from pathlib import Path
from typing import Any

import orjson
from connector_sdk.schema import Field


class Archive:
    """The archive in `folder`; it is opened when the first member is read."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "schemas.zip"

    @cached_property
    def _archive(self) -> zipfile.ZipFile:
        return zipfile.ZipFile(self._file)

    def member(self, name: str) -> dict[str, Any]:
        """The JSON of one member ("resources/customer.json")."""
        data: dict[str, Any] = orjson.loads(self._archive.read(name))
        return data


def field(node: dict[str, Any]) -> Field:
    """The Field that a node of the data describes: what it leaves out is the default."""
    parts = dict(node)
    if "fields" in parts:
        parts["fields"] = tuple([field(part) for part in parts["fields"]])
    if "any_of" in parts:
        parts["any_of"] = tuple([field(part) for part in parts["any_of"]])
    if "items" in parts:
        parts["items"] = field(parts["items"])
    if "choices" in parts:
        parts["choices"] = tuple(parts["choices"])
    return Field(**parts)
