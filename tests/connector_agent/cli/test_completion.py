"""Completion, asked for as a shell does."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from connector_agent.cli.app import app
from connector_agent.cli.completion import assignments, paths
from connector_sdk import Field
from typer.testing import CliRunner


@pytest.fixture
def project(project: Path) -> Path:
    (project / "endpoints" / "acme.yaml").write_text(
        "connector: stripe\nconnection:\n  address: sandbox\n"
        "activities:\n  new:\n    type: create\n    on: customers\n"
    )
    (project / "operations" / "copy all.yaml").write_text("source: a/b\ntarget: c/d\n")
    (project / "environments").mkdir()
    (project / "environments" / "live.yaml").write_text("variables: {}\n")
    return project


def offered(*words: str, shell: str = "fish") -> list[str]:
    """What a shell would offer for the last of `words`."""
    asking = {"_CONNECTOR_COMPLETE": f"complete_{shell}"}
    if shell == "bash":
        asking["COMP_WORDS"] = "\n".join(["connector", *words])
        asking["COMP_CWORD"] = str(len(words))
    else:
        asking["_TYPER_COMPLETE_ARGS"] = " ".join(["connector", *words])
        asking["_TYPER_COMPLETE_FISH_ACTION"] = "get-args"
    result = CliRunner().invoke(app, [], env=asking, prog_name="connector")
    return [line.partition("\t")[0] for line in result.stdout.splitlines() if line]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["stri"], ["stripe"]),
        (["out"], ["outcomes"]),
        (["stripe", "l"], ["list"]),
        (["stripe", "create", "customers.t"], ["customers.tax_ids"]),
        (["stripe", "create", "customers", "--set", "tax_e"], ["tax_exempt="]),
        (["stripe", "create", "customers", "--set", "address.ci"], ["address.city="]),
        (["stripe", "create", "customers", "--set", "tax_exempt=r"], ["tax_exempt=reverse"]),
        (["stripe", "list", "customers", "--fields", "id,na"], ["id,name"]),
        (["stripe", "list", "customers", "--param", "em"], ["email="]),
        (["stripe", "list", "customers.tax_ids", "--parent", "c"], ["customer="]),
        (["stripe", "list", "customers", "--setting", "lim"], ["limit="]),
        (["stripe", "delete", "subscriptions", "--action", "c"], ["cancel"]),
        (["stripe", "list", "customers", "--endpoint", "a"], ["acme"]),
        (["stripe", "list", "customers", "--endpoint", "d"], []),
        (["stripe", "list", "customers", "--env", "l"], ["live"]),
        (["stripe", "list", "customers", "--format", "j"], ["json", "jsonl"]),
        (["schema", "str"], ["stripe"]),
        (["schema", "acme/n"], ["acme/new"]),
        (["schema", "stripe", "cr"], ["create"]),
        (["schema", "acme", "create", "customers.t"], ["customers.tax_ids"]),
        (["objects", "disk"], ["disk"]),
        (["run", "cop"], ["copy", "copy all"]),
        (["show", "cop"], ["copy", "copy all"]),
        (["test", "d"], ["disk"]),
        (["steps", "money_t"], ["money_to_minor"]),
        (["log", "la"], ["last"]),
        (["stripe", "create", "unicorns", "--set", "x"], []),
    ],
)
def test_offers(
    words: list[str], expected: list[str], project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(project)
    assert offered(*words) == expected


def test_runs(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(project)
    (project / "operations" / "copy all.yaml").unlink()
    result = CliRunner().invoke(app, ["run", "copy"])
    assert result.exit_code == 0, result.output
    runs = offered("outcomes", "")
    assert runs[0] == "last"
    assert len(runs) == 2
    assert runs[1] in CliRunner().invoke(app, ["runs"]).stdout


def test_bash(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(project)
    assert offered("run", "copy", shell="bash") == ["copy", "copy\\ all"]
    assert offered("run", "copy\\ a", shell="bash") == ["copy\\ all"]
    assert offered("run", '"copy a', shell="bash") == ["copy all"]
    assert offered("run", "'copy a", shell="bash") == ["copy all"]
    assert offered("stripe", "create", "customers.t", shell="bash") == ["customers.tax_ids"]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["--set", "tax_e"], ["tax_exempt="]),
        (["--set", "tax_exempt", "=", "r"], ["reverse"]),
        (["--set", "tax_exempt", "="], ["exempt", "none", "reverse"]),
        (["--set", "tax_exempt=r"], ["tax_exempt=reverse"]),
        (["--set", "name", "=", "Ada", "--set", "tax_exempt", "=", "r"], ["reverse"]),
        (["--set", "name", "=", '"Ada L"', "--set", "address.ci"], ["address.city="]),
        (["--set", "items", ":=", "1", "--endpoint", "=", "a"], ["acme"]),
    ],
)
def test_bash_splits_words_at_signs(
    words: list[str], expected: list[str], project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(project)
    assert sorted(offered("stripe", "create", "customers", *words, shell="bash")) == expected


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("connector run cop", ["copy", "copy\\ all"]),
        ("connector run 'copy a", ["copy all"]),
        ("connector stripe create customers --set tax_exempt=r", ["reverse"]),
        ("connector stripe create customers --set address.ci", ["address.city=", "nospace"]),
    ],
)
def test_the_script_in_bash(
    line: str, expected: list[str], project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The script that is installed, in a bash that has the words as its line editor splits
    them."""
    # Typer takes the shell from the processes above, unless it is named.
    monkeypatch.setenv("_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION", "1")
    arguments = ["--show-completion", "bash"]
    monkeypatch.setattr(sys, "argv", ["connector", *arguments])
    said = CliRunner().invoke(app, arguments, prog_name="connector")
    words = re.findall(r"'[^']*'?|[=:]+|[^\s=:]+", line)
    script = tmp_path / "try.sh"
    script.write_text(
        f"{said.stdout}\n"
        f"connector() {{ '{sys.executable}' -c "
        "'from connector_agent.cli.app import app; app(prog_name=\"connector\")'; }\n"
        'compopt() { COMPREPLY+=("$2"); }\n'
        f"COMP_WORDS=({shlex.join(words)}); COMP_CWORD={len(words) - 1}\n"
        "_connector_completion connector\n"
        "printf '%s\\n' \"${COMPREPLY[@]}\"\n"
    )
    done = subprocess.run(
        ["bash", "--norc", str(script)],
        cwd=project,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": ":".join(sys.path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.split("\n")[:-1] == expected, done.stderr


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_scripts(shell: str) -> None:
    env = {"_CONNECTOR_COMPLETE": f"source_{shell}"}
    said = CliRunner().invoke(app, [], env=env, prog_name="connector").stdout
    assert "_CONNECTOR_COMPLETE" in said


def test_outside_of_a_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert offered("run", "x") == []
    assert offered("stripe", "list", "x", "--endpoint", "a") == []
    assert "stripe" in offered("objects", "")


def test_fields() -> None:
    city = Field(name="city", type="string", choices=("Leeds", "York"))
    address = Field(
        name="address", type="object", fields=(city, Field(name="fine", type="boolean"))
    )
    items = Field(name="items", type="list", items=Field(name="", type="object", fields=(city,)))
    root = Field(name="", type="object", fields=(address, items))
    assert paths(root, "") == ["address.", "items[0]."]
    assert paths(root, "a") == ["address.city", "address.fine"]
    assert paths(root, "items[3].c") == ["items[3].city"]
    assert paths(root, "nothing.c") == []
    assert list(assignments(root, "address.c")) == ["address.city="]
    assert list(assignments(root, "items[0].city=")) == [
        "items[0].city=Leeds",
        "items[0].city=York",
    ]
    assert list(assignments(root, "address.fine=")) == ["address.fine=true", "address.fine=false"]


def test_completion_needs_little() -> None:
    """What is loaded counts, as wall time does not on a busy machine."""
    said = subprocess.run(
        [
            sys.executable,
            "-c",
            "import sys\n"
            "sys.argv = ['connector']\n"
            "from connector_agent.cli.app import main\n"
            "try:\n    main()\n"
            "except SystemExit:\n    print(*sys.modules)\n",
        ],
        env={
            "_CONNECTOR_COMPLETE": "complete_fish",
            "_TYPER_COMPLETE_ARGS": "connector stripe create customers --set na",
            "_TYPER_COMPLETE_FISH_ACTION": "get-args",
            "PYTHONPATH": ":".join(sys.path),
        },
        capture_output=True,
        text=True,
        check=True,
    )
    assert said.stdout.startswith("name=")
    loaded = set(said.stdout.split())
    assert not loaded & {"aiohttp", "sqlalchemy", "jsonata", "lark", "openpyxl"}
