"""What differs between two catalogues: objects, actions and fields, added, removed or changed."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from connector_sdk.errors import SettingError
from connector_sdk.record import Problem
from connector_sdk.schema import Field

from stripe_connector.catalogue.catalogue import Catalogue
from stripe_connector.catalogue.schemas import Archive

Kind = Literal["added", "removed", "changed"]
Part = Literal["object", "action", "request", "response"]
_MARKS: dict[Kind, str] = {"added": "+", "removed": "-", "changed": "~"}
_FLAGS = ("required", "clears")
_FACTS = ("type", "required", "choices", "format", "max_length", "id_of", "clears", "deprecated")


@dataclass(frozen=True, slots=True)
class Change:
    """One difference.

    `action` is "" where the whole object came or went. `part` says what changed: the object or
    the action itself, or the field at `path` of the action's request or response. `said` tells
    how, for people ("type: integer, was string").
    """

    kind: Kind
    part: Part
    object: str
    action: str = ""
    path: str = ""
    said: tuple[str, ...] = ()

    def text(self) -> str:
        """One line: "~ request balance: type integer, was string"."""
        mark = _MARKS[self.kind]
        if self.part in ("object", "action"):
            name = f"{self.object}.{self.action}" if self.action else self.object
            return f"{mark} {self.part} {name}" + (f" ({', '.join(self.said)})" * bool(self.said))
        return f"{mark} {self.part} {self.path}" + (f": {'; '.join(self.said)}" * bool(self.said))


@dataclass(frozen=True, slots=True)
class Diff:
    """Every difference from the catalogue `old` to `new`, in the order of the API."""

    old: str
    new: str
    changes: tuple[Change, ...]

    def counts(self) -> Mapping[tuple[Part, Kind], int]:
        """How many there are of each kind."""
        found: dict[tuple[Part, Kind], int] = {}
        for change in self.changes:
            key = (change.part, change.kind)
            found[key] = found.get(key, 0) + 1
        return found

    def touching(self, used: Iterable[tuple[str, str]]) -> dict[tuple[str, str], list[Change]]:
        """What of it concerns each of these (object, action); only those that are touched."""
        found: dict[tuple[str, str], list[Change]] = {}
        for name, action in used:
            concerned = [
                change
                for change in self.changes
                if change.object == name and change.action in ("", action)
            ]
            if concerned:
                found[name, action] = concerned
        return found

    def text(self) -> str:
        """For people: a line of counts, then objects and actions, then fields by object."""
        counts = [
            f"{number:,} {part}{'s' * (number != 1 and part in ('object', 'action'))}"
            f"{' fields' * (part in ('request', 'response'))} {kind}"
            for (part, kind), number in sorted(self.counts().items())
        ]
        lines = [f"{self.old} -> {self.new}: {', '.join(counts) or 'no difference'}"]
        lines += [each.text() for each in self.changes if each.part in ("object", "action")]
        for name, rows in self._field_changes().items():
            lines.append(name)
            lines += [f"  {text} ({', '.join(actions)})" for text, actions in rows.items()]
        return "\n".join(lines)

    def _field_changes(self) -> dict[str, dict[str, list[str]]]:
        """Object -> what changed in a field -> in which actions: most answers are the same
        resource, and change alike."""
        found: dict[str, dict[str, list[str]]] = {}
        for change in sorted(self.changes, key=lambda change: change.part == "response"):
            if change.path:
                rows = found.setdefault(change.object, {})
                rows.setdefault(change.text(), []).append(change.action)
        return found


def compare(old: Catalogue, new: Catalogue) -> Diff:
    """The differences from `old` to `new`."""
    return Diff(old.api_version, new.api_version, tuple(_changes(old, new)))


def open_folder(folder: Path) -> Catalogue:
    """The newest catalogue in a folder that scripts/build_catalogue.py wrote. Raises
    SettingError where there is none."""
    archive = Archive(folder)
    try:
        return Catalogue(archive, archive.versions[-1])
    except (OSError, ValueError, KeyError, IndexError) as error:
        raise SettingError(
            Problem(
                "no_catalogue",
                f"There is no catalogue of any version in {folder}.",
                "Name a folder that `scripts/build_catalogue.py --data` wrote.",
                path=str(folder),
            )
        ) from error


def _changes(old: Catalogue, new: Catalogue) -> Iterator[Change]:
    answers: dict[tuple[str, ...], list[tuple[Kind, str, tuple[str, ...]]]] = {}
    for name in dict.fromkeys((*new.objects, *old.objects)):
        before, after = old.objects.get(name, ()), new.objects.get(name, ())
        if not before or not after:
            yield Change("removed" if before else "added", "object", name, said=before or after)
            continue
        for action in dict.fromkeys((*after, *before)):
            if action not in before or action not in after:
                kind: Kind = "added" if action in after else "removed"
                yield Change(kind, "action", name, action)
                continue
            yield from _api_call(old, new, name, action, answers)


def _api_call(
    old: Catalogue,
    new: Catalogue,
    object: str,
    action: str,
    answers: dict[tuple[str, ...], list[tuple[Kind, str, tuple[str, ...]]]],
) -> Iterator[Change]:
    """The fields of one action; what a resource holds is compared once for all that give it."""
    before, after = old.api_call(object, action), new.api_call(object, action)
    said = tuple(
        f"{name} {getattr(after, name)}, was {getattr(before, name)}"
        for name in ("method", "path", "host", "body", "shape")
        if getattr(before, name) != getattr(after, name)
    )
    if said:
        yield Change("changed", "action", object, action, said=said)
    for kind, path, told in _fields(old.request(before), new.request(after)):
        yield Change(kind, "request", object, action, path, told)
    key = (before.returns, after.returns, *before.returns_any, "", *after.returns_any)
    if key not in answers:
        answers[key] = list(_fields(old.response(before), new.response(after)))
    for kind, path, told in answers[key]:
        yield Change(kind, "response", object, action, path, told)


def _fields(old: Field, new: Field) -> Iterator[tuple[Kind, str, tuple[str, ...]]]:
    """Added, removed and changed fields; of what came or went as a whole only the top."""
    before, after = _flat(old), _flat(new)
    for path in dict.fromkeys((*after, *before)):
        if path in before and path in after:
            said = tuple(_told(before[path], after[path]))
            if said:
                yield "changed", path, said
            continue
        above = _above(path)
        known = after if path in after else before
        if above in known and (above not in before or above not in after):
            continue
        yield ("added" if path in after else "removed"), path, ()


def _flat(root: Field) -> dict[str, list[Field]]:
    """Path -> the field there, or the alternatives where it may have several shapes."""
    found: dict[str, list[Field]] = {}
    for path, field in root.walk():
        found.setdefault(path, []).extend(field.any_of or (field,))
    return found


def _above(path: str) -> str:
    """ "a.b[].c" -> "a.b"; "" at the top."""
    return path.rpartition(".")[0].removesuffix("[]").removesuffix(".*")


def _told(before: list[Field], after: list[Field]) -> Iterator[str]:
    for fact in _FACTS:
        left, right = _values(before, fact), _values(after, fact)
        if left == right:
            continue
        if fact in _FLAGS:
            yield fact if right else f"no longer {fact}"
        elif fact == "choices":
            added = sorted(right - left)
            gone = sorted(left - right)
            yield "choices " + ", ".join([f"+{each}" for each in added] + [f"-{e}" for e in gone])
        else:
            yield f"{fact} {_shown(right)}, was {_shown(left)}"


def _values(fields: list[Field], fact: str) -> set[str]:
    if fact == "choices":
        return {str(choice) for field in fields for choice in field.choices}
    if fact == "type":
        return {field.ref or field.type for field in fields}
    return {str(value) for field in fields if (value := getattr(field, fact))}


def _shown(values: set[str]) -> str:
    return " or ".join(sorted(values)) or "none"
