"""An operation with both of its ends opened, ready to be checked and run."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from connector_sdk import Guarantee, Host, Problem, SettingError, Source

from connector_agent.mapping import Mapper
from connector_agent.operations.composition import Composition, compose
from connector_agent.operations.end import End, Role, open_end
from connector_agent.operations.filtered import FilteredSource
from connector_agent.operations.grouped import GroupedSource
from connector_agent.project import Project
from connector_agent.project.operation import OperationDocument


@dataclass(frozen=True, slots=True)
class Operation:
    """Source activity, mapping, target activity; `environment` is the project's that was
    chosen, "" without one."""

    document: OperationDocument
    environment: str
    source: End
    target: End
    composition: Composition

    @property
    def mapper(self) -> Mapper | None:
        """Makes requests of records; None where records pass as they are."""
        return self.composition.mapper

    async def check(self) -> list[Problem]:
        """Every fault that shows before the first record, each with its file and line."""
        found = [*await self.source.check(), *await self.target.check()]
        problems = [problem for problem in found if not problem.warning]
        problems.extend(self.composition.faults)
        problems.extend(guarantee_faults(self.document, self.target.type.guarantee))
        return problems

    async def open_source(self) -> Source:
        """The records that the mapping takes: those of the source activity that pass `where`,
        put together by `group`. Raises SettingError as the connection does."""
        source = await self.source.connection.source(self.source.activity)
        composition, group = self.composition, self.document.group
        if composition.choose is not None:
            source = FilteredSource(source, composition.choose)
        if group is not None:
            source = GroupedSource(source, composition.by, group.into)
        return source

    def needs_identity(self, guarantee: Guarantee) -> Problem | None:
        """What `identity_faults` says of a target whose guarantee its type doesn't state."""
        return next(iter(identity_faults(self.document, guarantee)), None)


def identity_faults(document: OperationDocument, guarantee: Guarantee | None) -> list[Problem]:
    """A target that recognises repeats by a key needs to know what a repeat is."""
    if guarantee != "keyed" or document.identity or document.options.repeat == "create":
        return []
    return [
        Problem(
            "no_identity",
            f"The operation {document.name!r} doesn't say what makes a source record the "
            "same record again, so that running it twice would write everything twice.",
            "Add a line such as `identity: crm_id`; or, where each run has to write everything "
            "anew, `repeat: create` below `options:`.",
            path="identity",
            line=document.position(()),
        )
    ]


def guarantee_faults(document: OperationDocument, guarantee: Guarantee | None) -> list[Problem]:
    """What an operation asks that its kind of target can't give."""
    faults = identity_faults(document, guarantee)
    if guarantee == "positioned" and document.results.written:
        faults.append(
            Problem(
                "no_written_results",
                "A target that is a file is itself the list of what was written.",
                "Take `written:` out of `results:`; `problems:` may stay.",
                path="results.written",
                line=document.position(("results", "written")),
            )
        )
    return faults


@asynccontextmanager
async def open_operation(project: Project, name: str, host: Host) -> AsyncIterator[Operation]:
    """The operation with its connections, which are closed at the end. Raises SettingError,
    CredentialError and UnreachableError."""
    document = project.operation(name)
    source = await _open(project, document, "source", host)
    try:
        target = await _open(project, document, "target", host)
        try:
            composition = compose(project, document, source.schemas, target.schemas)
            try:
                yield Operation(document, project.environment, source, target, composition)
            finally:
                composition.close()
        finally:
            await target.connection.close()
    finally:
        await source.connection.close()


async def _open(project: Project, document: OperationDocument, role: Role, host: Host) -> End:
    place = document.source if role == "source" else document.target
    endpoint = project.endpoint(place.endpoint)
    return await open_end(endpoint, place.activity, role, host, document.position((role,)))


def require(problems: Sequence[Problem]) -> None:
    """Raises SettingError with all the problems, if there are any."""
    if problems:
        raise SettingError(*problems)
