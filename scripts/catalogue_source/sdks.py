"""The pinned releases of the official SDK: which they are, and how their source gets here."""

import hashlib
import re
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path

from scripts.catalogue_source.content import Content, build
from scripts.catalogue_source.package import Package

PINS = Path(__file__).parent / "sdks.txt"
_PIN = re.compile(r"stripe==(?P<version>\S+) --hash=sha256:(?P<hash>[0-9a-f]{64})")


class DownloadError(Exception):
    """A release that is pinned can't be had."""


@dataclass(frozen=True)
class Sdk:
    """One pinned release: its version and the SHA-256 of its wheel."""

    version: str
    sha256: str

    def package(self, cache: Path) -> Package:
        """Its source, unpacked in `cache`; downloaded before where it isn't there. Raises
        DownloadError."""
        wheel = self._wheel(cache)
        if wheel is None:
            self._download(cache)
            wheel = self._wheel(cache)
        if wheel is None:
            raise DownloadError(f"stripe {self.version} was downloaded, and has another hash.")
        folder = cache / self.sha256[:16]
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(folder, [n for n in archive.namelist() if n.endswith(".py")])
        return Package("stripe", self.version, folder / "stripe")

    def _wheel(self, cache: Path) -> Path | None:
        for file in cache.glob(f"stripe-{self.version}-*.whl"):
            if hashlib.sha256(file.read_bytes()).hexdigest() == self.sha256:
                return file
        return None

    def _download(self, cache: Path) -> None:
        cache.mkdir(parents=True, exist_ok=True)
        wanted = cache / f"stripe-{self.version}.txt"
        wanted.write_text(f"stripe=={self.version} --hash=sha256:{self.sha256}\n", encoding="utf-8")
        pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--no-input", "--quiet"]
        options = ["--no-deps", "--require-hashes", "--only-binary", ":all:"]
        done = subprocess.run(
            [*pip, "download", *options, "--dest", str(cache), "--requirement", str(wanted)],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            reason = done.stderr.strip().splitlines()[-1:] or ["pip said nothing"]
            raise DownloadError(f"stripe {self.version} can't be downloaded: {reason[0]}")


def content_of(sdk: Sdk, cache: Path) -> Content:
    """What its source says of the API. Raises DownloadError and UnresolvedError."""
    return build(sdk.package(cache))


def pinned(file: Path = PINS) -> tuple[Sdk, ...]:
    """The pinned releases, the oldest first."""
    found = (_PIN.match(line) for line in file.read_text(encoding="utf-8").splitlines())
    return tuple(Sdk(pin["version"], pin["hash"]) for pin in found if pin)
