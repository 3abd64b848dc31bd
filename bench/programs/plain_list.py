"""The floor of reading: aiohttp and orjson, one cursor, no retries, no checks.

python -m bench.programs.plain_list ADDRESS FILE
"""

import asyncio
import os
import sys
from pathlib import Path

import aiohttp
import orjson


async def main(address: str, path: Path) -> None:
    headers = {"Authorization": f"Bearer {os.environ['STRIPE_API_KEY']}"}
    params = {"limit": "100"}
    async with aiohttp.ClientSession(headers=headers) as session:
        with path.open("wb") as file:
            more = True
            while more:
                async with session.get(f"{address}/v1/customers", params=params) as response:
                    page = orjson.loads(await response.read())
                file.write(b"".join(orjson.dumps(row) + b"\n" for row in page["data"]))
                more = page["has_more"]
                if more:
                    params["starting_after"] = page["data"][-1]["id"]


asyncio.run(main(sys.argv[1], Path(sys.argv[2])))
