"""Bodies of API v2: JSON."""

import json
from collections.abc import Mapping

from connector_sdk import JSON

from stripe_connector.wire.fault import WireError


def encode_json(params: Mapping[str, JSON]) -> bytes:
    """The body of a v2 request: keys in the order given, null for None (which clears). Big
    integers and decimals that Stripe wants as text come as text from `conform`, which knows
    the schema. Raises WireError for what JSON can't hold."""
    try:
        return json.dumps(params, allow_nan=False, separators=(",", ":")).encode()
    except (ValueError, TypeError, RecursionError):
        raise WireError(
            "",
            "The request holds a value that JSON can't hold, or is nested without end.",
            "Give text, finite numbers, true, false, null, lists and objects.",
        ) from None
