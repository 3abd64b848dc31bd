"""Objects and ids of files and pipes."""

from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import pytest
from connector_agent.one_off import intake
from connector_agent.one_off.intake import Given, Lines, ids, lines_of, objects
from connector_sdk import SettingError
from hypothesis import given
from hypothesis import strategies as st


def text(content: str) -> Lines:
    return Lines("file", iter(content.splitlines(keepends=True)))


def values(found: Iterator[Given]) -> list[object]:
    return [each.problem.code if each.problem else each.value for each in found]


@pytest.mark.parametrize(
    ("content", "found"),
    [
        ("", []),
        ("\n \n", []),
        ('{"a": 1}', [{"a": 1}]),
        ('\ufeff{"a": 1}\n\n{"a": 2}\n', [{"a": 1}, {"a": 2}]),
        ('{\n  "a": 1\n}\n', [{"a": 1}]),
        ('[{"a": 1},\n {"a": 2}]', [{"a": 1}, {"a": 2}]),
        ('[1, {"a": 2}]', ["not_object", {"a": 2}]),
        ('{"a": 1}\nxx\n[2]\n{"a": 3}', [{"a": 1}, "line_unreadable", "not_object", {"a": 3}]),
        ("17", ["not_object"]),
        ('{"a": 123456789012345678901}\n{"a": 2}', ["number_too_long", {"a": 2}]),
        ('{"a": "123456789012345678901"}', [{"a": "123456789012345678901"}]),
    ],
)
def test_objects(content: str, found: list[object]) -> None:
    assert values(objects(text(content))) == found


def test_places() -> None:
    found = list(objects(text('\n{"a": 1}\n\nxx\n')))
    assert [each.at for each in found] == ["file line 2", "file line 4"]
    assert [each.at for each in objects(text("[{}, {}]"))] == ["file item 1", "file item 2"]
    assert [each.at for each in ids(text("\n\na\nb"))] == ["file line 3", "file line 4"]
    assert [each.at for each in ids(text("id\na\nb"))] == ["file row 2", "file row 3"]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ('{"a": 1\n{"a": 2}\n', "not_json"),
        ('{\n"a": 123456789012345678901}', "number_too_long"),
    ],
)
def test_nothing_of_a_faulty_whole(content: str, code: str) -> None:
    with pytest.raises(SettingError) as caught:
        list(objects(text(content)))
    assert caught.value.problem.code == code


@pytest.mark.parametrize(
    ("content", "found"),
    [
        ("", []),
        ("cus_1\n\n cus_2 \r\n", ["cus_1", "cus_2"]),
        ("id\ncus_1\ncus_2", ["cus_1", "cus_2"]),
        ("name;ID\nAda;cus_1\nGrace;\n", ["cus_1", "missing_id"]),
        ('"id","name"\n"cus_1","A, B"\n', ["cus_1"]),
        ("_outcome,_id\nwritten,cus_1\n", ["cus_1"]),
        ('id,name\n"cus_1\n', ["row_unreadable"]),
        ('{"id": "cus_1"}\n{"id": 2}\n{}\n', ["cus_1", "missing_id", "missing_id"]),
        ('[{"id": "cus_1"}]', ["cus_1"]),
        ("cus_1 cus_2\n", ["missing_id"]),
    ],
)
def test_ids(content: str, found: list[object]) -> None:
    assert values(ids(text(content))) == found


def test_csv_without_ids() -> None:
    with pytest.raises(SettingError) as caught:
        list(ids(text("name,email\nAda,x\n")))
    assert "name, email" in caught.value.problem.message


def test_files(tmp_path: Path) -> None:
    path = tmp_path / "ids.txt"
    path.write_bytes("\ufeffcus_1\n".encode())
    assert values(ids(lines_of(str(path)))) == ["cus_1"]
    path.write_bytes(b"cus_1\n\xff\n")
    with pytest.raises(SettingError, match="UTF-8"):
        list(ids(lines_of(str(path))))
    with pytest.raises(SettingError, match="can't be read"):
        lines_of(str(tmp_path / "nowhere"))


def test_lines_are_taken_as_they_come() -> None:
    def endless() -> Iterator[str]:
        yield from chain(['{"id": "a"}\n', '{"id": "b"}\n'])
        raise AssertionError("read ahead")

    found = ids(Lines("pipe", endless()))
    assert [next(found).value, next(found).value] == ["a", "b"]


@given(st.text(max_size=60))
def test_any_text_is_taken_or_told(content: str) -> None:
    for read in (ids, objects):
        try:
            for each in read(text(content)):
                assert each.problem is not None or each.value is not None
        except SettingError as error:
            assert error.problem.remedy


def test_what_would_fill_the_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intake, "_WHOLE", 100)
    path = tmp_path / "a.json"
    for content, what in (("[" + "1" * 200, "a line of"), ('[\n{"a":1},' * 20, "a document of")):
        path.write_text(content)
        with pytest.raises(SettingError, match=f"a.json has {what} more than 100 characters"):
            list(objects(lines_of(str(path))))
    path.write_text('{"a":1}\n' * 50)
    assert len(list(objects(lines_of(str(path))))) == 50
