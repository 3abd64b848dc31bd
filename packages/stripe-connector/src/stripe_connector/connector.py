"""Stripe as the contract sees it; found by the entry point `stripe`."""

import importlib.metadata
import importlib.resources
from collections.abc import Mapping, Sequence

from connector_sdk import CONTRACT, JSON, ActivityType, Connection, FirstProject, Form, Host


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

    def first_project(self) -> FirstProject:
        """Customers from a file into the sandbox, and back."""
        folder = importlib.resources.files("stripe_connector") / "first_project"
        return FirstProject.of(folder, "import customers")

    async def connect(self, settings: Mapping[str, JSON], host: Host) -> Connection:
        """A connection, not yet opened. Raises SettingError."""
        from stripe_connector.connection import StripeConnection
        from stripe_connector.settings import read_settings

        return StripeConnection(read_settings(settings), host)
