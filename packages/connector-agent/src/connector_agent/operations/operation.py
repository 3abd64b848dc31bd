"""An operation with both of its ends opened, ready to be checked and run."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from connector_sdk import Host, Problem, SettingError

from connector_agent.mapping import Mapper, PathError, parse_path, read_lines
from connector_agent.operations.end import End, open_end
from connector_agent.project import Project
from connector_agent.project.operation import OperationDocument


@dataclass(frozen=True, slots=True)
class Operation:
    """Source activity, mapping, target activity. `mapper` is None where records pass as they
    are; `faults` were found while the mapping was read."""

    document: OperationDocument
    source: End
    target: End
    mapper: Mapper | None
    faults: Sequence[Problem]

    async def check(self) -> list[Problem]:
        """Every fault that shows before the first record, each with its file and line."""
        problems = [*await self.source.check(), *await self.target.check(), *self.faults]
        if self.mapper is not None:
            problems.extend(self.mapper.check())
        problems.extend(self._check_identity())
        return problems

    def needs_identity(self, guarantee: str) -> Problem | None:
        """A target that recognises repeats by a key needs to know what a repeat is."""
        options = self.document.options
        if guarantee != "keyed" or self.document.identity or options.repeat == "create":
            return None
        return Problem(
            "no_identity",
            f"The operation {self.document.name!r} doesn't say what makes a source record the "
            "same record again, so that running it twice would write everything twice.",
            "Add a line such as `identity: crm_id`; or, where each run has to write everything "
            "anew, `repeat: create` below `options:`.",
            path="identity",
            line=self.document.position(()),
        )

    def _check_identity(self) -> list[Problem]:
        problems = []
        schema = self.source.schemas.response
        for text in self.document.identity:
            line = self.document.position(("identity",))
            try:
                path = parse_path(text)
            except PathError as error:
                problems.append(
                    Problem(
                        "bad_path",
                        f"The identity {text!r} is no path to a field: {error}.",
                        "Write names with dots between.",
                        path="identity",
                        line=line,
                    )
                )
                continue
            known = [child.name for child in schema.fields]
            if schema.type == "object" and known and path[0] not in known:
                problems.append(
                    Problem(
                        "unknown_field",
                        f"The source has no field {path[0]!r}, which is to be the identity.",
                        f"It has: {', '.join(known[:20])}.",
                        path="identity",
                        line=line,
                    )
                )
        return problems


@asynccontextmanager
async def open_operation(project: Project, name: str, host: Host) -> AsyncIterator[Operation]:
    """The operation with its connections, which are closed at the end. Raises SettingError,
    CredentialError and UnreachableError."""
    document = project.operation(name)
    source = await open_end(
        project.endpoint(document.source.endpoint), document.source.activity, "source", host
    )
    try:
        target = await open_end(
            project.endpoint(document.target.endpoint), document.target.activity, "target", host
        )
        try:
            lines, faults = read_lines(document.mapping, document.mapping_position)
            mapper = (
                Mapper(
                    lines,
                    target.schemas.request,
                    target.schemas.minor_units,
                    source_schema=source.schemas.response,
                    source_units=source.schemas.minor_units,
                    folder=project.folder,
                    line=document.mapping_position(),
                )
                if document.mapping
                else None
            )
            yield Operation(document, source, target, mapper, faults)
        finally:
            await target.connection.close()
    finally:
        await source.connection.close()


def require(problems: Sequence[Problem]) -> None:
    """Raises SettingError with all the problems, if there are any."""
    if problems:
        raise SettingError(*problems)
