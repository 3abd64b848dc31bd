"""A group of commands for each connector: `connector stripe list customers`."""
