"""Tables of the project: their forms, and everything that can be wrong with one."""

from pathlib import Path

import pytest
from connector_agent.mapping import STEPS, read_lines
from connector_agent.mapping.declaration import StepFaultError, Surroundings
from connector_agent.mapping.value import Value
from connector_sdk import JSON

from tests.connector_agent.mapping.checked import CheckedMapper

COLUMNS: dict[str, JSON] = {"key": "k", "value": "v"}


def look(folder: Path | None, name: str, given: Value, /, **more: JSON) -> Value:
    return STEPS["lookup_table"].build({"file": name, **more}, Surroundings({}, folder))(given, {})


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("t.csv", "k,v,w\n a , 1,x\nb,2,y\n"),
        ("t.csv", 'k;v\r\n"a";1\r\n'),
        ("t.csv", "\ufeffk\tv\na\t1\n\nb\n"),
        ("sub/t.CSV", "v,k\n1,a\n1,a\n"),
        ("t.json", '[{"k": "a", "v": "1"}, {"k": 2, "v": true}, {"v": 1}]'),
    ],
)
def test_forms(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / name).write_text(text, encoding="utf-8", newline="")
    assert look(tmp_path, name, " a", **COLUMNS) == "1"


@pytest.mark.parametrize(
    ("name", "data", "says"),
    [
        ("t.csv", b"k,v\na,1\na,2\n", "stands in it twice"),
        ("t.csv", b"k,x\na,1\n", "no column 'v'"),
        ("t.csv", b"", "no column 'k'"),
        ("t.csv", b'k,v\n"a,1\n', "unexpected end"),
        ("t.csv", b"k,v\n\xe9,1\n", "not UTF-8"),
        ("t.json", b"{", "unexpected end of data"),
        ("t.json", b"3", "a list of objects"),
        ("t.json", b'{"a": 1}', "a list of objects"),
        ("t.json", b'[{"k": [], "v": 1}]', "neither text nor a number"),
        ("sub", b"", "Is a directory"),
        ("none.csv", b"", "No such file"),
    ],
)
def test_faults(tmp_path: Path, name: str, data: bytes, says: str) -> None:
    (tmp_path / "sub").mkdir()
    if name.startswith("t."):
        (tmp_path / name).write_bytes(data)
    with pytest.raises(StepFaultError, match=says) as caught:
        look(tmp_path, name, "a", **COLUMNS)
    assert caught.value.code == "bad_table"


def test_columns_have_to_be_named(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("k,v\na,1\n", encoding="utf-8")
    with pytest.raises(StepFaultError, match="`key` has to name one of its columns: k, v"):
        look(tmp_path, "t.csv", "a")


def test_a_table_lies_in_the_project(tmp_path: Path) -> None:
    inside = tmp_path / "project"
    inside.mkdir()
    (tmp_path / "t.json").write_text('{"a": 1}', encoding="utf-8")
    (inside / "link.json").symlink_to(tmp_path / "t.json")
    for name in ("../t.json", str(tmp_path / "t.json"), "link.json", "", ".", "a\0b"):
        with pytest.raises(StepFaultError) as caught:
            look(inside, name, "a")
        assert caught.value.code == "outside_project"
    with pytest.raises(StepFaultError):
        look(None, "t.json", "a")


def test_a_broken_table_is_found_by_the_check(tmp_path: Path) -> None:
    raw: list[JSON] = [{"to": "x", "from": "y", "steps": [{"lookup_table": {"file": "t.csv"}}]}]
    lines, faults = read_lines(raw, lambda keys: "op.yaml:1:1")
    assert not faults
    (problem,) = CheckedMapper(lines, folder=tmp_path).check()
    assert problem.code == "bad_table"
    assert "lookup_table" in problem.message
