"""Whether an operation would read what it writes."""

from collections.abc import Iterator

from connector_sdk import Problem, SettingError

from connector_agent.operations.end import End
from connector_agent.project.operation import OperationDocument


def overlap_faults(
    document: OperationDocument, source: End | None, target: End | None
) -> Iterator[Problem]:
    """A Problem where the file of the target is one of the source's: the next run would take
    its own rows for new ones, and a run that goes on can't tell what it read. An end that is
    faulty itself is None."""
    from connector_agent.connectors.files.connection import FilesConnection

    if source is None or target is None:
        return
    reads, writes = source.connection, target.connection
    if not (isinstance(reads, FilesConnection) and isinstance(writes, FilesConnection)):
        return
    try:
        written = writes.written_by(target.activity)
        overlap = reads.reads(source.activity, written)
    except SettingError:
        return  # told where the activities are checked
    if overlap:
        yield Problem(
            "target_in_source",
            f"The operation writes {written.name}, which is one of the files that it reads.",
            "Write it to another folder, or under a name that the source doesn't take in.",
            path="target",
            line=document.position(("target",)),
        )
