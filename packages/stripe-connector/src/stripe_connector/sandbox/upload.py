"""Reads multipart bodies: how files come in."""

from base64 import b64encode
from email.parser import BytesParser
from email.policy import HTTP
from urllib.parse import urlencode

from connector_sdk import JSON

from stripe_connector.sandbox.refusal import RefusalError


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
