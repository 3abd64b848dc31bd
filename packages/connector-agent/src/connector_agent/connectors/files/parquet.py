"""Parquet files, read batch by batch and written with the types of all their values. pyarrow is
an extra."""

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from itertools import islice
from typing import Any, BinaryIO, Literal, NamedTuple

import msgspec
from connector_sdk import JSON, Field, Problem, SettingError, shown

from connector_agent.connectors.files.cells import Scalar, text_of
from connector_agent.connectors.files.columns import header_problems
from connector_agent.connectors.files.limits import too_long, unpacked_too_large
from connector_agent.connectors.files.opening import Stored, reading
from connector_agent.connectors.files.readable import Columns, Reads, Ready
from connector_agent.connectors.files.settings import ReadSettings


class Arrow(NamedTuple):
    """The two modules that are used."""

    pyarrow: Any
    parquet: Any


def arrow() -> Arrow:
    """Raises SettingError where pyarrow is not installed."""
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError as error:
        raise SettingError(
            Problem(
                "parquet_missing",
                "Parquet needs pyarrow, which is not installed.",
                "Install it with: pip install 'connector-agent[parquet]'",
                path="format",
            )
        ) from error
    return Arrow(pyarrow, pyarrow.parquet)


_ROWS = 1000


class _UnfitError(Exception):
    """A value that JSON has no place for."""


def ready_parquet(settings: ReadSettings) -> Ready:
    """Reads the schema. Raises SettingError when the file is none of Parquet, or when pyarrow is
    not installed."""
    modules = arrow()
    with _opened(settings, modules) as file:
        found = file.schema_arrow
    problems = header_problems(found.names, "path")
    if problems:
        raise SettingError(*(problem._replace(at=settings.name) for problem in problems))
    columns = Columns(settings, found.names)
    schema = columns.schema(Field(name="", type="any"), "Parquet.")
    if not settings.nested:
        typed = [
            field if field.name in settings.json_columns else _field(modules, field.name, kind)
            for field, kind in zip(schema.fields, found.types, strict=True)
        ]
        schema = Field(name="", type="object", fields=tuple(typed), description="Parquet.")
    return Ready(settings, lambda: parquet_records(settings, columns, modules), schema)


def parquet_records(settings: ReadSettings, columns: Columns, modules: Arrow) -> Reads:
    """Every row, in the order of the file. Raises SettingError when it can't be read to its
    end."""
    number = 0
    with _opened(settings, modules) as file:
        for batch in file.iter_batches(batch_size=_rows_at_once(file.metadata, settings)):
            for part in _parts(batch, settings.limits.record):
                if part.nbytes > settings.limits.record and part.num_rows == 1:
                    number += 1
                    at = f"{settings.name} row {number}"
                    long = too_long("The row", settings.limits, at)
                    yield msgspec.json.encode({"text": ""}), at, long
                    continue
                values = [_listed(column, modules) for column in part.columns]
                for row in zip(*values, strict=True):
                    number += 1
                    at = f"{settings.name} row {number}"
                    cells, problem = _row(columns.names, row, at)
                    yield columns.read(cells, at, problem)


