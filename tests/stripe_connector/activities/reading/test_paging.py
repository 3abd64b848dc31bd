"""Pages of lists, searches and API v2, from answers made up for it."""

from typing import Any, cast

import pytest
from connector_sdk import Activity, MemoryHost, RefusedError, UnreachableError
from stripe_connector.activities.choices.resolution import resolve
from stripe_connector.activities.reading.search import SearchSource
from stripe_connector.catalogue import load
from stripe_connector.client import Client

from tests.stripe_connector.activities.scripted import Scripted
from tests.stripe_connector.workbench import all_pages, records


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
