"""An endpoint file: a connection together with its activities."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from urllib.parse import urlsplit

from connector_sdk import JSON, Activity, Field, Form, Problem, SettingError, shown

from connector_agent.project.document import Document, Faults, Keys
from connector_agent.project.names import canonical, name_fault, nearest
from connector_agent.project.variables import (
    Variables,
    as_written,
    from_environment,
    of_record,
    record_names,
    unread,
)

_KEYS = ("connector", "connection", "activities")
HIDDEN = "(hidden)"
"""What stands for a secret wherever one is shown."""
_TELLING = 6
"""Values of fewer characters are hidden in messages about their own setting only: in others
they would be found by chance."""
_PASSWORD = re.compile(r"pass|pwd|secret|token|key", re.IGNORECASE)
"""What a parameter of a URL that holds a password is called."""


@dataclass(frozen=True, slots=True)
class EndpointDocument:
    """What endpoints/<name>.yaml says. References are followed when a value is asked for, so
    that only what is used has to be set in the environment."""

    name: str
    connector: str
    activities: Mapping[str, Activity]
    """By name, as written: their references are not followed. See `activity`."""
    document: Document = field(repr=False)
    variables: Variables = field(repr=False)
    environ: Mapping[str, str] = field(repr=False)

    def connection(self) -> dict[str, JSON]:
        """The settings of the connection, ready to be used. They may hold secrets.

        Raises SettingError when an environment variable is not set.
        """
        if ("connection",) not in self.document.positions:
            return {}
        value = self._resolve(("connection",))
        return value if isinstance(value, dict) else {}

    def setting(self, name: str) -> JSON:
        """One setting of the connection. Raises like `connection`."""
        return self._resolve(("connection", name))

    def activity_as_written(self, name: str) -> Activity:
        """The activity with this name, its references not followed. Raises SettingError when
        there is none."""
        found = self.activities.get(canonical(name))
        if found is None:
            raise SettingError(self.no_activity(name))
        return found

    def activity(self, name: str, templates: Collection[str] = ()) -> Activity:
        """The activity with this name, its references followed; `templates` are settings whose
        values go beside their text.

        Raises SettingError when there is none, or when an environment variable is not set.
        """
        found = self.activity_as_written(name)
        settings: dict[str, JSON] = {}
        problems: list[Problem] = []
        for key in found.settings:
            try:
                keys = ("activities", found.name, key)
                if key in templates:
                    env = from_environment(self.environ)
                    settings[key] = self.variables.template(self.document, keys, env)
                else:
                    settings[key] = self._resolve(keys)
            except SettingError as error:
                problems.extend(error.problems)
        if problems:
            raise SettingError(*problems)
        return replace(found, settings=settings)

    def no_activity(self, name: str) -> Problem:
        """Says that the endpoint has no activity `name`, and which it has."""
        have = ", ".join(self.activities) or "none"
        return Problem(
            "unknown_activity",
            f"The endpoint {self.name!r} has no activity {name!r}.",
            nearest(name, self.activities) or f"It has: {have}.",
        )

    def record_names(self, name: str) -> tuple[str, ...]:
        """The fields of another source's records that an activity refers to."""
        return record_names(dict(self.activities[canonical(name)].settings))

    def position(self, keys: Keys = ()) -> str:
        """The place of a part of the file: "endpoints/acme.yaml:3:3"."""
        return self.document.line(keys)

    def located(self, problem: Problem, activity: str = "") -> Problem:
        """`problem`, whose path starts at the connection's settings or, with a name, at those
        of that activity, with its place in the file and without any value of the
        environment."""
        base: Keys = ("activities", canonical(activity)) if activity else ("connection",)
        keys = self.document.locate(base, problem.path)
        problem = problem._replace(line=self.document.line(keys, problem.span))
        if keys not in self.document.positions:
            return problem
        hidden = self._secrets(base, _TELLING)
        if keys != base:
            hidden |= self._secrets(keys, 1)
            texts = _texts(
                self.variables.resolve(self.document, keys, self._known, record=of_record)
            )
            hidden |= {text for text in texts if any(part in text for part in hidden)}
        return _masked(problem, hidden)

    def literal_secrets(self, form: Form) -> tuple[Problem, ...]:
        """A Problem for each secret of the connection's form that stands in the file itself
        instead of a reference; files are shared, and stored with each run."""
        value = self.document.value
        settings = value.get("connection") if isinstance(value, dict) else None
        if not isinstance(settings, dict):
            return ()
        return tuple(
            Problem(
                "literal_secret",
                f"{part.label or part.name} stands in the project's files themselves.",
                f"Put it into an environment variable and write "
                f"`{part.name}: ${{env:NAME}}`; replace a secret that was shared.",
                path=part.name,
                line=self.document.line(("connection", part.name)),
            )
            for part in form.fields
            if part.secret
            and part.name in settings
            and not any(self.variables.environment_names(settings[part.name]))
            and _holds_secret(
                part, self.variables.resolve(self.document, ("connection", part.name), unread)
            )
        )

    def unset(self, keys: Keys = ("connection",)) -> tuple[Problem, ...]:
        """A Problem for each environment variable that `keys` needs and that isn't set."""
        try:
            if keys in self.document.positions:
                env = from_environment(self.environ)
                self.variables.resolve(self.document, keys, env, record=unread)
        except SettingError as error:
            return error.problems
        return ()

    def written(self, keys: Keys) -> JSON:
        """What stands at `keys`, for people: variables of the project are put in place,
        references to the environment stay references. None where nothing stands."""
        if keys not in self.document.positions:
            return None
        return self.variables.resolve(self.document, keys, as_written, record=of_record)

    def _resolve(self, keys: Keys) -> JSON:
        return self.variables.resolve(self.document, keys, from_environment(self.environ))

    def _known(self, name: str) -> str:
        return self.environ.get(name, "")

    def _secrets(self, keys: Keys, length: int) -> set[str]:
        """The values of the environment at `keys` that have at least `length` characters."""
        values = map(self._known, self.variables.environment_names(self.document.part(keys)))
        return {value for value in values if len(value) >= length}


