"""Transport: the only place that talks HTTP to Stripe."""

from stripe_connector.client.answer import Answer
from stripe_connector.client.client import Client
from stripe_connector.client.clock import HORIZON, HORIZON_V2, Clock, Earlier, horizon
from stripe_connector.client.decision import Retry
from stripe_connector.client.settings import ADDRESSES, Settings
from stripe_connector.client.transport import Transport, Transports
from stripe_connector.client.upload import FAULTS, Params

__all__ = [
    "ADDRESSES",
    "FAULTS",
    "HORIZON",
    "HORIZON_V2",
    "Answer",
    "Client",
    "Clock",
    "Earlier",
    "Params",
    "Retry",
    "Settings",
    "Transport",
    "Transports",
    "horizon",
]
