"""connector catalogue: versions and what differs between them."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from connector_sdk import Activity, SettingError
from stripe_connector.catalogue.versions import shipped
from stripe_connector.commands import catalogue
from typer.testing import CliRunner

OLD, NEW = shipped()[-2:]


class FakeWorkspace:
    """A project that has these activities."""

    def __init__(self, *activities: Activity) -> None:
        self._activities = {f"acme/{each.name}": each for each in activities}

    def activities(
        self, connector: str, project: Path | None, environment: str
    ) -> Mapping[str, Activity]:
        assert (connector, environment) == ("stripe", "")
        return self._activities


def said(*arguments: str, activities: tuple[Activity, ...] = ()) -> str:
    result = CliRunner().invoke(catalogue, [*arguments], obj=FakeWorkspace(*activities))
    if result.exception is not None:
        raise result.exception
    return result.stdout


def lines(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def test_versions() -> None:
    assert said("versions").split() == list(shipped())
    assert lines(said("versions", "--json"))[-1]["objects"] > 150


def test_no_difference() -> None:
    assert said("diff", NEW, NEW) == f"{NEW} -> {NEW}: no difference\n"


def test_of_one_object() -> None:
    text = said("diff", OLD, NEW, "--object", "customers")
    assert text.startswith(f"{OLD} -> {NEW}: ")
    assert {
        line["object"] for line in lines(said("diff", OLD, NEW, "--object", "customers", "--json"))
    } <= {"customers"}


def test_touched_activities() -> None:
    activities = (
        Activity("new", "create", "customers"),
        Activity("prices", "search", "prices"),
        Activity("gone", "create", "unicorns"),
    )
    text = said("diff", shipped()[0], NEW, activities=activities)
    assert "\nacme/new is touched (customers.create):\n" in text
    assert "acme/prices is touched (prices.list):" in text
    assert "acme/gone" not in text
    touched = [
        line
        for line in lines(said("diff", shipped()[0], NEW, "--json", activities=activities))
        if line["event"] == "touched"
    ]
    assert {line["activity"] for line in touched} == {"acme/new", "acme/prices"}
    text = said("diff", NEW, NEW, activities=activities)
    assert "None of the 2 activities of the project is touched." in text


@pytest.mark.parametrize(("name", "told"), [(NEW[:-1], f"Did you mean {NEW!r}"), ("x", OLD)])
def test_no_such_version(name: str, told: str) -> None:
    with pytest.raises(SettingError) as caught:
        said("diff", OLD, name)
    assert told in caught.value.problem.remedy


def test_a_folder_without_catalogues(tmp_path: Path) -> None:
    with pytest.raises(SettingError):
        said("diff", OLD, str(tmp_path))
