"""Where a database is, and the driver that leads there."""

from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from connector_sdk import Problem, SettingError, did_you_mean
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError


@dataclass(frozen=True, slots=True)
class System:
    """A kind of database: its name for people, its driver, and the extra that brings that."""

    label: str
    driver: str
    module: str
    extra: str


SYSTEMS = {
    "postgresql": System("PostgreSQL", "psycopg", "psycopg", "postgresql"),
    "sqlite": System("SQLite", "pysqlite", "sqlite3", ""),
    "mysql": System("MySQL", "pymysql", "pymysql", "mysql"),
    "mariadb": System("MariaDB", "pymysql", "pymysql", "mysql"),
    "mssql": System("SQL Server", "pyodbc", "pyodbc", "mssql"),
}
_ALIASES = {"postgres": "postgresql"}
"""Names that URLs of hosting services begin with."""


@dataclass(frozen=True, slots=True)
class Address:
    """A URL that SQLAlchemy can open. `scope` names the database without user and password;
    `file` is that of SQLite."""

    url: URL
    system: System
    schema: str | None
    scope: str
    file: Path | None = None

    @classmethod
    def of(cls, stated: str, schema: str, folder: Path | None) -> "Address":
        """The address in a URL. Raises SettingError, whose text never holds the URL."""
        try:
            url = make_url(stated.strip())
        except (ArgumentError, ValueError):
            raise SettingError(
                Problem(
                    "bad_url",
                    "The URL of the database can't be read.",
                    "Write it as postgresql://USER:PASSWORD@HOST/DATABASE or sqlite:///FILE; "
                    "write characters such as @ and / in a password as %40 and %2F.",
                    path="url",
                )
            ) from None
        name, _, driver = url.drivername.partition("+")
        name = _ALIASES.get(name, name)
        system = SYSTEMS.get(name)
        if system is None:
            known = ", ".join(SYSTEMS)
            raise SettingError(
                Problem(
                    "unknown_database",
                    f"There is no database {name!r}; the URL starts with one of {known}.",
                    did_you_mean(name, SYSTEMS) or "Write the name of the system first.",
                    path="url",
                )
            )
        if driver and driver != system.driver:
            raise SettingError(
                Problem(
                    "unknown_driver",
                    f"{system.label} is read with {system.driver}, not with {driver!r}.",
                    f"Begin the URL with {name}:// only.",
                    path="url",
                )
            )
        _require_driver(system)
        url = url.set(drivername=f"{name}+{system.driver}")
        if name == "sqlite":
            return cls._sqlite(url, system, schema, folder)
        parts = (url.host or "", f":{url.port}" if url.port else "", url.database or "")
        scope = f"database:{name}://{parts[0]}{parts[1]}/{parts[2]}"
        return cls(url, system, schema or None, scope + (f"/{schema}" if schema else ""))

    @classmethod
    def _sqlite(cls, url: URL, system: System, schema: str, folder: Path | None) -> "Address":
        stated = url.database or ""
        if stated in ("", ":memory:") or stated.startswith("file:"):
            raise SettingError(
                Problem(
                    "no_database_file",
                    "The URL names no file: a database in memory is gone with the process.",
                    "Write sqlite:///NAME.db for a file in the project's folder, or "
                    "sqlite:////FOLDER/NAME.db for another one.",
                    path="url",
                )
            )
        home = (folder or Path.cwd()).resolve()
        file = (home / stated).resolve()
        # Opened with mode=rw: a wrong name must not make an empty database.
        opened = URL.create(
            url.drivername, database=f"{file.as_uri()}", query={"mode": "rw", "uri": "true"}
        )
        scope = f"database:sqlite:{stated}" + (f"/{schema}" if schema else "")
        return cls(opened, system, schema or None, scope, file)


def _require_driver(system: System) -> None:
    try:
        import_module(system.module)
    except ImportError as error:
        raise SettingError(
            Problem(
                "driver_missing",
                f"The driver for {system.label}, {system.module}, can't be loaded: {error}.",
                f"Install it with: pip install 'connector-database[{system.extra}]'",
                path="url",
            )
        ) from error
