"""docs/reference: every activity of Stripe with what it takes and gives, a page for each object."""

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from connector_agent.cli.schema_tree import children, facts, sentence, type_text
from connector_sdk import Field, Mode
from stripe_connector.activities.choices.guarding import guard_of
from stripe_connector.activities.choices.naming import full_label
from stripe_connector.activities.choices.offers import Offer, offers
from stripe_connector.activities.choices.parameters import parameters, request_schema
from stripe_connector.activities.choices.verbs import TYPES, is_test_helper, parents_of
from stripe_connector.activities.writing.answers import effect_of
from stripe_connector.catalogue import Catalogue, load, overlay, versions
from stripe_connector.catalogue.model import ApiCall

FOLDER = "docs/reference"
MODE: Final[Mode] = "test"
LEVELS = 2
"""How deep the fields of an answer are listed; those of a request are listed whole."""

_CUT = 200
_CHOICES = 30


class Entry(NamedTuple):
    """One action of an object, and the activity types that offer it by the same name."""

    types: tuple[str, ...]
    offer: Offer

    @property
    def type(self) -> str:
        """The type at which it is at home."""
        return self.types[0]

    @property
    def api_call(self) -> ApiCall:
        return self.offer.api_call


def reference_pages() -> Iterator[tuple[str, str]]:
    """The path and the text of every page: the index first, then the objects."""
    catalogue = load()
    entries = {name: _entries(catalogue, name) for name in catalogue.objects}
    yield f"{FOLDER}/README.md", _text(_index(catalogue, entries))
    for name in catalogue.objects:
        yield f"{FOLDER}/{_file(catalogue, name)}", _text(_page(catalogue, name, entries[name]))


def _entries(catalogue: Catalogue, name: str) -> list[Entry]:
    known = ((kind.name, offers(catalogue, kind.name, MODE).get(name, {})) for kind in TYPES)
    found: dict[tuple[str, str], Entry] = {}
    for kind, actions in known:
        for offer in actions.values():
            same = (offer.api_call.id, str(offer.constants))
            types = found[same].types if same in found else ()
            found[same] = Entry((*types, kind), offer)
    return list(found.values())


def _file(catalogue: Catalogue, name: str) -> str:
    return f"{catalogue.section(name)}/{name}.md"


def _index(catalogue: Catalogue, entries: dict[str, list[Entry]]) -> Iterator[str]:
    every = [entry for found in entries.values() for entry in found]
    reached = {entry.api_call.id for entry in every}
    left = [each for each in catalogue.api_calls.values() if each.id not in reached]
    yield "# Stripe: every activity"
    yield ""
    yield (
        f"Made from the catalogue of Stripe's API {catalogue.api_version}: "
        f"{len(catalogue.objects)} objects with {len(catalogue.api_calls)} API calls, and "
        f"{len(catalogue.additions)} that the official SDK doesn't have. A connection that pins "
        "another version goes by the newest of these catalogues that is not newer:"
    )
    yield ""
    yield ", ".join(f"`{version}`" for version in versions.shipped())
    yield ""
    yield (
        "In requests only the choices that are listed are taken; with `unlisted_choices: allow` in "
        "the activity others are left to Stripe, which may know them by now."
    )
    yield ""
    yield "| activity type | objects | activities |"
    yield "|---|---|---|"
    for kind in TYPES:
        own = [entry for entry in every if kind.name in entry.types]
        objects = {entry.api_call.object for entry in own}
        yield f"| `{kind.name}` | {len(objects)} | {len(own)} |"
    yield ""
    yield (
        "Every API call is reached by an activity."
        if not left
        else "Operations that no activity reaches: " + ", ".join(f"`{o.id}`" for o in left) + "."
    )
    for section in overlay.sections():
        yield ""
        yield f"## {section.label}"
        yield ""
        yield "| object | `on:` | activity types |"
        yield "|---|---|---|"
        for name in catalogue.objects:
            if catalogue.section(name) == section.id:
                types = dict.fromkeys(each for entry in entries[name] for each in entry.types)
                link = f"[{catalogue.label(name)}]({_file(catalogue, name)})"
                yield f"| {link} | `{name}` | {', '.join(types)} |"


