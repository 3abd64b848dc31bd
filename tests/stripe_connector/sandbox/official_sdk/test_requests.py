"""The official SDK, typed, works against the sandbox as it does against Stripe."""

from pathlib import Path

import pytest
import stripe
from stripe_connector.sandbox import Sandbox


async def test_customers_are_created_changed_paged_and_deleted(
    client: stripe.StripeClient,
) -> None:
    made = [
        await client.v1.customers.create_async(
            {"name": f"Customer {number}", "metadata": {"n": str(number)}}
        )
        for number in range(25)
    ]
    page = await client.v1.customers.list_async({"limit": 10})
    paged = [customer.id async for customer in page.auto_paging_iter()]
    assert paged == [customer.id for customer in reversed(made)]

    first = await client.v1.customers.update_async(
        made[0].id, {"address": {"city": "Wien"}, "metadata": {"n": "", "m": "1"}}
    )
    assert first.address is not None
    assert first.address.city == "Wien"
    assert first.metadata is not None
    assert first.metadata.to_dict() == {"m": "1"}

    gone = await client.v1.customers.delete_async(made[0].id)
    assert gone.deleted is True
    again = await client.v1.customers.retrieve_async(made[0].id)
    assert again.deleted is True
    with pytest.raises(stripe.InvalidRequestError) as caught:
        await client.v1.customers.delete_async(made[0].id)
    assert (caught.value.http_status, caught.value.code) == (404, "resource_missing")
    assert (caught.value.request_id or "").startswith("req_")


async def test_errors_come_as_the_exceptions_of_the_sdk(client: stripe.StripeClient) -> None:
    with pytest.raises(stripe.InvalidRequestError) as unknown:
        await client.v1.customers.create_async({"nmae": "Ann"})  # type: ignore[arg-type]
    assert (unknown.value.code, unknown.value.param) == ("parameter_unknown", "nmae")
    with pytest.raises(stripe.InvalidRequestError) as missing:
        await client.v1.prices.create_async({"currency": "eur", "product": "prod_none"})
    assert missing.value.code == "resource_missing"
    options: stripe.RequestOptions = {"api_key": "wrong"}
    with pytest.raises(stripe.AuthenticationError):
        await client.v1.customers.list_async(options=options)
    keyed: stripe.RequestOptions = {"idempotency_key": "k"}
    await client.v1.customers.create_async({"name": "a"}, keyed)
    with pytest.raises(stripe.IdempotencyError):
        await client.v1.customers.create_async({"name": "b"}, keyed)


async def test_prices_share_no_lookup_key_and_products_keep_their_prices(
    client: stripe.StripeClient,
) -> None:
    product = await client.v1.products.create_async(
        {"name": "Tea", "default_price_data": {"currency": "eur", "unit_amount": 100}}
    )
    first = await client.v1.prices.create_async(
        {"product": product.id, "currency": "eur", "unit_amount": 1, "lookup_key": "tea"}
    )
    with pytest.raises(stripe.InvalidRequestError, match="already uses that lookup key"):
        await client.v1.prices.create_async(
            {"product": product.id, "currency": "eur", "unit_amount": 2, "lookup_key": "tea"}
        )
    second = await client.v1.prices.create_async(
        {
            "product": product.id,
            "currency": "eur",
            "unit_amount": 2,
            "lookup_key": "tea",
            "transfer_lookup_key": True,
        }
    )
    found = await client.v1.prices.list_async({"lookup_keys": ["tea"]})
    assert [price.id for price in found.data] == [second.id]
    assert (await client.v1.prices.retrieve_async(first.id)).lookup_key is None
    with pytest.raises(stripe.InvalidRequestError, match="cannot be deleted"):
        await client.v1.products.delete_async(product.id)


async def test_search_pages_through_what_was_found(client: stripe.StripeClient) -> None:
    for number in range(5):
        await client.v1.customers.create_async(
            {"name": f"Ann {number}", "metadata": {"crm": str(number % 2)}}
        )
    found = await client.v1.customers.search_async(
        {"query": "name:'ann' -metadata['crm']:'1'", "limit": 2, "expand": ["total_count"]}
    )
    assert found["total_count"] == 3
    names = [customer.name async for customer in found.auto_paging_iter()]
    assert names == ["Ann 4", "Ann 2", "Ann 0"]
    with pytest.raises(stripe.InvalidRequestError, match="character 1"):
        await client.v1.customers.search_async({"query": "nmae:'ann'"})


async def test_a_file_is_uploaded(client: stripe.StripeClient, tmp_path: Path) -> None:
    icon = tmp_path / "icon.png"
    icon.write_bytes(b"\x89PNG")
    with icon.open("rb") as file:
        uploaded = await client.v1.files.create_async({"purpose": "business_icon", "file": file})
    assert Path(str(uploaded.filename)).name == "icon.png"
    assert (uploaded.size, uploaded.purpose) == (4, "business_icon")


async def test_the_account_is_known_and_another_one_is_apart(
    client: stripe.StripeClient, sandbox: Sandbox
) -> None:
    account = await client.v1.accounts.retrieve_current_async()
    assert account.id == sandbox.account
    await client.v1.customers.create_async({"name": "Ann"})
    other: stripe.RequestOptions = {"stripe_account": "acct_other"}
    assert (await client.v1.customers.list_async(options=other)).data == []
    assert len((await client.v1.customers.list_async()).data) == 1
