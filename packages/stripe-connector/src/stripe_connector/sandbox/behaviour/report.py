"""What the reports of the sandbox hold: rows made of the account's balance transactions.

Names and columns are those of docs.stripe.com/reports/report-types/balance. Amounts are
decimals in major units, times are told to the second, as in Stripe's CSV.
"""

import csv
import io
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, tzinfo
from decimal import Decimal
from typing import NamedTuple, cast

from connector_sdk import JSON

from stripe_connector.catalogue import minor_units
from stripe_connector.sandbox.store import Body

Row = Mapping[str, str]


class Report(NamedTuple):
    """A report type. `rows` makes its rows of the lines of the balance, oldest first, from the
    beginning of the account to the end of the interval; `start` is where the interval begins."""

    id: str
    name: str
    columns: tuple[str, ...]
    rows: "Callable[[Sequence[Body], int, tzinfo], Iterable[Row]]"


def _itemized(lines: Sequence[Body], start: int, zone: tzinfo) -> Iterable[Row]:
    for line in _activity(lines, start):
        currency = str(line["currency"])
        created, available = cast(int, line["created"]), cast(int, line["available_on"])
        yield {
            "balance_transaction_id": str(line["id"]),
            "created_utc": _moment(created, UTC),
            "created": _moment(created, zone),
            "available_on_utc": _moment(available, UTC),
            "available_on": _moment(available, zone),
            "currency": currency,
            "gross": _major(line["amount"], currency),
            "fee": _major(line["fee"], currency),
            "net": _major(line["net"], currency),
            "reporting_category": str(line["reporting_category"]),
            "source_id": str(line["source"] or ""),
            "description": str(line["description"] or ""),
        }


def _summed(lines: Sequence[Body], start: int, zone: tzinfo) -> Iterable[Row]:
    sums: dict[tuple[str, str], list[int]] = {}
    for line in _activity(lines, start):
        place = str(line["reporting_category"]), str(line["currency"])
        known = sums.setdefault(place, [0, 0, 0, 0])
        for index, part in enumerate((1, line["amount"], line["fee"], line["net"])):
            known[index] += cast(int, part)
    for (category, currency), (count, gross, fee, net) in sorted(sums.items()):
        yield {
            "reporting_category": category,
            "currency": currency,
            "count": str(count),
            "gross": _major(gross, currency),
            "fee": _major(fee, currency),
            "net": _major(net, currency),
        }


def _balances(lines: Sequence[Body], start: int, zone: tzinfo) -> Iterable[Row]:
    for currency in sorted({str(line["currency"]) for line in lines}):
        mine = [line for line in lines if line["currency"] == currency]
        before = _net(line for line in mine if cast(int, line["created"]) < start)
        activity = _net(_activity(mine, start))
        payouts = _net(line for line in mine if cast(int, line["created"]) >= start) - activity
        for category, text, net in (
            ("starting_balance", "Starting balance", before),
            ("activity", "Activity", activity),
            ("payouts", "Less payouts", payouts),
            ("ending_balance", "Ending balance", before + activity + payouts),
        ):
            yield {
                "category": category,
                "description": text,
                "net_amount": _major(net, currency),
                "currency": currency,
            }


def _activity(lines: Iterable[Body], start: int) -> Iterable[Body]:
    """What changed the balance within the interval, besides payouts."""
    return (
        line
        for line in lines
        if cast(int, line["created"]) >= start and line["reporting_category"] != "payout"
    )


def _net(lines: Iterable[Body]) -> int:
    return sum(cast(int, line["net"]) for line in lines)


def _moment(seconds: int, zone: tzinfo) -> str:
    return datetime.fromtimestamp(seconds, zone).strftime("%Y-%m-%d %H:%M:%S")


def _major(amount: JSON, currency: str) -> str:
    return str(Decimal(cast(int, amount)).scaleb(-minor_units().get(currency, 2)))


REPORTS: Mapping[str, Report] = {
    report.id: report
    for report in (
        Report(
            "balance.summary.1",
            "Balance summary",
            ("category", "description", "net_amount", "currency"),
            _balances,
        ),
        Report(
            "balance_change_from_activity.itemized.3",
            "Itemized balance change from activity",
            (
                "balance_transaction_id",
                "created_utc",
                "created",
                "available_on_utc",
                "available_on",
                "currency",
                "gross",
                "fee",
                "net",
                "reporting_category",
                "source_id",
                "description",
            ),
            _itemized,
        ),
        Report(
            "balance_change_from_activity.summary.1",
            "Balance change from activity summary",
            ("reporting_category", "currency", "count", "gross", "fee", "net"),
            _summed,
        ),
    )
}
"""The report types that the sandbox has, by id."""


def as_csv(columns: Sequence[str], rows: Iterable[Row]) -> bytes:
    """The file, with every text in quotes where CSV needs it."""
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, columns, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode()
