"""The Read activity: objects by their ids, and files of Stripe's written into a folder."""

import asyncio
import errno
import filecmp
import os
import re
import uuid
from collections.abc import AsyncGenerator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

import msgspec
from connector_sdk import (
    JSON,
    Field,
    Host,
    Page,
    Problem,
    Record,
    RefusedError,
    SettingError,
    TargetFullError,
    private_file,
    private_folder,
    shown,
)

from stripe_connector.activities.choices.resolution import Resolved
from stripe_connector.activities.choices.verbs import own_id
from stripe_connector.activities.reading.cursor import cursor, parse_cursor
from stripe_connector.client import Client
from stripe_connector.wire.paging import compact

AT_ONCE = 10
"""Ids that are read together and make one page."""


class ReadSource:
    """One record for each id, or one for an object that has no id (the balance). An id that
    Stripe doesn't know gives a record with the problem, so that none is lost."""

    def __init__(
        self,
        client: Client,
        host: Host,
        resolved: Resolved,
        ids: Sequence[str] | None = None,
    ) -> None:
        self._client = client
        self._host = host
        self._api_call = resolved.api_call
        self._own = own_id(resolved.api_call)
        self._ids = ids_of(resolved) if ids is None else ids
        self._fixed: dict[str, JSON] = {**resolved.parents, **resolved.parameters}
        self._fixed.update(resolved.expansion)

    async def read(self, after: bytes | None) -> AsyncGenerator[Page, None]:
        """Pages of at most ten records. Ends early once the host is stopping."""
        seq = parse_cursor(after).get("seq")
        done = seq if isinstance(seq, int) else 0
        while done < len(self._ids) and not self._host.stopping():
            some = self._ids[done : done + AT_ONCE]
            reads = [
                asyncio.create_task(self._record(done + count, name))
                for count, name in enumerate(some, 1)
            ]
            try:
                records = await asyncio.gather(*reads)
            finally:
                for read in reads:
                    read.cancel()
                await asyncio.gather(*reads, return_exceptions=True)
            done += len(records)
            yield Page(records, cursor(seq=done))

    async def total(self) -> int:
        """As many as there are ids."""
        return len(self._ids)

    async def finish(self, after: bytes) -> Sequence[Problem]:
        """Nothing: reading changes nothing at Stripe."""
        return ()

    async def _record(self, seq: int, id: str) -> Record:
        at = f"{self._api_call.object} {id}".strip()
        params = {**self._fixed, self._own: id} if self._own else self._fixed
        try:
            answer = await self._client.send(self._api_call, params)
        except RefusedError as error:
            raw = msgspec.json.encode({"id": id} if id else {})
            return Record(seq, raw, at, error.problem._replace(at=at))
        return Record(seq, compact(answer.body), at)


def ids_of(resolved: Resolved) -> Sequence[str]:
    """The ids that stand in the activity; an empty one for an object that has none."""
    if resolved.ids is not None:
        return [resolved.ids.filled()]
    ids = resolved.settings.ids
    return ids if isinstance(ids, tuple) else [""]


FILE = Field(
    name="file",
    type="object",
    fields=(
        Field(name="id", type="string", required=True, description="The id of the object."),
        Field(
            name="path",
            type="string",
            required=True,
            description="Where the file is, from the project's folder on.",
        ),
        Field(name="bytes", type="integer", required=True, description="The size of the file."),
        Field(name="content_type", type="string", required=True),
    ),
)
"""The record of one file."""

_ENDINGS = {
    "application/json": ".json",
    "application/msword": ".doc",
    "application/pdf": ".pdf",
    "application/vnd.ms-excel": ".xls",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": ".xlsx",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": ".docx",
    "application/zip": ".zip",
    "image/gif": ".gif",
    "image/jpeg": ".jpg",
    "image/png": ".png",
    "text/csv": ".csv",
    "text/plain": ".txt",
    "text/xml": ".xml",
}
_NAME = re.compile(r"[A-Za-z0-9_-]{1,200}")


def read_source(
    client: Client, host: Host, resolved: Resolved, ids: Sequence[str] | None = None
) -> ReadSource:
    """The source of a Read by ids: those of the activity, or the given ones."""
    if resolved.api_call.shape == "binary":
        return DownloadSource(client, host, resolved, ids)
    return ReadSource(client, host, resolved, ids)


