"""Two options for one thing: refused, so that none of them wins silently."""

from collections.abc import Iterable

import pytest
from connector_agent.cli.app import app
from connector_agent.cli.one_off.group import connector_group
from connector_agent.connectors import registry
from connector_sdk import ActivityType, Field, Form, Option
from connector_sdk.memory import MemoryConnector
from typer.testing import CliRunner

from tests.connector_agent.cli.one_off.conftest import Stripe

CASES = [
    (("read", "customers", "cus_1", "--setting", "ids=cus_2"), "ids", "the argument"),
    (("read", "customers", "--ids-from", "-", "--setting", "ids=cus_2"), "ids", "--ids-from"),
    (("search", "customers", "name:x", "--setting", "query=name:y"), "query", "the argument"),
    (("list", "customers", "--limit", "1", "--setting", "limit:=2"), "limit", "--limit"),
    (("list", "customers", "--fields", "id", "--setting", "fields[0]=name"), "fields", "--fields"),
    (
        ("list", "customers", "--param", "email=a", "--setting", "parameters.email=b"),
        "parameters.email",
        "--param",
    ),
    (
        ("list", "customers", "--expand", "sources", "--setting", "expand[0]=tax"),
        "expand",
        "--expand",
    ),
    (
        (
            *("create", "customers.tax_ids", "--parent", "customer=cus_1"),
            *("--set", "type=eu_vat", "--set", "value=DE123456789"),
            *("--setting", "parents.customer=cus_2"),
        ),
        "parents.customer",
        "--parent",
    ),
]


@pytest.mark.parametrize(("arguments", "path", "option"), CASES)
def test_a_setting_is_given_once(
    arguments: tuple[str, ...], path: str, option: str, stripe: Stripe
) -> None:
    said = stripe(*arguments, given="cus_1\n")
    assert said.status == 1
    assert f"'{path}' is set both by {option} and by --setting." in " ".join(said.err.split())
    assert said.out == ""


def test_parts_of_a_setting_may_come_from_both(stripe: Stripe) -> None:
    said = stripe(
        *("list", "customers", "--param", "email=parts@example.com"),
        *("--setting", "parameters.created.gte=2020-01-01", "--limit", "1"),
    )
    assert (said.status, said.out) == (0, "")


class _Clashing(MemoryConnector):
    """A connector whose setting of the connection and options have the names that are given."""

    def __init__(self, field: str = "place", options: Iterable[str] = ()) -> None:
        super().__init__()
        self._field = field
        self._options = tuple(Option(name, "size", "value", "N", "Size.") for name in options)

    def form(self) -> Form:
        return Form((Field(self._field, "string"),))

    def activity_types(self) -> tuple[ActivityType, ...]:
        bad = ActivityType("read", "source", "Read", "Reads.", ("list",), options=self._options)
        good = ActivityType("fetch", "source", "Fetch", "Fetches.", ("list",))
        return bad, good


@pytest.mark.parametrize(
    ("connector", "option"),
    [
        (_Clashing(options=["limit"]), "--limit"),
        (_Clashing(options=["size", "size"]), "--size"),
        (_Clashing(options=["no-mark-formulas"]), "--no-mark-formulas"),
        (_Clashing(options=["help"]), "--help"),
        (_Clashing("size", options=["size"]), "--size"),
        (_Clashing("dry_run", options=["dry-run"]), "--dry-run"),
    ],
)
def test_two_options_of_one_name(
    connector: _Clashing, option: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registry, "installed", lambda: {"memory": connector})
    result = CliRunner().invoke(app, ["memory", "read", "people", "--limit", "1"])
    assert isinstance(result.exception, SystemExit), result.exception
    assert result.exit_code == 1
    told = " ".join(result.stderr.split())
    assert f"The command 'memory read' has two options {option}." in told
    assert CliRunner().invoke(app, ["memory", "-h"]).exit_code == 0
    assert CliRunner().invoke(app, ["memory", "fetch", "-h"]).exit_code == 0


def test_an_option_may_have_a_dash(monkeypatch: pytest.MonkeyPatch) -> None:
    connector = _Clashing(options=["page-size"])
    monkeypatch.setattr(registry, "installed", lambda: {"memory": connector})
    result = CliRunner().invoke(app, ["memory", "read", "-h"])
    assert result.exit_code == 0
    assert "--page-size" in result.stdout


def test_the_options_of_installed_connectors_are_distinct() -> None:
    installed = registry.installed()
    for name in installed:
        if any(kind.levels for kind in installed[name].activity_types()):
            for command in connector_group(installed[name]).commands.values():
                options = [
                    option for one in command.params for option in (*one.opts, *one.secondary_opts)
                ]
                assert len(options) == len(set(options)), command.name
                assert "--endpoint" in options, command.name
