"""The columns of a table: what they hold, as SQLAlchemy reflects it and as a schema says it."""

from dataclasses import dataclass, replace
from typing import Any, Literal

from connector_sdk import Field
from sqlalchemy import types as sql
from sqlalchemy.dialects import postgresql
from sqlalchemy.sql.schema import Column as SQLColumn

Kind = Literal[
    "text",
    "integer",
    "decimal",
    "float",
    "boolean",
    "moment",
    "local",
    "date",
    "time",
    "interval",
    "json",
    "bytes",
    "uuid",
    "list",
    "any",
    "other",
]
"""What a column holds. A "moment" knows its offset, a "local" time doesn't; "any" are columns of
SQLite without a type; "other" types are read and written as the text that the database makes of
them."""

EXACT_DIGITS = 15
"""So many decimal digits every reader of JSON keeps."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column. `required` says that a row needs a value for it; `given` that the database
    makes the value and takes none. `low` and `high` bound an integer; `precision` and `scale`
    are the digits of a decimal, None where there is no bound; `item` is what a list holds."""

    name: str
    kind: Kind
    nullable: bool = True
    required: bool = False
    given: bool = False
    length: int = 0
    precision: int | None = None
    scale: int | None = None
    low: int = -(1 << 63)
    high: int = (1 << 63) - 1
    choices: tuple[str, ...] = ()
    item: "Column | None" = None
    comment: str = ""

    @property
    def is_number(self) -> bool:
        """Whether a decimal is read as a number of JSON; others are text, which keeps digits."""
        return self.precision is not None and self.precision <= EXACT_DIGITS

    def field(self, *, target: bool) -> Field:
        """The column in the schema of a request, or of a record that is read."""
        field = self._typed(target)
        return replace(
            field,
            name=self.name,
            required=self.required if target else True,
            nullable=self.nullable,
            description=self.comment or field.description,
        )

    def _typed(self, target: bool) -> Field:
        match self.kind:
            case "text":
                return Field("", "string", max_length=self.length, choices=self.choices)
            case "integer":
                return Field("", "integer", format="int64")
            case "decimal":
                if self.is_number and not target:
                    return Field("", "number")
                return Field("", "string", format="decimal")
            case "float":
                return Field("", "number")
            case "boolean":
                return Field("", "boolean")
            case "moment":
                return Field("", "string", format="date-time")
            case "local":
                if not target:
                    return Field("", "string", description="A moment without an offset.")
                moment = Field("", "string", format="date-time")
                return Field("", "any", any_of=(moment, Field("", "string")))
            case "date":
                return Field("", "string", format="date")
            case "time" | "interval" | "other":
                return Field("", "string")
            case "bytes":
                return Field("", "string", format="base64")
            case "uuid":
                return Field("", "string", format="uuid")
            case "json" | "any":
                return Field("", "any")
            case "list":
                return Field("", "list")


def column_of(reflected: SQLColumn[Any], dialect: str) -> Column:
    """A reflected column."""
    column = _of_type(str(reflected.name), reflected.type, dialect)
    identity = reflected.identity
    given = reflected.computed is not None or (identity is not None and bool(identity.always))
    numbered = reflected.primary_key and reflected.autoincrement is True
    if dialect == "sqlite":
        numbered = _is_rowid(reflected)
    filled = reflected.server_default is not None or identity is not None or numbered or bool(given)
    return replace(
        column,
        nullable=bool(reflected.nullable) and not reflected.primary_key,
        required=not reflected.nullable and not filled,
        given=given,
        comment=reflected.comment or "",
    )


def _is_rowid(reflected: SQLColumn[Any]) -> bool:
    """An INTEGER PRIMARY KEY of SQLite numbers its rows."""
    table = reflected.table
    only = len(table.primary_key.columns) == 1 and reflected.primary_key
    return only and type(reflected.type) is sql.INTEGER


def is_numbered(reflected: SQLColumn[Any], dialect: str) -> bool:
    """Whether the database numbers the rows in this column of the primary key."""
    if dialect == "sqlite":
        return _is_rowid(reflected)
    return reflected.primary_key and (
        reflected.identity is not None
        or reflected.autoincrement is True
        or reflected.server_default is not None
    )


def _of_type(name: str, kind: Any, dialect: str) -> Column:
    kind = getattr(kind, "data_type", kind) if isinstance(kind, postgresql.DOMAIN) else kind
    match kind:
        case sql.Boolean():
            return Column(name, "boolean")
        case sql.Integer():
            low, high = _bounds(kind, dialect)
            return Column(name, "integer", low=low, high=high)
        case sql.Float():
            return Column(name, "float")
        case sql.Numeric():
            return Column(name, "decimal", precision=kind.precision, scale=kind.scale)
        case sql.Uuid():
            return Column(name, "uuid")
        case sql.JSON():
            return Column(name, "json")
        case sql.ARRAY():
            return Column(name, "list", item=_of_type("", kind.item_type, dialect))
        case sql.LargeBinary() | sql.BINARY() | sql.VARBINARY():
            return Column(name, "bytes")
        case sql.DateTime():
            return Column(name, "moment" if kind.timezone else "local")
        case sql.Date():
            return Column(name, "date")
        case sql.Time():
            return Column(name, "time")
        case sql.Interval() | postgresql.INTERVAL():
            return Column(name, "interval")
        case sql.Enum():
            return Column(name, "text", choices=tuple(kind.enums))
        case sql.String():
            return Column(name, "text", length=kind.length or 0)
        case _:
            return Column(name, "any" if dialect == "sqlite" else "other")


_BITS = {"TINYINT": 8, "SMALLINT": 16, "MEDIUMINT": 24, "INTEGER": 32, "INT": 32, "BIGINT": 64}


def _bounds(kind: sql.Integer, dialect: str) -> tuple[int, int]:
    if dialect == "sqlite":
        return -(1 << 63), (1 << 63) - 1
    name = kind.__visit_name__.upper()
    bits = _BITS.get(name, 64)
    if isinstance(kind, sql.SmallInteger):
        bits = min(bits, 16)
    if getattr(kind, "unsigned", False) or (dialect == "mssql" and name == "TINYINT"):
        return 0, (1 << bits) - 1
    return -(1 << (bits - 1)), (1 << (bits - 1)) - 1