class DownloadSource(ReadSource):
    """Reads ids like Read, and writes what each of them leads to into the activity's folder,
    under its id and an ending by its type.

    A file appears whole or not at all. One that is there already with the same content is left
    alone, so that reading again is harmless; one with another content is never replaced, and
    its record has the problem. Raises SettingError for a folder outside of the project, or one
    that can't be made.
    """

    def __init__(
        self,
        client: Client,
        host: Host,
        resolved: Resolved,
        ids: Sequence[str] | None = None,
    ) -> None:
        super().__init__(client, host, resolved, ids)
        self._base = (host.folder or Path()).resolve()
        self._folder = _folder(self._base, resolved.settings.folder, host.folder)

    async def _record(self, seq: int, id: str) -> Record:
        at = f"{self._api_call.object} {id}".strip()
        try:
            return Record(seq, await self._fetch(id), at)
        except RefusedError as error:
            raw = msgspec.json.encode({"id": id})
            return Record(seq, raw, at, error.problem._replace(at=at))

    async def _fetch(self, id: str) -> bytes:
        if not _NAME.fullmatch(id):
            raise RefusedError(
                Problem(
                    "wrong_id",
                    f"{shown(id)!r} is no id that a file could be named by.",
                    "Give the id of the object, for example file_1ABC.",
                    path="ids",
                    value=shown(id),
                )
            )
        part = self._folder / f".{id}.{uuid.uuid4().hex}.part"
        try:
            with _opened(part) as file:
                params = {**self._fixed, self._own: id}
                answer = await self._client.send(self._api_call, params, into=file)
                size = file.tell()
                await asyncio.to_thread(_keep, file)
            path = self._folder / f"{id}{_ENDINGS.get(answer.content_type, '')}"
            await asyncio.to_thread(_appear, part, path)
        finally:
            part.unlink(missing_ok=True)
        told = path.relative_to(self._base) if path.is_relative_to(self._base) else path
        return msgspec.json.encode(
            {
                "id": id,
                "path": told.as_posix(),
                "bytes": size,
                "content_type": answer.content_type,
            }
        )


def _folder(base: Path, given: str, project: Path | None) -> Path:
    folder = (base / given).resolve()
    if project is not None and not folder.is_relative_to(base):
        raise SettingError(
            Problem(
                "folder_outside",
                f"The folder {given!r} is outside of the project.",
                "Choose a folder within the project.",
                path="folder",
                value=given,
            )
        )
    try:
        private_folder(folder)
    except OSError as error:
        raise SettingError(
            Problem(
                "folder_unwritable",
                f"The folder {given!r} can't be made: {error.strerror}.",
                "Check its name and the rights of the folder above.",
                path="folder",
                value=given,
            )
        ) from None
    return folder


def _opened(part: Path) -> BinaryIO:
    try:
        return os.fdopen(private_file(part, os.O_RDWR | os.O_CREAT | os.O_EXCL), "wb")
    except OSError as error:
        raise TargetFullError(_unwritable(error)) from error


def _keep(file: BinaryIO) -> None:
    """What was written is on the disk."""
    try:
        file.flush()
        os.fsync(file.fileno())
    except OSError as error:
        raise TargetFullError(_unwritable(error)) from error


def _unwritable(error: OSError) -> Problem:
    return Problem(
        "file_full",
        f"A file that is downloaded can't be written: {error.strerror}.",
        "Make room on the disk, and check the rights of the folder; then go on.",
        path="folder",
    )


def _appear(part: Path, path: Path) -> None:
    """The part becomes the file, if none of that name is there. Raises RefusedError for one
    with another content."""
    try:
        _link(part, path)
    except FileExistsError:
        if not path.is_file() or not filecmp.cmp(part, path, shallow=False):
            raise RefusedError(
                Problem(
                    "file_differs",
                    f"{path.name} is there already, with another content.",
                    "Move it away, or choose another folder; it is never replaced.",
                    path="folder",
                    value=path.name,
                )
            ) from None


def _link(part: Path, path: Path) -> None:
    try:
        os.link(part, path)
    except OSError as error:
        if error.errno not in (errno.EPERM, errno.ENOTSUP, errno.ENOSYS, errno.EMLINK):
            raise
        if path.exists():
            raise FileExistsError from None
        with suppress(FileNotFoundError):
            part.replace(path)  # a file system without links
