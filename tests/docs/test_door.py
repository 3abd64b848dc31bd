"""What a new contributor reads: files that exist, commands that work, layers that are checked."""

import os
import re
import subprocess
import tomllib

from tests.docs.page import ROOT, blocks

SHORT = {
    "sdk": "packages/connector-sdk/src/connector_sdk",
    "stripe": "packages/stripe-connector/src/stripe_connector",
    "agent": "packages/connector-agent/src/connector_agent",
}
_TABLE = re.compile(
    r"^\| layer of `(?P<container>[\w.]+)` \|.*?\n\|---.*?\n(?P<rows>(?:\|.*\n)+)", re.M
)


def text(path: str) -> str:
    return (ROOT / path).read_text(encoding="utf-8")


def test_every_file_that_is_named_exists() -> None:
    page = text("CONTRIBUTING.md")
    for short, path in SHORT.items():
        assert f"`{short}/` is" in page
        assert f"`{path}/`" in page
    named = re.findall(r"`((?:sdk|stripe|agent|packages|tests|docs)/[\w./-]+)`", page)
    assert len(named) > 40
    for each in named:
        first, _, rest = each.partition("/")
        assert (ROOT / SHORT.get(first, first) / rest).exists(), each
    overlays = ROOT / SHORT["stripe"] / "catalogue" / "overlays"
    for each in re.findall(r"`(\w+\.json)`", page):
        assert (overlays / each).exists(), each


def test_every_target_of_make_exists() -> None:
    targets = set(re.findall(r"^([\w-]+):", text("Makefile"), re.M))
    for page in ("CONTRIBUTING.md", "README.md"):
        shown = "".join(block.text for block in blocks(page) if block.kind == "text")
        named = set(re.findall(r"^make ([\w-]+)", shown, re.M))
        named |= set(re.findall(r"`make ([\w-]+)", text(page)))
        assert named
        assert named <= targets


def test_one_test_runs_without_the_checks() -> None:
    wanted = ["T=tests/connector_sdk", "K=one or two"]
    # As if the environment were there already; nothing is run.
    command = ["make", "-n", "-o", ".venv/ready-dev", "test", *wanted]
    # The suite itself is run by make, which hands its own flags and level down.
    ours = {name: value for name, value in os.environ.items() if "MAKE" not in name}
    done = subprocess.run(command, cwd=ROOT, env=ours, capture_output=True, text=True, check=True)
    assert done.stdout == '.venv/bin/python -m pytest tests/connector_sdk -k "one or two"\n'


def test_the_layers_are_those_that_are_checked() -> None:
    page = text("docs/architecture.md")
    shown = {
        each["container"]: [
            re.findall(r"`([\w.]+)`", row.split("|")[1]) for row in each["rows"].splitlines()
        ]
        for each in _TABLE.finditer(page)
    }
    checked = {
        contract["containers"][0]: [layer.split(" | ") for layer in contract["layers"]]
        for contract in tomllib.loads(text("pyproject.toml"))["tool"]["importlinter"]["contracts"]
        if contract["type"] == "layers"
    }
    assert shown == checked


def test_the_picture_has_every_distribution() -> None:
    page = text("docs/architecture.md")
    [picture, *_] = re.findall(r"```mermaid\n(.*?)```", page, re.S)
    names = {path.parent.name for path in ROOT.glob("packages/*/pyproject.toml")}
    assert names == set(re.findall(r'\["([\w-]+)<br>', picture))
    for name in names - {"connector-sdk"}:
        [short] = re.findall(rf'(\w+)\["{name}<br>', picture)
        assert f"{short} --> sdk" in picture
