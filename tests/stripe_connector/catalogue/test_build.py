"""The script that writes the catalogue: what it ships, and what `--check` notices."""

import importlib.util
import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[3]
SCRIPT = ROOT / "scripts/build_catalogue.py"
VERSION = "2026-10-28.endive"


@pytest.fixture(scope="module")
def script() -> Iterator[ModuleType]:
    before = list(sys.path)
    spec = importlib.util.spec_from_file_location("build_catalogue", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    yield module
    sys.path[:] = before


@pytest.fixture(scope="module")
def content(script: ModuleType) -> dict[str, Any]:
    built: dict[str, Any] = script.build(script.Package("stripe"))
    return built


def test_the_shipped_data_is_what_the_sdk_yields(
    script: ModuleType, content: dict[str, Any]
) -> None:
    assert script.check(script.DATA / VERSION, content) == 0


def test_the_same_content_gives_the_same_bytes(
    script: ModuleType, content: dict[str, Any], tmp_path: Path
) -> None:
    for name in ("one", "two"):
        script.write(tmp_path / name, content)
    for file in ("index.json", "schemas.zip"):
        assert (tmp_path / "one" / file).read_bytes() == (tmp_path / "two" / file).read_bytes()
    assert script.check(tmp_path / "one", content) == 0
    assert (
        script.DATA.joinpath(VERSION, "index.json").read_bytes()
        == (tmp_path / "one" / "index.json").read_bytes()
    )


def test_every_kind_of_change_is_named(
    script: ModuleType,
    content: dict[str, Any],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    changed = json.loads(json.dumps(content))
    changed["index.json"]["operations"][0]["method"] = "PUT"
    create = changed["operations/customers.create.json"]["request"]["fields"]
    create[1]["type"] = "string"
    create[6].pop("description")
    create[7]["secret"] = True
    del changed["resources/charge.json"]
    changed["resources/extra.json"] = {}
    changed["resources/customer.json"]["schema"]["fields"].pop()
    script.write(tmp_path, changed)
    assert script.check(tmp_path, content) == 1
    told = capsys.readouterr().err
    for line in (
        "/index.json/operations[0]/method: shipped",
        '/fields[1]/type: shipped "string", the SDK says "integer"',
        "/fields[6]/description: in the SDK, but not shipped",
        "/fields[7]/secret: shipped, but not in the SDK",
        "/resources/charge.json: in the SDK, but not shipped",
        "/resources/extra.json: shipped, but not in the SDK",
        "/resources/customer.json/schema/fields: shipped",
        "7 differences",
    ):
        assert line in told


@pytest.mark.parametrize("damage", ["missing", "not a zip", "not json"])
def test_unreadable_data_is_no_match(
    script: ModuleType,
    content: dict[str, Any],
    tmp_path: Path,
    damage: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    folder = tmp_path / VERSION
    if damage != "missing":
        shutil.copytree(script.DATA / VERSION, folder)
        name = "schemas.zip" if damage == "not a zip" else "index.json"
        (folder / name).write_bytes(b"{")
    assert script.check(folder, content) == 1
    assert "can't be read" in capsys.readouterr().err


def test_another_sdk_than_the_pinned_one_is_refused(
    script: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(script, "PINNED", "15.0.0")
    monkeypatch.setattr(sys, "argv", ["build_catalogue.py", "--check"])
    assert script.main() == 1
    assert "but 15.0.0 is pinned" in capsys.readouterr().err


def test_the_pin_is_the_one_of_the_requirements(script: ModuleType) -> None:
    wanted = (ROOT / "requirements-dev.in").read_text(encoding="utf-8").splitlines()
    assert f"stripe=={script.PINNED}" in wanted


def test_the_command_exits_1_on_changed_data(tmp_path: Path, script: ModuleType) -> None:
    shutil.copytree(script.DATA / VERSION, tmp_path / VERSION)
    index = tmp_path / VERSION / "index.json"
    text = index.read_text(encoding="utf-8")
    index.write_text(text.replace("/v1/coupons", "/v1/coupon"), encoding="utf-8")
    run = subprocess.run(
        [sys.executable, str(SCRIPT), "--check", "--data", str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )
    assert run.returncode == 1
    assert 'the SDK says "/v1/coupons"' in run.stderr
