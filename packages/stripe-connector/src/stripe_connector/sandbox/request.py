"""A request, its parameters and its answer, and the faults that tests put in between."""

from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.parser import BytesParser
from email.policy import HTTP
from typing import NamedTuple, cast
from urllib.parse import urlencode

import orjson
from connector_sdk import JSON, Field

from stripe_connector.catalogue import ApiCall
from stripe_connector.sandbox.refusal import INVALID, RefusalError
from stripe_connector.sandbox.store import Body
from stripe_connector.wire import WireError, decode_form, error_body


@dataclass(frozen=True, slots=True)
class SandboxRequest:
    """`number` counts from 1; `body` is raw, the query string for GET and DELETE."""

    number: int
    id: str
    method: str
    path: str
    api_call: ApiCall
    path_parameters: Mapping[str, str]
    body: bytes
    content_type: str
    account: str
    key: str
    version: str

    @property
    def template(self) -> str:
        return self.api_call.path


class Answer(NamedTuple):
    """`headers` are added to those of every answer."""

    status: int
    body: bytes
    headers: Mapping[str, str] = {}


class Contents(NamedTuple):
    """The contents of a file."""

    data: bytes
    type: str


@dataclass(frozen=True, slots=True)
class Fault:
    """Instead of the answer: none at all (`drop`), or an error, which is stored under the
    idempotency key if `remembered`."""

    status: int = 500
    type: str = "api_error"
    message: str = "A test asked the sandbox for this error."
    code: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    drop: bool = False
    remembered: bool = False

    def body(self) -> Mapping[str, JSON]:
        return error_body(self.type or INVALID, self.message, self.code)


def read_parameters(request: SandboxRequest, schema: Field) -> Body:
    """Scalars are text. Raises RefusalError."""
    body = request.body
    if request.api_call.body == "json" and request.method == "POST":
        return _read_json(body)
    files: dict[str, JSON] = {}
    if request.content_type.startswith("multipart/"):
        body, files = read_upload(body, request.content_type)
    try:
        return {**decode_form(body, schema), **files}
    except WireError as error:
        raise RefusalError(400, error.problem.message, "", error.key) from None


def _read_json(body: bytes) -> Body:
    try:
        given = orjson.loads(body) if body else {}
    except orjson.JSONDecodeError:
        raise RefusalError(400, "The body of this request isn't JSON.") from None
    if not isinstance(given, dict):
        raise RefusalError(400, "The body of this request has to be a JSON object.")
    return cast(Body, given)


def read_upload(body: bytes, content_type: str) -> tuple[bytes, dict[str, JSON]]:
    """A form, and by parameter each file: name, size, contents in base64. Raises RefusalError."""
    head = f"Content-Type: {content_type}\r\n\r\n".encode("utf-8", "replace")
    message = BytesParser(policy=HTTP).parsebytes(head + body)
    if not message.is_multipart():
        raise RefusalError(400, "Send this request as multipart/form-data.")
    plain: list[tuple[str, str]] = []
    files: dict[str, JSON] = {}
    for part in message.iter_parts():
        name = str(part.get_param("name", header="content-disposition"))
        contents = part.get_payload(decode=True)
        data = contents if isinstance(contents, bytes) else b""
        filename = part.get_filename()
        if filename is None:
            plain.append((name, data.decode("utf-8", "replace")))
        else:
            kept = b64encode(data).decode()
            files[name] = {"filename": filename, "size": len(data), "contents": kept}
    return urlencode(plain).encode(), files
