"""Stripe from Python: its examples, and what they leave out."""

import ast
import doctest
import inspect
from collections.abc import AsyncIterator
from types import CodeType
from typing import Any

import pytest
from connector_sdk import RefusedError, SettingError
from stripe_connector import Stripe
from stripe_connector.reads import Reads
from stripe_connector.sandbox import Sandbox
from stripe_connector.writes import Writes

EXAMPLES = [
    test
    for kind in (Stripe, Reads, Writes)
    for test in doctest.DocTestFinder().find(kind, globs={"Stripe": Stripe})
    if test.examples
]


@pytest.fixture
async def stripe() -> AsyncIterator[Stripe]:
    async with Stripe(address="sandbox") as stripe:
        yield stripe


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda test: test.name)
async def test_examples(example: doctest.DocTest, capsys: pytest.CaptureFixture[str]) -> None:
    """Runs them as `python -m asyncio` would: with await at the top level."""
    names: dict[str, Any] = dict(example.globs)
    for step in example.examples:
        await run(step.source, names)
        assert capsys.readouterr().out == step.want, step.source


async def test_a_field_that_the_search_is_not_known_to_have_is_logged(
    stripe: Stripe, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(RefusedError, match=r"\(at character 1\)\. It searches by"):
        await anext(stripe.search("customers", "favourite:'blue'", action="search"))
    (told,) = caplog.messages
    assert "isn't known to search customers by 'favourite' (at character 1)" in told


async def run(source: str, names: dict[str, Any]) -> None:
    body = ast.parse(source).body
    *statements, last = body
    if isinstance(last, ast.AsyncWith | ast.With) and isinstance(last.body[-1], ast.Expr):
        shown = last.body[-1]  # an example may end with a value inside of its block
        last.body[-1] = ast.copy_location(printed(shown), shown)
    elif isinstance(last, ast.Expr):
        last = ast.copy_location(printed(last), last)
    module = ast.fix_missing_locations(ast.Module([*statements, last], []))
    code: CodeType = compile(module, "<example>", "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    result = eval(code, names)
    if inspect.isawaitable(result):
        await result


def printed(shown: ast.Expr) -> ast.Expr:
    """The statement that prints a value as the interactive Python does."""
    call = ast.parse("(lambda value: None if value is None else print(repr(value)))(0)").body[0]
    assert isinstance(call, ast.Expr)
    assert isinstance(call.value, ast.Call)
    call.value.args = [shown.value]
    return call


def test_every_method_has_an_example() -> None:
    documented = {example.name.rpartition(".")[2] for example in EXAMPLES}
    public = {name for name in dir(Stripe) if not name.startswith("_")}
    assert public <= documented
    assert "Stripe" in documented


async def test_nested_objects(stripe: Stripe) -> None:
    ada = (await stripe.create("customers", {"name": "Ada"}))["id"]
    vat = {"type": "eu_vat", "value": "DE123456789"}
    made = await stripe.create("customers.tax_ids", vat, customer=ada)
    read = await stripe.read("customers.tax_ids", made["id"], customer=ada, expand=["customer"])
    assert read["customer"]["name"] == "Ada"
    listed = [each["id"] async for each in stripe.list("customers.tax_ids", customer=ada)]
    assert listed == [made["id"]]
    gone = await stripe.delete("customers.tax_ids", made["id"], customer=ada)
    assert gone["deleted"] is True


async def test_errors_before_anything_is_sent(stripe: Stripe) -> None:
    with pytest.raises(SettingError, match="email"):
        await stripe.create("customers", {"emial": "a@example.com"})
    with pytest.raises(SettingError, match="customers"):
        await stripe.create("custmers", {})
    with pytest.raises(SettingError, match="empty"):
        await stripe.update("customers", "", {"customer": "", "name": "A"})
    with pytest.raises(SettingError, match="'id' is missing"):
        await stripe.update("customers", "", {"name": "A"})
    with pytest.raises(SettingError):
        _ = [each async for each in stripe.list("customers", emial="a")]


async def test_stripes_refusals(stripe: Stripe) -> None:
    with pytest.raises(RefusedError, match="cus_nobody"):
        await stripe.read("customers", "cus_nobody")
    with pytest.raises(RefusedError, match="cus_nobody"):
        await stripe.update("customers", "cus_nobody", {"name": "A"})


async def test_each_create_without_a_key_is_a_new_object(stripe: Stripe) -> None:
    one, two = [await stripe.create("customers", {"name": "Ada"}) for _ in "ab"]
    assert one["id"] != two["id"]
    assert one["metadata"]["connector_key"] != two["metadata"]["connector_key"]


async def test_wrong_settings_and_use_before_opening() -> None:
    with pytest.raises(SettingError, match="API key"):
        async with Stripe():
            pass
    with pytest.raises(RuntimeError, match="async with"):
        Stripe(address="sandbox").objects()


async def test_at_an_address(stripe: Stripe) -> None:
    async with Sandbox(seed=1) as sandbox:
        async with Stripe("sk_test_1", address=sandbox.address) as other:
            assert (await other.test()).account == sandbox.account
            await other.create("customers", {})
        assert sandbox.requests.total() == 2
