"""What Stripe can do: every operation of its API with its parameters, and every resource.

The data is generated from the source of the official SDK by scripts/build_catalogue.py; what
the SDK does not tell is stated by hand in `overlays`. Importing this package reads nothing.
"""

from stripe_connector.catalogue.catalogue import Catalogue, load
from stripe_connector.catalogue.model import Operation, Resource
from stripe_connector.catalogue.overlay import minor_units

__all__ = ["Catalogue", "Operation", "Resource", "load", "minor_units"]
