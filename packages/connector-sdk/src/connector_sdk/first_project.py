"""A project that a connector brings to begin with."""

from collections.abc import Iterator, Mapping
from importlib.resources.abc import Traversable
from typing import NamedTuple

_NAMES = {"gitignore": ".gitignore"}
"""Files that a package can't hold under the name that they are to have."""


class FirstProject(NamedTuple):
    """Texts by the path of their file. The project runs at once, without an account, and
    `operation` is what to run first. `project.yaml` gives no name: that is the folder's.
    """

    files: Mapping[str, str]
    operation: str

    @classmethod
    def of(cls, folder: Traversable, operation: str) -> "FirstProject":
        """The files below a folder of a package; one called gitignore becomes .gitignore."""
        return cls(dict(_texts(folder, "")), operation)


def _texts(folder: Traversable, above: str) -> Iterator[tuple[str, str]]:
    for item in folder.iterdir():
        path = f"{above}{_NAMES.get(item.name, item.name)}"
        if item.is_dir():
            yield from _texts(item, f"{path}/")
        else:
            yield path, item.read_text(encoding="utf-8")
