"""The page on files, done as it says."""

from connector_agent.connectors.files.forms import FORMATS, READ, WRITE
from connector_agent.connectors.files.json_reading import ELEMENT_LIMIT
from connector_agent.connectors.files.xlsx_writing import ROW_LIMIT, TEXT_LIMIT

from tests.docs.page import Reader, Said, blocks, missing
from tests.docs.test_truth import page

PAGE = "docs/files.md"


def test_every_command_does_what_the_page_says(reader: Reader) -> None:
    said = Said(0, "")
    done = 0
    for block in blocks(PAGE):
        if block.file:
            reader.write(block)
        elif block.kind == "sh":
            said = reader.type(block.text)
            expected = int(block.note.removeprefix("exit ") or 0)
            assert said.status == expected, f"{block.text}\n{said.text}"
            done += 1
        elif block.kind == "text":
            assert not missing(block.text, said.text), f"{block.text}\nbut:\n{said.text}"
    assert done == 9
    # Parquet is an extra, so that no command of the page needs it.
    assert "parquet" not in "".join(block.text for block in blocks(PAGE))


def test_settings_and_bounds() -> None:
    text = page("files.md")
    for setting in (*READ.fields, *WRITE.fields):
        assert f"`{setting.name}`" in text or f"`{setting.name}:" in text, setting.name
    for kind in FORMATS:
        assert f"| `{kind}` |" in text
    assert f"room for {ROW_LIMIT:,} rows with its header and a cell for {TEXT_LIMIT:,}" in text
    assert f"an element may have {ELEMENT_LIMIT:,} characters" in text
