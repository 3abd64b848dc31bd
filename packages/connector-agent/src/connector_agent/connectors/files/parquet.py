"""pyarrow, which is an extra: imported where it is needed, and missed with a clear word."""

from typing import Any, NamedTuple

from connector_sdk import Problem, SettingError


class Arrow(NamedTuple):
    """The two modules that are used."""

    pyarrow: Any
    parquet: Any


def arrow() -> Arrow:
    """Raises SettingError where pyarrow is not installed."""
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError as error:
        raise SettingError(
            Problem(
                "parquet_missing",
                "Parquet needs pyarrow, which is not installed.",
                "Install it with: pip install 'connector-agent[parquet]'",
                path="format",
            )
        ) from error
    return Arrow(pyarrow, pyarrow.parquet)
