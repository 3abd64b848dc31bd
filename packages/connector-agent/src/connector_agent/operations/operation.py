"""An operation with both ends opened, ready to check and run."""

from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from connector_sdk import Host, Problem, SettingError, Source

from connector_agent.mapping import Mapper
from connector_agent.operations.compatibility import (
    driving_faults,
    guarantee_faults,
    outside_faults,
    overlap_faults,
)
from connector_agent.operations.composition import Composition, compose
from connector_agent.operations.end import End, Key, Role, open_end
from connector_agent.operations.filter import FilteredSource
from connector_agent.operations.grouped_source import GroupedSource
from connector_agent.project import Project
from connector_agent.project.operation import OperationDocument, Place


@dataclass(frozen=True, slots=True)
class Operation:
    """Source activity, mapping, target activity. `environment` is "" without one; `driving` is
    the end whose records the source is asked for."""

    document: OperationDocument
    environment: str
    source: End
    target: End
    composition: Composition
    folder: Path
    driving: End | None = None

    @property
    def mapper(self) -> Mapper | None:
        """None where records pass unmapped."""
        return self.composition.mapper

    async def check(self) -> list[Problem]:
        """Every fault that shows before the first record, with file and line."""
        ends = (self.source, self.driving, self.target)
        found = [each for end in ends if end is not None for each in await end.check()]
        problems = [problem for problem in found if not problem.warning]
        problems.extend(driving_faults(self.document, self.source, self.driving))
        problems.extend(self.composition.faults)
        problems.extend(self._overlaps())
        problems.extend(outside_faults(self.document, self.folder))
        problems.extend(guarantee_faults(self.document, self.target.type.guarantee))
        return problems

    def _overlaps(self) -> Iterator[Problem]:
        sources = (self.source, self.driving)
        return overlap_faults(self.document, sources, self.target, self.folder)

    async def open_source(self) -> Source:
        """The source's records after `where` and `group`. Raises SettingError as the connection
        does."""
        requests: Source | None = None
        if self.driving is not None:
            requests = await self.driving.connection.source(self.driving.activity)
        source = await self.source.connection.source(self.source.activity, requests)
        composition, group = self.composition, self.document.group
        if composition.choose is not None:
            source = FilteredSource(source, composition.choose)
        if group is not None:
            source = GroupedSource(source, composition.by, group.into, composition.reads)
        return source


@asynccontextmanager
async def open_operation(project: Project, name: str, host: Host) -> AsyncIterator[Operation]:
    """The operation with its connections, closed at the end. Raises SettingError,
    CredentialError and UnreachableError."""
    document = project.operation(name)
    async with AsyncExitStack() as stack:
        ends: dict[str, End] = {}
        for key, place in document.places.items():
            ends[key] = await _open(project, document, key, place, host)
            stack.push_async_callback(ends[key].connection.close)
        source, target = ends["source"], ends["target"]
        composition = compose(project, document, source.schemas, target.schemas)
        stack.callback(composition.close)
        yield Operation(
            document,
            project.environment,
            source,
            target,
            composition,
            project.folder,
            ends.get("for_each"),
        )


async def _open(
    project: Project, document: OperationDocument, key: Key, place: Place, host: Host
) -> End:
    endpoint = project.endpoint(place.endpoint)
    role: Role = "target" if key == "target" else "source"
    return await open_end(endpoint, place.activity, role, host, document.position((key,)))


def require(problems: Sequence[Problem]) -> None:
    """Raises SettingError with the problems, if any."""
    if problems:
        raise SettingError(*problems)
