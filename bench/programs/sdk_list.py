"""The official SDK: its auto-paging list.

python -m bench.programs.sdk_list ADDRESS
"""

import os
import sys

import stripe

client = stripe.StripeClient(os.environ["STRIPE_API_KEY"], base_addresses={"api": sys.argv[1]})
pages = client.v1.customers.list({"limit": 100})
print(sum(1 for _ in pages.auto_paging_iter()))
