"""JSON Lines as records: each line stays the bytes that stand in the file."""

import msgspec
import orjson
from connector_sdk import Problem, shown

from connector_agent.connectors.files.counting import counted
from connector_agent.connectors.files.encoding import Encoding
from connector_agent.connectors.files.opening import Input
from connector_agent.connectors.files.readable import Read, Readable, Reads
from connector_agent.connectors.files.settings import ReadSettings
from connector_agent.connectors.files.utf8 import encoding_of, utf8


def open_json_lines(settings: ReadSettings) -> Readable:
    """Raises SettingError when the file can't be opened or isn't in the stated encoding."""
    encoding = encoding_of(settings.file, settings.encoding)

    def records() -> Reads:
        return line_records(settings.file, encoding)

    return Readable(records, lambda: counted(records, settings.file.path))


def line_records(source: Input, encoding: Encoding | None = None) -> Reads:
    """Every line that is not blank, in the order of the file. Where a name stands twice in an
    object, its last value counts. Raises SettingError when the file can't be read to its end."""
    with utf8(source, encoding) as file:
        for number, line in enumerate(file, start=1):
            raw = line.strip()
            if not raw:
                yield None
                continue
            at = f"{source.name} line {number}"
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
