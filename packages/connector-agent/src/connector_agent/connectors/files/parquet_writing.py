"""Parquet files whose types are those of all the values."""

from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from itertools import islice
from typing import Any, BinaryIO, Literal

from connector_agent.connectors.files.cells import Scalar, text_of
from connector_agent.connectors.files.parquet import arrow

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
