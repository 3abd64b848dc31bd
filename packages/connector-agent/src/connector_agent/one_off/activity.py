"""An activity made of what a person says in one go."""

from collections.abc import Iterable, Iterator

from connector_sdk import JSON, Activity, ActivityType, Connection, Field

from connector_agent.one_off.assignment import Assignment, applied


class Choosing:
    """An activity type with its choices made, on one connection."""

    def __init__(self, connection: Connection, kind: ActivityType, on: str, action: str) -> None:
        """Raises SettingError for choices that don't exist."""
        self._kind = kind
        self._on = on
        self._action = action
        self.form = connection.settings(kind.name, kind.chosen(on, action))

    def setting(self, name: str) -> Field | None:
        """A setting that such an activity has, or None."""
        return next((field for field in self.form.fields if field.name == name), None)

    def activity(self, given: Iterable[Assignment], **settings: JSON) -> Activity:
        """The activity with these settings, and those that are assigned. Raises SettingError."""
        made = applied(settings, given)
        return Activity(self._on, self._kind.name, self._on, self._action, made)


def below(name: str, given: Iterable[Assignment]) -> Iterator[Assignment]:
    """The assignments, made to parts of the setting `name`."""
    for path, value in given:
        yield Assignment((name, *path), value)
