"""One database, and the sources and targets in it."""

import os
import time
from collections.abc import Callable, Sequence
from typing import Concatenate, NamedTuple, ParamSpec, TypeVar

from connector_sdk import (
    ANY_OBJECT,
    Activity,
    Choice,
    ConnectorError,
    CredentialError,
    Cursor,
    Field,
    Form,
    Guarded,
    Host,
    Mode,
    Problem,
    Schemas,
    SettingError,
    Source,
    Tested,
    UnreachableError,
    fitted,
    form_of,
)
from connector_sdk import Plan as CallPlan
from connector_sdk.files import private_file
from sqlalchemy import Table
from sqlalchemy.engine import Connection

from connector_database.address import Address
from connector_database.creation import column_faults, table_of
from connector_database.engine import Session, engine_of, for_reading, for_writing
from connector_database.forms import RECORDS, Query, Read, Settings, Write
from connector_database.paging import Plan, plan_of_query, plan_of_table
from connector_database.source import ROWS, RowSource
from connector_database.tables import TableInfo, exists, planned_info, table_info, table_names
from connector_database.target import RowTarget

P = ParamSpec("P")
R = TypeVar("R")
_SOURCES = ("read", "query")
_NOTHING = Field(name="", type="object")
_DONE = {
    "insert": "Each record is added to {table}.",
    "upsert": "Each record changes the row of {table} with the same {key}, or is added.",
    "delete": "The row of {table} with the {key} of the record is deleted.",
}


class _Written(NamedTuple):
    """A table, the columns that find a row in it, and the table to create."""

    table: TableInfo
    key: tuple[str, ...]
    created: Table | None


