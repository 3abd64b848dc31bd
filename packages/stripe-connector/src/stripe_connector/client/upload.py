"""The files that a call sends."""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import TypeAlias

from connector_sdk import JSON, LocalFile, Problem, RefusedError, inside, sha256_of, shown

from stripe_connector.wire import Upload

Params: TypeAlias = "Mapping[str, JSON | bytes]"
"""All parameters of a call, those of its path included; bytes only for a file."""

PART = "file"
"""The one parameter of the API that is a file."""

FAULTS = frozenset({"file_outside", "file_missing", "file_unreadable", "file_changed"})
"""Codes of what keeps a file from being sent: Stripe was not asked."""


async def take_file(
    params: Params, folder: Path | None
) -> tuple[dict[str, JSON], dict[str, Upload]]:
    """The parameters without the file, and the file with its content.

    The file is given as bytes or as a path, perhaps with the hash of its content (LocalFile).
    With a `folder`, paths start there and may not lead out of it or to what is hidden. Raises
    RefusedError, with a code of FAULTS, for a file that can't be sent.
    """
    plain: dict[str, JSON] = {}
    files: dict[str, Upload] = {}
    for name, value in params.items():
        if isinstance(value, bytes):
            files[name] = Upload("blob", value)
        elif name == PART and isinstance(value, str):
            files[name] = await asyncio.to_thread(_read, value, folder)
        else:
            plain[name] = value
    return plain, files


def _read(text: str, folder: Path | None) -> Upload:
    file = LocalFile.of(text)
    try:
        path = Path(file.path) if folder is None else inside(folder, file.path)
        if path is None:
            raise _refused(
                "file_outside",
                file.path,
                "is outside of the project, or hidden",
                "Put it into the project's folder; no name of its path may start with a dot.",
            )
        content = path.read_bytes()
    except FileNotFoundError:
        raise _refused(
            "file_missing", file.path, "does not exist", "Check the path, or make the file."
        ) from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "no valid path"
        raise _refused(
            "file_unreadable",
            file.path,
            f"can't be read ({reason})",
            "Check the file and its rights.",
        ) from None
    if file.sha256 and sha256_of(content) != file.sha256:
        raise _refused(
            "file_changed",
            file.path,
            "is no longer what was to be sent: its content has changed since",
            "Put the old content back, or run the operation again to send the new one.",
        )
    return Upload(path.name, content)


def _refused(code: str, text: str, what: str, remedy: str) -> RefusedError:
    return RefusedError(
        Problem(code, f"The file {shown(text)!r} {what}.", remedy, path=PART, value=shown(text))
    )
