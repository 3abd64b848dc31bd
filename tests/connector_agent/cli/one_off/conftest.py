"""Ways to call the commands of this folder on a sandbox."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from connector_agent.cli.app import app
from typer.testing import CliRunner

from tests.connector_agent.cli.conftest import Said

Stripe = Callable[..., Said]


@pytest.fixture
def stripe(address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stripe:
    """Calls `connector stripe` outside of any project."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("STRIPE_API_KEY", "sk_test_sandbox")
    monkeypatch.delenv("CONNECTOR_ENV", raising=False)

    def calling(*arguments: str, given: str = "") -> Said:
        line = ["stripe", *arguments, "--address", address]
        result = CliRunner().invoke(app, line, input=given)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return Said(result.exit_code, result.stdout, result.stderr)

    return calling


@pytest.fixture
def made(stripe: Stripe) -> Callable[..., str]:
    """Creates an object and gives its id."""

    def making(object: str, *sets: str, **parents: str) -> str:
        options = [part for each in sets for part in ("--set", each)]
        options += [p for name, value in parents.items() for p in ("--parent", f"{name}={value}")]
        said = stripe("create", object, *options)
        assert said.status == 0, said.err or said.out
        outcome: dict[str, Any] = said.lines[0]
        return str(outcome["id"])

    return making
