"""One operation file: source, what is taken of it, mapping, target and options."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple, get_args

from connector_sdk import JSON, Problem, SettingError

from connector_agent.project.document import Document, Faults, Keys
from connector_agent.project.names import canonical, nearest
from connector_agent.project.result_files import ResultFiles, read_result_files
from connector_agent.project.variables import Variables, refused

_GROUP = ("by", "as")


class Group(NamedTuple):
    """Consecutive rows that have the same values at the paths `by` become one record;
    the rows are its list `into`."""

    by: tuple[str, ...]
    into: str


def read_where(faults: Faults, top: Mapping[str, JSON], variables: Variables) -> JSON:
    """What stands behind `where:`, with references to variables followed; None without it. A
    text is an expression, in which `$` means something else, and stays as it is."""
    where = top.get("where")
    if "where" not in top or isinstance(where, str):
        return where
    if not isinstance(where, (dict, list)):
        faults.add(
            "bad_where",
            "'where' has to be an expression, a test, or a list of tests.",
            "Write it as in `where: {from: status, not_equals: closed}`.",
            ("where",),
        )
        return None
    return _resolved(faults, faults.document, variables)


def read_group(faults: Faults, top: Mapping[str, JSON]) -> Group | None:
    """What stands behind `group:`, None without it."""
    if "group" not in top:
        return None
    before = len(faults.problems)
    entry = top["group"]
    if not isinstance(entry, dict):
        faults.add(
            "bad_group",
            "'group' has to say by which field rows are put together, and as what.",
            "Write it as in `group: {by: order_no, as: lines}`.",
            ("group",),
        )
        return None
    for key in entry:
        if key not in _GROUP:
            faults.add(
                "unknown_key",
                f"A group has no {key!r}.",
                nearest(key, _GROUP) or f"It has: {', '.join(_GROUP)}.",
                ("group", key),
            )
    value = entry.get("by", [])
    paths = value if isinstance(value, list) else [value]
    by = tuple(path for path in paths if isinstance(path, str) and path.strip())
    if not paths or len(set(by)) != len(paths):
        faults.add(
            "bad_group",
            "'by' has to name a field of the source, or a list of different fields.",
            "Write it as in `by: order_no`.",
            ("group", "by"),
        )
    into = faults.text(entry, ("group", "as"), example="lines")
    return Group(by, into) if len(faults.problems) == before else None


def _resolved(faults: Faults, document: Document, variables: Variables) -> JSON:
    try:
        return variables.resolve(document, ("where",), refused)
    except SettingError as error:
        faults.problems.extend(error.problems)
        return None


Repeat = Literal["skip", "update", "create"]
OnProblem = Literal["skip", "stop"]
_REPEAT: Mapping[str, Repeat] = {"skip": "skip", "update": "update", "create": "create"}
_KEYS = (
    "source",
    "for_each",
    "where",
    "group",
    "identity",
    "mapping",
    "target",
    "options",
    "results",
)
_VERBATIM = ("expression",)
"""Keys of a mapping behind which `$` means something else."""
_OPTIONS = ("repeat", "on_problem", "stop_after_problems", "not_card_numbers")


class Place(NamedTuple):
    """An activity of an endpoint, written "endpoint/activity"."""

    endpoint: str
    activity: str

    def __str__(self) -> str:
        return f"{self.endpoint}/{self.activity}"


@dataclass(frozen=True, slots=True)
class Options:
    """How an operation runs.

    `repeat` says what happens to a record that an earlier run wrote already; `on_problem`
    whether a record with a problem ends the run. `stop_after_problems` ends it after that
    many; 0 is never. `not_card_numbers` names source fields whose numbers only look like
    those of cards.
    """

    repeat: Repeat = "skip"
    on_problem: OnProblem = "skip"
    stop_after_problems: int = 0
    not_card_numbers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class OperationDocument:
    """What operations/<name>.yaml says. `for_each` is the source whose records the source is
    asked for, one by one. `identity` holds the paths in a record that make it
    the same record. `mapping` holds the lines as they are written, with the references to
    variables followed; () passes records on as they are. `where` is as it is written: a text
    (an expression), a test, a list of tests, or None; rows that pass it are put together by
    `group`."""

    name: str
    source: Place
    target: Place
    identity: tuple[str, ...]
    mapping: tuple[JSON, ...]
    options: Options
    results: ResultFiles
    where: JSON
    group: Group | None
    document: Document = field(repr=False)
    for_each: Place | None = None

    @property
    def places(self) -> "Mapping[Literal['source', 'for_each', 'target'], Place]":
        """The activities that it uses, by the key behind which they stand."""
        found: dict[Literal["source", "for_each", "target"], Place] = {"source": self.source}
        if self.for_each is not None:
            found["for_each"] = self.for_each
        found["target"] = self.target
        return found

    def position(self, keys: Keys = ()) -> str:
        """The place of a part of the file: "operations/import.yaml:12:5"."""
        return self.document.line(keys)

    def mapping_position(self, keys: Keys = ()) -> str:
        """The place of a part of the mapping; (2, "to") is the target of its third line."""
        return self.document.line(("mapping", *keys))


def read_operation(
    name: str, document: Document, variables: Variables
) -> tuple[OperationDocument | None, list[Problem]]:
    """The operation in `document`, and every fault of its shape. Faults of options and of
    result files leave the rest to be checked, any other leaves None."""
    faults, aside = Faults(document), Faults(document)
    top = faults.mapping(document.value, ())
    if faults.problems:
        return None, faults.problems
    for key in top:
        if key not in _KEYS:
            faults.add(
                "unknown_key",
                f"An operation has no {key!r}.",
                nearest(key, _KEYS) or f"It has: {', '.join(_KEYS)}.",
                (key,),
            )
    source = _place(faults, top, "source", "crm/contacts")
    target = _place(faults, top, "target", "shop/new contact")
    for_each = _place(faults, top, "for_each", "crm/contacts") if "for_each" in top else None
    identity = _identity(faults, top)
    options = _options(aside, top)
    results = read_result_files(aside, top, variables)
    where = read_where(faults, top, variables)
    group = read_group(faults, top)
    lines: JSON = []
    if "mapping" in top:
        if isinstance(top["mapping"], list):
            try:
                lines = variables.resolve(document, ("mapping",), refused, _VERBATIM)
            except SettingError as error:
                faults.problems.extend(error.problems)
        else:
            faults.add(
                "not_a_list",
                "'mapping' has to be a list of lines.",
                "Start each line of the mapping with `- to:`.",
                ("mapping",),
            )
    repeat_is_known = all(problem.path != "options.repeat" for problem in aside.problems)
    problems = [*faults.problems, *aside.problems]
    if faults.problems or not repeat_is_known:
        return None, problems
    mapping = tuple(lines) if isinstance(lines, list) else ()
    operation = OperationDocument(
        name, source, target, identity, mapping, options, results, where, group, document, for_each
    )
    return operation, problems


def _place(faults: Faults, top: Mapping[str, JSON], key: str, example: str) -> Place:
    text = canonical(faults.text(top, (key,), example=example))
    endpoint, slash, activity = (part.strip() for part in text.partition("/"))
    if text and not (endpoint and slash and activity and "/" not in activity):
        faults.add(
            "bad_place",
            f"{key!r} has to name an endpoint and one of its activities, not {text!r}.",
            f"Write them with one '/' between, as in `{key}: {example}`.",
            (key,),
        )
    return Place(endpoint, activity)


def _identity(faults: Faults, top: Mapping[str, JSON]) -> tuple[str, ...]:
    value = top.get("identity", [])
    paths = value if isinstance(value, list) else [value]
    texts = tuple(path for path in paths if isinstance(path, str) and path.strip())
    if len(texts) != len(paths) or ("identity" in top and not paths):
        faults.add(
            "bad_identity",
            "'identity' has to name a field of the source, or a list of fields.",
            "Write it as in `identity: crm_id`.",
            ("identity",),
        )
    elif len(set(texts)) != len(texts):
        faults.add(
            "bad_identity",
            "'identity' names a field twice.",
            "Name each field once.",
            ("identity",),
        )
    return texts


def _options(faults: Faults, top: Mapping[str, JSON]) -> Options:
    entry = faults.mapping(top.get("options", {}), ("options",))
    for key in entry:
        if key not in _OPTIONS:
            faults.add(
                "unknown_key",
                f"There is no option {key!r}.",
                nearest(key, _OPTIONS) or f"There are: {', '.join(_OPTIONS)}.",
                ("options", key),
            )
    repeat, on_problem = entry.get("repeat", "skip"), entry.get("on_problem", "skip")
    _choice(faults, "repeat", repeat, tuple(_REPEAT))
    _choice(faults, "on_problem", on_problem, get_args(OnProblem))
    stop = entry.get("stop_after_problems", 0)
    if isinstance(stop, bool) or not isinstance(stop, int) or stop < 0:
        faults.add(
            "bad_option",
            "'stop_after_problems' has to be a whole number; 0 is never.",
            "Write a number, as in `stop_after_problems: 100`.",
            ("options", "stop_after_problems"),
        )
        stop = 0
    return Options(
        repeat=_REPEAT.get(str(repeat), "skip"),
        on_problem="stop" if on_problem == "stop" else "skip",
        stop_after_problems=stop,
        not_card_numbers=_names(faults, entry, "not_card_numbers"),
    )


def _names(faults: Faults, entry: Mapping[str, JSON], key: str) -> tuple[str, ...]:
    value = entry.get(key, [])
    names = value if isinstance(value, list) else [value]
    texts = tuple(name for name in names if isinstance(name, str) and name.strip())
    if len(texts) != len(names):
        faults.add(
            "bad_option",
            f"{key!r} has to be a list of source fields.",
            f"Write it as in `{key}: [order_no]`.",
            ("options", key),
        )
    return texts


def _choice(faults: Faults, key: str, value: JSON, choices: tuple[str, ...]) -> None:
    if value not in choices:
        faults.add(
            "bad_option",
            f"{key!r} has to be one of {', '.join(choices)}.",
            nearest(str(value), choices) or "Choose one of them.",
            ("options", key),
        )
