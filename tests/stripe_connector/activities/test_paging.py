"""Pages of lists, searches and API v2, from answers made up for it."""

import json
from collections.abc import Sequence
from typing import Any, cast

import pytest
from connector_sdk import Activity, Call, MemoryHost, RefusedError, UnreachableError
from hypothesis import given
from hypothesis import strategies as st
from stripe_connector.activities.create import CreateTarget
from stripe_connector.activities.paging import head, place, rows_of
from stripe_connector.activities.resolution import resolve
from stripe_connector.activities.search import SearchSource
from stripe_connector.activities.settle_create import MOST_PAGES, settle_creates
from stripe_connector.catalogue import load
from stripe_connector.client import Client

from tests.stripe_connector.activities.scripted import Scripted
from tests.stripe_connector.workbench import all_pages, prepared, records, sent


def source(client: Scripted, on: str, **settings: Any) -> SearchSource:
    resolved = resolve(load(), Activity("a", "search", on, "", settings), "test")
    return SearchSource(cast("Client", client), load(), MemoryHost(), resolved)


def row(id: str, **more: Any) -> dict[str, Any]:
    return {"id": id, "object": "thing", **more}


async def test_v2_follows_the_whole_of_next_page_url() -> None:
    client = Scripted(
        {
            "data": [row("acct_1"), row("acct_2")],
            "next_page_url": "/v2/core/accounts?page=t%2F1&limit=100&closed=false",
        },
        {"data": [row("acct_3")], "next_page_url": None, "previous_page_url": "/v2/x"},
    )
    accounts = source(client, "v2.core.accounts", parameters={"closed": False})
    first, second = await all_pages(accounts)
    assert client.asked == [
        {"closed": False, "limit": 100},
        {"page": "t/1", "limit": "100", "closed": "false"},
    ]
    assert [len(first.records), len(second.records)] == [2, 1]
    again = source(Scripted({"data": [row("acct_3")]}), "v2.core.accounts")
    assert await all_pages(again, first.after) == [second]


async def test_v2_keeps_the_parents_in_the_path() -> None:
    client = Scripted({"data": [], "next_page_url": "/v2/core/accounts/acct_1/persons?page=p"})
    client.answers.append({"data": [row("person_1")], "next_page_url": None})
    persons = source(client, "v2.core.accounts.persons", parents={"account_id": "acct_1"})
    assert len(records(await all_pages(persons))) == 1
    assert client.asked[1] == {"account_id": "acct_1", "page": "p"}


async def test_a_list_without_pages_is_read_once() -> None:
    client = Scripted({"object": "list", "data": [row("a"), row("b")], "has_more": False})
    capabilities = source(client, "accounts.capabilities", parents={"account": "acct_1"})
    assert len(records(await all_pages(capabilities))) == 2
    assert client.asked == [{"account": "acct_1"}]


async def test_more_rows_without_a_way_to_them_are_not_lost_in_silence() -> None:
    client = Scripted({"object": "list", "data": [{"name": "no id"}], "has_more": True})
    with pytest.raises(RefusedError, match="no way to the next page"):
        await all_pages(source(client, "customers"))


@pytest.mark.parametrize("body", [b"<html>", b"{}", b'{"data": 5}', b'{"data": [1', b"[]"])
async def test_an_answer_that_is_no_list(body: bytes) -> None:
    with pytest.raises(UnreachableError, match="not one of Stripe's API"):
        await all_pages(source(Scripted(body), "customers"))


async def test_settling_ends_its_look_at_old_or_endless_lists() -> None:
    activity = Activity("a", "create", "payment_methods")

    def target(client: Scripted) -> CreateTarget:
        return CreateTarget(
            cast("Client", client), load(), MemoryHost(), resolve(load(), activity, "test")
        )

    body = prepared(target(Scripted({})), {"type": "card"})
    call = sent(Call(1, 1, "key", 1, None, body), 1_000_000.0)
    old = {"data": [row("pm_1", created=900_000, metadata={})], "has_more": True}
    client = Scripted(old)
    assert await target(client).settle([call]) == [None]
    assert len(client.asked) == 1
    new = {"data": [row("pm_1", created=1_000_001, metadata=None)], "has_more": True}
    client = Scripted(new)
    (outcome,) = await settle_creates(cast("Client", client), load(), [call])
    assert outcome is not None
    assert outcome.kind == "unknown"
    assert len(client.asked) == MOST_PAGES


@given(
    st.lists(st.dictionaries(st.text(), st.integers() | st.text() | st.none()), max_size=8),
    st.integers(0, 4),
)
def test_rows_are_cut_out_as_they_are(rows: Sequence[dict[str, Any]], indent: int) -> None:
    body = json.dumps({"object": "list", "data": rows, "has_more": True}, indent=indent).encode()
    cut = rows_of(body)
    assert [json.loads(raw) for raw in cut.raw] == list(rows)
    assert cut.more
    assert cut.following == {}


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b'{"id":"cus_1","object":"customer","name":"x"}', ("cus_1", "customer")),
        (b'{"created":1,"object":"customer","id":"cus_1"}', ("cus_1", "customer")),
        (b'{"id":"a\\"b","object":"x"}', ('a"b', "x")),
        (b'{"object":"balance"}', ("", "balance")),
        (b'{"id":5}', ("", "")),
        (b"[]", ("", "")),
    ],
)
def test_head(raw: bytes, expected: tuple[str, str]) -> None:
    assert head(raw) == expected
    assert place(raw) == f"{expected[1]} {expected[0]}".strip()
