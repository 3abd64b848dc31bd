"""Two catalogues compared: what came, what went, what changed, and whom it touches."""

from pathlib import Path

import pytest
from connector_sdk import SettingError
from stripe_connector.catalogue import load
from stripe_connector.catalogue.diff import Change, Diff, compare, open_folder

from scripts.catalogue_source.archive import pack, write

ACACIA, BASIL = "2025-02-24.acacia", "2025-03-31.basil"


@pytest.fixture(scope="module")
def basil() -> Diff:
    return compare(load(ACACIA), load(BASIL))


def test_objects_and_actions_that_came_and_went(basil: Diff) -> None:
    found = {change for change in basil.changes if change.part in ("object", "action")}
    assert found == {
        Change("added", "object", "invoice_payments", said=("list", "retrieve")),
        Change("removed", "object", "subscription_items.usage_records", said=("create",)),
        Change("removed", "object", "subscription_items.usage_record_summaries", said=("list",)),
        Change("removed", "object", "invoices.upcoming_lines", said=("list",)),
        Change("removed", "action", "invoices", "upcoming"),
    }


def test_fields_that_came_and_went(basil: Diff) -> None:
    assert Change("removed", "request", "customers", "create", "coupon") in basil.changes
    assert Change("removed", "response", "charges", "list", "invoice") in basil.changes
    paths = [
        c.path for c in basil.changes if (c.object, c.action) == ("checkout.sessions", "create")
    ]
    assert "optional_items" in paths
    assert not [path for path in paths if path.startswith("optional_items[")]


def test_what_changed_is_said(basil: Diff) -> None:
    (change,) = [
        change
        for change in basil.changes
        if (change.object, change.action, change.part) == ("billing.meters", "create", "request")
    ]
    assert change.text() == "~ request default_aggregation.formula: choices +last"


def test_touched_activities(basil: Diff) -> None:
    used = [
        ("customers", "create"),
        ("subscription_items.usage_records", "create"),
        ("invoices", "upcoming"),
        ("coupons", "delete"),
    ]
    touched = basil.touching(used)
    assert list(touched) == used[:3]
    assert [change.text() for change in touched[used[0]] if change.part == "request"] == [
        "- request coupon",
        "- request promotion_code",
    ]
    assert touched[used[1]][0].kind == "removed"


def test_text_tells_each_change_of_an_answer_once(basil: Diff) -> None:
    lines = basil.text().splitlines()
    assert lines[0].startswith(f"{ACACIA} -> {BASIL}: 1 action removed, 1 object added, 3 objects")
    assert "- object subscription_items.usage_records (create)" in lines
    assert "  - request coupon (update, create)" in lines
    assert "  - response invoice (list, create, retrieve, update, search, capture)" in lines
    assert len(lines) < len(basil.changes) / 3


def test_the_other_way_round_is_the_opposite(basil: Diff) -> None:
    back = compare(load(BASIL), load(ACACIA))
    opposite = {"added": "removed", "removed": "added", "changed": "changed"}
    assert {(opposite[c.kind], c.part, c.object, c.action, c.path) for c in back.changes} == {
        (c.kind, c.part, c.object, c.action, c.path) for c in basil.changes
    }


def test_a_catalogue_does_not_differ_from_itself() -> None:
    same = compare(load(BASIL), load(BASIL))
    assert same.changes == ()
    assert same.text() == f"{BASIL} -> {BASIL}: no difference"


def test_a_folder_that_the_script_wrote(tmp_path: Path) -> None:
    def content(path: str, *fields: dict[str, object]) -> dict[str, dict[str, object]]:
        api_call = {"object": "things", "action": "create", "method": "POST", "path": path}
        request = {"name": "things.create", "type": "object", "fields": list(fields)}
        return {
            "index.json": {
                "api_version": "2030-01-01.x",
                "sdk": "99",
                "operations": {"things.create": api_call},
                "resources": {},
            },
            "operations/things.create.json": {"summary": "", "request": request},
        }

    size: dict[str, object] = {"name": "size", "type": "integer"}
    write(tmp_path / "old", pack([content("/v1/things", size)], "test"))
    text = {**size, "type": "string", "required": True, "max_length": 5}
    write(tmp_path / "new", pack([content("/v1/thing", text)], "test"))
    diff = compare(open_folder(tmp_path / "old"), open_folder(tmp_path / "new"))
    assert [change.text() for change in diff.changes] == [
        "~ action things.create (path /v1/thing, was /v1/things)",
        "~ request size: type string, was integer; required; max_length 5, was none",
    ]
    with pytest.raises(SettingError, match="no catalogue of any version in"):
        open_folder(tmp_path / "nowhere")
