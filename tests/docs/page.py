"""A page of the documentation as what a reader would type, and what it says comes of that."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from connector_sdk import Activity
from ruamel.yaml import YAML

from tests.warm import shim_folder

ROOT = Path(__file__).resolve().parents[2]
_BLOCK = re.compile(
    r"^(?:<!-- (?P<note>[^\n]*?) -->\n)?```(?P<kind>\w+)\n(?P<text>.*?)^```$", re.M | re.S
)
_FILE = re.compile(r"# file: (.+)\n")
_VARIES = (
    (re.compile(r"\b\d{8}-\d{6}-[0-9a-f]{4}\b"), "RUN"),
    (re.compile(r"\b(acct|cus)_\w+"), r"\1_ID"),
    (re.compile(r"[\d,.]+ (s|ms|records/s)(?!\w)"), r"N \1"),
    (re.compile(r"\s+"), " "),
)


class Block(NamedTuple):
    """A fenced block; `note` is the comment on the line above it."""

    kind: str
    text: str
    note: str

    @property
    def file(self) -> str:
        """The file that the block is, where it says so in its first line."""
        found = _FILE.match(self.text)
        return found[1] if found else ""


class Said(NamedTuple):
    """How a command ended, and all that it printed."""

    status: int
    text: str


def blocks(path: str) -> list[Block]:
    """The fenced blocks of a page, in order."""
    page = (ROOT / path).read_text(encoding="utf-8")
    return [Block(each["kind"], each["text"], each["note"] or "") for each in _BLOCK.finditer(page)]


def activities(text: str) -> Iterator[Activity]:
    """The activities of a block that shows a part of an endpoint."""
    for name, entry in YAML(typ="safe").load(text)["activities"].items():
        settings = {
            key: value for key, value in entry.items() if key not in ("type", "on", "action")
        }
        yield Activity(name, entry["type"], entry["on"], entry.get("action", ""), settings)


class Reader:
    """Somebody who does what a page says, in a folder of their own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._home = folder
        self._environ = {
            name: value for name, value in os.environ.items() if not name.startswith("STRIPE_")
        }
        self._environ["XDG_STATE_HOME"] = str(folder / "state")
        self._environ["PATH"] = (
            f"{shim_folder()}:{Path(sys.executable).parent}:{os.environ['PATH']}"
        )

    def follow(self, page: str) -> int:
        """Does all that a page says: makes its files, runs its commands, each of which has to
        end as the page says and to print what the page shows. How many commands there were."""
        said = Said(0, "")
        done = 0
        for block in blocks(page):
            if block.file:
                self.write(block)
            elif block.kind == "sh" and block.note != "not run":
                said = self.type(block.text)
                expected = int(block.note.removeprefix("exit ") or 0)
                assert said.status == expected, f"{block.text}\n{said.text}"
                done += 1
            elif block.kind == "text":
                assert not missing(block.text, said.text), f"{block.text}\nbut:\n{said.text}"
        return done

    def write(self, block: Block) -> None:
        """Makes the file that a block is."""
        (self.folder / block.file).write_text(block.text, encoding="utf-8")

    def type(self, script: str) -> Said:
        """Runs lines of a shell; the next ones go on in the folder where these end."""
        place = self._home / "where"
        ended = self.call("bash", "-ec", f"trap 'pwd >{place}' EXIT\n{script}")
        self.folder = Path(place.read_text(encoding="utf-8").strip())
        return ended

    def call(self, *command: str) -> Said:
        """Runs one command."""
        done = subprocess.run(
            command,
            cwd=self.folder,
            env=self._environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        return Said(done.returncode, done.stdout)


def plain(text: str) -> str:
    """A text without what differs from one time to the next: ids, times, rates, widths."""
    for pattern, word in _VARIES:
        text = pattern.sub(word, text)
    return text.strip()


def missing(shown: str, said: str) -> str:
    """The first line of `shown` that is not in `said` behind the one before it; "" if none."""
    rest = plain(said)
    for line in filter(None, map(plain, shown.splitlines())):
        _, found, rest = rest.partition(line)
        if not found:
            return line
    return ""
