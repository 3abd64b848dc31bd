"""The lowest floor of an export: pages that are in memory already, parsed and written.

python -m bench.programs.parse_write RECORDS FILE
"""

import sys
from pathlib import Path

import orjson

from bench.customers import listed

records, path = int(sys.argv[1]), Path(sys.argv[2])
page = b'{"object": "list", "data": [%s]}' % b",".join(listed(n) for n in range(1, 101))
with path.open("wb") as file:
    left = records
    while left > 0:
        rows = orjson.loads(page)["data"][:left]
        file.write(b"".join(orjson.dumps(row) + b"\n" for row in rows))
        left -= 100
