"""The seam to aiohttp: one attempt at one request, over kept-alive connections.

Nothing else of the package imports aiohttp on the client's side, so that it is loaded only
when a client is made.
"""

import asyncio
from base64 import b64encode
from typing import BinaryIO

import aiohttp
from connector_sdk import Problem, SettingError, TargetFullError
from yarl import URL

from stripe_connector.client.answer import Fault, Reply
from stripe_connector.client.faults import DroppedError, fault_of, proxy_refused

_LONGEST_CONNECT = 30.0
"""Seconds until a connection stands. Always less than the whole time-out, so that "never
connected" can be told from "never answered"."""

LARGEST = 64 << 20
"""Bytes of an unpacked answer that are taken. A page of a hundred large invoices has about 2 MB."""

_PIECE = 1 << 16
"""Bytes of a download that are taken at once."""


class Session:
    """Connections to Stripe's hosts, at most `connections` at once; opened on first use,
    closed with `close`. `proxy` may hold credentials, which no message shows. Raises
    SettingError for a proxy that is no URL."""

    def __init__(self, timeout: float, connections: int, proxy: str = "") -> None:
        self._timeout = timeout
        self._connect = min(timeout / 2, _LONGEST_CONNECT)
        connect = {"connect": self._connect, "sock_connect": self._connect}
        self._whole = aiohttp.ClientTimeout(total=timeout, **connect)
        self._silence = aiohttp.ClientTimeout(total=None, sock_read=timeout, **connect)
        self._places = asyncio.Semaphore(connections)
        self._session: aiohttp.ClientSession | None = None
        self._proxy: URL | None = None
        self._proxy_headers: dict[str, str] = {}
        self._proxy_place = ""
        if proxy:
            self._take_proxy(proxy)

    async def exchange(
        self,
        method: str,
        url: str,
        headers: dict[str, str],
        body: bytes | None,
        into: BinaryIO | None = None,
    ) -> Reply | Fault:
        """Sends once and reads the whole answer. The body of a success goes `into` a file
        where one is given; the time-out is then one of silence, as a file may take long."""
        target = URL(url, encoded=True)
        if self._proxy_headers and target.scheme == "http":
            headers = headers | self._proxy_headers
        try:
            async with (
                self._places,
                self._open().request(
                    method,
                    target,
                    headers=headers,
                    data=body,
                    proxy=self._proxy,
                    proxy_headers=dict(self._proxy_headers),
                    allow_redirects=False,
                    middlewares=(_once,),
                    timeout=self._whole if into is None else self._silence,
                ) as response,
            ):
                if into is None or response.status != 200:
                    content = await _read(response)
                else:
                    content = await _pour(response, into)
                reply = Reply(response.status, response.headers, content)
        except _TooLargeError:
            return Fault(_too_large(place_of(target)), sent=True)
        except (aiohttp.ClientError, OSError, UnicodeError, DroppedError) as error:
            seconds = (self._connect, self._timeout)
            return fault_of(error, place_of(target), self._proxy_place, seconds)
        if reply.status == 407 and self._proxy is not None:
            return Fault(proxy_refused(self._proxy_place, 407), sent=False)
        return reply

    async def close(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=60.0),
                cookie_jar=aiohttp.DummyCookieJar(),
            )
        return self._session

    def _take_proxy(self, proxy: str) -> None:
        try:
            url = URL(proxy)
            host, user = url.host, url.user
        except ValueError:
            host = user = None
        if not host or url.scheme not in ("http", "https"):
            raise SettingError(
                Problem(
                    "invalid_proxy",
                    "The setting 'proxy' is not the URL of an HTTP proxy.",
                    "Write it as http://host:port or http://user:password@host:port.",
                    path="proxy",
                )
            )
        self._proxy = url.with_user(None)
        self._proxy_place = place_of(url)
        if user is not None:
            pair = f"{user}:{url.password or ''}".encode()
            self._proxy_headers["Proxy-Authorization"] = f"Basic {b64encode(pair).decode()}"


def place_of(url: URL) -> str:
    """Host and port, without credentials; the port only where it isn't the scheme's own."""
    return url.host_port_subcomponent or ""


class _TooLargeError(Exception):
    """An answer goes on beyond LARGEST."""


async def _read(response: aiohttp.ClientResponse) -> bytes:
    """The body, unpacked; a small packed one may become too large, too."""
    pieces: list[bytes] = []
    size = 0
    async for piece in response.content.iter_any():
        size += len(piece)
        if size > LARGEST:
            raise _TooLargeError
        pieces.append(piece)
    return b"".join(pieces)


def _too_large(place: str) -> Problem:
    return Problem(
        "answer_too_large",
        f"An answer of {place} is larger than {LARGEST >> 20} MB, which none of Stripe's is.",
        "Check the address and the proxy of the connection.",
    )


async def _pour(response: aiohttp.ClientResponse, into: BinaryIO) -> bytes:
    """Writes the body into the file, in place of what an earlier attempt left there; nothing
    is left over. Raises TargetFullError where the file takes no more."""
    into.seek(0)
    into.truncate()
    async for piece in response.content.iter_chunked(_PIECE):
        try:
            into.write(piece)
        except OSError as error:
            raise TargetFullError(
                Problem(
                    "file_full",
                    f"A file that is downloaded can't be written: {error.strerror}.",
                    "Make room on the disk, then go on.",
                )
            ) from error
    return b""


async def _once(
    request: aiohttp.ClientRequest, send: aiohttp.ClientHandlerType
) -> aiohttp.ClientResponse:
    """Keeps aiohttp from sending a second time by itself when a kept-alive connection breaks:
    a DELETE that was done would be told as "no such object". Our own retries know better."""
    try:
        return await send(request)
    except aiohttp.ClientConnectorError:
        raise
    except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as error:
        raise DroppedError from error
