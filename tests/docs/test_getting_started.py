"""Getting started, done as it says."""

from connector_agent.project import Project

from tests.docs.page import Reader, Said, blocks, missing

PAGE = "docs/getting-started.md"


def test_every_command_does_what_the_page_says(reader: Reader) -> None:
    said = Said(0, "")
    done = 0
    for block in blocks(PAGE):
        if block.file:
            reader.write(block)
        elif block.kind == "sh" and block.note != "not run":
            said = reader.type(block.text)
            expected = int(block.note.removeprefix("exit ") or 0)
            assert said.status == expected, f"{block.text}\n{said.text}"
            done += 1
        elif block.kind == "text":
            assert not missing(block.text, said.text), f"{block.text}\nbut:\n{said.text}"
    assert done > 8
    # The last endpoint is the one with a key of Stripe's own.
    loaded = Project.load(reader.folder, {"STRIPE_API_KEY": "sk_test_reader"})
    assert loaded.endpoint("acme").connection() == {"api_key": "sk_test_reader"}


def test_every_block_is_of_a_known_kind() -> None:
    for block in blocks(PAGE):
        assert block.kind in ("sh", "text", "yaml")
        assert block.kind != "yaml" or block.file, block.text
