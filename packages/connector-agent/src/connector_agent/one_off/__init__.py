"""One-off use of an activity type, without an operation and without a ledger."""
