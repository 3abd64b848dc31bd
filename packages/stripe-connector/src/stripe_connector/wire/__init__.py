"""What stands on the wire: requests, pages and errors of Stripe; pure, for client and sandbox."""

from stripe_connector.wire.bodies import (
    Upload,
    encode_form,
    encode_json,
    encode_multipart,
    encode_query,
)
from stripe_connector.wire.form_reader import decode_form
from stripe_connector.wire.headers import (
    FORM,
    JSON_BODY,
    idempotency_key,
    request_headers,
    user_agent,
)
from stripe_connector.wire.path import WireError, build_path, field_path
from stripe_connector.wire.problem import error_body, problem_from, without_secrets

__all__ = [
    "FORM",
    "JSON_BODY",
    "Upload",
    "WireError",
    "build_path",
    "decode_form",
    "encode_form",
    "encode_json",
    "encode_multipart",
    "encode_query",
    "error_body",
    "field_path",
    "idempotency_key",
    "problem_from",
    "request_headers",
    "user_agent",
    "without_secrets",
]
