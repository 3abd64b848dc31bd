"""What the connection and the two activities ask for."""

from connector_sdk import Field, Form

from connector_agent.connectors.files.limits import RECORD_MEGABYTES, UNPACKED_MEGABYTES

_TEXT = Field(name="", type="string")
FORMATS = ("csv", "jsonl", "json", "xlsx", "parquet")

_FORMAT = Field(
    name="format",
    type="string",
    choices=FORMATS,
    label="Format",
    description="By the ending of the path where left out: .csv, .tsv, .jsonl, .ndjson, .json, "
    ".xlsx, .parquet.",
)
_COMPRESSION = Field(
    name="compression",
    type="string",
    choices=("none", "gzip", "bz2", "xz", "zip"),
    label="Compression",
    description="By the ending of the path where left out: .gz, .bz2, .xz, .zip.",
)
_DELIMITER = Field(
    name="delimiter",
    type="string",
    label="Delimiter",
    description="CSV: the character between two cells. Reading detects it, writing takes a "
    "comma (a tab for .tsv).",
)
_SHEET = Field(
    name="sheet",
    type="string",
    label="Sheet",
    description="Excel: the name of the sheet; reading takes the first where left out.",
)

CONNECTION = Form(
    (
        Field(
            name="folder",
            type="string",
            default=".",
            label="Folder",
            description="Where the files lie, from the project's folder on, or an absolute path. "
            "No activity reaches outside of it.",
        ),
    )
)
READ = Form(
    (
        Field(
            name="path",
            type="string",
            required=True,
            label="Path",
            description="A file, from the connection's folder on; a folder, or a pattern such as "
            "inbox/*.csv, for all its files in the order of their names.",
        ),
        _FORMAT,
        _COMPRESSION,
        Field(
            name="member",
            type="string",
            label="Member",
            description="Zip: the file in the archive; its only one where left out.",
        ),
        _DELIMITER,
        Field(
            name="quote",
            type="string",
            default='"',
            label="Quote",
            description='CSV: the character around a cell; "" when cells are never quoted.',
        ),
        Field(
            name="encoding",
            type="string",
            label="Encoding",
            description="CSV: detected where left out. A name like utf-8, cp1252 or utf-16.",
        ),
        Field(
            name="header",
            type="any",
            any_of=(Field(name="", type="boolean"), Field(name="", type="list", items=_TEXT)),
            default=True,
            label="Header",
            description="CSV, Excel: true when the first row holds the names of the columns, or "
            "the list of the names when it does not.",
        ),
        Field(
            name="decimal_comma",
            type="list",
            items=_TEXT,
            label="Decimal comma",
            description="CSV: the columns whose numbers are written like 1.234,50; they are "
            "read as 1234.50. All other cells stay as they are.",
        ),
        Field(
            name="at",
            type="string",
            label="At",
            description="JSON: where in the document the list of records stands, such as "
            "data.items; left out when the document is the list.",
        ),
        _SHEET,
        Field(
            name="header_row",
            type="integer",
            label="Header row",
            description="Excel: the number of the row that holds the names of the columns; the "
            "first that is not blank where left out. Rows above it are not read.",
        ),
        Field(
            name="nested",
            type="boolean",
            default=False,
            label="Nested",
            description="CSV, Excel, Parquet: columns such as address.line1 and items[0].price "
            "become nested values; empty cells are left out.",
        ),
        Field(
            name="json_columns",
            type="list",
            items=_TEXT,
            label="JSON columns",
            description="CSV, Excel, Parquet: the columns whose cells are JSON text; they are "
            "read as the values that it stands for, and as null where empty.",
        ),
        Field(
            name="record_megabytes",
            type="integer",
            default=RECORD_MEGABYTES,
            label="Record megabytes",
            description="How long one record may be: a row, a line, an element or a cell of it.",
        ),
        Field(
            name="unpacked_megabytes",
            type="integer",
            default=UNPACKED_MEGABYTES,
            label="Unpacked megabytes",
            description="How large a packed file, a workbook or a Parquet file may become when it "
            "is unpacked.",
        ),
        Field(
            name="after",
            type="object",
            fields=(
                Field(
                    name="move_to",
                    type="string",
                    required=True,
                    label="Move to",
                    description="The folder, from the connection's folder on.",
                ),
            ),
            label="After",
            description="What becomes of a file once a run has finished that read it whole: "
            "move_to names the folder that it is put into.",
        ),
    )
)
WRITE = Form(
    (
        Field(
            name="path",
            type="string",
            required=True,
            label="Path",
            description="The file, from the connection's folder on.",
        ),
        _FORMAT,
        _COMPRESSION,
        Field(
            name="member",
            type="string",
            label="Member",
            description="Zip: the name of the file in the archive; by the path where left out.",
        ),
        _DELIMITER,
        Field(
            name="encoding",
            type="string",
            default="utf-8",
            label="Encoding",
            description="CSV: utf-8 where left out, utf-8-sig for a spreadsheet that wants the "
            "mark, cp1252, utf-16 or another name.",
        ),
        Field(
            name="columns",
            type="list",
            items=_TEXT,
            label="Columns",
            description="CSV, Excel, Parquet: the columns in their order, nested fields with dots "
            "(address.line1). All that occur in the records where left out.",
        ),
        Field(
            name="lists",
            type="string",
            choices=("json", "columns", "rows"),
            default="json",
            label="Lists",
            description="CSV, Excel, Parquet: a list becomes a cell of JSON text (json), columns "
            "such as items[0].price (columns), or a row for each of its elements (rows).",
        ),
        Field(
            name="mark_formulas",
            type="boolean",
            default=False,
            label="Mark formulas",
            description="CSV: true puts an apostrophe before text that a spreadsheet would run "
            "(it begins with = + - @); plain numbers have none. Excel needs no mark.",
        ),
        _SHEET,
    )
)

BELONGS: dict[str, tuple[str, ...]] = {
    "delimiter": ("csv",),
    "quote": ("csv",),
    "encoding": ("csv",),
    "decimal_comma": ("csv",),
    "header": ("csv", "xlsx"),
    "at": ("json",),
    "sheet": ("xlsx",),
    "header_row": ("xlsx",),
    "nested": ("csv", "xlsx", "parquet"),
    "json_columns": ("csv", "xlsx", "parquet"),
    "columns": ("csv", "xlsx", "parquet"),
    "lists": ("csv", "xlsx", "parquet"),
    "mark_formulas": ("csv",),
}
"""The formats that a setting has a meaning for; those that are missing have one for all."""
