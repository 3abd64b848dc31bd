"""Tables of the settings of our connectors, from their declarations."""

from collections.abc import Iterator, Mapping
from typing import Any

from connector_agent.connectors.files.forms import FilesSettings, Read, Write
from connector_database.forms import RECORDS, DatabaseSettings
from connector_sdk import Field, form_of
from stripe_connector.activities.choices.settings import ActivitySettings
from stripe_connector.activities.choices.verbs import TYPES
from stripe_connector.settings import ConnectionSettings

FILES: Mapping[str, type] = {
    "of the connection": FilesSettings,
    "of `read`": Read,
    "of `write`": Write,
}
DATABASE: Mapping[str, type] = {
    "of the connection": DatabaseSettings,
    **{f"of `{kind}`": record for kind, record in RECORDS.items()},
}


def file_settings() -> Iterator[str]:
    """A table for the connection, and one for each activity type."""
    for title, record in FILES.items():
        yield from _table(title, form_of(record).fields)


def database_settings() -> Iterator[str]:
    """A table for the connection, and one for each activity type."""
    for title, record in DATABASE.items():
        yield from _table(title, form_of(record).fields)


def stripe_settings() -> Iterator[str]:
    """A table for the connection, and one of all that activities may have."""
    yield from _table("of the connection", form_of(ConnectionSettings).fields)
    yield "| of an activity | of | what it says |"
    yield "|---|---|---|"
    for field in form_of(ActivitySettings).fields:
        types = [
            f"`{kind.name}`"
            for kind in TYPES
            if field.name in [each.name for each in form_of(ActivitySettings, kind.name).fields]
        ]
        yield f"| `{field.name}` | {', '.join(types)} | {_told(field)} |"


def undescribed() -> list[str]:
    """The settings without a description, as "Record.name"; parts of settings included."""
    records = [*FILES.values(), *DATABASE.values(), ConnectionSettings, ActivitySettings]
    return [
        f"{record.__name__}.{path}"
        for record in dict.fromkeys(records)
        for path, field in form_of(record).as_field().walk()
        if field.name and not field.description.strip()
    ]


def _table(title: str, fields: tuple[Field, ...]) -> Iterator[str]:
    yield f"| {title} | what it says |"
    yield "|---|---|"
    for field in fields:
        yield f"| `{field.name}` | {_told(field)} |"
    yield ""


def _told(field: Field) -> str:
    """What it is for, and what it is where nothing is stated."""
    needed = " Required." if field.required else ""
    default = "" if field.default in (None, False) else f" Default: `{_plain(field.default)}`."
    return f"{field.description}{default}{needed}".replace("|", "\\|")


def _plain(value: Any) -> str:
    return "true" if value is True else str(value)
