"""What the page on files says of settings and bounds is so."""

from connector_agent.connectors.files.forms import FORMATS, Read, Write
from connector_agent.connectors.files.limits import RECORD_MEGABYTES, UNPACKED_MEGABYTES
from connector_agent.connectors.files.xlsx_writing import ROW_LIMIT, TEXT_LIMIT
from connector_sdk import form_of

from tests.docs.page import blocks
from tests.docs.test_truth import page


def test_settings_and_bounds() -> None:
    text = page("files.md")
    for setting in (*form_of(Read).fields, *form_of(Write).fields):
        assert f"`{setting.name}`" in text or f"`{setting.name}:" in text, setting.name
    for kind in FORMATS:
        assert f"| `{kind}` |" in text
    assert f"holds {ROW_LIMIT:,} rows including its header, and a cell {TEXT_LIMIT:,}" in text
    assert f"{RECORD_MEGABYTES} MB of text" in text
    assert f"{UNPACKED_MEGABYTES:,} MB" in text


def test_no_command_needs_the_extra_for_parquet() -> None:
    assert "parquet" not in "".join(block.text for block in blocks("docs/files.md"))
