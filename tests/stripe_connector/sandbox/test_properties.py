"""What holds for every request, whatever is in it."""

from urllib.parse import urlencode

from hypothesis import given, settings
from hypothesis import strategies as st
from stripe_connector.sandbox.behaviour.subscription import later

from tests.stripe_connector.sandbox.direct import REGISTRY, Direct


def _names(api_call: str) -> list[str]:
    request = REGISTRY.catalogue.request(REGISTRY.catalogue.api_calls[api_call])
    return [
        path.replace("[]", ".0").replace(".*", ".any").replace(".", "[", 1).replace(".", "][")
        + ("]" if "." in path.replace("[]", ".").replace(".*", ".") else "")
        for path, _ in request.walk()
    ]


_API_CALLS = {
    "/v1/customers": _names("customers.create"),
    "/v1/prices": _names("prices.create"),
    "/v1/subscriptions": _names("subscriptions.create"),
    "/v1/payment_intents": _names("payment_intents.create"),
    "/v1/invoiceitems": _names("invoice_items.create"),
}
_VALUES = st.one_of(
    st.text(max_size=8),
    st.sampled_from(["", "1", "-1", "true", "usd", "now", "month", "pm_card_visa", "cus_1", "1e9"]),
)


@st.composite
def _requests(draw: st.DrawFn) -> tuple[str, bytes]:
    path = draw(st.sampled_from(sorted(_API_CALLS)))
    names = st.one_of(st.sampled_from(_API_CALLS[path]), st.text("a[]0bc", max_size=6))
    return path, urlencode(draw(st.lists(st.tuples(names, _VALUES), max_size=6))).encode()


@settings(max_examples=300, deadline=None)
@given(_requests())
def test_no_request_breaks_the_sandbox_and_a_refused_one_leaves_nothing(
    request: tuple[str, bytes],
) -> None:
    path, form = request
    sandbox = Direct()
    status, body = sandbox.send("POST", path, form)
    assert status in (200, 400, 402), body
    if status == 400:
        assert body["error"]["message"]
        assert sandbox.everything() == {}
    if status == 200:
        assert sandbox.send("GET", f"{path}/{body['id']}") == (200, body)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.one_of(st.none(), st.integers(0, 30)), max_size=40),
    st.integers(1, 7),
    st.booleans(),
)
def test_walking_a_list_finds_everything_once(
    steps: list[int | None], size: int, backwards: bool
) -> None:
    """A step creates a customer (None) or deletes one of those that are there."""
    sandbox = Direct()
    there: list[str] = []
    for step in steps:
        if step is None:
            there.append(sandbox.send("POST", "/v1/customers")[1]["id"])
        elif there:
            gone = there.pop(step % len(there))
            assert sandbox.send("DELETE", f"/v1/customers/{gone}")[0] == 200
    cursor, seen = "", list[str]()
    if backwards:
        if not there:
            return
        seen = [there[0]]
        cursor = f"&ending_before={there[0]}"
    more = True
    while more:
        _, page = sandbox.send("GET", "/v1/customers", f"limit={size}{cursor}".encode())
        ids = [row["id"] for row in page["data"]]
        more = page["has_more"]
        assert len(ids) == size or not more
        seen = ids + seen if backwards else seen + ids
        if ids:
            cursor = f"&ending_before={ids[0]}" if backwards else f"&starting_after={ids[-1]}"
    assert seen == there[::-1]


@given(
    st.integers(0, 4_000_000_000),
    st.sampled_from(["day", "week", "month", "year"]),
    st.integers(1, 12),
)
def test_a_period_ends_after_it_began(start: int, interval: str, count: int) -> None:
    end = later(start, interval, count)
    days = {"day": 1, "week": 7, "month": 28, "year": 365}[interval] * count
    assert end - start >= days * 86400
    assert (end - start) % 86400 == 0
    assert later(start, interval, count) < later(start, interval, count + 1)


def test_a_month_that_is_too_short_ends_on_its_last_day() -> None:
    january_31 = 1_738_281_600
    assert later(january_31, "month", 1) - january_31 == 28 * 86400
