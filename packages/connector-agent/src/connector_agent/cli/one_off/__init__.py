"""A group of commands for each connector: `connector CONNECTOR VERB OBJECT`."""
