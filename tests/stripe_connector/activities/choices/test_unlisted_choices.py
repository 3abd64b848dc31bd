"""Values that are not among the choices of their field."""

import pytest
from connector_sdk import JSON, Activity, Problem, RefusedError, Request, SettingError, one_problem
from stripe_connector import Stripe
from stripe_connector.activities.choices.resolution import resolve
from stripe_connector.activities.writing import request as requests
from stripe_connector.catalogue import load


def fitted(settings: dict[str, JSON]) -> requests.Request | Problem:
    catalogue = load()
    activity = Activity("", "create", "customers", "", settings)
    resolved = resolve(catalogue, activity, "test")
    schema = resolved.request_schema(catalogue)
    given = Request(values={"tax_exempt": "exemptt"})
    found = requests.fit(resolved.api_call, schema, {}, given, False, float)
    return found if isinstance(found, requests.Request) else one_problem(found)


def test_they_are_refused_before_anything_is_sent() -> None:
    problem = fitted({})
    assert isinstance(problem, Problem)
    assert problem.code == "wrong_choice"
    assert problem.path == "tax_exempt"
    assert problem.remedy == (
        "Did you mean 'exempt'? If Stripe knows the value by now, `unlisted_choices: allow` lets "
        "it pass."
    )


def test_they_can_be_allowed() -> None:
    request = fitted({"unlisted_choices": "allow"})
    assert isinstance(request, requests.Request)
    assert request.params == {"tax_exempt": "exemptt"}


async def test_from_python() -> None:
    async with Stripe(address="sandbox") as stripe:
        with pytest.raises(SettingError, match="tax_exempt can't be 'exemptt'"):
            await stripe.create("customers", {"tax_exempt": "exemptt"})
        made = await stripe.create("customers", {"tax_exempt": "none"})
        with pytest.raises(RefusedError, match="Invalid tax_exempt: must be one of"):
            await stripe.update(
                "customers", made["id"], {"tax_exempt": "exemptt"}, unlisted_choices="allow"
            )
        paid = await stripe.create("payment_intents", {"amount": 100, "currency": "eur"})
        why = {"cancellation_reason": "boredom"}
        with pytest.raises(SettingError, match="cancellation_reason can't be 'boredom'"):
            await stripe.delete("payment_intents", paid["id"], why)
        with pytest.raises(RefusedError, match="Invalid cancellation_reason: must be one of"):
            await stripe.delete("payment_intents", paid["id"], why, unlisted_choices="allow")
