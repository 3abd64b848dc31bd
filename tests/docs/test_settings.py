"""The page on settings, done as it says; what it shows beside its commands is sound."""

import re

import pytest
from connector_sdk import Field, form_of
from stripe_connector.activities.choices.resolution import faults
from stripe_connector.activities.choices.settings import ActivitySettings
from stripe_connector.catalogue import load
from stripe_connector.settings import ConnectionSettings

from scripts import build_docs, setting_tables
from tests.docs.page import activities, blocks
from tests.docs.test_truth import page

PAGE = "docs/settings.md"


def test_its_activity_has_no_fault() -> None:
    (text,) = [block.text for block in blocks(PAGE) if block.kind == "yaml"]
    for activity in activities(text):
        assert faults(load(), activity, "test") == ()


def test_its_python_is_python() -> None:
    (python,) = [block.text for block in blocks(PAGE) if block.kind == "python"]
    compile(f"async def example():\n{re.sub('^', '    ', python, flags=re.M)}", PAGE, "exec")


def test_every_setting_has_a_row() -> None:
    text = page("settings.md")
    for record in (ConnectionSettings, ActivitySettings):
        for field in form_of(record).fields:
            assert f"| `{field.name}` | " in text


def test_a_setting_without_a_description_fails_the_check(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert setting_tables.undescribed() == []
    silent = Field("silent", "string")
    monkeypatch.setattr(
        setting_tables,
        "form_of",
        lambda record, *use: form_of(record, *use).__class__((silent,)),
    )
    monkeypatch.setattr(build_docs, "pages", lambda: iter(()))
    monkeypatch.setattr(build_docs, "reference", lambda: iter(()))
    monkeypatch.setattr("sys.argv", ["build_docs.py", "--check"])
    assert build_docs.main() == 1
    assert "The setting ActivitySettings.silent has no description." in capsys.readouterr().err


def test_a_setting_that_no_table_has_fails_the_check(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def more(record: type, *use: object) -> object:
        form = form_of(record, *use)
        return form.__class__((*form.fields, Field("brand_new", "string", description="New.")))

    monkeypatch.setattr(setting_tables, "form_of", more)
    monkeypatch.setattr(build_docs, "reference", lambda: iter(()))
    monkeypatch.setattr("sys.argv", ["build_docs.py", "--check"])
    assert build_docs.main() == 1
    assert "docs/settings.md is not current." in capsys.readouterr().err
