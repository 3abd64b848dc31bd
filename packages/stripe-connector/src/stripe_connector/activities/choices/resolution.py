"""An activity with its choices looked up and its settings checked, as sources and targets use
it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from connector_sdk import (
    JSON,
    Activity,
    Field,
    Form,
    Guarded,
    Mode,
    Problem,
    SettingError,
    conform,
    made,
)

from stripe_connector.activities.choices.expansion import Way, expand_fault, way_to
from stripe_connector.activities.choices.guarding import guarded, must_be_allowed, updating
from stripe_connector.activities.choices.offers import Offer, offer_for
from stripe_connector.activities.choices.parameters import request_schema
from stripe_connector.activities.choices.projection import field_fault
from stripe_connector.activities.choices.queries import Asked, Template, ask, template_of
from stripe_connector.activities.choices.settings import ActivitySettings, Filled, activity_form
from stripe_connector.activities.choices.verbs import OWN_ID, TARGETS, own_id, parents_of
from stripe_connector.catalogue import Catalogue, overlay
from stripe_connector.catalogue.model import ApiCall

_DAY = 86_400
_WHOLE = ("lte", "gt")
"""Bounds that mean the whole day: up to its end, and what comes after it."""

_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


def dated(schema: Field, value: JSON) -> JSON:
    """The value with the first second in UTC for a date ("2026-01-31"), wherever the schema
    wants a Unix time; as a bound `lte` or `gt` the last one, so that no part of a day is left
    out that is meant. Moments need no help; anything else stays, and is refused. In a mapping
    a date has to say its zone by a step, as it comes from somewhere else."""
    if isinstance(value, dict):
        return {
            name: _named(name, child, part) if (child := _child(schema, name)) is not None else part
            for name, part in value.items()
        }
    if isinstance(value, list):
        items = schema.items
        return value if items is None else [dated(items, part) for part in value]
    if isinstance(value, str) and any(option.format == "unix-time" for option in _shapes(schema)):
        return _seconds(value)
    return value


def _named(name: str, schema: Field, part: JSON) -> JSON:
    found = dated(schema, part)
    if name in _WHOLE and isinstance(part, str) and isinstance(found, int):
        return found + _DAY - 1
    return found


def _seconds(text: str) -> JSON:
    if not _DATE.fullmatch(text):
        return text
    try:
        return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())
    except ValueError:
        return text


def _shapes(schema: Field) -> tuple[Field, ...]:
    return (schema, *(shape for option in schema.any_of for shape in _shapes(option)))


def _child(schema: Field, name: str) -> Field | None:
    for shape in _shapes(schema):
        child = shape.child(name)
        if child is not None:
            return child
    return None


def update_of(catalogue: Catalogue, create: ApiCall) -> ApiCall | None:
    """The API call that updates what this one makes; None where there is none."""
    update = catalogue.api_calls.get(f"{create.object}.update")
    if update is None or create.action != "create" or not own_id(update):
        return None
    return update


def parents_between(create: ApiCall, update: ApiCall) -> tuple[tuple[str, str], ...]:
    """What the create and the update call the objects above. They are paired by position:
    refunds of application fees call the same parent by two names."""
    return tuple(zip(parents_of(create), parents_of(update), strict=True))


def update_schema(
    catalogue: Catalogue, create: ApiCall, constants: frozenset[str], *, unlisted: bool
) -> Field:
    """The request of the update without the id of the object, parents called as the create does.
    An object without fields: it can't be updated. Starting values say what comes of them."""
    update = update_of(catalogue, create)
    if update is None:
        return Field(name=f"{create.object}.update", type="object")
    request = request_schema(catalogue, updating(update), frozenset(), unlisted=unlisted)
    names = {theirs: ours for ours, theirs in parents_between(create, update)}
    starting = overlay.starting().get(create.object, {})
    fields = []
    for field in request.fields:
        if field.in_path and field.name == OWN_ID:
            continue
        name = names.get(field.name, field.name) if field.in_path else field.name
        fields.append(
            replace(
                field,
                name=name,
                required=field.required and name not in constants,
                starting=starting.get(name, ""),
            )
        )
    return replace(request, fields=tuple(fields))


@dataclass(frozen=True, slots=True)
class Resolved:
    """A faultless activity. `complete` are the ways to the
    lists to complete; `asked` is the query of a search that has one, `ids` the ids to read
    where they are a text. A target that is `watched` sends nothing that moves money or can't be
    undone."""

    activity: Activity
    offer: Offer
    settings: ActivitySettings
    complete: tuple[Way, ...] = ()
    asked: Asked | None = None
    ids: Template | None = None
    watched: bool = False

    def guard(self, catalogue: Catalogue) -> Guarded | None:
        """What somebody has to allow before it is done."""
        return guarded(catalogue, self.offer) if self.watched else None

    @property
    def driven(self) -> bool:
        """Whether each record of another source gives some of its values."""
        return any(part is not None and part.driven for part in (self.asked, self.ids))

    @property
    def api_call(self) -> ApiCall:
        """What is called."""
        return self.offer.api_call

    @property
    def parents(self) -> dict[str, JSON]:
        """Path parameters that are the same for every call."""
        return {**self.settings.parents}

    @property
    def parameters(self) -> dict[str, JSON]:
        """Parameters that are the same for every call."""
        return {**self.settings.parameters}

    @property
    def expand(self) -> list[JSON]:
        """Paths to expand, with those above lists to complete; those of lists begin with
        "data.", except in API v2."""
        paths = [*self.settings.expand, *(path for way in self.complete for path in way.expand)]
        if self.api_call.shape in ("list", "search") and not self.api_call.v2:
            paths = [path if path.startswith("data.") else f"data.{path}" for path in paths]
        return [*dict.fromkeys(paths)]

    def request_schema(self, catalogue: Catalogue) -> Field:
        """What a mapping has to make for this target."""
        allowed = self.settings.unlisted_choices == "allow"
        return request_schema(catalogue, self.offer, frozenset(self.parents), unlisted=allowed)

    def update_schema(self, catalogue: Catalogue) -> Field | None:
        """What a mapping has to make where this target, a create, updates what it made before;
        None for other targets."""

        if self.activity.type != "create":
            return None
        allowed = self.settings.unlisted_choices == "allow"
        return update_schema(catalogue, self.api_call, frozenset(self.parents), unlisted=allowed)

    @property
    def expansion(self) -> dict[str, JSON]:
        """The setting `expand` as the parameter that it becomes: API v2 calls it `include`."""
        name = "include" if self.api_call.v2 else "expand"
        return {name: self.expand} if self.expand else {}


