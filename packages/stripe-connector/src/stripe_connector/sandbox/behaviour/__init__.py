"""What is special about single resources: everything else is done generically."""

from collections.abc import Mapping

from stripe_connector.sandbox.turn import Behaviour
from stripe_connector.sandbox.verbs import Verb

BEHAVIOURS: Mapping[str, Behaviour] = {}
"""By resource id."""

ACTIONS: Mapping[str, Verb] = {}
"""By operation id: what is no create, retrieve, update, delete, list or search, or is one with
a meaning of its own."""
