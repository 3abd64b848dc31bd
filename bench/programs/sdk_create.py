"""The official SDK: CSV to customers, one after the other.

python -m bench.programs.sdk_create ADDRESS FILE
"""

import csv
import os
import sys
from pathlib import Path

import stripe

client = stripe.StripeClient(os.environ["STRIPE_API_KEY"], base_addresses={"api": sys.argv[1]})
with Path(sys.argv[2]).open(newline="") as rows:
    for row in csv.DictReader(rows):
        client.v1.customers.create(
            {
                "name": row["full_name"].strip(),
                "email": row["email"].strip().lower(),
                "address": {"country": row["country"].upper()},
                "metadata": {"crm_id": row["crm_id"]},
            },
            {"idempotency_key": row["crm_id"]},
        )