class DatabaseConnection:
    """Opened with the first look at the database."""

    mode: Mode = "none"

    def __init__(self, address: Address, host: Host) -> None:
        self._address = address
        self._host = host
        self._engine = engine_of(address)
        self._looking: Session | None = None
        self._sessions: list[Session] = []

    async def test(self) -> Tested:
        """Whether the database answers, and which it is."""
        begun = time.perf_counter()
        try:
            version = await self._look(_version)
        except ConnectorError as error:
            return Tested(
                False,
                milliseconds=(time.perf_counter() - begun) * 1000,
                problem=error.problem,
            )
        milliseconds = (time.perf_counter() - begun) * 1000
        account = self._address.scope.removeprefix("database:")
        label = f"{self._address.system.label} {version}"
        return Tested(True, account=account, api_version=label, milliseconds=milliseconds)

    async def scope(self) -> str:
        """Host and name of the database, so that it is the same for every user of it."""
        return self._address.scope

    async def choices(self, type: str, chosen: Sequence[str]) -> Sequence[Choice]:
        """Tables, and for reading views. Raises UnreachableError and CredentialError."""
        if type not in RECORDS or type == "query":
            return ()
        found = await self._look(table_names, self._address.schema)
        return found if type == "read" else [each for each in found if each.help != "view"]

    def settings(self, type: str, chosen: Sequence[str]) -> Form:
        """Raises SettingError for an unknown activity type."""
        if type not in RECORDS:
            raise SettingError(_unknown_type(type))
        return form_of(RECORDS[type])

    async def schemas(self, activity: Activity) -> Schemas:
        """The columns of the table. Where the database can't be looked at, and for a query
        before it is run, the schema is open. Raises SettingError."""
        settings = self._settings(activity)
        try:
            return await self._schemas(activity, settings)
        except (UnreachableError, CredentialError):
            role = activity.type in _SOURCES
            return Schemas(_NOTHING if role else ANY_OBJECT, ANY_OBJECT)

    async def check(self, activity: Activity) -> Sequence[Problem]:
        """Looks at the tables; a database that doesn't answer is a warning."""
        try:
            settings = self._settings(activity)
            await self._schemas(activity, settings)
        except SettingError as error:
            return error.problems
        except (UnreachableError, CredentialError) as error:
            return (error.problem._replace(warning=True),)
        return ()

    async def guard(self, activity: Activity) -> Guarded | None:
        """Nothing: a database doesn't say whether it is live, and moves no money."""
        return None

    async def plan(self, activity: Activity, records: int | None = None) -> CallPlan:
        settings = self._settings(activity)
        if activity.type in _SOURCES:
            plan, _ = await self._look(self._source, activity, settings)
            by = " and ".join(plan.key)
            return CallPlan(lines=(f"{plan.name} is read by {by}, {ROWS} rows at a time.",))
        table, key, created = await self._table(activity, settings)
        line = _DONE[activity.type].format(table=table.name, key=" and ".join(key))
        lines = (f"{table.name} is created.", line) if created is not None else (line,)
        return CallPlan(lines=lines)

    async def source(self, activity: Activity, requests: Source | None = None) -> RowSource:
        """Raises SettingError, also for `requests`, which a table has no use for."""
        settings = self._settings(activity, _SOURCES)
        if requests is not None:
            raise SettingError(
                Problem(
                    "not_driven",
                    "Rows are read once, not for each record of another source.",
                    "Take `for_each` out; join the tables in a query instead.",
                    path="for_each",
                )
            )
        plan, table = await self._look(self._source, activity, settings)
        columns = [table.columns[name] for name in plan.names] if table is not None else None
        return RowSource(self._session(for_reading), plan, columns, self._host)

    async def target(self, activity: Activity, resume: Cursor | None = None) -> RowTarget:
        """Raises SettingError, UnreachableError and CredentialError. `resume` has no say: the
        marks of runs are in the database."""
        settings = self._settings(activity, tuple(kind for kind in RECORDS if kind not in _SOURCES))
        table, key, created = await self._table(activity, settings)
        if created is not None and self._address.file is not None:
            os.close(private_file(self._address.file))
        session = self._session(for_writing)
        return RowTarget(session, activity.type, table, key, self._address.schema, created)

    async def close(self) -> None:
        """Rolls back what is not committed. May be called twice."""
        sessions, self._sessions, self._looking = self._sessions, [], None
        for session in sessions:
            await session.close()
        self._engine.dispose()

    async def _look(
        self,
        function: Callable[Concatenate[Connection, P], R],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> R:
        file = self._address.file
        if file is not None and not file.exists():
            raise UnreachableError(
                Problem(
                    "no_database_file",
                    f"There is no file {file.name!r} at the place that the URL names.",
                    "Correct the URL, or let an activity with `create: true` make the file.",
                    path="url",
                )
            )
        if self._looking is None:
            self._looking = self._session()

        def inside(connection: Connection) -> R:
            try:
                return function(connection, *args, **kwargs)
            finally:
                connection.rollback()

        return await self._looking.call(inside)

    def _session(self, prepared: Callable[[Connection], Connection] | None = None) -> Session:
        session = Session(self._engine, prepared)
        self._sessions.append(session)
        return session

    def _settings(self, activity: Activity, types: Sequence[str] = ()) -> Settings:
        """The settings as a record. Raises SettingError."""
        kind = activity.type
        if kind not in RECORDS or (types and kind not in types):
            raise SettingError(_unknown_type(kind))
        problems: list[Problem] = []
        settings: Settings | None = None
        try:
            settings = fitted(RECORDS[kind], activity.settings)
        except SettingError as error:
            problems.extend(error.problems)
        if activity.action or (activity.on and kind == "query"):
            wrong = "action" if activity.action else "on"
            problems.append(
                Problem(
                    "no_such_choice",
                    f"A {kind} of a database has no {wrong!r}.",
                    "Take it out.",
                    path=wrong,
                    value=activity.action or activity.on,
                )
            )
        if not problems and settings is not None:
            problems.extend(_faults(kind, settings))
        if problems or settings is None:
            raise SettingError(*problems)
        return settings

    async def _schemas(self, activity: Activity, settings: Settings) -> Schemas:
        if activity.type in _SOURCES:
            plan, table = await self._look(self._source, activity, settings)
            if table is None:
                return Schemas(_NOTHING, ANY_OBJECT, call="SELECT")
            return Schemas(_NOTHING, table.record(plan.names), call=f"SELECT {table.name}")
        table, key, created = await self._table(activity, settings)
        call = f"{activity.type.upper()} {table.name}"
        if activity.type == "delete":
            request = table.key_request(key, whole=False)
            return Schemas(request, _NOTHING, call=call, note="Deleted rows can't be brought back.")
        note = f"The table {table.name} is created." if created is not None else ""
        if activity.type == "upsert":
            request = table.key_request(key, whole=True)
            return Schemas(request, _NOTHING, call=call, note=note)
        update = table.change() if table.primary else _NOTHING
        return Schemas(table.request(), _NOTHING, call=call, note=note, update=update)

    async def _table(self, activity: Activity, settings: Settings) -> _Written:
        file = self._address.file
        new = _new(settings)
        if new is not None and file is not None and not file.exists():
            return self._planned(activity, new, self._engine.dialect.name)
        return await self._look(self._writing, activity, settings)

    def _source(
        self, connection: Connection, activity: Activity, settings: Settings
    ) -> tuple[Plan, TableInfo | None]:
        if isinstance(settings, Query):
            plan = plan_of_query(settings.query, settings.key)
            connection.execute(plan.page(None, 0)).close()  # tells what is wrong with it
            return plan, None
        assert isinstance(settings, Read)
        table = table_info(connection, activity.on, self._address.schema)
        problems = table.known(settings.columns, "columns")
        if problems:
            raise SettingError(*problems)
        key = table.key(settings.key, enforced=False)
        plan = plan_of_table(table, settings.columns, key, settings.where)
        connection.execute(plan.page(None, 0)).close()
        return plan, table

    def _writing(self, connection: Connection, activity: Activity, settings: Settings) -> _Written:
        new, schema = _new(settings), self._address.schema
        if new is not None and not exists(connection, activity.on, schema):
            return self._planned(activity, new, connection.dialect.name)
        table = table_info(connection, activity.on, schema)
        if activity.type == "insert":
            return _Written(table, table.primary, None)
        return _Written(table, table.key(settings.key, enforced=True), None)

    def _planned(self, activity: Activity, new: Write, dialect: str) -> _Written:
        created = table_of(activity.on, self._address.schema, new.columns, new.key, dialect)
        return _Written(planned_info(created, dialect), new.key, created)


def _new(settings: Settings) -> Write | None:
    """The settings of an activity that may create its table."""
    return settings if isinstance(settings, Write) and settings.create else None


def _faults(kind: str, settings: Settings) -> list[Problem]:
    """What is wrong with settings that fit their form."""
    if isinstance(settings, Query) and not settings.key:
        return [Problem("no_key", "The key is empty.", "State at least one column.", path="key")]
    if not isinstance(settings, Write):
        return []
    if not settings.create:
        return [_columns_unused()] if settings.columns else []
    found = column_faults(settings.columns, settings.key) if settings.columns else [_no_columns()]
    if kind == "upsert" and not settings.key:
        found.append(
            Problem(
                "no_key",
                "An upsert needs a key to find rows by.",
                "State the columns that make a row unique: `key: [id]`.",
                path="key",
            )
        )
    return found


def _no_columns() -> Problem:
    return Problem(
        "no_columns",
        "A table can't be created without its columns.",
        "State them with their types: `columns: {id: integer, name: text}`.",
        path="columns",
    )


def _columns_unused() -> Problem:
    return Problem(
        "columns_unused",
        "The columns are those of the table that is there.",
        "Add `create: true` to have it created, or take `columns` out.",
        path="columns",
    )


def _version(connection: Connection) -> str:
    connection.exec_driver_sql("SELECT 1")
    found = connection.dialect.server_version_info or ()
    return ".".join(str(part) for part in found)


def _unknown_type(type: str) -> Problem:
    return Problem(
        "unknown_activity_type",
        f"A database has no activity type {type!r} here.",
        f"Take one of {', '.join(RECORDS)}.",
        path="type",
        value=type,
    )