def _holds_secret(part: Field, value: JSON) -> bool:
    """Whether a literal value has to be kept secret; of a URL, whether a password is in it."""
    if part.format != "url" or not isinstance(value, str):
        return value != ""
    try:
        url = urlsplit(value)
        return bool(url.password) or bool(_PASSWORD.search(url.query))
    except ValueError:
        return True


def _texts(value: JSON) -> list[str]:
    if isinstance(value, dict):
        return [text for part in value.values() for text in _texts(part)]
    if isinstance(value, list):
        return [text for part in value for text in _texts(part)]
    return [value] if isinstance(value, str) else []


def _masked(problem: Problem, hidden: set[str]) -> Problem:
    """Takes values of the environment out, also as messages shorten and quote them."""
    forms = {form for text in hidden for form in (text, shown(text)) if form.strip()}
    forms |= {repr(form)[1:-1] for form in forms}
    message, remedy, value = problem.message, problem.remedy, problem.value
    for form in sorted(forms, key=len, reverse=True):
        message = message.replace(form, HIDDEN)
        remedy = remedy.replace(form, HIDDEN)
        value = value.replace(form, HIDDEN)
    return problem._replace(message=message, remedy=remedy, value=value)


def read_endpoint(
    name: str, document: Document, variables: Variables, environ: Mapping[str, str]
) -> EndpointDocument:
    """The endpoint in `document`. Raises SettingError with every fault of its shape."""
    faults = Faults(document)
    top = faults.mapping(document.value, ())
    if faults.problems:
        raise SettingError(*faults.problems)
    for key in top:
        if key not in _KEYS:
            faults.add(
                "unknown_key",
                f"An endpoint has no {key!r}.",
                nearest(key, _KEYS) or f"It has: {', '.join(_KEYS)}.",
                (key,),
            )
    connector = faults.text(top, ("connector",), example="files")
    if "connection" in top:
        faults.mapping(top["connection"], ("connection",))
    activities: dict[str, Activity] = {}
    folded: dict[str, str] = {}
    for key, value in faults.mapping(top.get("activities", {}), ("activities",)).items():
        keys = ("activities", key)
        fault = name_fault(key)
        if fault:
            faults.add(
                "bad_name", f"An activity can't be called {key!r}: {fault}.", "Rename it.", keys
            )
            continue
        twin = folded.setdefault(key.casefold(), key)
        if twin != key:
            faults.add(
                "duplicate_name",
                f"The activities {twin!r} and {key!r} differ only by case.",
                "Rename one of them.",
                keys,
            )
            continue
        entry = faults.mapping(value, keys)
        if isinstance(value, dict):
            settings = {k: v for k, v in entry.items() if k not in ("type", "on", "action")}
            activities[key] = Activity(
                name=key,
                type=faults.text(entry, (*keys, "type"), example="search"),
                on=faults.text(entry, (*keys, "on")),
                action=faults.text(entry, (*keys, "action")),
                settings=settings,
            )
    problems = faults.problems
    for base in ("connection", "activities"):
        if base in top:
            try:
                variables.resolve(document, (base,), unread, record=unread)
            except SettingError as error:
                problems.extend(error.problems)
    if problems:
        raise SettingError(*problems)
    return EndpointDocument(name, connector, activities, document, variables, environ)
