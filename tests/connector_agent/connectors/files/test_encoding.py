"""What a text is encoded in."""

import logging
from pathlib import Path

import pytest
from connector_agent.connectors.files.encoding import LOGGER, find_encoding
from connector_agent.connectors.files.opening import Stored
from connector_sdk import SettingError

TEXT = "name,city\nZoë,Köln\n"


def made(tmp_path: Path, data: bytes) -> Path:
    path = tmp_path / "a.csv"
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_marks_and_utf_8_are_sure(tmp_path: Path, encoding: str) -> None:
    found = find_encoding(Stored(made(tmp_path, TEXT.encode(encoding))), "")
    assert not found.assumed
    assert TEXT.encode(encoding).decode(found.name) == TEXT


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("José Müller, Zürich\nFrançois Ñandú\n", "cp1252"),
        ("preis €5, “quoted”\n", "cp1252"),
        ("Wałęsa, Łódź\nŻółć\n", "cp1250"),
        ("Иван Петров, Москва\nМария\n", "cp1251"),
        ("Γιώργος Παπαδόπουλος, Αθήνα\n", "cp1253"),
        ("山田太郎,東京都\n佐藤花子,大阪\n", "cp932"),
        ("name,city\nAnn,London\nZoë,Köln\n", "utf-16-le"),
        ("name,city\nAnn,London\nZoë,Köln\n", "utf-16-be"),
    ],
)
def test_the_likeliest_is_assumed(tmp_path: Path, text: str, encoding: str) -> None:
    found = find_encoding(Stored(made(tmp_path, text.encode(encoding))), "")
    assert (found.name, found.assumed) == (encoding, True)


def test_what_was_assumed_is_said(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, LOGGER):
        find_encoding(Stored(made(tmp_path, "a,b\nZoë,1\n".encode("cp1252"))), "")
    assert "a.csv is not UTF-8 (byte 6, line 2); it is read as cp1252" in caplog.text


def test_all_of_a_file_is_looked_at(tmp_path: Path) -> None:
    data = b"a,b\n" + b"x,y\n" * 600_000 + "Zoë,1\n".encode("cp1252")
    assert find_encoding(Stored(made(tmp_path, data)), "").name == "cp1252"


@pytest.mark.parametrize("lines", [1, 300_000])
def test_a_wrong_encoding_says_where(tmp_path: Path, lines: int) -> None:
    data = b"x,y\n" * lines + "Zoë,1\n".encode("cp1252")
    with pytest.raises(SettingError) as caught:
        find_encoding(Stored(made(tmp_path, data)), "utf-8")
    problem = caught.value.problem
    assert f"byte {lines * 4 + 2} (0xeb), in line {lines + 1}," in problem.message
    assert problem.path == "encoding"


def test_a_stated_encoding_is_taken(tmp_path: Path) -> None:
    path = made(tmp_path, "Žluťoučký".encode("cp1250"))
    assert find_encoding(Stored(path), "cp1250") == ("cp1250", False)
    assert (
        find_encoding(Stored(made(tmp_path, TEXT.encode("utf-8-sig"))), "UTF8").name == "utf-8-sig"
    )


@pytest.mark.parametrize("name", ["utf-16-le", "utf-16-be", "UTF_32_LE"])
def test_a_mark_is_never_part_of_the_text(tmp_path: Path, name: str) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes("\ufeffid\n1\n".encode(name))
    found = find_encoding(Stored(path), name)
    assert path.read_bytes().decode(found.name) == "id\n1\n"


def test_a_mark_that_lies(tmp_path: Path) -> None:
    with pytest.raises(SettingError, match="as its first bytes say"):
        find_encoding(Stored(made(tmp_path, b"\xef\xbb\xbfa,b\nZo\xeb,1\n")), "")


def test_cut_off_in_a_character(tmp_path: Path) -> None:
    with pytest.raises(SettingError, match="byte 2"):
        find_encoding(Stored(made(tmp_path, "Zoë".encode()[:-1])), "utf-8")
