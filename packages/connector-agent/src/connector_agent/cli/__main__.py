"""python -m connector_agent.cli, the same as the command `connector`."""

from connector_agent.cli.app import main

main()
