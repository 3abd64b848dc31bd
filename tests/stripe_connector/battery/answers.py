"""What Stripe answers to faulty requests: whole bodies, written down from published recordings of
its API, so that they don't follow from our own code."""

from typing import Any

_DOCS = "https://stripe.com/docs/error-codes"


def body(message: str, param: str, code: str = "") -> dict[str, Any]:
    error = {"message": message, "param": param, "type": "invalid_request_error"}
    if code:
        error |= {"code": code, "doc_url": f"{_DOCS}/{code.replace('_', '-')}"}
    return {"error": error}


def unknown(param: str) -> dict[str, Any]:
    """{"error": {"code": "parameter_unknown", "message": "Received unknown parameter: wat", …}}"""
    return body(f"Received unknown parameter: {param}", param, "parameter_unknown")


def missing(param: str) -> dict[str, Any]:
    return body(f"Missing required param: {param}.", param, "parameter_missing")


def not_integer(value: str, param: str) -> dict[str, Any]:
    return body(f"Invalid integer: {value}", param, "parameter_invalid_integer")


def no_such(name: str, wanted: str, param: str) -> dict[str, Any]:
    return body(f"No such {name}: '{wanted}'", param, "resource_missing")


def told(answer: dict[str, Any]) -> dict[str, Any]:
    """An answer without the address of its log, which differs each time."""
    error = dict(answer["error"])
    assert error.pop("request_log_url").startswith("https://dashboard.stripe.com/test/logs/req_")
    return {"error": error}


LITERAL = {
    "parameter_unknown": {
        "error": {
            "code": "parameter_unknown",
            "doc_url": "https://stripe.com/docs/error-codes/parameter-unknown",
            "message": "Received unknown parameter: wat",
            "param": "wat",
            "type": "invalid_request_error",
        }
    },
    "parameter_missing": {
        "error": {
            "code": "parameter_missing",
            "doc_url": "https://stripe.com/docs/error-codes/parameter-missing",
            "message": "Missing required param: currency.",
            "param": "currency",
            "type": "invalid_request_error",
        }
    },
    "parameter_invalid_integer": {
        "error": {
            "code": "parameter_invalid_integer",
            "doc_url": "https://stripe.com/docs/error-codes/parameter-invalid-integer",
            "message": "Invalid integer: abc",
            "param": "limit",
            "type": "invalid_request_error",
        }
    },
    "resource_missing": {
        "error": {
            "code": "resource_missing",
            "doc_url": "https://stripe.com/docs/error-codes/resource-missing",
            "message": "No such customer: 'cus_aaa'",
            "param": "starting_after",
            "type": "invalid_request_error",
        }
    },
}
"""The four in full."""
