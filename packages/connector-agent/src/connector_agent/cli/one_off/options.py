"""The arguments and options of a command for one-off use."""

import inspect
from collections.abc import Iterable, Iterator
from typing import Annotated, Any, Literal, get_args

import typer
from connector_sdk import ActivityType, Command, Connector, Field, Form, Option

from connector_agent.cli import completion
from connector_agent.cli.project_option import (
    EnvironmentOption,
    JsonOption,
    ProjectOption,
    YesOption,
)

CONNECTION = "Connection"
ACTIVITY = "Activity"
Format = Literal["table", "json", "jsonl", "csv"]


def parameters(
    connector: Connector, kind: ActivityType, command: Command
) -> Iterator[inspect.Parameter]:
    """The parameters in the order of the help, named as `Given` of reading and writing reads
    them."""
    yield _parameter("object", _OBJECT, inspect.Parameter.empty)
    if command.argument:
        yield _parameter("words", _words(command), None if command.several else "")
    if command.several:
        yield _parameter("ids_from", _IDS_FROM, "")
    yield from _source(command) if kind.role == "source" else _target()
    if len(kind.levels) > 1 and not command.action:
        yield _parameter("action", _ACTION, "")
    for index, option in enumerate(kind.options):
        yield _parameter(f"option_{index}", *_own(option))
    yield _parameter("settings", _SETTINGS, None)
    yield _parameter("endpoint", _ENDPOINT, "")
    yield _parameter("project", ProjectOption, None)
    yield _parameter("environment", EnvironmentOption, "")
    yield from _connection(connector.form())
    yield _parameter("as_json", JsonOption, False)


def repeated(parameters: Iterable[inspect.Parameter]) -> str:
    """The first option that two of the parameters have, or "". Typer would take one of them."""
    seen = {"--help", "-h"}
    for parameter in parameters:
        _, info = get_args(parameter.annotation)
        # In an annotation Typer keeps the first name as the default.
        names = [
            each for each in (info.default, *(info.param_decls or ())) if isinstance(each, str)
        ]
        for option in (part for name in names for part in name.split("/")):
            if option in seen:
                return option
            seen.add(option)
    return ""


def connection_fields(form: Form) -> list[Field]:
    """The settings of a connection for the command line: all but secrets."""
    return [field for field in form.fields if not field.secret]


def option_of(field: Field) -> str:
    """The option for a setting of a connection."""
    return f"--{field.name.replace('_', '-')}"


def _source(command: Command) -> Iterator[inspect.Parameter]:
    if command.argument and not command.several:
        yield _parameter("values", _VALUES, None)
    yield _parameter("limit", _LIMIT, None)
    yield _parameter("fields", _FIELDS, "")
    yield _parameter("count", _COUNT, False)
    yield _parameter("explain", _EXPLAIN, False)
    if command.argument and not command.several:
        yield _parameter("fields_help", _FIELDS_HELP, False)
    yield _parameter("format", _FORMAT, None)
    yield _parameter("mark_formulas", _MARK_FORMULAS, False)


def _target() -> Iterator[inspect.Parameter]:
    yield _parameter("given", _SET, None)
    yield _parameter("data", _DATA, "")
    yield _parameter("key", _KEY, "")
    yield _parameter("yes", YesOption, False)
    yield _parameter("format", _FORMAT, None)
    yield _parameter("mark_formulas", _MARK_FORMULAS, True)


def _own(option: Option) -> tuple[Any, Any]:
    """The annotation and default of a connector's own option."""
    one = option.takes == "value"
    made = typer.Option(
        f"--{option.name}",
        metavar=option.metavar,
        help=option.help,
        show_default=False,
        autocompletion=completion.own_option(option),
        rich_help_panel=ACTIVITY,
    )
    return Annotated[str if one else list[str] | None, made], "" if one else None


def _connection(form: Form) -> Iterator[inspect.Parameter]:
    if form.trial:
        what = ", ".join(f"{name}={value}" for name, value in form.trial.items())
        option = typer.Option(
            "--sandbox",
            metavar="",
            help=f"Try it out ({what}), without an account.",
            rich_help_panel=CONNECTION,
        )
        yield _parameter("sandbox", Annotated[bool, option], False)
    for field in connection_fields(form):
        option = typer.Option(
            option_of(field),
            metavar="VALUE",
            help=field.description,
            show_default=False,
            rich_help_panel=CONNECTION,
        )
        yield _parameter(f"connection_{field.name}", Annotated[str, option], "")


