"""A code of a problem has one meaning, and the page on errors knows every one."""

import collections
import re

from scripts.problem_codes import ROOT, SHARED, problems

COMPUTED = {
    "connector_agent/connectors/files/opening.py": "what a packed file lacks",
    "connector_agent/connectors/registry.py": "two connectors of one name",
    "connector_agent/mapping/compiled.py": "a step's own code",
    "connector_agent/mapping/line_reader.py": "a step's own code",
    "connector_agent/mapping/making.py": "a step's or an expression's own code",
    "connector_agent/mapping/tree.py": "a clash of lines",
    "connector_agent/operations/compatibility.py": "target_in_source, results_in_source",
    "connector_agent/operations/filter.py": "an expression's own code",
    "connector_agent/project/document.py": "a fault of YAML",
    "connector_agent/project/project.py": "unknown_endpoint, unknown_operation",
    "connector_agent/project/reader.py": "a fault of YAML",
    "connector_agent/project/variables.py": "a fault of a reference",
    "connector_agent/runs/executions.py": "the kind of an outcome that has no problem",
    "connector_agent/runs/ending.py": "abandoned",
    "connector_agent/runs/keeper.py": "what is wrong with a ledger",
    "connector_database/faults.py": "what a database said",
    "connector_sdk/conform.py": "not_ and the type",
    "stripe_connector/activities/choices/queries.py": "a fault of a query",
    "stripe_connector/client/faults.py": "a fault of the network",
    "stripe_connector/client/upload.py": "a fault of a file",
    "stripe_connector/wire/headers.py": "invalid_ and the setting",
    "stripe_connector/wire/path.py": "a fault of a request",
    "stripe_connector/wire/problem.py": "Stripe's own code",
}
"""Where codes are passed on or put together."""


def test_a_code_belongs_to_one_distribution() -> None:
    homes = collections.defaultdict(set)
    for each in problems():
        if each.code is not None:
            homes[each.code].add(each.distribution)
    assert len(homes) > 250
    several = {code for code, found in homes.items() if len(found) > 1}
    contract = {code for code, found in homes.items() if "connector-sdk" in found}
    assert several - contract == SHARED


def test_codes_are_words() -> None:
    strange = [
        each
        for each in problems()
        if each.code is not None and not re.fullmatch(r"[a-z][a-z0-9_]+", each.code)
    ]
    assert not strange


def test_codes_are_computed_only_where_that_is_known() -> None:
    assert {each.file for each in problems() if each.code is None} == COMPUTED.keys()


def test_the_page_has_every_code() -> None:
    page = (ROOT / "docs" / "errors.md").read_text(encoding="utf-8")
    missing = {each.code for each in problems() if each.code and f"| `{each.code}` |" not in page}
    assert not missing
