"""Summaries of meter events."""

import json
from typing import Any

import pytest

from tests.stripe_connector.sandbox.direct import Direct, made

DAY = 86_400


@pytest.fixture
def sandbox() -> Direct:
    return Direct()


def meter(sandbox: Direct, formula: str = "sum") -> str:
    form = f"display_name=Calls&event_name=calls&default_aggregation[formula]={formula}"
    found: str = made(sandbox, "/v1/billing/meters", form)["id"]
    return found


def use(sandbox: Direct, customer: str, value: int, at: int, identifier: str = "") -> None:
    form = f"event_name=calls&payload[stripe_customer_id]={customer}&payload[value]={value}"
    form += f"&timestamp={at}" + (f"&identifier={identifier}" if identifier else "")
    made(sandbox, "/v1/billing/meter_events", form)


def summaries(sandbox: Direct, meter: str, customer: str, **more: object) -> list[Any]:
    params = {"customer": customer, "start_time": 0, "end_time": 3 * DAY, **more}
    query = "&".join(f"{name}={value}" for name, value in params.items())
    path = f"/v1/billing/meters/{meter}/event_summaries"
    status, body = sandbox.send("GET", path, query.encode())
    assert status == 200, body
    rows: list[Any] = body["data"]
    return rows


@pytest.mark.parametrize(("formula", "value"), [("sum", 9), ("count", 3), ("last", 4)])
def test_a_summary_by_its_formula(sandbox: Direct, formula: str, value: float) -> None:
    calls = meter(sandbox, formula)
    customer, other = (made(sandbox, "/v1/customers")["id"] for _ in range(2))
    for number, count in enumerate((2, 3, 4)):
        use(sandbox, customer, count, 1000 + number * DAY)
    [row] = summaries(sandbox, calls, customer)
    assert (row["aggregated_value"], row["start_time"], row["end_time"]) == (value, 0, 3 * DAY)
    assert summaries(sandbox, calls, other) == []
    use(sandbox, other, 100, 1000)
    assert summaries(sandbox, calls, customer) == [row]


def test_windows_come_newest_first_and_by_pages(sandbox: Direct) -> None:
    calls = meter(sandbox)
    customer = made(sandbox, "/v1/customers")["id"]
    for number in (0, 1, 1, 2):
        use(sandbox, customer, 1, number * DAY + 5)
    days = summaries(sandbox, calls, customer, value_grouping_window="day")
    assert [(row["start_time"], row["aggregated_value"]) for row in days] == [
        (2 * DAY, 1),
        (DAY, 2),
        (0, 1),
    ]
    page = {"value_grouping_window": "day", "limit": 1}
    assert summaries(sandbox, calls, customer, **page) == days[:1]
    assert summaries(sandbox, calls, customer, **page, starting_after=days[0]["id"]) == days[1:2]
    assert summaries(sandbox, calls, customer, **page, ending_before=days[2]["id"]) == days[1:2]


def test_events_of_version_two_count_and_canceled_ones_do_not(sandbox: Direct) -> None:
    calls = meter(sandbox)
    customer = made(sandbox, "/v1/customers")["id"]
    use(sandbox, customer, 5, 1000, "one")
    event = {
        "event_name": "calls",
        "identifier": "two",
        "payload": {"stripe_customer_id": customer, "value": "7"},
        "timestamp": "1970-01-01T01:00:00Z",
    }
    status, body = sandbox.send("POST", "/v2/billing/meter_events", json.dumps(event).encode())
    assert status == 200, body
    assert summaries(sandbox, calls, customer)[0]["aggregated_value"] == 12
    form = "event_name=calls&type=cancel&cancel[identifier]=one"
    made(sandbox, "/v1/billing/meter_event_adjustments", form)
    assert summaries(sandbox, calls, customer)[0]["aggregated_value"] == 7