def _parameter(name: str, annotation: Any, default: Any) -> inspect.Parameter:
    return inspect.Parameter(
        name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation
    )


_OBJECT = Annotated[
    str,
    typer.Argument(
        metavar="OBJECT",
        help="What to work on, as 'connector objects' lists it.",
        autocompletion=completion.objects,
    ),
]


def _words(command: Command) -> Any:
    name = command.argument.removesuffix("s") if command.several else command.argument
    text = _WORDS[command.several]
    if not command.several:
        return Annotated[str, typer.Argument(metavar=name.upper(), help=text)]
    return Annotated[
        list[str] | None, typer.Argument(metavar=name.upper(), help=text, callback=_stripped)
    ]


def _stripped(words: list[str] | None) -> list[str] | None:
    """Strips the carriage returns that `$(…)` leaves from lines of a CSV file."""
    return [word.strip() for word in words] if words else words


_WORDS = {True: "One or more, separated by blanks.", False: "One argument: quote it for the shell."}

_ACTION = Annotated[
    str,
    typer.Option(
        "--action",
        metavar="NAME",
        help="What is done with the object, where there are several ways.",
        autocompletion=completion.actions,
        rich_help_panel=ACTIVITY,
    ),
]
_SETTINGS = Annotated[
    list[str] | None,
    typer.Option(
        "--setting",
        metavar="NAME=VALUE",
        help="Any other setting of such an activity, as 'connector schema' lists them. Repeatable.",
        autocompletion=completion.settings,
        rich_help_panel=ACTIVITY,
    ),
]
_LIMIT = Annotated[
    int | None, typer.Option("--limit", metavar="N", min=1, help="At most so many records.")
]
_FIELDS = Annotated[
    str,
    typer.Option(
        "--fields",
        metavar="A,B",
        help="Only these fields: id,address.city.",
        autocompletion=completion.answer_fields,
    ),
]
_VALUES = Annotated[
    list[str] | None,
    typer.Option(
        "--value",
        metavar="NAME=VALUE",
        help="The value of ${var:NAME} in the query; it is always taken as a value. Repeatable.",
    ),
]
_EXPLAIN = Annotated[
    bool,
    typer.Option("--explain", metavar="", help="Show the calls without making them."),
]
_FIELDS_HELP = Annotated[
    bool,
    typer.Option("--fields-help", metavar="", help="List the fields that a query can use."),
]
_COUNT = Annotated[
    bool, typer.Option("--count", metavar="", help="Print only the number of records.")
]
_FORMAT = Annotated[
    Format | None,
    typer.Option(
        "--format",
        "-f",
        metavar="FORMAT",
        help="table, json (a list), jsonl (an object a line) or csv. Default: table on a "
        "terminal, else jsonl.",
        show_default=False,
    ),
]
_MARK_FORMULAS = Annotated[
    bool,
    typer.Option(
        "--mark-formulas/--no-mark-formulas",
        help="In CSV, put an apostrophe before what a spreadsheet would run as a formula.",
    ),
]
_IDS_FROM = Annotated[
    str,
    typer.Option(
        "--ids-from",
        metavar="FILE",
        help="A file of ids, or - for a pipe: one a line, a CSV file with a column id, or JSON "
        "Lines with an id.",
    ),
]
_SET = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="NAME=VALUE",
        help="A field of the request: address.city=Leeds, items[0].quantity=2; NAME= clears it, "
        "NAME:=JSON gives JSON. Repeatable.",
        autocompletion=completion.request_fields,
    ),
]
_DATA = Annotated[
    str,
    typer.Option(
        "--data",
        metavar="FILE",
        help="Requests as JSON, or JSON Lines for many; - for a pipe. --set overrides fields.",
    ),
]
_KEY = Annotated[
    str,
    typer.Option(
        "--key",
        metavar="TEXT",
        help="The text that idempotency keys are made from. Repeating a command with it does "
        "nothing twice within a day. Default: new each time.",
    ),
]
_ENDPOINT = Annotated[
    str,
    typer.Option(
        "--endpoint",
        "-e",
        metavar="NAME",
        help="An endpoint of the project. Default: a connection by environment variables and "
        "the options below.",
        autocompletion=completion.endpoints,
    ),
]
