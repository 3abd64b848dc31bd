"""Files, and the reports of balance transactions that are written to them.

Reports: docs.stripe.com/reports/report-types/balance.

Amounts are decimals in major units; times have seconds, as in Stripe's CSV.
"""

import csv
import io
import mimetypes
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, tzinfo
from decimal import Decimal
from pathlib import PurePath
from typing import NamedTuple, cast
from zoneinfo import ZoneInfo

from connector_sdk import JSON

from stripe_connector.catalogue import minor_units
from stripe_connector.sandbox.refusal import RefusalError, missing
from stripe_connector.sandbox.request import Contents
from stripe_connector.sandbox.store import Body, Stored
from stripe_connector.sandbox.turn import Behaviour, Turn
from stripe_connector.sandbox.verbs import Verb, list_, retrieve

Row = Mapping[str, str]


class Report(NamedTuple):
    """`rows` takes balance lines, oldest first, and the start of the interval."""

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
        group = str(line["reporting_category"]), str(line["currency"])
        known = sums.setdefault(group, [0, 0, 0, 0])
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
    """Without payouts."""
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
"""By id."""


def as_csv(columns: Sequence[str], rows: Iterable[Row]) -> bytes:
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, columns, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode()


PENDING = 2
"""Seconds that a run is pending."""


def before_create(turn: Turn, params: Body) -> None:
    if "report_type" not in params:
        raise missing("report_type")
    report = REPORTS.get(str(params["report_type"]))
    if report is None:
        raise RefusalError(
            400,
            f"The sandbox has no report type {params['report_type']!r}; it has "
            f"{', '.join(REPORTS)}.",
            "",
            "report_type",
        )
    given = params.get("parameters")
    parameters = given if isinstance(given, dict) else {}
    for name in ("interval_start", "interval_end"):
        if name not in parameters:
            raise missing(f"parameters[{name}]")
    if cast(int, parameters["interval_start"]) >= cast(int, parameters["interval_end"]):
        raise RefusalError(
            400,
            "The interval_start has to be before the interval_end.",
            "",
            "parameters[interval_start]",
        )
    _check_columns(report, parameters.get("columns"))


def _check_columns(report: Report, columns: JSON) -> None:
    for column in columns if isinstance(columns, list) else []:
        if column not in report.columns:
            raise RefusalError(
                400,
                f"The report {report.id} has no column {column!r}.",
                "",
                "parameters[columns]",
            )


def after_create(turn: Turn, stored: Stored, params: Body) -> None:
    stored.body.update(status="pending", result=None, error=None, succeeded_at=None)
    stored.body["parameters"] = params["parameters"]


def retrieve_run(turn: Turn) -> Body:
    """Completes the run if it is due."""
    stored = turn.peek("reporting.report_run", turn.path["report_run"])
    if stored is not None:
        _ripen(turn, stored)
    return retrieve(turn)


def list_runs(turn: Turn) -> Body:
    for stored in list(turn.work.account.live("reporting.report_run")):
        _ripen(turn, stored)
    return list_(turn)


def _ripen(turn: Turn, stored: Stored) -> None:
    created = cast(int, stored.body["created"])
    if stored.body["status"] != "pending" or turn.now < created + PENDING:
        return
    parameters = cast(Body, stored.body["parameters"])
    report = REPORTS[str(stored.body["report_type"])]
    start, end = (cast(int, parameters[name]) for name in ("interval_start", "interval_end"))
    lines = [
        line.body
        for line in turn.work.account.live("balance_transaction")
        if cast(int, line.body["created"]) < end
        and all(
            line.body[name] == parameters.get(name, line.body[name])
            for name in ("currency", "reporting_category")
        )
    ]
    columns = cast("list[str]", parameters.get("columns") or report.columns)
    zone = ZoneInfo(str(parameters.get("timezone") or "Etc/UTC"))
    data = as_csv(columns, report.rows(lines, start, zone))
    result = write(turn, f"{stored.id}.csv", data, "finance_report_run")
    body = turn.work.edit(stored)
    body.update(status="succeeded", succeeded_at=turn.now, result=dict(result.body))


def list_types(turn: Turn) -> Body:
    data: list[JSON] = [_type(report) for report in REPORTS.values()]
    return {"object": "list", "url": turn.api_call.path, "has_more": False, "data": data}


def retrieve_type(turn: Turn) -> Body:
    report = REPORTS.get(turn.path["report_type"])
    if report is None:
        raise RefusalError(
            404,
            f"No such reporting report type: '{turn.path['report_type']}'",
            "resource_missing",
            "report_type",
        )
    return _type(report)


def _type(report: Report) -> Body:
    return {
        "id": report.id,
        "object": "reporting.report_type",
        "data_available_end": 4102444800,
        "data_available_start": 0,
        "default_columns": list(report.columns),
        "livemode": False,
        "name": report.name,
        "updated": 0,
        "version": int(report.id.rpartition(".")[2]),
    }


def before_create_file(turn: Turn, params: Body) -> None:
    if not isinstance(params.get("file"), dict):
        raise missing("file")


def after_create_file(turn: Turn, stored: Stored, params: Body) -> None:
    known = params["file"]
    if isinstance(known, dict):
        stored.body["filename"] = known["filename"]
        stored.body["size"] = known["size"]
        stored.body["type"] = PurePath(str(known["filename"])).suffix.removeprefix(".") or None
        stored.private["contents"] = known["contents"]


def write(turn: Turn, name: str, data: bytes, purpose: str) -> Stored:
    kept = b64encode(data).decode()
    file: Body = {"filename": name, "size": len(data), "contents": kept}
    return turn.create("file", {"purpose": purpose, "file": file})


def contents(turn: Turn) -> Contents:
    """On Stripe's host for files."""
    stored = turn.find("file", turn.path["file"])
    kind, _ = mimetypes.guess_type(str(stored.body["filename"]))
    data = b64decode(str(stored.private.get("contents", "")))
    return Contents(data, kind or "application/octet-stream")


def after_update_link(turn: Turn, link: Stored, params: Body) -> None:
    if params.get("expires_at") == "now":
        link.body.update(expires_at=turn.now, expired=True)


BEHAVIOURS: Mapping[str, Behaviour] = {
    "reporting.report_run": Behaviour(before_create=before_create, after_create=after_create),
    "file": Behaviour(before_create=before_create_file, after_create=after_create_file),
    "file_link": Behaviour(after_update=after_update_link),
}
ACTIONS: Mapping[str, Verb] = {
    "reporting.report_runs.retrieve": retrieve_run,
    "reporting.report_runs.list": list_runs,
    "reporting.report_types.list": list_types,
    "reporting.report_types.retrieve": retrieve_type,
    "files.contents": contents,
}
