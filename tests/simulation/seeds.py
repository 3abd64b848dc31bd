"""Seeds that found faults of the write path, kept so that they are played again for ever."""

from tests.simulation import mutations as m

FOUND = {
    ("7", "refused after a lost answer"): "a 4xx after a lost answer became another customer",
    ("46", "refused after a lost answer"): "a capture that was done was refused for ever",
    ("54", "refused after a lost answer"): "so was a deletion",
    ("20", "slow"): "a refusal while the first send was executed: the next key doubled it",
    ("12", "slow"): "the same for a customer's balance",
    ("31", "clocks"): "a stored 500, looked up by a wrong clock: three customers of one record",
    ("45", "clocks"): "a time of send in the future was never too old",
    ("44", "clocks without dates"): "a wrong clock and answers without Date: credited twice",
    ("1", "hostile"): "an update was done by the answer for another id",
    ("5", "hostile"): "a payment without an id counted as written",
    ("17", "hostile"): "an answer nested 3,000 deep ended the process",
    ("6", "hostile"): "an event was taken for the account: every record was written again",
    ("1313", "hostile"): "a capture was done by the answer for another payment",
    ("23", "broken"): "a declined payment left an object, and was skipped from then on",
    ("4924", "mixed"): "a delete counted as done by another's word that the object was gone",
    ("0", "outage"): "an outage made all records failed",
    ("19", "outage"): "records that can't be looked up stopped each run as an outage",
}
"""What each seed found, by its number and its weather."""

MUTATIONS = (
    (m.refusal_after_a_lost_answer, "7", "refused after a lost answer"),
    (m.local_clock, "19", "clocks"),
    (m.any_success, "1", "hostile"),
    (m.any_account, "6", "hostile"),
    (m.no_outage, "0", "outage"),
    (m.new_key_after_any_refusal, "20", "slow"),
    (m.declined_charge_counts, "23", "broken"),
)
"""A seed for each fix that finds the fault when the fix is taken out."""
