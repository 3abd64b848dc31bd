"""What the sandbox does of Stripe's API, as docs/sandbox.md shows it."""

from collections import Counter
from collections.abc import Iterator

from stripe_connector.catalogue import ApiCall, load
from stripe_connector.sandbox.dispatch import UNDONE, verb_of

GENERIC = ("create", "retrieve", "update", "delete", "list", "search")
OTHERS = "other actions"


def coverage() -> Iterator[str]:
    """How many API calls it carries out, and which it refuses and why."""
    api_calls = list(load().api_calls.values())
    all_of = Counter(map(_kind, api_calls))
    done = Counter(_kind(each) for each in api_calls if verb_of(each) is not None)
    yield "| | Stripe has | the sandbox does |"
    yield "|---|---|---|"
    for kind in (*GENERIC, OTHERS):
        yield f"| {kind} | {all_of[kind]} | {done[kind]} |"
    yield f"| in all | {len(api_calls)} | {done.total()} |"
    yield ""
    yield "| refused | because |"
    yield "|---|---|"
    for each in sorted(api_calls, key=lambda each: each.id):
        if verb_of(each) is None:
            yield f"| `{each.id}` | {UNDONE[each.id]} |"


def _kind(api_call: ApiCall) -> str:
    return api_call.action if api_call.action in GENERIC else OTHERS