def _page(catalogue: Catalogue, name: str, entries: list[Entry]) -> Iterator[str]:
    yield f"# {full_label(catalogue, name)}"
    yield ""
    yield f"`on: {name}`" + " (with test keys only)" * is_test_helper(name)
    yield ""
    yield "| type | action | call |"
    yield "|---|---|---|"
    for entry in entries:
        types = ", ".join(f"`{each}`" for each in entry.types)
        yield f"| {types} | `{entry.offer.action}` | {_call(entry)} |"
    for entry in entries:
        yield from _activity(catalogue, entry)
    yield from _answers(catalogue, entries)


def _call(entry: Entry) -> str:
    if entry.api_call.calls:
        return ", ".join(f"`{each}`" for each in entry.api_call.calls)
    call = f"`{entry.api_call.method} {entry.api_call.path}`"
    constants = entry.offer.constants
    if constants:
        call += " with " + ", ".join(f"`{key}: {str(v).lower()}`" for key, v in constants.items())
    return call


def _activity(catalogue: Catalogue, entry: Entry) -> Iterator[str]:
    yield ""
    yield f"## {', '.join(entry.types)}: {entry.offer.action}"
    yield ""
    yield " ".join(_told(catalogue, entry))
    source = entry.type in ("search", "read")
    api_call = entry.api_call
    known = catalogue.search_fields(api_call.object) if api_call.shape == "search" else {}
    if known:
        yield ""
        yield "Fields of a query: " + ", ".join(f"`{name}`" for name in known) + ", `metadata`."
    parents = parents_of(api_call) if source else ()
    if parents:
        yield ""
        yield "Below: " + ", ".join(f"`{name}`" for name in parents) + "."
    fields: Sequence[Field]
    if source:
        fields = parameters(catalogue, api_call)
    else:
        fields = request_schema(catalogue, entry.offer, frozenset()).fields
    if fields:
        yield ""
        yield "Parameters:" if source else "Takes:"
        yield ""
        yield from _fields(fields, 0, 0)


def _told(catalogue: Catalogue, entry: Entry) -> Iterator[str]:
    """What it does, whether it can be undone or repeated."""
    about = sentence(catalogue.summary(entry.api_call))
    if about:
        yield about if about.endswith((".", "!", "?")) else f"{about}."
    guard = guard_of(entry.offer)
    if entry.offer.way is not None:
        yield entry.offer.way.told()
    elif guard is not None:
        yield guard.told()
    effect = effect_of(entry.api_call.id)
    if effect is not None and effect.harmless:
        yield "Repeating it changes nothing."


def _answers(catalogue: Catalogue, entries: list[Entry]) -> Iterator[str]:
    """What activities give, once for all that give the same."""
    found: dict[str, list[Entry]] = {}
    for entry in entries:
        api_call = entry.api_call
        found.setdefault(api_call.returns or " or ".join(api_call.returns_any), []).append(entry)
    for resource, own in found.items():
        fields = children(catalogue.response(own[0].api_call))
        if resource and fields:
            names = ", ".join(f"`{', '.join(e.types)}: {e.offer.action}`" for e in own)
            yield ""
            yield f"## Gives: {resource}"
            yield ""
            yield f"Of {names}."
            yield ""
            yield from _fields(fields, 0, LEVELS)


def _fields(fields: Sequence[Field], above: int, levels: int) -> Iterator[str]:
    """A line for each field; `levels` of 0 are all."""
    for field in fields:
        known = ", ".join((_type(field), *_facts(field, answered=bool(levels))))
        about = _short(sentence(field.description))
        yield f"{'  ' * above}- `{field.name}` {known}" + (f". {about}" if about else "")
        if not levels or above + 1 < levels:
            yield from _fields(children(field), above + 1, levels)


def _type(field: Field) -> str:
    """What it holds, in the words of `connector schema`, and with more of the choices."""
    if field.type == "list" and field.items is not None and field.items.choices:
        return f"list of {_type(field.items)}"
    if not field.choices or field.ref or field.any_of:
        return type_text(field)
    known = field.choices[:_CHOICES]
    shown = ", ".join("true" if choice is True else str(choice) for choice in known)
    left = len(field.choices) - _CHOICES
    return shown + (f" and {left} more" if left > 0 else ", or others" if field.open else "")


def _facts(field: Field, *, answered: bool) -> Iterator[str]:
    if field.required:
        yield "always there" if answered else "**required**"
    yield from facts(field)


def _short(text: str) -> str:
    text = text.rstrip(",:")
    return text if len(text) <= _CUT else text[: _CUT - 1].rsplit(" ", 1)[0] + " …"


def _text(lines: Iterator[str]) -> str:
    return "\n".join(lines) + "\n"
