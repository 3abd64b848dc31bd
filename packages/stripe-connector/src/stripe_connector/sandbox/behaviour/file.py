"""Files with their contents, and links to them."""

import mimetypes
from base64 import b64decode, b64encode
from collections.abc import Mapping
from pathlib import PurePath

from stripe_connector.sandbox.refusal import missing
from stripe_connector.sandbox.request import Contents
from stripe_connector.sandbox.store import Body, Stored
from stripe_connector.sandbox.turn import Behaviour, Turn
from stripe_connector.sandbox.verbs import Verb


def before_create_file(turn: Turn, params: Body) -> None:
    if not isinstance(params.get("file"), dict):
        raise missing("file")


def after_create_file(turn: Turn, stored: Stored, params: Body) -> None:
    known = params["file"]
    if isinstance(known, dict):
        stored.body["filename"] = known["filename"]
        stored.body["size"] = known["size"]
        stored.body["type"] = PurePath(str(known["filename"])).suffix.removeprefix(".") or None
        stored.private["contents"] = known["contents"]


def write(turn: Turn, name: str, data: bytes, purpose: str) -> Stored:
    kept = b64encode(data).decode()
    file: Body = {"filename": name, "size": len(data), "contents": kept}
    return turn.create("file", {"purpose": purpose, "file": file})


def contents(turn: Turn) -> Contents:
    """On Stripe's host for files."""
    stored = turn.find("file", turn.path["file"])
    kind, _ = mimetypes.guess_type(str(stored.body["filename"]))
    data = b64decode(str(stored.private.get("contents", "")))
    return Contents(data, kind or "application/octet-stream")


def after_update_link(turn: Turn, link: Stored, params: Body) -> None:
    if params.get("expires_at") == "now":
        link.body.update(expires_at=turn.now, expired=True)


BEHAVIOURS: Mapping[str, Behaviour] = {
    "file": Behaviour(before_create=before_create_file, after_create=after_create_file),
    "file_link": Behaviour(after_update=after_update_link),
}
ACTIONS: Mapping[str, Verb] = {
    "files.contents": contents,
}
