"""JSON Lines as records: each line stays the bytes that stand in the file."""

import codecs
from collections.abc import Iterator
from typing import BinaryIO

import msgspec
import orjson
from connector_sdk import Problem, shown

from connector_agent.connectors.files.limits import KEPT, too_long
from connector_agent.connectors.files.opening import reading
from connector_agent.connectors.files.ready import Read, Reads, Ready
from connector_agent.connectors.files.settings import ReadSettings

_CHUNK = 1 << 16


def ready_json_lines(settings: ReadSettings) -> Ready:
    """Raises SettingError when the file can't be opened."""
    with reading(settings.stored) as file:
        file.read(1)
    return Ready(settings, lambda: json_records(settings))


def json_records(settings: ReadSettings) -> Reads:
    """Every line that is not blank, in the order of the file. Where a name stands twice in an
    object, its last value counts. Raises SettingError when the file can't be read to its end."""
    name = settings.name
    with reading(settings.stored) as file:
        limits = settings.limits
        for number, line in enumerate(_lines(file, limits.record), start=1):
            raw = line.strip()
            if number == 1:
                raw = raw.removeprefix(codecs.BOM_UTF8)
            if not raw:
                yield None
                continue
            at = f"{name} line {number}"
            if len(line) > limits.record:
                kept = raw[:KEPT].decode("utf-8", "replace")
                problem = too_long("The line", limits, at)._replace(value=shown(kept))
                yield msgspec.json.encode({"text": kept}), at, problem
                continue
            try:
                value = orjson.loads(raw)
            except orjson.JSONDecodeError as error:
                yield _faulty(raw, at, f"The line is not JSON: {error}.")
                continue
            if isinstance(value, dict):
                yield raw, at, None
            else:
                yield _faulty(raw, at, "The line is JSON, but not an object.")


def _lines(file: BinaryIO, limit: int) -> Iterator[bytes]:
    """The lines; of one that is longer than `limit` its beginning and one byte more."""
    while line := file.readline(limit + 1):
        if len(line) > limit:
            rest = line
            while not rest.endswith(b"\n") and (rest := file.readline(_CHUNK)):
                pass
        yield line


def _faulty(raw: bytes, at: str, message: str) -> Read:
    text = raw.decode("utf-8", "replace")
    problem = Problem(
        "line_unreadable",
        message,
        "Correct the line; each has to hold one JSON object in UTF-8.",
        value=shown(text),
        at=at,
    )
    return msgspec.json.encode({"text": text}), at, problem
