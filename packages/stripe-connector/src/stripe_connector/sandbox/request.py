"""One request as it came in, its answer, and the faults that a test can put between them."""

from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.parser import BytesParser
from email.policy import HTTP
from typing import NamedTuple, cast
from urllib.parse import urlencode

import orjson
from connector_sdk import JSON, Field

from stripe_connector.catalogue import Operation
from stripe_connector.sandbox.refusal import INVALID, RefusalError
from stripe_connector.sandbox.store import Body
from stripe_connector.wire import WireError, decode_form, error_body


@dataclass(frozen=True, slots=True)
class SandboxRequest:
    """A request whose key, version and path were accepted. `number` counts all requests from
    1; `template` is the path with its parameters in braces; `body` is raw, the query string
    for GET and DELETE."""

    number: int
    id: str
    method: str
    path: str
    operation: Operation
    path_parameters: Mapping[str, str]
    body: bytes
    content_type: str
    account: str
    key: str
    version: str

    @property
    def template(self) -> str:
        return self.operation.path


class Answer(NamedTuple):
    """What goes back over the wire. `headers` come on top of those of every answer."""

    status: int
    body: bytes
    headers: Mapping[str, str] = {}


class Contents(NamedTuple):
    """An answer that is no JSON: the contents of a file."""

    data: bytes
    type: str


@dataclass(frozen=True, slots=True)
class Fault:
    """What a test makes of a request instead of its answer.

    With `drop` the connection ends without an answer, else an error of this status is
    answered. `remembered` puts that error into the store of idempotency keys, as Stripe does
    with a failure of its own. `headers` come on top ("Stripe-Should-Retry", "Retry-After").
    """

    status: int = 500
    type: str = "api_error"
    message: str = "The sandbox was told to answer this."
    code: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    drop: bool = False
    remembered: bool = False

    def body(self) -> Mapping[str, JSON]:
        return error_body(self.type or INVALID, self.message, self.code)


def read_parameters(request: SandboxRequest, schema: Field) -> Body:
    """The parameters as they came in, single values as text."""
    body = request.body
    if request.operation.body == "json" and request.method == "POST":
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
        raise RefusalError(400, "The body of this request is no JSON.") from None
    if not isinstance(given, dict):
        raise RefusalError(400, "The body of this request has to be a JSON object.")
    return cast(Body, given)


def read_upload(body: bytes, content_type: str) -> tuple[bytes, dict[str, JSON]]:
    """The plain parameters as a form, and each file, by parameter: name, size and contents in
    base64. Raises RefusalError for a body that is no multipart."""
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
