"""A small, stateful, local Stripe that any Stripe client can use over HTTP."""

from stripe_connector.sandbox.journal import AlreadyServedError
from stripe_connector.sandbox.request import Fault, SandboxRequest
from stripe_connector.sandbox.server import Sandbox
from stripe_connector.sandbox.store import Searching

__all__ = ["AlreadyServedError", "Fault", "Sandbox", "SandboxRequest", "Searching"]
