"""Calls in chunks: as many as are there, without waiting long for more."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import suppress

from connector_sdk import Call

CHUNK = 500
PATIENCE = 0.02
"""Seconds to wait for the next call before those at hand are written."""


async def chunks(calls: AsyncIterator[Call]) -> AsyncGenerator[list[Call], None]:
    """Every call, in order, in lists of at most 500."""
    ahead: asyncio.Task[Call | None] | None = None
    ended = False
    try:
        while not ended:
            chunk: list[Call] = []
            while len(chunk) < CHUNK:
                ahead = ahead or asyncio.create_task(_next(calls))
                if chunk and not await _is_there(ahead):
                    break
                call = await ahead
                ahead = None
                if call is None:
                    ended = True
                    break
                chunk.append(call)
            if chunk:
                yield chunk
    finally:
        if ahead is not None:
            ahead.cancel()
            with suppress(asyncio.CancelledError, Exception):
                await ahead


async def _next(calls: AsyncIterator[Call]) -> Call | None:
    return await anext(calls, None)


async def _is_there(task: "asyncio.Task[Call | None]") -> bool:
    await asyncio.sleep(0)
    if not task.done():
        await asyncio.wait({task}, timeout=PATIENCE)
    return task.done()
