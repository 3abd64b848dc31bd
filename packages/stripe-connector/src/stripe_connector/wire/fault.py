"""The fault of a request that can't stand on the wire, in either direction."""

from connector_sdk import Problem, RefusedError, shown


class WireError(RefusedError):
    """A request can't be written, or was not written as Stripe's API wants it.

    `key` is the parameter as it stands on the wire ("items[0][price]"); "" where the fault
    has no single place.
    """

    def __init__(self, key: str, message: str, remedy: str, code: str = "malformed_request"):
        self.key = key
        super().__init__(Problem(code, message, remedy, path=shown(key)))
