"""A project that reads invoices, charges and a report of a sandbox into files."""

from pathlib import Path

KEY = "sk_test_reading"

STRIPE = """\
connector: stripe
connection:
  api_key: ${{env:STRIPE_API_KEY}}
  address: {address}
activities:
  invoices:
    type: search
    on: invoices
    complete: [lines]
    readable: true
  charges:
    type: read
    on: charges
    ids: [{charges}]
    readable: true
  report:
    type: read
    on: reporting.report_runs
    action: rows
    parameters:
      report_type: balance_change_from_activity.itemized.3
      parameters:
        interval_start: 1
        interval_end: 4102444800
        columns: [source_id, gross, currency]
  pdfs:
    type: read
    on: quotes
    action: pdf
    ids: [{quotes}]
    folder: out/pdfs
"""

FILES = """\
connector: files
activities:
  invoices:
    type: write
    path: out/invoices.jsonl
  charges:
    type: write
    path: out/charges.csv
  report:
    type: write
    path: out/report.csv
  pdfs:
    type: write
    path: out/pdfs.csv
"""

CHARGES = """\
source: stripe/charges
target: files/charges
mapping:
  - to: id
    from: id
  - to: amount
    from: readable.amount.decimal
  - to: currency
    from: readable.amount.currency
  - to: created
    from: readable.created
"""


def write_project(folder: Path, address: str, charges: list[str], quotes: list[str]) -> None:
    for name in ("endpoints", "operations"):
        (folder / name).mkdir(parents=True)
    (folder / "project.yaml").write_text("name: reading\n")
    stripe = STRIPE.format(address=address, charges=", ".join(charges), quotes=", ".join(quotes))
    (folder / "endpoints" / "stripe.yaml").write_text(stripe)
    (folder / "endpoints" / "files.yaml").write_text(FILES)
    for name in ("invoices", "report", "pdfs"):
        operation = f"source: stripe/{name}\ntarget: files/{name}\n"
        (folder / "operations" / f"{name}.yaml").write_text(operation)
    (folder / "operations" / "charges.yaml").write_text(CHARGES)
