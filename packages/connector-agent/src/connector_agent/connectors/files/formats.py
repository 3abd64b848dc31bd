"""Looks at a file by its format."""

from collections.abc import Callable

from connector_agent.connectors.files.csv_reading import ready_csv
from connector_agent.connectors.files.forms import Kind
from connector_agent.connectors.files.json_lines import ready_json_lines
from connector_agent.connectors.files.json_reading import ready_json
from connector_agent.connectors.files.parquet_reading import ready_parquet
from connector_agent.connectors.files.ready import Ready
from connector_agent.connectors.files.settings import ReadSettings
from connector_agent.connectors.files.xlsx_reading import ready_xlsx

_READY: dict[Kind, Callable[[ReadSettings], Ready]] = {
    "csv": ready_csv,
    "jsonl": ready_json_lines,
    "json": ready_json,
    "xlsx": ready_xlsx,
    "parquet": ready_parquet,
}


def look_at(settings: ReadSettings) -> Ready:
    """The file, ready to be read. Raises SettingError for what shows before its records."""
    return _READY[settings.kind](settings)
