"""Stripe as a source and a target."""
