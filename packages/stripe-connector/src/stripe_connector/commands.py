"""Commands that Stripe adds to the command line of the agent: `connector catalogue …`."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from connector_sdk import Activity, Problem, SettingError, Workspace, did_you_mean, visible

from stripe_connector.activities.choices.offers import offer_for
from stripe_connector.catalogue import Catalogue, load
from stripe_connector.catalogue.diff import Change, Diff, compare, open_folder
from stripe_connector.catalogue.versions import shipped

catalogue = typer.Typer(
    help="Look at what Stripe's API can do in its versions.", no_args_is_help=True
)

JsonOption = Annotated[
    bool, typer.Option("--json", metavar="", help="Print JSON, one value a line.")
]
_SHOWN = 12


@catalogue.command("versions")
def versions_command(as_json: JsonOption = False) -> None:
    """List the versions of Stripe's API that are described here, the newest last.

    Example: connector catalogue versions
    """
    for version in shipped():
        if as_json:
            known = load(version)
            _print({"version": version, "objects": len(known.objects)})
        else:
            typer.echo(version)


@catalogue.command("diff")
def diff_command(
    ctx: typer.Context,
    old: Annotated[
        str, typer.Argument(metavar="A", help="A version, or a folder with catalogues.")
    ],
    new: Annotated[str, typer.Argument(metavar="B", help="Another one.")],
    object: Annotated[
        str, typer.Option("--object", metavar="OBJECT", help="Only changes of this object.")
    ] = "",
    project: Annotated[
        Path | None,
        typer.Option(
            "--project",
            "-p",
            metavar="DIR",
            help="The project's folder. Default: the project that contains the current folder.",
        ),
    ] = None,
    environment: Annotated[
        str, typer.Option("--env", metavar="NAME", help="The project's environment.")
    ] = "",
    as_json: JsonOption = False,
) -> None:
    """Compare two versions of Stripe's API: objects, actions and fields.

    In a project it also says which of its activities are touched. A folder is one that
    scripts/build_catalogue.py wrote, for another version of the official SDK; its newest
    version counts.

    Example: connector catalogue diff 2026-09-30.endive 2026-10-28.endive --object customers
    """
    before, after = _opened(old), _opened(new)
    diff = compare(before, after)
    workspace: Workspace = ctx.obj
    used = _used(workspace.activities("stripe", project, environment), before, after)
    touched = diff.touching(set(used.values()))
    if object:
        changes = tuple(change for change in diff.changes if change.object == object)
        diff = Diff(diff.old, diff.new, changes)
    if as_json:
        for change in diff.changes:
            _print({"event": "change", **msgspec.to_builtins(change)})
        for place, api_call in used.items():
            if api_call in touched:
                _print({"event": "touched", "activity": place, "changes": len(touched[api_call])})
        return
    typer.echo(visible(diff.text()))
    for line in _told(used, touched):
        typer.echo(visible(line))


def _opened(name: str) -> Catalogue:
    if name in shipped():
        return load(name)
    if Path(name).is_dir():
        return open_folder(Path(name))
    hint = did_you_mean(name, shipped())
    raise SettingError(
        Problem(
            "unknown_version",
            f"There is no catalogue of the version {name!r}, and no such folder.",
            hint or f"There are: {', '.join(shipped())}.",
        )
    )


def _used(activities: Mapping[str, Activity], *catalogues: Catalogue) -> dict[str, tuple[str, str]]:
    """Object and action of each activity, in the first of the catalogues that has them."""
    found: dict[str, tuple[str, str]] = {}
    for place, activity in activities.items():
        for known in catalogues:
            try:
                offer = offer_for(known, activity.type, activity.on, activity.action, "test")
            except SettingError:
                continue
            found[place] = (offer.api_call.object, offer.api_call.action)
            break
    return found


def _told(
    used: Mapping[str, tuple[str, str]], touched: Mapping[tuple[str, str], list[Change]]
) -> Iterator[str]:
    if not used:
        return
    yield ""
    if not touched:
        yield f"None of the {len(used)} activities of the project is touched."
    for place, api_call in used.items():
        changes = touched.get(api_call)
        if not changes:
            continue
        yield f"{place} is touched ({'.'.join(api_call)}):"
        for change in changes[:_SHOWN]:
            yield f"  {change.text()}"
        if len(changes) > _SHOWN:
            yield f"  … and {len(changes) - _SHOWN} more; --object {api_call[0]} shows all."


def _print(value: object) -> None:
    typer.echo(msgspec.json.encode(value).decode())
