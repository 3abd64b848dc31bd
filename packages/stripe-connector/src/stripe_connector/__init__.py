"""Stripe as a source and a target: the whole API, safe writes, and a local sandbox.

Importing this package loads nothing heavy; `Stripe` comes with its first use.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from stripe_connector.stripe import Stripe

__all__ = ["Stripe"]


def __getattr__(name: str) -> Any:
    """Loads `Stripe` when it is asked for."""
    if name == "Stripe":
        from stripe_connector.stripe import Stripe

        return Stripe
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
