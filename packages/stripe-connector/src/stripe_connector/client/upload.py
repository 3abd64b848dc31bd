"""The files that a call sends."""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import TypeAlias

from connector_sdk import JSON, Problem, RefusedError, shown

from stripe_connector.wire import Upload

Params: TypeAlias = "Mapping[str, JSON | bytes]"
"""All parameters of a call, those of its path included; bytes only for a file."""

PART = "file"
"""The one parameter of the API that is a file."""


async def take_file(
    params: Params, folder: Path | None
) -> tuple[dict[str, JSON], dict[str, Upload]]:
    """The parameters without the file, and the file with its content.

    The file is given as bytes or as a path. With a `folder`, paths start there and may not
    lead out of it: a path may come from source data, and must not send what the project
    does not own. Raises RefusedError for a file that can't be read.
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
    try:
        path = Path(text) if folder is None else (folder / text).resolve()
        if folder is not None and not path.is_relative_to(folder.resolve()):
            raise _refused(
                "file_outside", text, "is outside of the project", "Move it into the project."
            )
        return Upload(path.name, path.read_bytes())
    except FileNotFoundError:
        raise _refused(
            "file_missing", text, "does not exist", "Check the path, or make the file."
        ) from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "no valid path"
        raise _refused(
            "file_unreadable", text, f"can't be read ({reason})", "Check the file and its rights."
        ) from None


def _refused(code: str, text: str, what: str, remedy: str) -> RefusedError:
    return RefusedError(
        Problem(code, f"The file {shown(text)!r} {what}.", remedy, path=PART, value=shown(text))
    )
