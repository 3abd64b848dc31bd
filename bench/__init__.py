"""The benchmark: the project's real programs against a fast Stripe on this machine.

`make bench`, or `python -m bench --help`; docs/benchmarks.md says what is measured and how.
"""
