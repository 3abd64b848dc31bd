"""Excel workbooks of one sheet."""

import re
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import BinaryIO

from connector_sdk import Problem

from connector_agent.connectors.files.cells import CellError, Scalar

ROW_LIMIT = 1 << 20
"""Rows of a sheet, the header among them
(https://support.microsoft.com/office/excel-specifications-and-limits)."""

COLUMN_LIMIT = 1 << 14
TEXT_LIMIT = (1 << 15) - 1
_DIGITS = 15
_ESCAPE = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)|[\x00-\x08\x0b-\x1f\ufffe\uffff]")
_FORMULA_SIGNS = ("=", "#")


def check_size(rows: int, columns: int) -> None:
    """Raises CellError where a sheet has no room for so many rows beside the header, or for so
    many columns."""
    for found, limit, what in (
        (rows + 1, ROW_LIMIT, "rows, the header among them"),
        (columns, COLUMN_LIMIT, "columns"),
    ):
        if found > limit:
            raise CellError(
                Problem(
                    "sheet_full",
                    f"An Excel sheet has no more than {limit:,} {what}.",
                    "Write CSV or Parquet, or split the records with `where`.",
                )
            )


def check_cells(columns: Sequence[str], cells: Sequence[Scalar]) -> None:
    """Raises CellError for a text that is too long for a cell."""
    for name, cell in zip(columns, cells, strict=True):
        # As it is stored: what would be longer than that is cut by whoever writes the cell.
        if isinstance(cell, str) and (length := len(_escaped(cell))) > TEXT_LIMIT:
            raise CellError(
                Problem(
                    "cell_too_long",
                    f"{name} has {length:,} characters; an Excel cell takes {TEXT_LIMIT:,}.",
                    "Shorten it in the mapping, or write CSV.",
                    path=name,
                )
            )


def make_xlsx(
    rows: Iterator[list[Scalar]], columns: Sequence[str], sheet: str, out: BinaryIO
) -> None:
    """A workbook whose one sheet has a header and the rows. Text is always text, also where it
    begins as a formula does; a number of more than 15 digits, which Excel would round, is text
    as well."""
    from openpyxl import Workbook
    from openpyxl.cell import WriteOnlyCell

    book = Workbook(write_only=True)
    page = book.create_sheet(sheet)

    def cell(value: Scalar) -> object:
        if isinstance(value, bool) or value is None:
            return value
        if isinstance(value, int | Decimal):
            number = Decimal(value).normalize()
            if len(number.as_tuple().digits) > _DIGITS or abs(number.adjusted()) > 300:
                value = str(value)
            else:
                return value if isinstance(value, int) else float(value)
        text = _escaped(value)
        if not text.startswith(_FORMULA_SIGNS):
            return text
        plain = WriteOnlyCell(page, text)
        plain.data_type = "s"
        plain.number_format = "@"
        return plain

    page.append([cell(name) for name in columns])
    for row in rows:
        page.append([cell(value) for value in row])
    book.save(out)


def _escaped(text: str) -> str:
    """With what XML has no place for as Excel writes it, which takes seven characters."""
    return _ESCAPE.sub(lambda found: f"_x{ord(found[0]):04X}_", text)
