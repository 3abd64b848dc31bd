"""A small Stripe: stateful, local, without an account. It speaks real HTTP, so that any Stripe
client can use it."""

from stripe_connector.sandbox.journal import AlreadyServedError
from stripe_connector.sandbox.request import Fault, SandboxRequest
from stripe_connector.sandbox.search_index import Searching
from stripe_connector.sandbox.server import Sandbox

__all__ = ["AlreadyServedError", "Fault", "Sandbox", "SandboxRequest", "Searching"]
