"""Importing reads nothing, loading reads the index, a schema opens the archive."""

import json
import subprocess
import sys

SCRIPT = """
import json, sys
from pathlib import Path
opened = []
def hook(event, arguments):
    if event == "open" and isinstance(arguments[0], (str, Path)):
        path = Path(arguments[0])
        if {"data", "overlays"} & set(path.parts) and "catalogue" in path.parts:
            opened.append(path.name)
sys.addaudithook(hook)
steps = {}
from stripe_connector.catalogue import load
steps["import"] = list(opened)
catalogue = load()
api_call = catalogue.api_call("customers", "create")
catalogue.find("GET", "/v1/customers/cus_1")
steps["load"] = list(opened)
first = catalogue.request(api_call)
steps["request"] = list(opened)
assert catalogue.request(api_call) is first and load() is catalogue
catalogue.resource("customer")
steps["resource"] = list(opened)
steps["stripe"] = "stripe" in sys.modules
print(json.dumps(steps))
"""


def test_each_step_reads_what_it_needs() -> None:
    run = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True)
    index, archive = "index.json", "schemas.zip"
    assert json.loads(run.stdout) == {
        "import": [],
        "load": [index],
        "request": [index, archive],
        "resource": [index, archive, "prefixes.json"],
        "stripe": False,
    }
