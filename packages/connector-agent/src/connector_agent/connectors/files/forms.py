"""What the connection and the two activities ask for."""

from collections.abc import Callable
from typing import Any, Literal, get_args

from connector_sdk import Field, declared, setting

from connector_agent.connectors.files.cells import Lists
from connector_agent.connectors.files.limits import RECORD_MEGABYTES, UNPACKED_MEGABYTES

Kind = Literal["csv", "jsonl", "json", "xlsx", "parquet"]
Compression = Literal["none", "gzip", "bz2", "xz", "zip"]
FORMATS: tuple[Kind, ...] = get_args(Kind)


def _of(*kinds: Kind) -> Callable[[Field, Any], Field | None]:
    """A setting that has a meaning for files of these formats only."""
    return lambda field, kind: field if kind in kinds else None


@declared
class FilesSettings:
    """The settings of a connection."""

    folder: str = setting(
        "Folder",
        "Where the files lie, from the project's folder on, or an absolute path. No activity "
        "reaches outside of it.",
        default=".",
    )


@declared
class After:
    """What is done with a file that was read whole."""

    move_to: str = setting("Move to", "The folder, from the connection's folder on.")


@declared
class Common:
    """The settings that both activities have."""

    path: str = setting("Path", "The file, from the connection's folder on.")
    format: Kind | None = setting(
        "Format",
        "By the ending of the path where left out: .csv, .tsv, .jsonl, .ndjson, .json, .xlsx, "
        ".parquet.",
        default=None,
    )
    compression: Compression | None = setting(
        "Compression",
        "By the ending of the path where left out: .gz, .bz2, .xz, .zip.",
        default=None,
    )
    member: str = setting(
        "Member",
        "Zip: the name of the file in the archive; by the path where left out.",
        default="",
    )
    delimiter: str | None = setting(
        "Delimiter",
        "CSV: the character between two cells. Reading detects it, writing takes a comma (a tab "
        "for .tsv).",
        default=None,
        adapt=_of("csv"),
    )


@declared
class Read(Common):
    """The settings of a read activity."""

    path: str = setting(
        "Path",
        "A file, from the connection's folder on; a folder, or a pattern such as inbox/*.csv, for "
        "all its files in the order of their names.",
    )
    member: str = setting(
        "Member", "Zip: the file in the archive; its only one where left out.", default=""
    )
    quote: str = setting(
        "Quote",
        'CSV: the character around a cell; "" when cells are never quoted.',
        default='"',
        adapt=_of("csv"),
    )
    encoding: str = setting(
        "Encoding",
        "CSV: detected where left out. A name like utf-8, cp1252 or utf-16.",
        default="",
        adapt=_of("csv"),
    )
    header: bool | tuple[str, ...] = setting(
        "Header",
        "CSV, Excel: true when the first row holds the names of the columns, or the list of the "
        "names when it does not.",
        default=True,
        adapt=_of("csv", "xlsx"),
    )
    decimal_comma: tuple[str, ...] = setting(
        "Decimal comma",
        "CSV: the columns whose numbers are written like 1.234,50; they are read as 1234.50. All "
        "other cells stay as they are.",
        default=(),
        adapt=_of("csv"),
    )
    at: str = setting(
        "At",
        "JSON: where in the document the list of records stands, such as data.items; left out "
        "when the document is the list.",
        default="",
        adapt=_of("json"),
    )
    sheet: str = setting(
        "Sheet",
        "Excel: the name of the sheet; the first where left out.",
        default="",
        adapt=_of("xlsx"),
    )
    header_row: int | None = setting(
        "Header row",
        "Excel: the number of the row that holds the names of the columns; the first that is not "
        "blank where left out. Rows above it are not read.",
        default=None,
        lowest=1,
        adapt=_of("xlsx"),
    )
    nested: bool = setting(
        "Nested",
        "CSV, Excel, Parquet: columns such as address.line1 and items[0].price become nested "
        "values; empty cells are left out.",
        default=False,
        adapt=_of("csv", "xlsx", "parquet"),
    )
    json_columns: tuple[str, ...] = setting(
        "JSON columns",
        "CSV, Excel, Parquet: the columns whose cells are JSON text; they are read as the values "
        "that it stands for, and as null where empty.",
        default=(),
        adapt=_of("csv", "xlsx", "parquet"),
    )
    record_megabytes: int = setting(
        "Record megabytes",
        "How long one record may be: a row, a line, an element or a cell of it.",
        default=RECORD_MEGABYTES,
        lowest=1,
    )
    unpacked_megabytes: int = setting(
        "Unpacked megabytes",
        "How large a packed file, a workbook or a Parquet file may become when it is unpacked.",
        default=UNPACKED_MEGABYTES,
        lowest=1,
    )
    after: After | None = setting(
        "After",
        "What is done with a file once a run has finished that read it whole: move_to names the "
        "folder that it is put into.",
        default=None,
    )


@declared
class Write(Common):
    """The settings of a write activity."""

    encoding: str = setting(
        "Encoding",
        "CSV: utf-8 where left out, utf-8-sig for a spreadsheet that wants the mark, cp1252, "
        "utf-16 or another name.",
        default="utf-8",
        adapt=_of("csv"),
    )
    columns: tuple[str, ...] = setting(
        "Columns",
        "CSV, Excel, Parquet: the columns in their order, nested fields with dots "
        "(address.line1). All that occur in the records where left out.",
        default=(),
        adapt=_of("csv", "xlsx", "parquet"),
    )
    lists: Lists = setting(
        "Lists",
        "CSV, Excel, Parquet: a list becomes a cell of JSON text (json), columns such as "
        "items[0].price (columns), or a row for each of its elements (rows).",
        default="json",
        adapt=_of("csv", "xlsx", "parquet"),
    )
    mark_formulas: bool = setting(
        "Mark formulas",
        "CSV: true puts an apostrophe before text that a spreadsheet would run (it begins with "
        "= + - @); plain numbers have none. Excel needs no mark.",
        default=False,
        adapt=_of("csv"),
    )
    sheet: str = setting(
        "Sheet", "Excel: the name of the sheet.", default="Sheet1", adapt=_of("xlsx")
    )
