"""The wheels of the distributions, and folders that hold one with what it declares, no more."""

import os
import subprocess
import sys
import zipfile
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = sorted(each.parent for each in ROOT.glob("packages/*/pyproject.toml"))


class Wheels:
    """The built wheels by the name of their distribution."""

    def __init__(self, folder: Path) -> None:
        self.files: dict[str, Path] = {}
        for package in PACKAGES:
            command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
            subprocess.run(command, cwd=package, check=True, capture_output=True)
            name = package.name.replace("-", "_")
            [self.files[package.name]] = folder.glob(f"{name}-*.whl")

    def install(self, wanted: str, folder: Path) -> None:
        """Puts a distribution into the folder, with all that it declares, as pip would; what is
        not ours comes from this environment."""
        left, done = [Requirement(wanted)], set[tuple[str, frozenset[str]]]()
        while left:
            requirement = left.pop()
            name, extras = canonicalize_name(requirement.name), frozenset(requirement.extras)
            if (name, extras) in done:
                continue
            done.add((name, extras))
            if name in self.files:
                with zipfile.ZipFile(self.files[name]) as wheel:
                    wheel.extractall(folder)
                [found] = metadata.distributions(name=name, path=[str(folder)])
            else:
                found = metadata.distribution(name)
                _link(found, folder)
            for each in map(Requirement, found.requires or ()):
                if each.marker is None or any(
                    each.marker.evaluate({"extra": extra}) for extra in ("", *extras)
                ):
                    left.append(each)


def _link(found: metadata.Distribution, folder: Path) -> None:
    for top in {file.parts[0] for file in found.files or ()} - {"..", "__pycache__"}:
        if not (folder / top).is_symlink():
            (folder / top).symlink_to(Path(str(found.locate_file(top))))


@pytest.fixture(scope="session")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> Wheels:
    return Wheels(tmp_path_factory.mktemp("wheels"))


class Alone:
    """An environment with one distribution and what it declares."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def run(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        """Runs Python there, which sees nothing else that is installed."""
        kept: Sequence[str] = ("PATH", "LANG", "HOME")
        environ = {name: os.environ[name] for name in kept if name in os.environ}
        return subprocess.run(
            [sys.executable, "-S", *arguments],
            cwd=self.folder,
            env={**environ, "PYTHONPATH": str(self.folder), "COLUMNS": "100"},
            capture_output=True,
            text=True,
            check=False,
        )


@pytest.fixture
def alone(wheels: Wheels, tmp_path: Path, request: pytest.FixtureRequest) -> Alone:
    wheels.install(request.param, tmp_path)
    return Alone(tmp_path)
