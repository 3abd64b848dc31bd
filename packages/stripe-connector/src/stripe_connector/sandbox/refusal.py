"""Stripe's errors (docs.stripe.com/error-codes, published recordings)."""

from collections.abc import Iterable, Mapping

from connector_sdk import JSON, shown

from stripe_connector.wire import error_body

INVALID = "invalid_request_error"


class RefusalError(Exception):
    """An answer other than 2xx.

    `stored`: an idempotency key remembers it. `kept`: changes made so far stay, as after a declined
    card.
    """

    def __init__(
        self,
        status: int,
        message: str,
        code: str = "",
        param: str = "",
        *,
        type: str = INVALID,
        stored: bool = False,
        kept: bool = False,
        more: Mapping[str, JSON] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.stored = stored
        self.kept = kept
        self.body = error_body(type, _text(message), code, _text(param), **(more or {}))


def _text(said: str) -> str:
    """Headers and paths need not be valid text."""
    return said.encode("utf-8", "replace").decode()


def not_allowed(message: str, code: str = "", param: str = "") -> RefusalError:
    """An idempotency key remembers this."""
    return RefusalError(400, message, code, param, stored=True)


def missing(param: str) -> RefusalError:
    return RefusalError(400, f"Missing required param: {param}.", "parameter_missing", param)


def unknown(params: Iterable[str]) -> RefusalError:
    names = list(params)
    plural = "s" if len(names) > 1 else ""
    return RefusalError(
        400,
        f"Received unknown parameter{plural}: {', '.join(names)}",
        "parameter_unknown",
        names[0],
    )


def empty(param: str) -> RefusalError:
    return RefusalError(
        400,
        f"You passed an empty string for '{param}'. It can't be unset; leave it out or give a "
        "value.",
        "parameter_invalid_empty",
        param,
    )


def invalid(kind: str, value: object, param: str, code: str = "") -> RefusalError:
    """`kind` is "integer", "boolean", "array" …"""
    return RefusalError(400, f"Invalid {kind}: {shown(value)}", code, param)


def wrong_choice(param: str, choices: Iterable[object]) -> RefusalError:
    names = [str(choice) for choice in choices]
    listed = ", ".join(names[:-1]) + f", or {names[-1]}" if len(names) > 2 else " or ".join(names)
    return RefusalError(400, f"Invalid {param}: must be one of {listed}", "", param)


_CALLED = {"payment_method": "PaymentMethod"}


def no_such(object_name: str, id: str, param: str, status: int = 404) -> RefusalError:
    """Status 404 for an id in the path, 400 in the parameters."""
    called = _CALLED.get(object_name, object_name)
    return RefusalError(status, f"No such {called}: '{shown(id)}'", "resource_missing", param)


def unrecognised(method: str, path: str, why: str = "") -> RefusalError:
    text = f"Unrecognized request URL ({method}: {shown(path)})."
    return RefusalError(404, f"{text} {why}".rstrip())


def too_large(most: int) -> RefusalError:
    return RefusalError(413, f"This request is larger than the {most:,} bytes that are allowed.")


def no_key() -> RefusalError:
    return RefusalError(
        401,
        "You did not provide an API key. Provide it in the Authorization header, by Bearer or "
        "as the user name of basic authentication.",
    )


def wrong_key() -> RefusalError:
    return RefusalError(
        401,
        "Invalid API Key provided. The sandbox takes any secret or restricted key of test mode.",
    )


def no_account(account: str) -> RefusalError:
    return RefusalError(
        403,
        f"The provided key does not have access to account '{shown(account)}' (or that account "
        "does not exist).",
        "account_invalid",
    )


def wrong_version(version: str) -> RefusalError:
    return RefusalError(400, f"Invalid Stripe API version: {shown(version)}")


def no_version() -> RefusalError:
    return RefusalError(400, "Stripe-Version is required: API v2 has no default version.")


def key_mismatch(key: str, status: int = 400) -> RefusalError:
    return RefusalError(
        status,
        "Keys for idempotent requests can only be used with the same parameters they were "
        f"first used with. Try using a key other than '{shown(key)}' if you meant to execute a "
        "different request.",
        type="idempotency_error",
    )


def key_in_use(key: str) -> RefusalError:
    return RefusalError(
        409,
        f"There is currently another in-progress request using the idempotency key "
        f"'{shown(key)}'. Wait for it to finish, then send the request again.",
        "idempotency_key_in_use",
        type="idempotency_error",
    )
