"""The battery passes a connector that keeps its promises, and notices each broken one."""

import inspect

import pytest
from connector_sdk.conformance import Battery, Subject

from tests.connector_sdk.conformance.memory import MemoryConnector, subject_of


class TestMemory(Battery):
    @pytest.fixture
    def subject(self) -> Subject:
        return subject_of(MemoryConnector())


BROKEN = {
    "takes any setting": "test_unknown_setting_is_refused",
    "shows its secret": "test_secrets_never_show",
    "fails its test": "test_test_of_the_connection",
    "changes its scope": "test_scope_stays_the_same",
    "hides a choice": "test_choices_lead_to_schemas",
    "checks nothing": "test_faults_are_found_with_their_path",
    "has no words": "test_plans_tell_what_is_going_to_be_called",
    "passes requests over": "test_records_of_another_source_are_taken_or_refused",
    "can't be closed twice": "test_closing_twice",
    "has a negative total": "test_total_is_a_number_or_unknown",
    "repeats a record": "test_every_cursor_goes_on_exactly",
    "loses a record": "test_every_cursor_goes_on_exactly",
    "counts each page anew": "test_pages_count_on",
    "ends in silence": "test_finishing_tells_what_it_could_not_do",
    "gives lists": "test_records_are_json_objects",
    "prepares anything": "test_bad_requests_are_problems",
    "prepares with side effects": "test_prepare_is_pure",
    "prepares differently": "test_prepare_is_pure",
    "doubles": "test_same_key_does_it_once",
    "swallows an outcome": "test_one_outcome_for_each_call",
    "settles anything": "test_settle_knows_what_was_written",
}


@pytest.mark.parametrize(("fault", "noticed_by"), BROKEN.items())
async def test_a_broken_promise_is_noticed(fault: str, noticed_by: str) -> None:
    subject = subject_of(MemoryConnector(fault))
    with pytest.raises((AssertionError, RuntimeError, pytest.fail.Exception)):
        result = getattr(Battery(), noticed_by)(subject)
        if inspect.isawaitable(result):
            await result
