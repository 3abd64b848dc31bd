"""Whether an operation would read what it writes, or write outside of its project."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from connector_sdk import Problem, SettingError

from connector_agent.operations.end import End
from connector_agent.project.operation import OperationDocument
from connector_agent.project.result_files import result_path


def overlap_faults(
    document: OperationDocument, sources: Sequence[End | None], target: End | None, folder: Path
) -> Iterator[Problem]:
    """A Problem for each file that the operation writes, as its target or as `results` in the
    project's `folder`, and that one of its sources takes in: the next run would take its own
    rows for new ones, and a run that goes on can't tell what it read. An end that is faulty
    itself is None."""
    for key, written in _written(document, target, folder):
        if any(source is not None and _reads(source, written) for source in sources):
            yield Problem(
                f"{key[0]}_in_source",
                f"The operation writes {written.name}, which is one of the files that it reads.",
                "Write it to another folder, or under a name that the source doesn't take in.",
                path=".".join(key),
                line=document.position(key),
            )


def outside_faults(document: OperationDocument, folder: Path) -> Iterator[Problem]:
    """A Problem for each result file that would be written outside of the project, by a link."""
    for name, path in document.results.paths.items():
        key = ("results", name)
        try:
            result_path(folder, folder / path)
        except SettingError as error:
            yield error.problem._replace(path=".".join(key), line=document.position(key))


def _written(
    document: OperationDocument, target: End | None, folder: Path
) -> Iterator[tuple[tuple[str, ...], Path]]:
    from connector_agent.connectors.files.connection import FilesConnection

    if target is not None and isinstance(target.connection, FilesConnection):
        with suppress(SettingError):  # told where the activity is checked
            yield ("target",), target.connection.written_by(target.activity)
    for name, path in document.results.paths.items():
        yield ("results", name), (folder / path).resolve()


def _reads(source: End, path: Path) -> bool:
    from connector_agent.connectors.files.connection import FilesConnection

    if not isinstance(source.connection, FilesConnection):
        return False
    try:
        return source.connection.reads(source.activity, path)
    except SettingError:
        return False  # told where the activity is checked
