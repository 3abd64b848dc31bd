"""The floor of writing: CSV to customers with aiohttp, 16 calls in flight, each with a key;
no retries, no checks, nothing remembered.

    python -m bench.programs.plain_create ADDRESS FILE
"""

import asyncio
import csv
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import aiohttp
import orjson

IN_FLIGHT = 16


async def send(session: aiohttp.ClientSession, url: str, rows: Iterator[dict[str, str]]) -> None:
    for row in rows:
        body = {
            "name": row["full_name"].strip(),
            "email": row["email"].strip().lower(),
            "address[country]": row["country"].upper(),
            "metadata[crm_id]": row["crm_id"],
        }
        if row["phone"]:
            body["phone"] = row["phone"]
        if row["balance"]:
            body["balance"] = str(round(float(row["balance"]) * 100))
        headers = {
            "Idempotency-Key": row["crm_id"],
            "Content-Type": "application/x-www-form-urlencoded",
        }
        async with session.post(url, data=urlencode(body).encode(), headers=headers) as response:
            made = orjson.loads(await response.read())
            assert made["object"] == "customer"


async def main(address: str, path: Path) -> None:
    headers = {"Authorization": f"Bearer {os.environ['STRIPE_API_KEY']}"}
    with path.open(newline="") as file:
        rows = csv.DictReader(file)
        async with aiohttp.ClientSession(headers=headers) as session:
            url = f"{address}/v1/customers"
            await asyncio.gather(*(send(session, url, rows) for _ in range(IN_FLIGHT)))


asyncio.run(main(sys.argv[1], Path(sys.argv[2])))
