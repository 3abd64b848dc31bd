"""The agent and the contract have no word of Stripe's: not in their source, and not in what the
agent says where Stripe isn't installed."""

import json
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.distributions.conftest import ROOT, Alone

WORDS = re.compile(
    r"stripe|customer|subscription|invoice|charge|payout|refund|coupon|expand|metadata|livemode"
    r"|acct_|cus_|price_|\b[sr]k_",
    re.IGNORECASE,
)
OF_LIBRARIES = {
    "metadata": "importlib's module, an argument of SQLAlchemy, an attribute of PyArrow's files",
    "MetaData": "SQLAlchemy's class",
    '"__metadata__"': "an attribute of typing.Annotated",
}
"""Names and texts of Python's code that others have chosen."""

SOURCES = [ROOT / "packages" / name / "src" for name in ("connector-agent", "connector-sdk")]
FILES = sorted(
    path
    for source in SOURCES
    for path in source.rglob("*")
    if path.is_file() and "__pycache__" not in path.parts
)


def words(path: Path) -> Iterator[str]:
    """Each use of a word in a file, with its place."""
    if WORDS.search(path.name):
        yield path.name
    if path.suffix != ".py":
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            if WORDS.search(line):
                yield f"{path}:{number}: {line}"
        return
    with tokenize.open(path) as file:
        for token in tokenize.generate_tokens(file.readline):
            if WORDS.search(token.string) and token.string not in OF_LIBRARIES:
                yield f"{path}:{token.start[0]}: {token.string}"


def test_no_source_has_one() -> None:
    assert len(FILES) > 200
    assert [found for path in FILES for found in words(path)] == []


def test_a_word_is_found(tmp_path: Path) -> None:
    code = tmp_path / "code.py"
    code.write_text('"""Of a Customer."""\nfrom importlib import metadata  # and Metadata\n')
    text = tmp_path / "import customers.yaml"
    text.write_text("key: sk_test_1\ntask_id: 1\n")
    assert [found.rpartition(": ")[2] for found in words(code)] == [
        '"""Of a Customer."""',
        "# and Metadata",
    ]
    assert list(words(text)) == [text.name, f"{text}:1: key: sk_test_1"]


WALK = """
import json, typer
from typer.testing import CliRunner
from connector_agent.cli.app import app

said = {}

def ask(*words):
    asking = {
        "_CONNECTOR_COMPLETE": "complete_fish",
        "_TYPER_COMPLETE_ARGS": " ".join(["connector", *words, ""]),
        "_TYPER_COMPLETE_FISH_ACTION": "get-args",
    }
    result = CliRunner().invoke(app, [], env=asking, prog_name="connector")
    said["complete " + " ".join(words)] = result.output

def walk(command, *path):
    ask(*path)
    for arguments in ([*path, "--help"], [*path], [*path, "--no-such-option"]):
        result = CliRunner().invoke(app, arguments, prog_name="connector")
        said[" ".join(arguments)] = result.output
    for name in getattr(command, "commands", ()):
        walk(command.commands[name], *path, name)
    for parameter in command.params:
        if parameter.param_type_name == "option":
            ask(*path, *(["people"] if "memory" in path else []), parameter.opts[0])

walk(typer.main.get_command(app))
print(json.dumps(said))
"""


@pytest.fixture
def memory(alone: Alone) -> Alone:
    """The environment, with the memory connector as its only other one."""
    made = alone.folder / "memory_plugin-1.0.dist-info"
    made.mkdir()
    (made / "METADATA").write_text("Metadata-Version: 2.1\nName: memory-plugin\nVersion: 1.0\n")
    (made / "entry_points.txt").write_text(
        "[connector_sdk.connectors]\nmemory = connector_sdk.memory:MemoryConnector\n"
    )
    return alone


without_stripe = pytest.mark.parametrize("alone", ["connector-agent"], indirect=True)


@without_stripe
def test_no_help_has_one(memory: Alone) -> None:
    for name in ("stripe_connector", "connector_database"):
        assert memory.run("-c", f"import {name}").returncode == 1
    done = memory.run("-c", WALK)
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert [command for command, text in said.items() if WORDS.search(text)] == []
    assert "--size" in said["memory read --help"]
    assert "file=:memory:" in said["memory read --help"]
    assert "connector memory read people --size 10" in said["memory read --help"]
    assert "size=" in said["complete memory read people --setting"]
    assert "people" in said["complete memory create"]
    assert "name=" in said["complete memory create people --set"]
    assert "ledger rebuild --help" in said


@without_stripe
def test_nothing_that_it_does_says_one(memory: Alone) -> None:
    said = ""

    def connector(*arguments: str, status: int = 0) -> str:
        nonlocal said
        done = memory.run("-m", "connector_agent.cli", *arguments)
        assert done.returncode == status, (arguments, done.stdout, done.stderr)
        said += done.stdout + done.stderr
        return done.stdout + done.stderr

    assert 'connector run "import people"' in connector("init", "first")
    project = ("--project", "first")
    connector("check", *project)
    assert "memory/new person" in connector("show", "import people", *project)
    assert "6 written" in connector("run", "import people", *project)
    assert "6 skipped" in connector("run", "import people", *project)
    connector("run", "export people", *project)
    lines = (memory.folder / "first" / "out" / "people.csv").read_text().splitlines()
    assert (lines[0], len(lines)) == ("name,age,note", 7)
    for command in ("runs", "objects"):
        connector(command, *project)
    for command in ("log", "outcomes"):
        connector(command, "last", *project)
    connector("test", "memory", *project)
    connector("schema", "memory", "create", "people", *project)
    connector("steps")

    own = ("--file", "own.db")
    connector("memory", "create", "people", "--set", "name=Ada", "--set", "age=36", *own)
    table = connector("memory", "read", "people", "-f", "table", *own)
    assert table.split() == ["name", "age", "Ada", "36"]
    assert "Pages of 7 records" in connector("memory", "read", "people", "--size", "7", "--explain")
    assert connector("memory", "read", "people", "--sandbox", "--count").strip() == '{"count":0}'

    connector("init", "first", status=1)
    connector("init", "other", "--connector", "memori", status=1)
    assert "convert people" in connector("init", "other", "--connector", "files")
    connector("run", "convert people", "--project", "other")
    connector("memory", "read", "persons", status=1)
    connector("memory", "create", "people", "--set", "nam=Ada", status=3)
    connector("memory", "create", "people", "--set", "age=x", status=3)
    (memory.folder / "first" / "endpoints" / "memory.yaml").write_text("connector: memori\n")
    connector("check", *project, status=1)
    assert WORDS.search(said) is None
    for path in (*memory.folder.glob("first/**/*"), *memory.folder.glob("other/**/*")):
        if path.suffix in (".yaml", ".md", ".csv", ".jsonl"):
            assert WORDS.search(path.read_text()) is None, path
