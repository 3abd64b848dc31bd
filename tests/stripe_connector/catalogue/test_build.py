"""The script that writes the catalogue: what it ships, and what `--check` notices."""

import hashlib
import importlib.util
import json
import shutil
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from stripe_connector.catalogue.diff import open_folder

from scripts.catalogue_source.sdks import Sdk, content_of

ROOT = Path(__file__).resolve().parents[3]
SCRIPT = ROOT / "scripts/build_catalogue.py"


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
    built: dict[str, Any] = script.build(script.installed())
    return built


def packed(script: ModuleType, *contents: dict[str, Any]) -> dict[str, Any]:
    data: dict[str, Any] = script.pack(contents, script.fingerprint())
    return data


def test_the_shipped_data_is_what_the_sdk_yields(
    script: ModuleType, content: dict[str, Any]
) -> None:
    assert script.check(script.DATA, content) == 0


def test_the_same_content_gives_the_same_bytes(
    script: ModuleType, content: dict[str, Any], tmp_path: Path
) -> None:
    for name in ("one", "two"):
        script.write(tmp_path / name, packed(script, content))
    for file in ("index.json", "schemas.zip"):
        assert (tmp_path / "one" / file).read_bytes() == (tmp_path / "two" / file).read_bytes()
    assert script.check(tmp_path / "one", content) == 0


def test_all_pinned_versions_are_shipped(script: ModuleType) -> None:
    index = script.read(script.DATA)["index.json"]
    assert [entry["sdk"] for entry in index["versions"]] == [s.version for s in script.pinned()]
    versions = [entry["api_version"] for entry in index["versions"]]
    assert versions == sorted(versions)


def test_every_kind_of_change_is_named(
    script: ModuleType,
    content: dict[str, Any],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    changed = json.loads(json.dumps(content))
    changed["index.json"]["operations"]["accounts.delete"]["method"] = "PUT"
    create = changed["operations/customers.create.json"]["request"]["fields"]
    create[1]["type"] = "string"
    create[6].pop("description")
    create[7]["secret"] = True
    del changed["resources/charge.json"]
    changed["resources/extra.json"] = {}
    changed["resources/customer.json"]["schema"]["fields"].pop()
    data = packed(script, changed)
    data["operations/customers.create.json"]["nodes"][0]["name"] = "edited"
    data["index.json"]["built_by"] = "other scripts"
    script.write(tmp_path, data)
    assert script.check(tmp_path, content) == 1
    told = capsys.readouterr().err
    for line in (
        "/index.json/operations/accounts.delete/method: shipped",
        '/fields[1]/type: shipped "string", the SDK says "integer"',
        "/fields[6]/description: in the SDK, but not shipped",
        "/fields[7]/secret: shipped, but not in the SDK",
        "/resources/charge.json: in the SDK, but not shipped",
        "/resources/extra.json: shipped, but not in the SDK",
        "/resources/customer.json/schema/fields: shipped",
        "the data were edited since they were built",
        "scripts/catalogue_source changed since the data were built",
        "differences between",
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
    folder = tmp_path / "data"
    if damage != "missing":
        shutil.copytree(script.DATA, folder)
        name = "schemas.zip" if damage == "not a zip" else "index.json"
        (folder / name).write_bytes(b"{")
    assert script.check(folder, content) == 1
    assert "can't be read" in capsys.readouterr().err


def test_another_sdk_than_the_pinned_one_is_refused(
    script: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(script, "pinned", lambda: (Sdk("15.0.0", "0" * 64),))
    monkeypatch.setattr(sys, "argv", ["build_catalogue.py", "--check"])
    assert script.main() == 1
    assert "but 15.0.0 is pinned" in capsys.readouterr().err


def test_the_pin_is_the_one_of_the_requirements(script: ModuleType) -> None:
    wanted = (ROOT / "requirements-dev.in").read_text(encoding="utf-8").splitlines()
    assert f"stripe=={script.pinned()[-1].version}" in wanted


def test_the_command_exits_1_on_changed_data(
    script: ModuleType,
    content: dict[str, Any],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    shutil.copytree(script.DATA, tmp_path / "data")
    index = tmp_path / "data" / "index.json"
    text = index.read_text(encoding="utf-8")
    index.write_text(text.replace("/v1/coupons", "/v1/coupon"), encoding="utf-8")
    monkeypatch.setattr(script, "build", lambda package: content)
    arguments = ["build_catalogue.py", "--check", "--data", str(tmp_path / "data")]
    monkeypatch.setattr(sys, "argv", arguments)
    assert script.main() == 1
    assert 'the SDK says "/v1/coupons"' in capsys.readouterr().err


def test_a_release_that_cannot_be_had_is_told(
    script: ModuleType,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", "")
    oldest = script.pinned()[0]
    monkeypatch.setattr(script, "build_all", lambda cache: [content_of(oldest, cache)])
    arguments = ["build_catalogue.py", "--check", "--all", "--cache", str(tmp_path)]
    monkeypatch.setattr(sys, "argv", arguments)
    assert script.main() == 1
    assert "stripe 11.0.0 can't be downloaded" in capsys.readouterr().err


def test_a_wheel_is_taken_by_its_hash(script: ModuleType, tmp_path: Path) -> None:
    wheel = tmp_path / "stripe-1.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("stripe/_version.py", "VERSION = 1")
        archive.writestr("stripe/data.pem", "-")
    good = Sdk("1.0", hashlib.sha256(wheel.read_bytes()).hexdigest())
    package = good.package(tmp_path)
    assert [module.name for module in package.modules()] == ["stripe._version"]
    assert not (package.root / "data.pem").exists()


def test_the_hashes_are_those_of_the_constraints(script: ModuleType) -> None:
    constraints = (ROOT / "constraints-dev.txt").read_text(encoding="utf-8")
    assert script.pinned()[-1].sha256 in constraints


def test_another_release_gets_a_folder_of_its_own(
    script: ModuleType,
    content: dict[str, Any],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def run(*arguments: str) -> int:
        monkeypatch.setattr(sys, "argv", ["build_catalogue.py", *arguments])
        status: int = script.main()
        return status

    built: list[Any] = []

    def build(package: Any) -> dict[str, Any]:
        built.append(package)
        return content

    monkeypatch.setattr(script, "build", build)
    site = script.installed().root.parent
    data = tmp_path / "data"
    assert run("--source", str(site), "--data", str(data)) == 0
    assert (built[0].version, built[0].root) == (script.pinned()[-1].version, site / "stripe")
    assert open_folder(data).api_call("customers", "create").path == "/v1/customers"
    assert run("--source", str(site)) == 1
    assert run("--source", str(tmp_path), "--data", str(data)) == 1
    told = capsys.readouterr().err
    assert "Name another folder by --data" in told
    assert "holds no unpacked release of stripe" in told
