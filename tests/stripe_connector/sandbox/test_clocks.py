"""Lists leave out what belongs to a test clock, unless they are asked for it."""

import pytest

from tests.stripe_connector.sandbox.direct import Direct, made


@pytest.fixture
def sandbox() -> Direct:
    return Direct()


def ids(sandbox: Direct, path: str, query: str = "") -> list[str]:
    status, body = sandbox.send("GET", path, query.encode())
    assert status == 200, body
    return [row["id"] for row in body["data"]]


def test_customers_of_a_clock(sandbox: Direct) -> None:
    clock = made(sandbox, "/v1/test_helpers/test_clocks", "frozen_time=2000")["id"]
    plain = made(sandbox, "/v1/customers")["id"]
    timed = made(sandbox, "/v1/customers", f"test_clock={clock}")["id"]
    assert ids(sandbox, "/v1/customers") == [plain]
    assert ids(sandbox, "/v1/customers", f"test_clock={clock}") == [timed]


def test_what_belongs_to_such_a_customer(sandbox: Direct) -> None:
    clock = made(sandbox, "/v1/test_helpers/test_clocks", "frozen_time=2000")["id"]
    customer = made(sandbox, "/v1/customers", f"test_clock={clock}")["id"]
    price = made(
        sandbox,
        "/v1/prices",
        "currency=usd&unit_amount=1&recurring[interval]=day&product_data[name]=x",
    )["id"]
    form = f"customer={customer}&items[0][price]={price}&trial_period_days=1"
    subscription = made(sandbox, "/v1/subscriptions", form)
    assert subscription["test_clock"] == clock
    invoice = subscription["latest_invoice"]
    for path, own in (("/v1/subscriptions", subscription["id"]), ("/v1/invoices", invoice)):
        assert ids(sandbox, path) == []
        assert ids(sandbox, path, f"customer={customer}") == [own]
    assert ids(sandbox, "/v1/subscriptions", f"test_clock={clock}") == [subscription["id"]]


def test_a_clock_goes_forward(sandbox: Direct) -> None:
    clock = made(sandbox, "/v1/test_helpers/test_clocks", "frozen_time=2000")["id"]
    path = f"/v1/test_helpers/test_clocks/{clock}"
    assert made(sandbox, f"{path}/advance", "frozen_time=3000")["frozen_time"] == 3000
    assert sandbox.send("GET", path)[1]["frozen_time"] == 3000
