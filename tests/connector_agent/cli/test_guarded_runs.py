"""Runs that move money or do what can't be undone ask on a live account, once and before.

The sandbox takes no live key, so the settings only say that theirs is one."""

from pathlib import Path

import pytest
from connector_agent.runs import consent
from stripe_connector.settings import ConnectionSettings

from tests.connector_agent.cli.conftest import Call

PAYOUTS = (
    "source: disk/rows\n"
    "identity: id\n"
    "target: acme/pay out\n"
    "mapping:\n"
    "  - to: amount\n    from: amount\n    steps: [to_integer]\n"
    "  - to: currency\n    from: currency\n"
    "  - to: metadata.id\n    from: id\n"
)
PAYMENTS = (
    PAYOUTS.replace("pay out", "take") + "  - to: confirm\n    from: now\n    steps: [to_boolean]\n"
)


@pytest.fixture
def project(project: Path, address: str, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("STRIPE_API_KEY", "sk_test_guarded")
    monkeypatch.setattr(ConnectionSettings, "mode", "live")
    (project / "rows.csv").write_text(
        "id,amount,currency,now\np1,1000,eur,false\np2,250,eur,false\np3,500,jpy,false\n"
    )
    (project / "endpoints" / "acme.yaml").write_text(
        "connector: stripe\n"
        f"connection:\n  api_key: ${{env:STRIPE_API_KEY}}\n  address: {address}\n"
        "activities:\n"
        "  pay out:\n    type: create\n    on: payouts\n"
        "  take:\n    type: create\n    on: payment_intents\n"
    )
    (project / "operations" / "pay out.yaml").write_text(PAYOUTS)
    (project / "operations" / "take.yaml").write_text(PAYMENTS)
    return project


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("connector_agent.cli.run_commands.has_terminal", lambda: True)


def allow(project: Path, activity: str) -> None:
    path = project / "endpoints" / "acme.yaml"
    path.write_text(
        path.read_text().replace(f"  {activity}:\n", f"  {activity}:\n    irreversible: allow\n")
    )


def test_without_a_terminal_it_is_refused(call: Call) -> None:
    said = call("run", "pay out")
    assert said.status == 1
    assert "Payouts: create on a live account. Money leaves" in said.err
    assert "--yes" in said.err
    assert call("runs", "--json").out == ""


@pytest.mark.usefixtures("terminal")
def test_a_person_is_asked_once_with_sums_and_account(call: Call) -> None:
    said = call("run", "pay out", given="n\n")
    assert said.status == 1
    assert "LIVE" in said.err
    assert "It can't be undone. That is 3 objects on acct_" in said.err
    assert ": 12.50 EUR and 500 JPY." in said.err
    assert "Nothing was done." in said.err
    assert call("runs", "--json").out == ""
    said = call("run", "pay out", given="y\n")
    assert said.err.count("Continue?") == 1
    assert said.status == 0, said.err
    assert "3 read: 3 written" in said.out
    said = call("run", "pay out", given="y\n")
    assert "That is 0 objects" in said.err
    assert "3 skipped" in said.out


@pytest.mark.usefixtures("terminal")
def test_only_what_the_run_takes_is_counted(call: Call) -> None:
    said = call("run", "pay out", "--limit", "2", given="n\n")
    assert "That is 2 objects" in said.err
    assert ": 12.50 EUR." in said.err


@pytest.mark.usefixtures("terminal")
def test_of_a_long_source_only_the_beginning_is_read(
    call: Call, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consent, "LOOK", 2)
    said = call("run", "pay out", given="n\n")
    assert "The first 2 records alone are 2 objects on acct_" in said.err
    assert "There are more." in said.err


def test_yes_answers(call: Call) -> None:
    said = call("run", "pay out", "--yes")
    assert (said.status, "3 written" in said.out) == (0, True)
    assert "Continue?" not in said.err


def test_the_setting_answers(call: Call, project: Path) -> None:
    allow(project, "pay out")
    said = call("run", "pay out")
    assert (said.status, "3 written" in said.out) == (0, True)


def test_nobody_is_asked_again_when_the_run_goes_on(call: Call, project: Path) -> None:
    (project / "operations" / "pay out.yaml").write_text(f"{PAYOUTS}options:\n  on_problem: stop\n")
    rows = project / "rows.csv"
    rows.write_text(rows.read_text().replace("p1,1000", "p1,x"))
    said = call("run", "pay out", "--yes")
    assert said.status == 1
    assert "on_problem: stop" in said.out
    said = call("resume", "last")
    assert said.status == 3
    assert "2 written" in said.out


def test_a_run_that_nobody_allowed_asks_when_it_goes_on(
    call: Call, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("connector_agent.runs.runner.noted", lambda opened: {})  # as before 10.2
    (project / "operations" / "pay out.yaml").write_text(f"{PAYOUTS}options:\n  on_problem: stop\n")
    rows = project / "rows.csv"
    rows.write_text(rows.read_text().replace("p1,1000", "p1,x"))
    assert call("run", "pay out", "--yes").status == 1
    said = call("resume", "last")
    assert said.status == 1
    assert "--yes" in said.err
    monkeypatch.setattr("connector_agent.cli.run_commands.has_terminal", lambda: True)
    said = call("resume", "last", given="y\n")
    assert "How many and how much isn't known before it is read; the account is acct_" in said.err
    assert "2 written" in said.out


def test_a_retry_asks_too(call: Call, project: Path) -> None:
    rows = project / "rows.csv"
    rows.write_text(rows.read_text().replace("p1,1000", "p1,x"))
    assert call("run", "pay out", "--yes").status == 3
    (project / "mended.csv").write_text("id,amount,currency\np1,1000,eur\n")
    said = call("retry", "last", "--from", "mended.csv")
    assert said.status == 1
    assert "--yes" in said.err
    said = call("retry", "last", "--from", "mended.csv", "--yes")
    assert (said.status, "1 written" in said.out) == (0, True)


@pytest.mark.usefixtures("terminal")
def test_where_a_parameter_decides_only_those_are_asked_for(call: Call, project: Path) -> None:
    said = call("run", "take")
    assert said.status == 0, said.err
    assert "Continue?" not in said.err
    assert "3 written" in said.out
    (project / "rows.csv").write_text(
        "id,amount,currency,now\nt1,1000,eur,false\nt2,250,usd,true\n"
    )
    said = call("run", "take", given="n\n")
    assert "Where confirm is true: " in said.err
    assert "That is 1 object on acct_" in said.err
    assert ": 2.50 USD." in said.err
    assert "Continue?" in said.err


def test_where_a_parameter_decides_a_run_without_a_terminal_is_refused_whole(
    call: Call, project: Path
) -> None:
    assert call("run", "take").status == 0
    (project / "rows.csv").write_text(
        "id,amount,currency,now\nt1,1000,eur,false\nt2,250,usd,true\n"
    )
    said = call("run", "take")
    assert said.status == 1
    assert "--yes" in said.err
    assert len(call("runs", "--json").lines) == 1


def test_check_warns(call: Call, project: Path) -> None:
    said = call("check", "pay out")
    assert said.status == 0
    assert "endpoints/acme.yaml:" in said.out
    assert "warning: Core resources › Payouts: create on a live account." in said.out
    assert "irreversible: allow" in said.out
    assert "note: " not in said.out
    assert "Where confirm is true" in call("check", "take").out
    (project / "operations" / "take.yaml").write_text(
        PAYOUTS.replace("pay out", "take") + "  - to: confirm\n    value: false\n"
    )
    assert "warning" not in call("check", "take").out
    for activity in ("pay out", "take"):
        allow(project, activity)
    assert "warning" not in call("check").out


def test_test_keys_are_not_asked(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ConnectionSettings, "mode", "sandbox")
    assert "warning" not in call("check").out
    assert call("run", "pay out").status == 0


def test_a_lost_ledger_is_rebuilt_unasked_as_nothing_is_sent(call: Call, project: Path) -> None:
    assert call("run", "pay out", "--yes").status == 0
    (project / ".connector" / "ledger.db").unlink()
    said = call("ledger", "rebuild", "pay out", "--json")
    assert said.status == 0, said
    said = call("run", "pay out", "--yes")
    assert "3 read: 0 written, 3 skipped" in said.out
