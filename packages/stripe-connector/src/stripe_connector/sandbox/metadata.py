"""The rules of metadata (docs.stripe.com/api/metadata): at most 50 keys of 40 characters, values of
at most 500. An empty value removes its key, an empty `metadata` all of them."""

from connector_sdk import JSON, shown

from stripe_connector.sandbox import refusal
from stripe_connector.sandbox.refusal import RefusalError

MAX_KEYS = 50
MAX_KEY = 40
MAX_VALUE = 500


def check_metadata(value: JSON, param: str) -> JSON:
    """Checked metadata; None removes a key."""
    if not isinstance(value, dict):
        raise refusal.invalid("object", value, param)
    out: dict[str, JSON] = {}
    for key, text in value.items():
        if len(key) > MAX_KEY:
            raise _fault(
                f"The metadata key '{shown(key)}' has {len(key)} characters; {MAX_KEY} are "
                "allowed.",
                param,
            )
        if text is None:
            out[key] = None
            continue
        if not isinstance(text, str):
            raise _fault(
                f"Metadata values can't be lists or objects, and '{shown(key)}' is one.",
                f"{param}[{key}]",
            )
        if len(text) > MAX_VALUE:
            raise _fault(
                f"The metadata value of '{shown(key)}' has {len(text)} characters; {MAX_VALUE} "
                "are allowed.",
                f"{param}[{key}]",
            )
        out[key] = text or None
    return out


def merged(old: JSON, new: JSON) -> dict[str, JSON]:
    """`new` None removes all. Raises RefusalError above 50 keys."""
    if not isinstance(new, dict):
        return {}
    both = {**(old if isinstance(old, dict) else {}), **new}
    out: dict[str, JSON] = {key: value for key, value in both.items() if value is not None}
    if len(out) > MAX_KEYS:
        raise _fault(f"Metadata would have {len(out)} keys; {MAX_KEYS} are allowed.", "metadata")
    return out


def _fault(message: str, param: str) -> RefusalError:
    return RefusalError(400, message, "", param)
