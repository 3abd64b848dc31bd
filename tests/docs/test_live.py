"""The page on live money says what is so."""

import re
from pathlib import Path

from connector_agent.operations.guard import Question, Tally
from connector_sdk import Schemas
from stripe_connector.activities.choices.guarding import guarded
from stripe_connector.activities.choices.offers import offer_for
from stripe_connector.activities.choices.resolution import faults, resolve
from stripe_connector.catalogue import load, minor_units

from tests.docs.page import activities

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "live.md").read_text(encoding="utf-8")
CATALOGUE = load()


def test_its_activities_ask_as_it_says() -> None:
    found = re.search(r"```yaml\n(.*?)```", PAGE, re.S)
    assert found is not None
    told = {}
    for activity in activities(found[1]):
        guard = resolve(CATALOGUE, activity, "live").guard(CATALOGUE)
        told[activity.name] = None if guard is None else guard.always
        assert all(each.warning for each in faults(CATALOGUE, activity, "live"))
    assert told == {"pay out": None, "take": False, "void": True}


def test_its_question_is_the_one_that_is_asked() -> None:
    offer = offer_for(CATALOGUE, "create", "payouts", "", "live")
    guard = guarded(CATALOGUE, offer)
    assert guard is not None
    request = CATALOGUE.request(offer.api_call)
    tally = Tally(guard, Schemas(request, request, dict(minor_units())))
    for amount, currency in ((1000, "eur"), (250, "eur"), (500, "jpy")):
        tally.add(f'{{"amount":{amount},"currency":"{currency}"}}'.encode())
    text = Question(guard, "acct_1ABC", tally).text()
    assert f"LIVE {text}" in " ".join(PAGE.split())
