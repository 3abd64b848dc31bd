"""Files that records name by their path: where a path may lead, and which content is meant.

The value of a field of the type "file" is a path from the project's folder. Behind it may stand
`#sha256=` and the hash of the content, as in `scans/a.pdf#sha256=9f86…`: then only that content is
meant, and a target sends no other.
"""

import hashlib
import re
from pathlib import Path
from typing import NamedTuple

_STAMP = re.compile(r"#sha256=([0-9a-f]{64})\Z")


class LocalFile(NamedTuple):
    """A path as it is written, and the SHA-256 of the content that is meant; "" for any."""

    path: str
    sha256: str = ""

    @classmethod
    def of(cls, text: str) -> "LocalFile":
        """The file that the value of a field names."""
        found = _STAMP.search(text)
        return cls(text[: found.start()], found[1]) if found is not None else cls(text)

    def __str__(self) -> str:
        return f"{self.path}#sha256={self.sha256}" if self.sha256 else self.path


def sha256_of(content: bytes) -> str:
    """The hash of a file's content as it stands behind a path."""
    return hashlib.sha256(content).hexdigest()


def inside(folder: Path, path: str) -> Path | None:
    """Where a path from `folder` leads, links followed. None where that is outside of it or
    hidden (a name that begins with a dot): a path may come from source data, and must not send
    keys and ledgers. Raises ValueError for what can't be a path, OSError as the system does."""
    top = folder.resolve()
    found = (top / path).resolve()
    if not found.is_relative_to(top):
        return None
    return None if any(name.startswith(".") for name in found.relative_to(top).parts) else found