def _rows_at_once(footer: Any, settings: ReadSettings) -> int:
    """Fewer where rows are long on the average. Raises SettingError for a file that unpacks to
    more than it may."""
    limits = settings.limits
    groups = [footer.row_group(index) for index in range(footer.num_row_groups)]
    size: int = sum(group.total_byte_size for group in groups)
    if size > limits.unpacked:
        raise SettingError(unpacked_too_large(settings.name, limits.unpacked))
    average = max(1, size // max(1, int(footer.num_rows)))
    return max(1, min(_ROWS, limits.record // average))


def _parts(batch: Any, limit: int) -> Iterator[Any]:
    """The batch as it is, or row by row where one of them may be longer than `limit`."""
    if batch.nbytes <= limit:
        yield batch
    else:
        yield from (batch.slice(index, 1) for index in range(batch.num_rows))


def _row(names: Sequence[str], row: Sequence[Any], at: str) -> tuple[list[JSON], Problem | None]:
    cells: list[JSON] = []
    problem = None
    for name, value in zip(names, row, strict=True):
        try:
            cells.append(_value(value))
        except _UnfitError as error:
            cells.append(repr(value))
            problem = problem or Problem(
                "cell_unfit",
                f"{name} holds {error}, which JSON has no place for.",
                "Convert the column before, or take the row out.",
                path=name,
                value=shown(repr(value)),
                at=at,
            )
    return cells, problem


@contextmanager
def _opened(settings: ReadSettings, modules: Arrow) -> Iterator[Any]:
    with reading(Stored(settings.stored.path)) as plain:
        try:
            yield modules.parquet.ParquetFile(plain)
        except (
            modules.pyarrow.ArrowException,
            ArithmeticError,
            ValueError,
            LookupError,
            EOFError,
        ) as error:
            raise SettingError(
                Problem(
                    "parquet_broken",
                    f"{settings.name} is not a Parquet file that can be read: "
                    f"{shown(str(error).splitlines()[0] if str(error) else type(error).__name__)}.",
                    "Fetch it again, or state the `format` that it has.",
                    path="path",
                )
            ) from error


def _listed(column: Any, modules: Arrow) -> list[Any]:
    """The values of a column. Times finer than a microsecond are cut, since Python has none.
    Numbers of 32 bits have the digits that tell them apart: 19.99, not 19.989999771118164."""
    types = modules.pyarrow.types
    kind = column.type
    coarse = None
    if types.is_timestamp(kind) and kind.unit == "ns":
        coarse = modules.pyarrow.timestamp("us", kind.tz)
    elif types.is_duration(kind) and kind.unit == "ns":
        coarse = modules.pyarrow.duration("us")
    elif types.is_time64(kind) and kind.unit == "ns":
        coarse = modules.pyarrow.time64("us")
    elif types.is_float32(kind):
        column = column.cast(modules.pyarrow.string()).cast(modules.pyarrow.float64())
    if coarse is not None:
        column = column.cast(coarse, safe=False)
    listed: list[Any] = column.to_pylist(maps_as_pydicts="strict")
    return listed


def _value(value: Any) -> Any:
    """A value as JSON has it: times in ISO 8601, lengths of time in seconds, a number that is
    none (NaN) as null."""
    match value:
        case None | bool() | int() | str() | Decimal():
            if isinstance(value, Decimal) and not value.is_finite():
                raise _UnfitError("a number without bounds")
            return value
        case float():
            if math.isinf(value):
                raise _UnfitError("a number without bounds")
            return None if math.isnan(value) else value
        case datetime() | date() | time():
            return value.isoformat()
        case timedelta():
            return value.total_seconds()
        case bytes():
            try:
                return value.decode()
            except UnicodeDecodeError:
                raise _UnfitError("bytes that are no text") from None
        case dict():
            return {str(_value(name)): _value(each) for name, each in value.items()}
        case list() | tuple():
            return [_value(each) for each in value]
        case _:
            return str(value)


def _field(modules: Arrow, name: str, kind: Any) -> Field:
    types = modules.pyarrow.types
    if types.is_boolean(kind):
        return Field(name=name, type="boolean")
    if types.is_integer(kind):
        return Field(name=name, type="integer")
    if types.is_floating(kind) or types.is_decimal(kind) or types.is_duration(kind):
        return Field(name=name, type="number")
    if types.is_string(kind) or types.is_large_string(kind):
        return Field(name=name, type="string")
    return Field(name=name, type="any")


_Type = Literal["bool", "short", "int64", "double", "text"]
"""What a value asks of its column; a short whole number fits a double, too."""

_GROUP = 20_000
_INT64 = 1 << 63
_EXACT = 1 << 53


def make_parquet(
    rows: Callable[[], Iterator[list[Scalar]]], columns: Sequence[str], out: BinaryIO
) -> None:
    """Reads the rows twice: for their types, and to write them in groups of 20,000."""
    modules = arrow()
    types = types_of(rows(), len(columns))
    kinds = {
        "bool": modules.pyarrow.bool_(),
        "int64": modules.pyarrow.int64(),
        "double": modules.pyarrow.float64(),
    }
    schema = modules.pyarrow.schema(
        [
            (name, kinds.get(kind, modules.pyarrow.string()))
            for name, kind in zip(columns, types, strict=True)
        ]
    )
    left = rows()
    with modules.parquet.ParquetWriter(out, schema) as writer:
        while group := list(islice(left, _GROUP)):
            arrays = [
                [_cell(value, kind) for value in values]
                for values, kind in zip(zip(*group, strict=True), types, strict=True)
            ]
            batch = modules.pyarrow.record_batch(
                [
                    modules.pyarrow.array(values, type=field.type)
                    for values, field in zip(arrays, schema, strict=True)
                ],
                schema=schema,
            )
            writer.write_batch(batch)


def types_of(rows: Iterator[list[Scalar]], width: int) -> list[_Type]:
    """One type for each column, by all its values: truth values, whole numbers of 64 bits,
    numbers that a double holds to the digit, or text. Null fits all of them; where values of
    several kinds meet, all become text."""
    found: list[set[_Type]] = [set() for _ in range(width)]
    for row in rows:
        for kinds, value in zip(found, row, strict=True):
            if value is not None and "text" not in kinds:
                kinds.add(_type(value))
    return [_common(kinds) for kinds in found]


def _type(value: Scalar) -> _Type:
    match value:
        case bool():
            return "bool"
        case int() if abs(value) <= _EXACT:
            return "short"
        case int() if -_INT64 <= value < _INT64:
            return "int64"
        case Decimal() if Decimal(repr(float(value))) == value:
            return "double"
        case _:
            return "text"


def _common(kinds: set[_Type]) -> _Type:
    if len(kinds) == 1 and "short" not in kinds:
        return next(iter(kinds))
    if kinds and kinds <= {"short", "int64"}:
        return "int64"
    return "double" if kinds and kinds <= {"short", "double"} else "text"


def _cell(value: Scalar, kind: _Type) -> Any:
    if value is None:
        return None
    if kind == "text":
        return text_of(value)
    return float(value) if kind == "double" else value
