"""The simulated Stripe keeps its word about keys: what the simulation finds hangs on that."""

import pytest

from tests.simulation.stripe import KEPT, Reply, Request, Stripe, Work
from tests.simulation.world import World


class Caller:
    """Sends requests and waits for their answers."""

    def __init__(self) -> None:
        self.world = World("caller")
        self.stripe = Stripe(self.world)

    def begin(self, request: Request, work: Work | None = None) -> list[Reply]:
        replies: list[Reply] = []
        self.stripe.arrive(request, work or Work(), replies.append)
        return replies

    def send(self, request: Request, work: Work | None = None) -> Reply:
        replies = self.begin(request, work)
        self.world.advance(self.world.now + 10)
        (reply,) = replies
        return reply


@pytest.fixture
def caller() -> Caller:
    return Caller()


def create(name: str = "Ada", key: str = "k1") -> Request:
    params = {"name": name, "metadata": {"crm_id": "C1"}}
    return Request("POST", "/v1/customers", params, key)


def test_a_key_is_done_once_and_answered_again(caller: Caller) -> None:
    first, second = caller.send(create()), caller.send(create())
    assert first.body == second.body
    assert (first.replayed, second.replayed) == (False, True)
    assert len(caller.stripe.effects) == 1


def test_other_parameters_under_a_key_are_refused(caller: Caller) -> None:
    caller.send(create())
    other = caller.send(create("Eve"))
    assert (other.status, other.body["error"]["type"]) == (400, "idempotency_error")


def test_a_key_is_in_use_while_the_first_is_executed(caller: Caller) -> None:
    caller.begin(create(), Work(60.0))
    assert caller.send(create()).status == 409
    caller.world.advance(100.0)
    assert caller.send(create()).status == 200
    assert len(caller.stripe.effects) == 1


@pytest.mark.parametrize(("end", "effects"), [("broken before", 0), ("broken after", 1)])
def test_a_failure_is_stored(caller: Caller, end: str, effects: int) -> None:
    assert caller.send(create(), Work(end=end)).status == 500
    again = caller.send(create())
    assert (again.status, again.replayed) == (500, True)
    assert len(caller.stripe.effects) == effects


def test_a_refusal_before_the_execution_is_not_stored(caller: Caller) -> None:
    refused = caller.send(create("refuse me"))
    assert (refused.status, caller.send(create()).status) == (400, 200)


def test_a_key_is_forgotten_after_a_day(caller: Caller) -> None:
    caller.send(create())
    caller.world.advance(KEPT + 20)
    assert not caller.send(create()).replayed
    assert len(caller.stripe.effects) == 2


def test_lists_are_newest_first_within_their_window(caller: Caller) -> None:
    for number in range(3):
        caller.send(create(key=f"k{number}"))
    newest, *_ = caller.stripe.objects.values()
    listed = Request("GET", "/v1/customers", {"limit": "2"}, "")
    page = caller.send(listed).body
    assert [each["id"] for each in page["data"]] == ["cus_000003", "cus_000002"]
    assert page["has_more"]
    after = {"starting_after": "cus_000002", "created": {"gte": str(newest["created"] + 1)}}
    assert caller.send(listed._replace(params=after)).body["data"] == []


def test_a_deleted_object_can_be_read_and_not_deleted_again(caller: Caller) -> None:
    caller.send(create())
    gone = Request("DELETE", "/v1/customers/cus_000001", {}, "")
    assert caller.send(gone).body["deleted"]
    assert caller.send(gone).status == 404
    assert caller.send(gone._replace(method="GET")).body["deleted"]
