"""The pages, done as they say."""

import pytest
from connector_agent.project import Project

from tests.docs.page import Reader, blocks

COMMANDS = {
    "api-versions": 4,
    "files": 9,
    "mapping": 12,
    "one-off": 7,
    "projects": 19,
    "reading": 5,
    "search": 6,
}
"""How many commands each page has, so that none is passed over."""

STARTING = "docs/getting-started.md"


@pytest.mark.parametrize("page", COMMANDS)
def test_every_command_does_what_the_page_says(reader: Reader, page: str) -> None:
    assert reader.follow(f"docs/{page}.md") == COMMANDS[page]


def test_getting_started_ends_with_a_key_of_ones_own(reader: Reader) -> None:
    assert reader.follow(STARTING) == 10
    loaded = Project.load(reader.folder, {"STRIPE_API_KEY": "sk_test_reader"})
    assert loaded.endpoint("acme").connection() == {"api_key": "sk_test_reader"}


def test_every_block_of_getting_started_is_of_a_known_kind() -> None:
    for block in blocks(STARTING):
        assert block.kind in ("sh", "text", "yaml")
        assert block.kind != "yaml" or block.file, block.text
