"""A project that imports customers from a CSV file into a sandbox of the test."""

from pathlib import Path
from typing import Any

import aiohttp

CREATE = "POST /v1/customers"
KEY = "sk_test_crash"


def write_project(folder: Path, address: str, records: int) -> Path:
    """A project that imports customers.csv; the path of that file."""
    for name in ("endpoints", "operations"):
        (folder / name).mkdir(parents=True)
    (folder / "project.yaml").write_text("name: crash\n")
    (folder / "endpoints" / "crm.yaml").write_text(
        "connector: files\n"
        "connection:\n  folder: .\n"
        "activities:\n  customers:\n    type: read\n    path: customers.csv\n"
    )
    (folder / "endpoints" / "acme.yaml").write_text(
        "connector: stripe\n"
        f"connection:\n  api_key: ${{env:STRIPE_API_KEY}}\n  address: {address}\n"
        "activities:\n  new customer:\n    type: create\n    on: customers\n"
    )
    (folder / "operations" / "import.yaml").write_text(
        "source: crm/customers\nidentity: crm_id\ntarget: acme/new customer\n"
        "mapping:\n"
        "  - to: email\n    from: email\n    steps: [trim, lower]\n"
        "  - to: name\n    from: name\n"
        "  - to: metadata.crm_id\n    from: crm_id\n"
    )
    source = folder / "customers.csv"
    source.write_text(csv_of(records))
    return source


def csv_of(records: int, note: str = "") -> str:
    lines = [f"C{n},name {n}{note},  Person{n}@Example.com" for n in range(1, records + 1)]
    return "\n".join(["crm_id,name,email", *lines]) + "\n"


async def customers(address: str, key: str = KEY) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    headers = {"Authorization": f"Bearer {key}"}
    async with aiohttp.ClientSession(headers=headers) as session:
        after = ""
        while True:
            url = f"{address}/v1/customers?limit=100{after}"
            async with session.get(url) as answer:
                page = await answer.json()
            found += page["data"]
            if not page["has_more"]:
                return found
            after = f"&starting_after={found[-1]['id']}"
