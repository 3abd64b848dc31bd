"""The smallest runner that keeps each guarantee: what a target has to work with after a crash."""

import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import aclosing

from connector_sdk.activity import Activity, Guarantee
from connector_sdk.conformance.journal import Journal
from connector_sdk.connection import Connection, Target, TransactionalTarget
from connector_sdk.record import Body, Call, Outcome, Request

RUN = "conformance"
BATCH = 2
"""Records between two checkpoints."""

Reached = Callable[[str, int], Awaitable[None]]
"""Told of each place that is reached, and at which record; may never come back."""


class Driver:
    """Writes requests to a target, and continues after a crash from the journal."""

    def __init__(
        self,
        connection: Connection,
        activity: Activity,
        requests: Sequence[bytes],
        journal: Journal,
        reached: Reached,
    ) -> None:
        self._connection = connection
        self._activity = activity
        self._requests = requests
        self._journal = journal
        self._reached = reached

    async def run(self) -> None:
        """Until every request has its outcome. Raises KeyError for an unknown guarantee."""
        position = self._journal.last("position", "")
        target = await self._connection.target(self._activity, position.encode() or None)
        await DRIVES[target.guarantee](self, target)
        await target.finish(True)

    async def by_key(self, target: Target) -> None:
        """What has no outcome is sent again with its key."""
        done, offered = self._journal.outcomes(), self._journal.offered()
        open_calls = [call for call in self._calls(target) if call.seq not in done]
        await self._send(
            target, [call._replace(first_sent=offered.get(call.seq)) for call in open_calls]
        )

    async def by_look(self, target: Target) -> None:
        """What may have been sent is looked up, and sent again only if it surely was not done."""
        done, offered = self._journal.outcomes(), self._journal.offered()
        open_calls = [call for call in self._calls(target) if call.seq not in done]
        doubtful = [call for call in open_calls if call.seq in offered]
        for call, found in zip(doubtful, await target.settle(doubtful), strict=True):
            if found is not None:
                self._journal.note(seq=call.seq, kind=found.kind)
                open_calls.remove(call)
        await self._send(target, open_calls)

    async def by_position(self, target: Target) -> None:
        """From the last position that was kept."""
        settled = self._journal.last("settled", 0)
        for batch in self._batches(target, settled):
            await self._write(target, batch)
            position = (await target.position()).decode()
            self._journal.note(position=position, settled=batch[-1].seq)
            await self._reached("kept", batch[-1].seq)

    async def by_mark(self, target: Target) -> None:
        """From the mark that the target has."""
        assert isinstance(target, TransactionalTarget), "it has no commit of its own"
        mark = await target.committed(RUN)
        for batch in self._batches(target, int(mark or b"0")):
            await self._write(target, batch)
            await target.commit(RUN, str(batch[-1].seq).encode())
            await self._reached("kept", batch[-1].seq)

    async def _send(self, target: Target, calls: Sequence[Call]) -> None:
        async def offered() -> AsyncIterator[Call]:
            for call in calls:
                if call.first_sent is None:
                    self._journal.note(seq=call.seq, offered=time.time())
                await self._reached("offered", call.seq)
                yield call

        async with aclosing(target.write(offered())) as outcomes:
            async for outcome in outcomes:
                await self._reached("sent", outcome.seq)
                self._journal.note(seq=outcome.seq, kind=outcome.kind)

    async def _write(self, target: Target, batch: Sequence[Call]) -> None:
        outcomes = await write(target, batch)
        assert [outcome.kind for outcome in outcomes] == ["written"] * len(batch), outcomes
        await self._reached("written", batch[-1].seq)

    def _batches(self, target: Target, settled: int) -> Sequence[Sequence[Call]]:
        calls = self._calls(target)[settled:]
        return [calls[at : at + BATCH] for at in range(0, len(calls), BATCH)]

    def _calls(self, target: Target) -> list[Call]:
        calls = []
        for seq, request in enumerate(self._requests, start=1):
            body = target.prepare(Request(request))
            assert isinstance(body, Body), body
            calls.append(Call(seq, 0, f"{RUN}-crash-{seq}", 0, None, body))
        return calls


DRIVES: Mapping[Guarantee, Callable[[Driver, Target], Awaitable[None]]] = {
    "keyed": Driver.by_key,
    "positioned": Driver.by_position,
    "transactional": Driver.by_mark,
    "repeatable": Driver.by_key,
    "none": Driver.by_look,
}


async def write(target: Target, calls: Sequence[Call]) -> list[Outcome]:
    """Every outcome of these calls, handed over one by one."""

    async def handed() -> AsyncIterator[Call]:
        for call in calls:
            yield call

    return [outcome async for outcome in target.write(handed())]
