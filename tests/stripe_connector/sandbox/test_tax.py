"""Tax calculations, transactions and their reversals, without any tax."""

from tests.stripe_connector.battery import shape
from tests.stripe_connector.sandbox.direct import Direct, made

LINES = "line_items[0][amount]=300&line_items[0][reference]=a&line_items[1][amount]=50"


def lines(sandbox: Direct, path: str) -> list[tuple[int, str, str]]:
    status, body = sandbox.send("GET", f"{path}/line_items")
    assert status == 200, body
    resource = {"tax.calculation_line_item", "tax.transaction_line_item"}
    assert {row["object"] for row in body["data"]} <= resource
    return [(row["amount"], row["reference"], row["id"]) for row in body["data"]]


def test_from_calculation_to_reversal() -> None:
    sandbox = Direct()
    found = made(sandbox, "/v1/tax/calculations", f"currency=eur&{LINES}")
    assert (found["amount_total"], found["tax_amount_exclusive"]) == (350, 0)
    calculated = lines(sandbox, f"/v1/tax/calculations/{found['id']}")
    assert [line[:2] for line in calculated] == [(300, "a"), (50, "L2")]
    form = f"calculation={found['id']}&reference=order-1"
    sale = made(sandbox, "/v1/tax/transactions/create_from_calculation", form)
    assert shape.resource_faults("tax.transaction", sale, "") == []
    recorded = lines(sandbox, f"/v1/tax/transactions/{sale['id']}")
    assert [line[:2] for line in recorded] == [(300, "a"), (50, "L2")]
    form = f"mode=full&original_transaction={sale['id']}&reference=refund-1"
    whole = made(sandbox, "/v1/tax/transactions/create_reversal", form)
    assert (whole["type"], whole["reversal"]) == ("reversal", {"original_transaction": sale["id"]})
    back = lines(sandbox, f"/v1/tax/transactions/{whole['id']}")
    assert [line[0] for line in back] == [-300, -50]
    form = f"mode=partial&original_transaction={sale['id']}&reference=refund-2"
    form += f"&line_items[0][original_line_item]={recorded[1][2]}&line_items[0][amount]=-20"
    form += "&line_items[0][amount_tax]=0&line_items[0][reference]=x"
    part = made(sandbox, "/v1/tax/transactions/create_reversal", form)
    assert [line[0] for line in lines(sandbox, f"/v1/tax/transactions/{part['id']}")] == [-20]
    for wrong in (
        f"mode=full&original_transaction={part['id']}&reference=r",
        f"mode=partial&original_transaction={sale['id']}&reference=r&flat_amount=-5",
    ):
        path = "/v1/tax/transactions/create_reversal"
        assert sandbox.send("POST", path, wrong.encode())[0] == 400
