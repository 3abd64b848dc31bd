"""The page on searches, done as it says."""

from stripe_connector.activities.reading.driven import REMEMBERED
from stripe_connector.query.normal import MOST

from tests.docs.page import Reader, Said, blocks, missing
from tests.docs.test_truth import page

PAGE = "docs/search.md"


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
    assert done == 6


def test_bounds() -> None:
    assert f"{REMEMBERED:,} results" in page("search.md")
    assert f"Beyond {MOST:,} of them" in page("search.md")
