"""Report runs: pending for a moment, then with a file of the account's balance transactions."""

from collections.abc import Mapping
from typing import cast
from zoneinfo import ZoneInfo

from connector_sdk import JSON

from stripe_connector.sandbox.behaviour import file
from stripe_connector.sandbox.behaviour.report import REPORTS, Report, as_csv
from stripe_connector.sandbox.refusal import RefusalError, missing
from stripe_connector.sandbox.store import Body, Stored
from stripe_connector.sandbox.turn import Behaviour, Turn
from stripe_connector.sandbox.verbs import Verb, list_, retrieve

PENDING = 2
"""Seconds of the sandbox's clock for which a report run is pending."""


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


def read(turn: Turn) -> Body:
    """GET of one run, which is finished by then if its moment is over."""
    stored = turn.peek("reporting.report_run", turn.path["report_run"])
    if stored is not None:
        _ripen(turn, stored)
    return retrieve(turn)


def listed(turn: Turn) -> Body:
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
    result = file.write(turn, f"{stored.id}.csv", data, "finance_report_run")
    body = turn.work.edit(stored)
    body.update(status="succeeded", succeeded_at=turn.now, result=dict(result.body))


def types(turn: Turn) -> Body:
    data: list[JSON] = [_type(report) for report in REPORTS.values()]
    return {"object": "list", "url": turn.operation.path, "has_more": False, "data": data}


def one_type(turn: Turn) -> Body:
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


BEHAVIOURS: Mapping[str, Behaviour] = {
    "reporting.report_run": Behaviour(before_create=before_create, after_create=after_create),
}
ACTIONS: Mapping[str, Verb] = {
    "reporting.report_runs.retrieve": read,
    "reporting.report_runs.list": listed,
    "reporting.report_types.list": types,
    "reporting.report_types.retrieve": one_type,
}
