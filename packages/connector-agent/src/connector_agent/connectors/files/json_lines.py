"""JSON Lines as records: each line stays the bytes that stand in the file."""

import codecs
from pathlib import Path

import msgspec
import orjson
from connector_sdk import Problem, shown

from connector_agent.connectors.files.csv_reading import Read, Reads
from connector_agent.connectors.files.opening import reading


def json_records(path: Path) -> Reads:
    """Every line that is not blank, in the order of the file. Where a name stands twice in an
    object, its last value counts. Raises SettingError when the file can't be read to its end."""
    name = path.name
    with reading(path) as file:
        for number, line in enumerate(file, start=1):
            raw = line.strip()
            if number == 1:
                raw = raw.removeprefix(codecs.BOM_UTF8)
            if not raw:
                yield None
                continue
            at = f"{name} line {number}"
            try:
                value = orjson.loads(raw)
            except orjson.JSONDecodeError as error:
                yield _faulty(raw, at, f"The line is not JSON: {error}.")
                continue
            if isinstance(value, dict):
                yield raw, at, None
            else:
                yield _faulty(raw, at, "The line is JSON, but not an object.")


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
