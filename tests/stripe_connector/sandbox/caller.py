"""Calls a sandbox over HTTP and reads what it answers."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import aiohttp
from connector_sdk import JSON
from stripe_connector.sandbox import Sandbox
from stripe_connector.wire import encode_form, encode_query


@dataclass
class Reply:
    status: int
    body: Any
    headers: Mapping[str, str]

    @property
    def error(self) -> dict[str, Any]:
        assert self.status >= 400, self
        found: dict[str, Any] = self.body["error"]
        return found

    @property
    def ids(self) -> list[str]:
        """The ids of a list."""
        return [row["id"] for row in self.body["data"]]


class Caller:
    """One client of one sandbox."""

    def __init__(self, sandbox: Sandbox, session: aiohttp.ClientSession) -> None:
        self.sandbox = sandbox
        self._session = session

    async def send(
        self,
        method: str,
        path: str,
        body: bytes = b"",
        key: str = "sk_test_caller",
        **headers: str,
    ) -> Reply:
        """`headers` by name with underscores: Stripe_Account="acct_1"."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if key:
            sent.setdefault("Authorization", f"Bearer {key}")
        async with self._session.request(
            method, self.sandbox.address + path, data=body or None, headers=sent
        ) as answer:
            return Reply(answer.status, await answer.json(), answer.headers)

    async def get(self, path: str, params: Mapping[str, JSON] | None = None) -> Reply:
        query = encode_query(params or {})
        return await self.send("GET", f"{path}?{query}" if query else path)

    async def post(
        self, path: str, params: Mapping[str, JSON] | None = None, **headers: str
    ) -> Reply:
        return await self.send("POST", path, encode_form(params or {}), **headers)

    async def upload(self, path: str, contents: bytes, params: Mapping[str, JSON]) -> Reply:
        form = aiohttp.FormData({name: str(value) for name, value in params.items()})
        form.add_field("file", contents, filename="hello.txt")
        headers = {"Authorization": "Bearer sk_test_caller"}
        async with self._session.post(
            self.sandbox.address + path, data=form, headers=headers
        ) as answer:
            return Reply(answer.status, await answer.json(), answer.headers)

    async def delete(self, path: str, params: Mapping[str, JSON] | None = None) -> Reply:
        query = encode_query(params or {})
        return await self.send("DELETE", f"{path}?{query}" if query else path)

    async def make(self, path: str, **params: JSON) -> Any:
        """The new object; everything else fails the test."""
        reply = await self.post(path, params)
        assert reply.status == 200, reply.body
        return reply.body
