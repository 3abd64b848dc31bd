"""A temporary project, and the file that its import reads."""

import csv
from pathlib import Path

KEY = "sk_test_benchmark"
EXPORTS = {
    "export customers": "customers.jsonl",
    "export mapped": "mapped.jsonl",
    "export csv": "customers.csv",
    "export parquet": "customers.parquet",
}
"""The exports by name, each with the file that it writes."""
IMPORT = "import customers"

_ENDPOINT = """\
connector: stripe
connection:
  api_key: ${{env:STRIPE_API_KEY}}
  address: {address}
activities:
  all customers: {{type: search, on: customers}}
  new customer: {{type: create, on: customers}}
"""
_FILES = """\
connector: files
connection: {folder: .}
activities:
  customers: {type: read, path: former.csv}
"""
_EXPORT = """\
source: stripe/all customers
target: files/NAME
"""
_MAPPING = """\
mapping:
  - {to: id, from: id}
  - {to: name, from: name, steps: [trim]}
  - {to: email, from: email, steps: [trim, lower]}
  - {to: phone, from: phone}
  - {to: city, from: address.city}
  - {to: country, from: address.country}
  - {to: line1, from: address.line1}
  - {to: postal_code, from: address.postal_code}
  - {to: crm_id, from: metadata.crm_id}
  - {to: plan, from: metadata.plan, steps: [upper]}
  - {to: method, from: invoice_settings.default_payment_method}
  - {to: balance, from: balance}
"""
_IMPORT = """\
source: files/customers
identity: crm_id
mapping:
  - {to: name, from: full_name, steps: [trim]}
  - {to: email, from: email, steps: [trim, lower]}
  - {to: phone, from: phone, steps: [trim, skip_when_blank]}
  - {to: address.country, from: country, steps: [trim, upper]}
  - to: balance
    from: balance
    steps:
      - skip_when_blank
      - money_to_minor: {currency_from: currency}
  - {to: metadata.crm_id, from: crm_id}
target: stripe/new customer
"""


def make_project(folder: Path, address: str) -> Path:
    """A project whose Stripe is at `address`; without the CSV file of its import."""
    files = _FILES + "".join(
        f"  {name}: {{type: write, path: {path}}}\n" for name, path in EXPORTS.items()
    )
    exports = {name: _EXPORT.replace("NAME", name) for name in EXPORTS}
    exports["export mapped"] += _MAPPING
    for name, text in (
        ("project.yaml", "name: bench\n"),
        ("endpoints/stripe.yaml", _ENDPOINT.format(address=address)),
        ("endpoints/files.yaml", files),
        (f"operations/{IMPORT}.yaml", _IMPORT),
        *((f"operations/{name}.yaml", text) for name, text in exports.items()),
    ):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


def make_csv(path: Path, records: int) -> Path:
    """Customers of a former billing system, each with an identity of its own."""
    with path.open("w", newline="") as file:
        write = csv.writer(file).writerow
        write(("crm_id", "full_name", "email", "phone", "country", "currency", "balance"))
        for number in range(1, records + 1):
            phone = f"+4420{number:08d}" if number % 3 else ""
            balance = f"-{number % 90}.50" if number % 4 == 0 else ""
            write(
                (
                    f"C-{number:08d}",
                    f" Ada Archer {number} ",
                    f"Customer.{number}@Example.com",
                    phone,
                    "gb",
                    "gbp",
                    balance,
                )
            )
    return path
