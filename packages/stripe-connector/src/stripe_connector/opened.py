"""An account as callers from Python have it open."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from stripe_connector.activities.choices.offers import Offer
    from stripe_connector.connection import StripeConnection


class Opened:
    """What reading and writing share; `Stripe` opens and closes it."""

    _connection: "StripeConnection | None" = None

    @property
    def _opened(self) -> "StripeConnection":
        if self._connection is None:
            raise RuntimeError("Open it first: `async with Stripe(...) as stripe:`.")
        return self._connection

    def _offer(self, type: str, object: str, action: str) -> "Offer":
        from stripe_connector.activities.choices.offers import offer_for

        opened = self._opened
        return offer_for(opened.catalogue, type, object, action, opened.mode)
