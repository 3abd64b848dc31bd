"""Runs operations between connectors: durable, resumable, counted."""
