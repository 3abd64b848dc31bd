"""What the sandbox does of Stripe's API, as docs/sandbox.md shows it."""

from collections import Counter
from collections.abc import Iterator

from stripe_connector.catalogue import Operation, load
from stripe_connector.sandbox.dispatch import UNDONE, verb_of

GENERIC = ("create", "retrieve", "update", "delete", "list", "search")
OTHERS = "other actions"


def coverage() -> Iterator[str]:
    """How many operations it carries out, and which it refuses and why."""
    operations = list(load().operations.values())
    all_of = Counter(map(_kind, operations))
    done = Counter(_kind(each) for each in operations if verb_of(each) is not None)
    yield "| | Stripe has | the sandbox does |"
    yield "|---|---|---|"
    for kind in (*GENERIC, OTHERS):
        yield f"| {kind} | {all_of[kind]} | {done[kind]} |"
    yield f"| in all | {len(operations)} | {done.total()} |"
    yield ""
    yield "| refused | because |"
    yield "|---|---|"
    for each in sorted(operations, key=lambda each: each.id):
        if verb_of(each) is None:
            yield f"| `{each.id}` | {UNDONE[each.id]} |"


def _kind(operation: Operation) -> str:
    return operation.action if operation.action in GENERIC else OTHERS
