"""The rows of a CSV text."""

import csv
import io

from connector_agent.connectors.files.cells import csv_line
from connector_agent.connectors.files.csv_reading import Row, find_delimiter, rows
from hypothesis import given
from hypothesis import strategies as st

CELLS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=12)
TABLES = st.lists(st.lists(CELLS, min_size=1, max_size=4), max_size=6)


def read(text: str, delimiter: str = ",", quote: str = '"') -> list[Row]:
    return list(rows(io.StringIO(text, newline=""), delimiter, quote))


@given(TABLES, st.sampled_from(",;\t|"))
def test_what_is_written_is_read(table: list[list[str]], delimiter: str) -> None:
    text = "".join(csv_line(row, delimiter) for row in table)
    assert [row.cells for row in read(text, delimiter)] == table


@given(TABLES)
def test_the_usual_writer_is_understood(table: list[list[str]]) -> None:
    text = io.StringIO(newline="")
    csv.writer(text).writerows(table)
    assert [row.cells for row in read(text.getvalue())] == table


@given(st.text(st.sampled_from('a,"\r\n\0 '), max_size=30))
def test_nothing_is_lost_whatever_comes(text: str) -> None:
    found = read(text)
    assert [row.number for row in found] == list(range(1, len(found) + 1))
    kept = "".join("".join(row.cells) + row.text for row in found)
    assert kept.count("a") == text.count("a")


def test_rows_count_as_in_a_spreadsheet() -> None:
    assert read('a,b\n"1\n2",3\n\n4,5\n') == [
        Row(1, ["a", "b"]),
        Row(2, ["1\n2", "3"]),
        Row(3, []),
        Row(4, ["4", "5"]),
    ]


def test_a_quote_that_is_never_closed() -> None:
    first, second, *rest = read('a,b\n"1,2\n3,4\n5,6\n')
    assert first.cells == ["a", "b"]
    assert second.number == 2
    assert "never closed" in second.fault
    assert "The 2 lines behind it" in second.fault
    assert second.text == '"1,2\n3,4\n5,6\n'
    assert rest == []


def test_reading_goes_on_behind_a_broken_row() -> None:
    _, broken, sound = read('a,b\n"1"x,2\n3,4\n')
    assert "closing quote" in broken.fault
    assert broken.text == '"1"x,2\n'
    assert sound == Row(3, ["3", "4"])


def test_a_nul_character() -> None:
    _, broken, sound = read("a,b\n1,\0\n3,4\n")
    assert "NUL" in broken.fault
    assert sound.cells == ["3", "4"]


def test_a_cell_of_a_million_characters() -> None:
    (row,) = read("x," + "y" * 1_000_000)
    assert len(row.cells[1]) == 1_000_000


def test_a_cell_beyond_the_limit() -> None:
    broken, *_ = read('"' + "y" * (1 << 24) + "\n" + "z" * 10 + "\n")
    assert "longer than 16,777,216 characters" in broken.fault


def test_without_quotes() -> None:
    assert read('5" pipe,"x\n', quote="")[0].cells == ['5" pipe', '"x']


def test_delimiters_are_found() -> None:
    def found(text: str, whole: bool = True) -> str:
        return find_delimiter(text, whole, '"')

    assert found("a,b\n1,2\n") == ","
    assert found("a;b\n1,5;2,5\n") == ";"
    assert found('a;b\n"1;2";3\n') == ";"
    assert found("a\tb, c\n1\t2\n") == "\t"
    assert found("a|b|c\n1|2|3\n") == "|"
    assert found("name\nAnn\n") == ","
    assert found("") == ","
    assert found("a;b,c\n1;2\n3;4\n5;", whole=False) == ";"
