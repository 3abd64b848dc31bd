"""What commands add to writing without a ledger."""

from connector_agent.one_off.requests import writing

from tests.connector_sdk.fake_target import FakeTarget, records


async def test_card_numbers_are_not_sent() -> None:
    target = FakeTarget()
    batch = writing(target, records("4242424242424242"), "p", given=False)
    written = [each async for each in batch.outcomes()]
    assert target.calls == []
    problem = written[0].outcome.problem
    assert problem is not None
    assert problem.code == "card_number"
    assert problem.remedy.startswith("Take it out.")
    assert "4242424242424242" not in problem.text()
