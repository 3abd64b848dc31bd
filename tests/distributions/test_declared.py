"""What the distributions say of themselves: dependencies, licence, description."""

import ast
import sys
import tomllib
import zipfile
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.distributions.conftest import PACKAGES, ROOT, Wheels

EXTRAS = {
    "connector_sdk/conformance/": "conformance",
    "connector_sdk/pytest_plugin.py": "conformance",
    "connector_agent/connectors/files/parquet.py": "parquet",
    "stripe_connector/commands.py": "cli",
    "connector_database/engine.py": "postgresql",
}
"""The modules that are imported only where an extra is installed."""
UNSEEN = {
    "defusedxml": "openpyxl looks for it",
    "tzdata": "zoneinfo looks for it",
    "connector-agent": "the extra `cli` brings its command",
}
"""What is declared and imported nowhere."""
UNPORTABLE = {"fcntl", "grp", "msvcrt", "pty", "pwd", "resource", "termios", "tty", "winreg"}

each_package = pytest.mark.parametrize("package", PACKAGES, ids=lambda package: package.name)


def project(package: Path) -> dict[str, Any]:
    found = tomllib.loads((package / "pyproject.toml").read_text(encoding="utf-8"))
    return found["project"]  # type: ignore[no-any-return]


def names(requirements: list[str]) -> set[str]:
    return {canonicalize_name(Requirement(each).name) for each in requirements}


def imports(package: Path) -> Iterator[tuple[str, str]]:
    """Each module of the package, and each top-level name that it imports from elsewhere."""
    source = package / "src"
    own = package.name.replace("-", "_")
    for path in sorted(source.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                found = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                assert node.level == 0 and node.module, "a relative import"
                found = [node.module]
            else:
                continue
            for name in {each.partition(".")[0] for each in found} - {own}:
                yield path.relative_to(source).as_posix(), name


def distributions(name: str) -> set[str]:
    """The distributions that bring what is imported under a name."""
    ours = {package.name.replace("-", "_"): package.name for package in PACKAGES}
    if name in ours:
        return {ours[name]}
    return {canonicalize_name(each) for each in _installed().get(name, [])}


@cache
def _installed() -> Mapping[str, list[str]]:
    return metadata.packages_distributions()


@each_package
def test_what_is_imported_is_declared(package: Path) -> None:
    declared = project(package)
    extras = declared.get("optional-dependencies", {})
    used: set[str] = set()
    for module, name in imports(package):
        if name in sys.stdlib_module_names:
            continue
        allowed = names(declared["dependencies"])
        for start, extra in EXTRAS.items():
            if module.startswith(start):
                allowed |= names(extras[extra])
        found = distributions(name) & allowed
        assert found, f"{module} imports {name}, which {package.name} doesn't declare"
        used |= found
    unused = names(declared["dependencies"]) - used - UNSEEN.keys()
    assert not unused, f"{package.name} declares what it doesn't import"


@each_package
def test_no_module_of_one_system_is_imported(package: Path) -> None:
    found = [(module, name) for module, name in imports(package) if name in UNPORTABLE]
    assert not found


def test_what_is_pinned_is_what_is_declared() -> None:
    declared: set[str] = set()
    for package in PACKAGES:
        declared |= {each.replace(" ", "") for each in project(package)["dependencies"]}
    ours = {package.name for package in PACKAGES}
    declared = {each for each in declared if Requirement(each).name not in ours}
    lines = (ROOT / "requirements.in").read_text(encoding="utf-8").splitlines()
    pinned = {line for line in lines if not line.startswith("#")}
    assert {
        each for each in pinned if Requirement(each).name not in ("hatchling", "editables")
    } == (declared)


@each_package
def test_a_wheel_says_what_it_is(package: Path, wheels: Wheels) -> None:
    with zipfile.ZipFile(wheels.files[package.name]) as wheel:
        [info] = {path.split("/")[0] for path in wheel.namelist() if ".dist-info/" in path}
        described = wheel.read(f"{info}/METADATA").decode()
        licence = wheel.read(f"{info}/licenses/LICENSE")
        assert any(path.endswith("/py.typed") for path in wheel.namelist())
    assert licence == (ROOT / "LICENSE").read_bytes()
    assert "License-Expression: Apache-2.0\n" in described
    assert "Author: Stripe Connector contributors\n" in described
    assert "Description-Content-Type: text/markdown\n" in described
    assert (package / "README.md").read_text(encoding="utf-8").strip() in described
    assert "Classifier: Programming Language :: Python :: 3.11\n" in described
    assert "Classifier: Operating System :: POSIX :: Linux\n" in described
    assert described.count("Operating System ::") == 1


def test_the_licence_of_what_the_catalogue_is_made_from(wheels: Wheels) -> None:
    with zipfile.ZipFile(wheels.files["stripe-connector"]) as wheel:
        [path] = [each for each in wheel.namelist() if each.endswith("licenses/NOTICE")]
        notice = wheel.read(path).decode()
    [licence] = [file for file in metadata.files("stripe") or () if file.name.startswith("LICENSE")]
    assert licence.read_text().strip() in notice