def resolve(
    catalogue: Catalogue, activity: Activity, mode: Mode, *, whole: bool = True
) -> Resolved:
    """The activity, ready for use with a key of this mode; without `whole` to be looked at only,
    so that settings may be missing. Raises SettingError with every fault that it has."""
    offer = offer_for(catalogue, activity.type, activity.on, activity.action, mode)
    api_call = offer.api_call
    form = activity_form(catalogue, offer, activity.type)
    settings = _settings(activity, form, whole=whole)
    expansions = () if api_call.v2 else settings.expand
    _require(
        *_value_faults(settings),
        *(expand_fault(catalogue, api_call, path) for path in expansions),
    )
    asked = ask(catalogue, api_call, settings)
    _require(*(asked.faults if asked is not None else ()))
    ids = None
    if isinstance(settings.ids, (str, Filled)):
        ids = template_of(settings.ids, "ids")
        rows_driven = ids.driven and api_call.shape == "rows"
        _require(*ids.faults, *([_rows_driven()] if rows_driven else []))
    for field in form.fields:
        if field.format == "path":
            paths: tuple[str, ...] = getattr(settings, field.name)
            _require(*(field_fault(catalogue, api_call, field.name, path) for path in paths))
    if settings.record_as:
        driven = any(part is not None and part.driven for part in (asked, ids))
        _require(*_record_as_faults(catalogue, api_call, settings.record_as, driven))
    ways = [way_to(catalogue, api_call, path) for path in settings.complete]
    _require(*(way for way in ways if isinstance(way, Problem)))
    complete = tuple(way for way in ways if isinstance(way, Way))
    watched = activity.type in TARGETS and must_be_allowed(mode, settings.irreversible)
    return Resolved(activity, offer, settings, complete, asked, ids, watched)


def _settings(activity: Activity, form: Form, *, whole: bool) -> ActivitySettings:
    given = dict(activity.settings)
    for field in form.fields:
        if field.type == "object" and field.required:
            given.setdefault(field.name, {})  # so that the fault names the field inside
    schema = form.as_field()
    fit = conform(schema, dated(schema, given))
    _require(*(one for one in fit.problems if whole or one.code != "missing_field"))
    return made(ActivitySettings, fit.value if isinstance(fit.value, dict) else {})


def _require(*problems: Problem | None) -> None:
    """Raises SettingError where there are any."""
    found = [problem for problem in problems if problem is not None]
    if found:
        raise SettingError(*found)


def faults(catalogue: Catalogue, activity: Activity, mode: Mode) -> tuple[Problem, ...]:
    """Every fault that shows without a call, and every warning."""
    try:
        resolved = resolve(catalogue, activity, mode)
    except SettingError as error:
        return error.problems
    guard = resolved.guard(catalogue)
    if guard is not None and guard.always:
        return (guard.refusal._replace(warning=True),)
    return resolved.asked.warnings if resolved.asked is not None else ()


def _rows_driven() -> Problem:
    return Problem(
        "rows_driven",
        "Rows of a result can't be read for each record of another source.",
        "State the ids of the runs in the activity.",
        path="ids",
    )


def _record_as_faults(
    catalogue: Catalogue, api_call: ApiCall, name: str, driven: bool
) -> Iterator[Problem]:
    if not driven:
        yield Problem(
            "not_driven",
            "There is no record that a result could carry: nothing of the activity depends on one.",
            "Write ${record:NAME} in its query or its ids, or take `record_as` out.",
            path="record_as",
        )
    elif catalogue.response(api_call).child(name) is not None:
        yield Problem(
            "name_taken",
            f"The objects have a field {name!r} of their own.",
            "Call the record something else.",
            path="record_as",
            value=name,
        )


def _value_faults(settings: ActivitySettings) -> Iterator[Problem]:
    ids = settings.ids
    if ids in ((), "") or (isinstance(ids, tuple) and "" in ids):
        yield Problem(
            "missing_field",
            "There is no id to read." if not ids else "One of the ids is empty.",
            "Give the ids of the objects in `ids`.",
            path="ids",
        )
    for name, value in settings.parents.items():
        if value in ("", ".", ".."):
            yield Problem(
                "missing_field",
                f"The id of the parent {name!r} is empty.",
                "Give the id of the object above.",
                path=f"parents.{name}",
            )
