"""What a command adds to `connector_sdk.writing`: no card number is sent, and the remedies name
the command."""

from collections.abc import AsyncIterator

from connector_sdk import Prepared, Record, Request, Target
from connector_sdk.keys import ContentKeys
from connector_sdk.writing import Writing

from connector_agent.runs.guards import CardGuard


def writing(target: Target, records: AsyncIterator[Record], prefix: str, *, given: bool) -> Writing:
    """The batch of one command. The same command under the same prefix has the same keys; `given`
    says that the prefix may have been used before."""
    cards = CardGuard(sealed=True)

    def prepare(record: Record) -> Prepared:
        card = cards.check(b"{}", record.raw)
        if card is not None:
            return card._replace(
                remedy="Take it out. If it is none, write the record by an operation that names "
                "its field below `options: not_card_numbers:`."
            )
        return target.prepare(Request(record.raw))

    return Writing(target, records, ContentKeys(prefix, given=given), prepare)
