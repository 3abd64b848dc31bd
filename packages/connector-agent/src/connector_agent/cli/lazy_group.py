"""Groups whose commands are made when they are asked for, so that one does not pay for what the
others need."""

import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping, MutableMapping
from typing import Any, cast

import typer
from typer.core import TyperGroup

HELP = {"help_option_names": ["-h", "--help"]}

Maker = Callable[[str], Any]


class Commands(Mapping[str, Any]):
    """The commands of a group by name. A command is made when it is asked for; `more`, which
    finds the makers of further ones, is asked for what is not in `names`."""

    def __init__(
        self, names: Iterable[str], maker: Maker, more: Callable[[], Mapping[str, Maker]] = dict
    ) -> None:
        self._makers = dict.fromkeys(names, maker)
        self._more = more
        self._made: dict[str, Any] = {}

    def __iter__(self) -> Iterator[str]:
        return iter(self._all())

    def __len__(self) -> int:
        return len(self._all())

    def __getitem__(self, name: str) -> Any:
        if name not in self._made:
            makers = self._makers if name in self._makers else self._all()
            self._made[name] = makers[name](name)
        return self._made[name]

    def _all(self) -> Mapping[str, Maker]:
        return {**self._makers, **{n: m for n, m in self._more().items() if n not in self._makers}}


class LazyGroup(TyperGroup):
    """A group whose commands are `Commands`."""

    def offer(self, commands: Commands) -> None:
        """Sets the commands of the group; nothing is ever added to them."""
        self.commands = cast("MutableMapping[str, Any]", commands)

    def list_commands(self, ctx: Any) -> list[str]:
        """The names, without making the commands."""
        return list(self.commands)


def made(name: str, function: Callable[..., Any], **how: Any) -> Any:
    """The command `name` that calls `function`, whose docstring is its help."""
    app = typer.Typer(add_completion=False, context_settings=HELP)
    text = how.pop("help", None) or inspect.getdoc(function) or ""
    # Lines of a paragraph are joined: the terminal has its own width.
    paragraphs = [" ".join(each.split()) for each in text.split("\n\n")]
    app.command(name, help="\n\n".join(paragraphs), **how)(function)
    return typer.main.get_command(app)


def group_of(name: str, app: typer.Typer) -> Any:
    """The commands of an app as the group `name`."""
    around = typer.Typer(add_completion=False, context_settings=HELP)
    around.add_typer(app, name=name)
    group: Any = typer.main.get_command(around)
    return group.commands[name]
