"""The battery passes a connector that keeps its promises, and notices each broken one."""

import inspect
from pathlib import Path
from typing import get_args

import pytest
from connector_sdk import Guarantee
from connector_sdk.conformance import Battery, Subject, crashing, responding
from connector_sdk.conformance.driver import DRIVES
from connector_sdk.memory.connector import TYPES

from tests.connector_sdk.conformance.faulty import KINDS, subject_of


class TestMemory(Battery):
    @pytest.fixture(params=KINDS)
    async def subject(self, request: pytest.FixtureRequest, tmp_path: Path) -> Subject:
        return await subject_of(tmp_path, request.param)


def test_each_guarantee_is_tested() -> None:
    assert set(KINDS.values()) == set(DRIVES) == set(crashing.PLACES) == set(get_args(Guarantee))
    assert {kind.name: kind.guarantee for kind in TYPES if kind.role == "target"} == KINDS


BROKEN = {
    "takes any setting": "test_unknown_setting_is_refused",
    "shows its secret": "test_secrets_never_show",
    "fails its test": "test_test_of_the_connection",
    "changes its scope": "test_scope_stays_the_same",
    "hides a choice": "test_choices_lead_to_schemas",
    "has nothing to choose": "test_every_choice_has_settings",
    "asks twice": "test_every_choice_has_settings",
    "checks nothing": "test_faults_are_found_with_their_path",
    "has no words": "test_plans_tell_what_is_going_to_be_called",
    "passes requests over": "test_records_of_another_source_are_taken_or_refused",
    "can't be closed twice": "test_closing_twice",
    "has a negative total": "test_total_is_a_number_or_unknown",
    "repeats a record": "test_every_cursor_goes_on_exactly",
    "loses a record": "test_every_cursor_goes_on_exactly",
    "counts each page anew": "test_pages_count_on",
    "ends in silence": "test_finishing_tells_what_it_could_not_do",
    "hides what it could not do": "test_finishing_tells_what_it_could_not_do",
    "gives lists": "test_records_are_json_objects",
    "blocks while it reads": "test_reading_leaves_the_loop_to_others",
    "prepares anything": "test_bad_requests_are_problems",
    "prepares with side effects": "test_prepare_is_pure",
    "prepares differently": "test_prepare_is_pure",
    "promises what nobody knows": "test_guarantee_is_the_one_that_its_type_states",
    "doubles": "test_same_key_does_it_once",
    "swallows an outcome": "test_one_outcome_for_each_call",
    "settles anything": "test_settle_knows_what_was_written",
    "blocks the loop": "test_writing_leaves_the_loop_to_others",
    "holds outcomes back": "test_outcomes_come_while_calls_do",
    "never ends": "test_it_ends_when_calls_do",
}


@pytest.mark.parametrize(("fault", "noticed_by"), BROKEN.items())
async def test_a_broken_promise_is_noticed(
    fault: str, noticed_by: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(responding, "PATIENCE", 0.5)
    monkeypatch.setattr(responding, "TRIES", 1)
    subject = await subject_of(tmp_path, "create", fault)
    with pytest.raises((AssertionError, RuntimeError, pytest.fail.Exception)):
        result = getattr(Battery(), noticed_by)(subject)
        if inspect.isawaitable(result):
            await result


CRASHES = {
    ("create", "doubles"): "after",
    ("upsert", "appends"): "after",
    ("append", "claims that nothing was done"): "after",
    ("append", "claims that all was done"): "before",
    ("replace", "cuts nothing off"): "before",
    ("replace", "keeps nothing at a position"): "after",
    ("load", "commits at once"): "before",
    ("load", "forgets its mark"): "after",
    ("load", "keeps the mark without the rows"): "after",
}


@pytest.mark.parametrize(("broken", "when"), CRASHES.items(), ids=str)
async def test_a_broken_guarantee_is_noticed(
    broken: tuple[str, str], when: str, tmp_path: Path
) -> None:
    """By a real process that is killed: it loses or doubles records."""
    subject = await subject_of(tmp_path, *broken)
    with pytest.raises(AssertionError, match=r"are there|were lost|were doubled"):
        await Battery().test_killed_and_resumed(subject, tmp_path, when)


def test_each_guarantee_is_broken() -> None:
    assert {kind for kind, _ in CRASHES} == set(KINDS)


@pytest.mark.parametrize("broken", ["commits at once", "forgets its mark"])
async def test_a_broken_commit_is_noticed(broken: str, tmp_path: Path) -> None:
    subject = await subject_of(tmp_path, "load", broken)
    with pytest.raises(AssertionError):
        await Battery().test_rows_commit_with_their_mark(subject)
