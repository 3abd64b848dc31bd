"""Connectors and connections with defaults for what is the same in most of them."""

import time
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import ClassVar, Generic, TypeVar

from connector_sdk.activity import Activity, ActivityType, Choice, Form, Plan, PlannedCall, Tested
from connector_sdk.conform import did_you_mean
from connector_sdk.connection import Connection, Mode, Source, Target
from connector_sdk.connector import CONTRACT, FirstProject
from connector_sdk.errors import ConnectorError, SettingError
from connector_sdk.guard import Guarded
from connector_sdk.host import Host
from connector_sdk.record import JSON, Cursor, Problem
from connector_sdk.setting import NoSettings, fitted, form_of

S = TypeVar("S")


class ConnectorBase(ABC, Generic[S]):
    """A connector that says in data what it is. `settings` is the declared record of a
    connection's settings, `trial` as in `Form`. One hook: `open`."""

    name: str
    label: str
    version: str
    contract = CONTRACT
    oldest_agent = "10.1"
    logger: str
    """The name of its logger: the connector's own, if nothing else is said."""
    settings: type[S]
    trial: ClassVar[Mapping[str, JSON]] = {}
    types: ClassVar[Sequence[ActivityType]] = ()

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        if "name" in cls.__dict__ and "logger" not in cls.__dict__:
            cls.logger = cls.name

    def form(self) -> Form:
        """The settings of a connection."""
        return form_of(self.settings, trial=self.trial)

    def activity_types(self) -> Sequence[ActivityType]:
        """The verbs, in the order of the palette."""
        return self.types

    def first_project(self) -> FirstProject | None:
        """None."""
        return None

    async def connect(self, settings: Mapping[str, JSON], host: Host) -> Connection:
        """A connection with these settings. Raises SettingError when they are wrong."""
        return await self.open(fitted(self.settings, settings), host)

    @abstractmethod
    async def open(self, settings: S, host: Host) -> Connection:
        """A connection with these settings."""


class ConnectionBase(ABC):
    """A connection whose activity types have fixed settings and, at most, a fixed list of
    objects. `records` (declared settings) and `objects` go by activity type; a type that is
    missing has none. Two hooks: `open_source` and `open_target`; a subclass adds `scope` and
    `schemas`.
    """

    mode: Mode = "none"
    types: ClassVar[Sequence[ActivityType]] = ()
    records: ClassVar[Mapping[str, type]] = {}
    objects: ClassVar[Mapping[str, Sequence[Choice]]] = {}

    async def test(self) -> Tested:
        """Whether the scope can be found out."""
        began = time.perf_counter()
        try:
            account = await self.scope()
        except ConnectorError as error:
            return Tested(ok=False, problem=error.problem)
        took = (time.perf_counter() - began) * 1000
        return Tested(ok=True, account=account, mode=self.mode, milliseconds=took)

    @abstractmethod
    async def scope(self) -> str:
        """Who owns keys and identities: what stays the same while the account does."""

    async def choices(self, type: str, chosen: Sequence[str]) -> Sequence[Choice]:
        """The objects of an activity type."""
        return () if chosen else self.objects.get(type, ())

    def settings(self, type: str, chosen: Sequence[str]) -> Form:
        """The settings of an activity type. Raises SettingError for an unknown one."""
        known = [kind.name for kind in self.types]
        if type not in known:
            hint = did_you_mean(type, known) or f"There are: {', '.join(known)}."
            raise SettingError(
                Problem("unknown_activity_type", f"There is no activity type {type!r}.", hint)
            )
        return form_of(self.records.get(type, NoSettings))

    async def check(self, activity: Activity) -> Sequence[Problem]:
        """Whether the object is one of the choices, and the settings fit the form."""
        try:
            self.settings(activity.type, [activity.on])
        except SettingError as error:
            return error.problems
        found: list[Problem] = []
        known = [row.id for row in await self.choices(activity.type, ())]
        if (activity.on or known) and activity.on not in known:
            found.append(_no_such(activity.on, known))
        if activity.action:
            found.append(
                Problem(
                    "no_actions",
                    f"An activity of the type {activity.type!r} has no action.",
                    "Leave `action` out.",
                    path="action",
                )
            )
        try:
            fitted(self.records.get(activity.type, NoSettings), activity.settings)
        except SettingError as error:
            found.extend(error.problems)
        return found

    async def guard(self, activity: Activity) -> Guarded | None:
        """Nothing that moves money or can't be undone."""
        await self.require(activity)
        return None

    async def plan(self, activity: Activity, records: int | None = None) -> Plan:
        """One call for each record; of a source, as many as its pages need."""
        await self.require(activity)
        (kind,) = (kind for kind in self.types if kind.name == activity.type)
        what = f"{activity.type} {activity.on}".strip()
        if kind.role == "source":
            return Plan((PlannedCall(what),), (f"{what}, page by page.",))
        return Plan((PlannedCall(what, expected=records),), (f"{what}, once for each record.",))

    async def source(self, activity: Activity, requests: Source | None = None) -> Source:
        """The source of a sound activity. Raises SettingError, also for `requests`."""
        await self.require(activity, "source")
        if requests is not None:
            raise SettingError(
                Problem(
                    "not_driven",
                    "This source can't be asked once for each record of another.",
                    "Take `for_each` out of the operation.",
                    path="for_each",
                )
            )
        return await self.open_source(activity)

    async def target(self, activity: Activity, resume: Cursor | None = None) -> Target:
        """The target of a sound activity. Raises SettingError."""
        await self.require(activity, "target")
        return await self.open_target(activity, resume)

    @abstractmethod
    async def open_source(self, activity: Activity) -> Source:
        """The source of an activity that `check` found sound."""

    @abstractmethod
    async def open_target(self, activity: Activity, resume: Cursor | None) -> Target:
        """The target of an activity that `check` found sound; `resume` as in `target`."""

    async def close(self) -> None:
        """Nothing to give back."""
        return

    async def require(self, activity: Activity, role: str = "") -> None:
        """Raises SettingError for a faulty activity, and for one of another role."""
        problems = [each for each in await self.check(activity) if not each.warning]
        if problems:
            raise SettingError(*problems)
        kinds = {kind.name: kind for kind in self.types}
        if role and kinds[activity.type].role != role:
            raise SettingError(
                Problem(
                    "wrong_role",
                    f"An activity of the type {activity.type!r} is no {role}.",
                    f"Choose one of: {', '.join(_of_role(self.types, role))}.",
                    path="type",
                )
            )


def _no_such(on: str, known: Sequence[str]) -> Problem:
    if not known:
        message, hint = f"There are no objects to choose from, so not {on!r}.", "Leave `on` out."
    elif not on:
        message, hint = "It isn't said on which object.", f"Choose one of: {', '.join(known)}."
    else:
        message = f"There is no object {on!r}."
        hint = did_you_mean(on, known) or f"There are: {', '.join(known)}."
    return Problem("unknown_object", message, hint, path="on", value=on)


def _of_role(types: Sequence[ActivityType], role: str) -> list[str]:
    return [kind.name for kind in types if kind.role == role] or ["none"]
