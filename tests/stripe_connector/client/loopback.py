"""A server on the loopback address that answers by a script and records what it was asked."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import NamedTuple

DROP_EARLY = "drop before the request is read"
DROP_LATE = "drop after the request is read"
CUT = "drop in the middle of the answer"
SILENT = "never answer"


class Seen(NamedTuple):
    method: str
    target: str
    headers: dict[str, str]
    body: bytes


class Reply(NamedTuple):
    status: int = 200
    body: bytes = b'{"id": "x"}'
    headers: dict[str, str] = {}  # noqa: RUF012


Step = Reply | str


class Loopback:
    """Takes a step for each request; the last one is repeated for ever. A step that is text,
    and none of the words above, is what the server says at once on a new connection."""

    def __init__(self, steps: Iterable[Step] = ()) -> None:
        self.steps = list(steps) or [Reply()]
        self.seen: list[Seen] = []
        self.connections = 0
        self.open: dict[asyncio.Task[object], asyncio.StreamWriter] = {}
        self.port = 0

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def _next(self) -> Step:
        return self.steps.pop(0) if len(self.steps) > 1 else self.steps[0]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        task = asyncio.current_task()
        assert task is not None
        self.open[task] = writer
        try:
            while await self._answer(reader, writer):
                pass
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()
            del self.open[task]

    async def close(self) -> None:
        for writer in self.open.values():
            writer.transport.abort()
        while self.open:
            await asyncio.wait(set(self.open))

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        if isinstance(step := self.steps[0], str) and step not in (DROP_LATE, CUT, SILENT):
            self._next()
            if step != DROP_EARLY:
                writer.write(step.encode())
                await reader.read()
            writer.transport.abort()
            return False
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        first, *lines = head.rstrip("\r\n").split("\r\n")
        method, target, _ = first.split(" ")
        headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        self.seen.append(Seen(method, target, headers, body))
        step = self._next()
        if isinstance(step, Reply):
            kind = {"Content-Type": "application/json", "Request-Id": f"req_{len(self.seen)}"}
            sent = {**kind, **step.headers, "Content-Length": str(len(step.body))}
            lines = [f"HTTP/1.1 {step.status} X", *(f"{n}: {v}" for n, v in sent.items()), "", ""]
            writer.write("\r\n".join(lines).encode() + step.body)
            await writer.drain()
            return True
        if step == CUT:
            writer.write(b'HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{"id": ')
            await writer.drain()
        elif step == SILENT:
            await reader.read()
        return False


@asynccontextmanager
async def loopback(*steps: Step) -> AsyncIterator[Loopback]:
    served = Loopback(steps)
    server = await asyncio.start_server(served.serve, "127.0.0.1", 0)
    served.port = server.sockets[0].getsockname()[1]
    async with server:
        try:
            yield served
        finally:
            await served.close()
