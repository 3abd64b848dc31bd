"""The step that makes a file to be uploaded of its path."""

from typing import Any

from connector_sdk import JSON, Field, LocalFile, inside, sha256_of, shown

from connector_agent.mapping.declaration import (
    Arguments,
    Run,
    Step,
    StepExample,
    StepFaultError,
    Surroundings,
)
from connector_agent.mapping.text_steps import text_of

NAME = "file"
MEGABYTES = 64
"""The largest file that is taken if nothing is said: it is sent from memory."""


def _file(arguments: Arguments, around: Surroundings) -> Run:
    below = arguments.get("below", "").strip("/")
    megabytes: int = arguments.get("megabytes", MEGABYTES)
    if megabytes < 1:
        raise StepFaultError(
            "bad_argument", "'megabytes' is less than 1.", "Write it as in `megabytes: 5`."
        )

    def run(value: Any, record: dict[str, JSON]) -> str:
        path = text_of(value).strip()
        whole = f"{below}/{path}" if below and path else path
        content = _content(whole, around, megabytes)
        return str(LocalFile(whole, sha256_of(content)))

    return run


def _content(path: str, around: Surroundings, megabytes: int) -> bytes:
    if around.folder is None or not path:
        raise StepFaultError(
            "file_missing",
            "The path of a file is blank.",
            "Fill it in, or put `skip_when_blank` before the step.",
        )
    try:
        found = inside(around.folder, path)
        if found is None:
            raise StepFaultError(
                "file_outside",
                f"The file {shown(path)!r} is outside of the project, or hidden.",
                "Put it into the project's folder; no name of its path may start with a dot.",
            )
        size = found.stat().st_size
        if not 0 < size <= megabytes * 2**20:
            raise StepFaultError(
                "file_size",
                f"The file {shown(path)!r} is empty."
                if not size
                else f"The file {shown(path)!r} has {size:,} bytes; {megabytes} MB are allowed.",
                "Put the right file there." if not size else "Make it smaller.",
            )
        return found.read_bytes()
    except FileNotFoundError:
        raise StepFaultError(
            "file_missing",
            f"The file {shown(path)!r} does not exist.",
            "Check the path; it starts in the project's folder, or in `below`.",
        ) from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no path"
        raise StepFaultError(
            "file_unreadable",
            f"The file {shown(path)!r} can't be read: {reason}.",
            "Check the file and its rights.",
        ) from None


_HELLO = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"
_FILES = {"hello.txt": "hello"}

FILE_STEPS = (
    Step(
        NAME,
        "File",
        "Makes a file that is uploaded of its path. The path starts in the project's folder and "
        "stays in it. The hash of the content goes along, and only that content is ever sent.",
        "text",
        "text",
        _file,
        arguments=(
            Field(
                "below",
                "string",
                description="The folder of the project in which the paths start; the project's "
                "own if nothing is said.",
            ),
            Field(
                "megabytes",
                "integer",
                description=f"The largest size that is taken; {MEGABYTES} if nothing is said.",
            ),
        ),
        slow=True,
        examples=(
            StepExample("hello.txt", {}, f"hello.txt#sha256={_HELLO}", files=_FILES),
            StepExample("bye.txt", {}, fault="file_missing", files=_FILES),
            StepExample("hello.txt", {"below": "scans"}, fault="file_missing", files=_FILES),
            StepExample("../hello.txt", {}, fault="file_outside", files=_FILES),
            StepExample(".env", {}, fault="file_outside", files={".env": "KEY=1"}),
            StepExample("empty.txt", {}, fault="file_size", files={"empty.txt": ""}),
            StepExample("", {}, fault="file_missing"),
        ),
    ),
)
