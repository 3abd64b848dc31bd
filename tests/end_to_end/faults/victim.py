"""`connector`, in a hurry: it waits hundredths of a second where it would wait seconds, so that
many faults fit into a test. Everything else is as it is."""

from functools import partial

from connector_agent.cli.app import app
from connector_agent.runs.execution import Pulse
from stripe_connector.client import client
from stripe_connector.client.decision import Retry


def main() -> None:
    client.Retry = partial(Retry, first=0.01, most=0.05)  # type: ignore[assignment, attr-defined]
    Pulse.RECORDS = 20
    Pulse.LEAST = 0.0
    Pulse.SECONDS = 0.2
    app()


if __name__ == "__main__":
    main()
