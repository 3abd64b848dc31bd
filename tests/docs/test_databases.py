"""The page on databases, done as it says on PostgreSQL; its settings and types are all there."""

import pytest
from connector_database.creation import TYPES
from connector_database.forms import RECORDS, DatabaseSettings
from connector_sdk import form_of

from tests.docs.page import Reader
from tests.docs.test_truth import page
from tests.postgresql import postgresql, postgresql_server

__all__ = ["postgresql", "postgresql_server"]


@pytest.fixture
def database(postgresql: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", postgresql)


def test_every_command_does_what_the_page_says(database: None, reader: Reader) -> None:
    assert reader.follow("docs/databases.md") == 5


def test_settings_and_types() -> None:
    text = page("databases.md")
    for setting in form_of(DatabaseSettings).fields:
        assert f"`{setting.name}`" in text or f"`{setting.name}:" in text, setting.name
    for kind, record in RECORDS.items():
        assert f"`{kind}`" in text
        for setting in form_of(record).fields:
            assert f"`{setting.name}`" in text or f"`{setting.name}:" in text, setting.name
    for name in TYPES:
        assert f"`{name}`" in text
