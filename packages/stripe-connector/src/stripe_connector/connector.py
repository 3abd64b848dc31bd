"""Stripe as the contract sees it; found by the entry point `stripe`."""

import importlib.metadata
from collections.abc import Mapping, Sequence

from connector_sdk import CONTRACT, JSON, ActivityType, Connection, Form, Host


class StripeConnector:
    """Stripe: the whole API, generic from its catalogue. Loads what it needs when asked."""

    name = "stripe"
    label = "Stripe"
    version = importlib.metadata.version("stripe-connector")
    contract = CONTRACT
    oldest_agent = "10.1"
    logger = "stripe_connector"

    def form(self) -> Form:
        """The settings of a connection."""
        from stripe_connector.settings import connection_form

        return connection_form()

    def activity_types(self) -> Sequence[ActivityType]:
        """Search, Read, Create, Update, Delete."""
        from stripe_connector.activities.choices.verbs import TYPES

        return TYPES

    async def connect(self, settings: Mapping[str, JSON], host: Host) -> Connection:
        """A connection, not yet opened. Raises SettingError."""
        from stripe_connector.connection import StripeConnection
        from stripe_connector.settings import read_settings

        return StripeConnection(read_settings(settings), host)
