"""What was added by hand stands beside what was generated, and never in its place."""

import pytest
from connector_sdk import SettingError
from stripe_connector.catalogue import Catalogue


def test_additions_are_no_api_calls_of_the_sdk(catalogue: Catalogue) -> None:
    assert set(catalogue.additions) == {
        "files.contents",
        "reporting.report_runs.rows",
        "sigma.scheduled_query_runs.rows",
    }
    assert not set(catalogue.additions) & set(catalogue.api_calls)
    for addition in catalogue.additions.values():
        assert addition.object in catalogue.objects
        assert catalogue.api_call(addition.object, addition.action) == addition
        assert catalogue.summary(addition)
        assert catalogue.request(addition).child("expand") is None
        for call in addition.calls:
            assert call in catalogue.api_calls or call in catalogue.additions


def test_the_contents_of_a_file_are_one_call(catalogue: Catalogue) -> None:
    contents = catalogue.additions["files.contents"]
    assert (contents.host, contents.shape, contents.calls) == ("files", "binary", ())
    assert catalogue.find("GET", "/v1/files/file_1/contents") == (contents, {"file": "file_1"})
    assert [field.name for field in catalogue.request(contents).fields] == ["file"]
    assert catalogue.response(contents).type == "file"


def test_rows_are_no_call(catalogue: Catalogue) -> None:
    rows = catalogue.additions["reporting.report_runs.rows"]
    found = catalogue.find("GET", rows.path)
    assert found is not None
    assert found[0].id == "reporting.report_runs.list"
    assert {field.name for field in catalogue.request(rows).fields} == {"report_type", "parameters"}
    assert catalogue.response(rows).type == "map"


def test_an_unknown_action_is_still_refused(catalogue: Catalogue) -> None:
    with pytest.raises(SettingError, match="has no action 'content'"):
        catalogue.api_call("files", "content")
