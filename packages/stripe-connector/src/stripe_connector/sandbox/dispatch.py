"""Which operations the sandbox carries out, and by what."""

from stripe_connector.catalogue import Operation
from stripe_connector.sandbox import transitions, version_two
from stripe_connector.sandbox.behaviour import ACTIONS, UNDONE
from stripe_connector.sandbox.verbs import VERBS, Verb


def verb_of(operation: Operation) -> Verb | None:
    """What carries the operation out: a behaviour of its own, the verb that is the same for all
    objects, or a change of state. None for what the sandbox doesn't do."""
    verb = ACTIONS.get(operation.id)
    if verb is not None or operation.id in UNDONE or not operation.returns:
        return verb
    generic = version_two.VERBS if operation.v2 else VERBS
    return generic.get(operation.action) or transitions.verb(operation.id)
