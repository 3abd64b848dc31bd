"""Restricted keys: what each may read and write.

Permissions are called as Stripe calls them in its errors, after the name of the object:
`rak_customer_read`, `rak_payment_intent_write`. To write means to read, too.
"""

from collections.abc import Iterable, Mapping

from stripe_connector.catalogue import Catalogue, Operation
from stripe_connector.sandbox.refusal import RefusalError

_SHOWN = 4


class UnknownPermissionError(ValueError):
    """No operation asks for this permission."""


class Permissions:
    """`restricted` has the permissions of each key that hasn't all of them. Raises
    UnknownPermissionError for one that no operation asks for."""

    def __init__(self, catalogue: Catalogue, restricted: Mapping[str, Iterable[str]]) -> None:
        self._catalogue = catalogue
        self._restricted = {key: frozenset(names) for key, names in restricted.items()}
        known = {self.needed(operation) for operation in catalogue.operations.values()}
        for name in sorted(frozenset[str]().union(*self._restricted.values()) - known):
            raise UnknownPermissionError(
                f"there is no permission {name}; they are like rak_customer_read"
            )

    def check(self, key: str, operation: Operation, account: str) -> None:
        """Raises RefusalError 403, which names the permission."""
        held = self._restricted.get(key)
        if held is None:
            return
        needed = self.needed(operation)
        if needed in held or f"{needed.removesuffix('_read')}_write" in held:
            return
        shown = f"{key[:8]}{'*' * 10}{key[-_SHOWN:]}"
        raise RefusalError(
            403,
            f"The provided key '{shown}' does not have the required permissions for this "
            f"endpoint on account '{account}'. Having the '{needed}' permission would allow this "
            "request to continue.",
        )

    def needed(self, operation: Operation) -> str:
        """The permission that an operation asks for."""
        answered = (operation.returns, *operation.returns_any)
        name = next((self._catalogue.resource(each).object_name for each in answered if each), "")
        noun = (name or operation.object.replace(".", "_").removesuffix("s")).replace(".", "_")
        return f"rak_{noun}_{'read' if operation.method == 'GET' else 'write'}"
