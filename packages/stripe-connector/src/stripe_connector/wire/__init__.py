"""What stands on the wire: requests, pages and errors of Stripe; pure, for client and sandbox."""

from stripe_connector.wire.fault import WireError
from stripe_connector.wire.form import encode_form, encode_query
from stripe_connector.wire.form_reader import decode_form
from stripe_connector.wire.headers import FORM, JSON_BODY, request_headers, user_agent
from stripe_connector.wire.json_body import encode_json
from stripe_connector.wire.key import idempotency_key
from stripe_connector.wire.multipart import Upload, encode_multipart
from stripe_connector.wire.path import build_path, field_path
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
