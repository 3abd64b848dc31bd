"""Reading through the Python API: every customer as a dict.

python -m bench.programs.python_list ADDRESS
"""

import asyncio
import os
import sys

from stripe_connector import Stripe


async def main(address: str) -> None:
    found = 0
    async with Stripe(os.environ["STRIPE_API_KEY"], address=address) as stripe:
        async for customer in stripe.list("customers"):
            assert customer["object"] == "customer"
            found += 1
    print(found)


asyncio.run(main(sys.argv[1]))
