"""The values with which a connector describes its activities and its commands."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, Protocol

from connector_sdk.record import JSON, Problem
from connector_sdk.schema import Field

Guarantee = Literal["keyed", "positioned", "transactional", "repeatable", "none"]
"""How a target keeps a repeated write harmless. What a runner does after a crash:

keyed          each call carries a key; within the horizon the same key is never done twice.
               Calls without an answer are sent again with their key.
positioned     what was written ends at a position. A resume cuts back to the last one kept.
transactional  the target keeps a mark of the run in the same transaction as the rows; see
               `TransactionalTarget`. A resume continues from the mark.
repeatable     writing the same again changes nothing, as an upsert by a key of the data does.
               Calls without an answer are sent again at any time.
none           a repeat may double. Calls that may have been sent are looked up (`settle`) and
               never sent again unless they surely were not done.
"""


@dataclass(frozen=True, slots=True)
class Command:
    """A command for one-off use of an activity type, or of one `action` of it.

    `argument` names what is given behind the object without an option: a setting of a source
    ("query"), or a field of a target's request ("id"); `several` says that there may be many.
    `example` is such a use, from the object on.
    """

    name: str
    action: str = ""
    argument: str = ""
    several: bool = False
    help: str = ""
    example: str = ""


@dataclass(frozen=True, slots=True)
class Option:
    """An option of a command line for one setting of an activity, where it has that setting.

    `takes` says what is given: the "value" of the setting; "parts" of it, which is an object, as
    NAME=VALUE; or "whole", paths of fields in which a record is to hold a whole object and not
    its id (`Field.on_request`); the setting is a list then.
    """

    name: str
    setting: str
    takes: Literal["value", "parts", "whole"]
    metavar: str
    help: str


@dataclass(frozen=True, slots=True)
class ActivityType:
    """A verb of a connector. `levels` names the choices that lead to one call of the other
    system ("object", "sub-object", "action"); a connector of plain places has none. The last
    level is an activity's `action` and the one before it what its `on` names, a single level is
    `on`; levels above only lead there. `guarantee` is what every target of the type gives, so
    that an operation is checked before one is opened; None where it shows only then.

    `commands` say how a command line offers the type; without any it has one of the type's
    name. `options` are the settings that have an option of their own there.
    """

    name: str
    role: Literal["source", "target"]
    label: str
    help: str
    levels: tuple[str, ...] = ()
    guarantee: Guarantee | None = None
    commands: tuple[Command, ...] = ()
    options: tuple[Option, ...] = ()

    def chosen(self, on: str, action: str = "") -> tuple[str, ...]:
        """The choices that lead to `on`, or to its `action`. Levels above stay open (""), as
        `on` alone says them."""
        above = ("",) * max(len(self.levels) - 2, 0)
        found = (*above, *((on, action) if action else (on,)))
        return found[: len(self.levels)]


@dataclass(frozen=True, slots=True)
class Form:
    """The settings that a person fills in, in the order of the page.

    `trial` are settings of a connection with which it can be looked at before anybody has an
    account: what it offers, schemas, faults of activities. Where they lead to a sandbox they
    also serve to try things out; else nothing is called with them.
    """

    fields: tuple[Field, ...] = ()
    trial: Mapping[str, JSON] = field(default_factory=dict)

    def as_field(self) -> Field:
        """The form as a schema, so that settings are checked by `conform` like any request."""
        return Field(name="", type="object", fields=self.fields)


@dataclass(frozen=True, slots=True)
class Choice:
    """One row of a table of choices; `id` is what a project file says."""

    id: str
    label: str
    help: str = ""


@dataclass(frozen=True, slots=True)
class Activity:
    """A configured use of an activity type. `on` and `action` are the choices made, by id;
    both are "" where the activity type has no levels."""

    name: str
    type: str
    on: str = ""
    action: str = ""
    settings: Mapping[str, JSON] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Tested:
    """What the test of a connection found.

    `account` is "" where the key may not see it. `note` says what a person should know though
    the test passed (a missing permission). With `ok` False, `problem` says why.
    """

    ok: bool
    account: str = ""
    mode: str = ""
    api_version: str = ""
    milliseconds: float = 0.0
    note: str = ""
    problem: Problem | None = None


COMMANDS = "connector_agent.commands"
"""The entry point group under which a distribution names its commands: each a function or an
app of Typer, which is there where the agent is. An error of the contract that one raises is told
as those of the agent are."""


class Workspace(Protocol):
    """What the context of such a command holds as its `obj`."""

    def activities(
        self, connector: str, project: Path | None, environment: str
    ) -> Mapping[str, Activity]:
        """The activities of a connector in a project, by "endpoint/activity"; without one that is
        named those of the project that this folder is in, none outside of any. Raises
        SettingError for faults of the project."""
        ...


@dataclass(frozen=True, slots=True)
class PlannedCall:
    """One kind of call: what is called, for people ("GET /v1/contacts"), with which
    parameters, and how many times; None where that shows only when it is done."""

    call: str
    parameters: Mapping[str, JSON] = field(default_factory=dict)
    expected: int | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """What an activity is going to do. `calls` are in their order; `lines` say all of it to a
    person, one fact a line. `fresh` is False where a source may not see what was just written.
    """

    calls: tuple[PlannedCall, ...] = ()
    lines: tuple[str, ...] = ()
    fresh: bool = True

    @property
    def expected(self) -> int | None:
        """All calls together; None where one of them isn't known."""
        counts = [call.expected for call in self.calls]
        return None if None in counts else sum(count for count in counts if count is not None)
