"""The rules that tell whose id a field holds."""

import re
from collections.abc import Mapping, Sequence

from scripts.catalogue_source.annotation import Node
from scripts.catalogue_source.facts import Facts, Rule, Seen

_FILE = re.compile(
    r"\(ID of a \[file upload\]|\bID of a \[file upload\]|\bFile ID\b|returned by a \[file upload\]"
)
_HOME_ACTIONS = ("retrieve", "list", "create", "update")
_OWN_ACTIONS = ("retrieve", "update", "delete", "cancel")


class Identities:
    """Which object's ids stand where, for the operations of one version."""

    def __init__(self, operations: Sequence[Node]) -> None:
        self.objects = {operation["object"] for operation in operations}
        self.homes = _homes(operations)
        self._collections = _collections(operations)
        self._paths = {f"{o['object']}.{o['action']}": o["path"] for o in operations}

    def rules(self) -> tuple[Rule, ...]:
        """Before those for formats: what is an id is nothing else."""
        return (
            Rule("id in the path", self.in_path),
            Rule("id of the object itself", self.own),
            Rule("id that expand turns into its object", self.expandable),
            Rule("id of a file by text", self.file_by_text),
        )

    def in_path(self, seen: Seen) -> Facts | None:
        if not seen.node.get("in_path"):
            return None
        segments = self._paths[seen.owner].split("/")
        above = _blank("/".join(segments[: segments.index(f"{{{seen.name}}}")]))
        found = self._collections.get(_helped(above)) or self._collections.get(above)
        return {"format": "id", "id_of": found} if found else None

    def own(self, seen: Seen) -> Facts | None:
        home = self.homes.get(seen.owner) if seen.side == "response" and seen.path == "id" else None
        return {"format": "id", "id_of": home} if home and seen.plain_text else None

    def expandable(self, seen: Seen) -> Facts | None:
        if not seen.node.get("expandable") or "ref" not in seen.node:
            return None
        home = self.homes.get(seen.node["ref"])
        return {"format": "id", "id_of": home} if home else {"format": "id"}

    def file_by_text(self, seen: Seen) -> Facts | None:
        if seen.plain_text and _FILE.search(seen.text):
            return {"format": "id", "id_of": "files"}
        return None


def _homes(operations: Sequence[Node]) -> Mapping[str, str]:
    """Resource -> the object that works on it; the shortest name where several do, so that a
    payment method is one of `payment_methods`, and not of `customers.payment_methods`."""
    found: dict[str, tuple[tuple[bool, int, int], str]] = {}
    for operation in operations:
        if operation["action"] not in _HOME_ACTIONS or len(operation.get("returns", ())) != 1:
            continue
        name = operation["object"]
        rank = (
            "test_helpers" in name and not name.endswith("test_clocks"),
            _HOME_ACTIONS.index(operation["action"]),
            name.count("."),
        )
        resource = operation["returns"][0]
        if resource not in found or rank < found[resource][0]:
            found[resource] = (rank, name)
    return {resource: name for resource, (_, name) in found.items()}


def _collections(operations: Sequence[Node]) -> Mapping[str, str]:
    """Path without the last id -> the object whose ids follow; test helpers share the ids of
    what they help."""
    found: dict[str, str] = {}
    for operation in operations:
        above, _, last = operation["path"].rpartition("/")
        if operation["action"] in _OWN_ACTIONS and last.startswith("{"):
            found.setdefault(_blank(above), operation["object"])
    return found


def _helped(path: str) -> str:
    return path.replace("/test_helpers/", "/")


def _blank(path: str) -> str:
    return re.sub(r"\{\w+\}", "{}", path)
