"""Bodies of uploads: multipart/form-data with one file part."""

import secrets
from collections.abc import Mapping
from typing import NamedTuple

from connector_sdk import JSON

from stripe_connector.wire.form import pairs, plain_text


class Upload(NamedTuple):
    """The content of a file and the name under which Stripe keeps it."""

    name: str
    content: bytes


def encode_multipart(params: Mapping[str, JSON], files: Mapping[str, Upload]) -> tuple[bytes, str]:
    """The body and its content type. The boundary is random, so that no file can hold it.
    Raises WireError as `encode_form` does."""
    boundary = secrets.token_hex(30)
    chunks: list[bytes] = []
    for key, value in pairs(params):
        head = f'Content-Disposition: form-data; name="{_escaped(key)}"'
        chunks += _part(boundary, head, plain_text(key, value).encode())
    for key, file in files.items():
        head = (
            f'Content-Disposition: form-data; name="{_escaped(key)}"; '
            f'filename="{_escaped(file.name)}"\r\nContent-Type: application/octet-stream'
        )
        chunks += _part(boundary, head, file.content)
    chunks.append(f"--{boundary}--\r\n".encode())
    return b"".join(chunks), f"multipart/form-data; boundary={boundary}"


def _part(boundary: str, head: str, content: bytes) -> list[bytes]:
    return [f"--{boundary}\r\n{head}\r\n\r\n".encode(), content, b"\r\n"]


def _escaped(text: str) -> str:
    """As browsers do: what would end the quoted name or the line is percent-encoded."""
    return text.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")
