"""What Stripe can do: every API call of its API with its parameters, and every resource.

The data is generated from the source of the official SDK by scripts/build_catalogue.py; what
the SDK does not tell is stated by hand in `overlays`. Importing this package reads nothing.
"""

from stripe_connector.catalogue.catalogue import Catalogue, load
from stripe_connector.catalogue.model import ApiCall, Resource
from stripe_connector.catalogue.overlay import minor_units

__all__ = ["ApiCall", "Catalogue", "Resource", "load", "minor_units"]
