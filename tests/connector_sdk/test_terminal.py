"""Text that no terminal acts on."""

import json
import unicodedata

from connector_sdk import Problem, shown, visible, visible_json
from hypothesis import given
from hypothesis import strategies as st

MARKS = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c\u2028\u2029"
ACTING = "\x1b[2J\x07\b\r\x7f\x9b31m\ud800" + MARKS


def _harmless(text: str) -> bool:
    return all(
        char in "\t\n" or (unicodedata.category(char) not in ("Cc", "Cs") and char not in MARKS)
        for char in text
    )


def test_escapes_and_marks_of_direction_become_visible() -> None:
    assert visible("a\x1b]0;owned\x07b") == "a␛]0;owned␇b"
    assert visible("gpj.\u202eexe") == "gpj.�exe"
    assert visible("\x9b31m") == "�31m"


def test_what_people_write_stays() -> None:
    for text in ("Łukasz Żółć 👩‍💻 é e\u0301 می‌خواهم", "a\tb\nc"):
        assert visible(text) == text


def test_on_one_line_line_ends_become_visible() -> None:
    assert visible("a\nb\tc", one_line=True) == "a␊b␉c"


@given(st.text() | st.text(alphabet=ACTING + "ab\n"))
def test_any_text_comes_out_harmless_as_long_as_before_and_only_once(text: str) -> None:
    made = visible(text)
    assert _harmless(made)
    assert len(made) == len(text)
    assert visible(made) == made


@given(st.dictionaries(st.text(alphabet=ACTING.replace("\ud800", "a")), st.text()))
def test_json_says_the_same(value: dict[str, str]) -> None:
    text = json.dumps(value, ensure_ascii=False)
    made = visible_json(text)
    assert json.loads(made) == value
    assert _harmless(made)


def test_messages_have_no_acting_characters() -> None:
    assert shown("a\x1b[2Jb\n\u202ec") == "a␛[2Jb �c"
    text = Problem("x", "Bad\nerror: \x1b[2J.", "Go\u202e.", at="a\nb.csv").text()
    assert _harmless(text)
    assert "\n" not in text
