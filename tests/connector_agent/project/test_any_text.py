"""Whatever stands in the files of a project: it is read, or it is told what is wrong."""

from typing import Any

from connector_agent.project.document import Document
from connector_agent.project.endpoint import read_endpoint
from connector_agent.project.operation import read_operation
from connector_agent.project.reader import parse
from connector_agent.project.variables import Variables
from connector_sdk import Problem, SettingError
from hypothesis import given
from hypothesis import strategies as st

from .conftest import ACME, IMPORT

KEYS = st.sampled_from(
    ["connector", "connection", "activities", "type", "on", "source", "target", "identity",
     "mapping", "options", "repeat", "stop_after_problems", "to", "a"]
)  # fmt: skip
TREES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5)
    | st.sampled_from(["a/b", "${env:A}", "${var:team}", "${", "${x:y}", "$${"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=5),
    max_leaves=12,
)  # fmt: skip


def _told(problems: tuple[Problem, ...]) -> None:
    for problem in problems:
        assert problem.message
        assert problem.remedy
        assert problem.line.startswith("f.yaml:")


@given(TREES)
def test_any_tree(tree: Any) -> None:
    document = Document("f.yaml", tree, {})
    variables = Variables({"team": [1]})
    for read in (
        lambda: read_endpoint("f", document, variables, {}),
        lambda: read_operation("f", document, variables),
    ):
        try:
            read()
        except SettingError as error:
            _told(error.problems)


@given(
    st.sampled_from([ACME, IMPORT]),
    st.lists(
        st.tuples(st.integers(0, 200), st.integers(0, 3), st.text("\t \n:-'\"{}[]&*!|$é\x00a#?")),
        min_size=1,
        max_size=4,
    ),
)
def test_any_spoilt_text(text: str, edits: list[tuple[int, int, str]]) -> None:
    for at, taken, put in edits:
        text = text[:at] + put + text[at + taken :]
    try:
        document = parse(text, "f.yaml")
    except SettingError as error:
        _told(error.problems)
        return
    again = Document.from_snapshot(document.snapshot())
    assert again == document
    for keys in document.positions:
        assert document.part(keys) == again.part(keys)
