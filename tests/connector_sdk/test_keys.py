"""Keys without a ledger: the same where it is the same record, and never where it is another."""

import orjson
import pytest
from connector_sdk import Body, Problem, Record
from connector_sdk.keys import ContentKeys, IdentityKeys
from hypothesis import given
from hypothesis import strategies as st

ROWS = st.lists(st.dictionaries(st.text(max_size=3), st.integers(-99, 99), max_size=2), max_size=8)


def record(row: object, seq: int = 1) -> Record:
    return Record(seq, orjson.dumps(row), f"row {seq}")


def body(row: object, action: str = "things.create") -> Body:
    return Body(orjson.dumps(row), action)


@given(ROWS, st.randoms())
def test_by_content_the_order_is_all_the_same(rows: list[object], random: object) -> None:
    def keys(rows: list[object]) -> list[str]:
        made = ContentKeys("b", given=True)
        return [made.key(record(row), body(row)) for row in rows]

    mixed = list(rows)
    random.shuffle(mixed)  # type: ignore[attr-defined]
    assert len(set(keys(rows))) == len(rows)
    assert set(keys(rows)) == set(keys(mixed))


def test_actions_and_batches_are_told_apart() -> None:
    keys = ContentKeys("p", given=True)
    first = keys.key(record({}), body({}, "a.create"))
    assert first != keys.key(record({}), body({}, "a.update"))
    assert first != ContentKeys("q", given=True).key(record({}), body({}, "a.create"))
    assert len(first) < 64


def by_id(*rows: object, path: str = "id", batch: str = "b") -> list[str | Problem]:
    keys = IdentityKeys(batch, path, given=True)
    return [keys.key(record(row, seq), body(row)) for seq, row in enumerate(rows, 1)]


def test_by_identity_an_edited_record_keeps_its_key() -> None:
    (old,) = by_id({"id": "7", "name": "Ada"})
    new, other = by_id({"id": "7", "name": "Grace"}, {"id": "8", "name": "Ada"})
    assert old == new != other
    assert by_id({"id": "7"}, batch="c") != [old]
    assert by_id({"metadata": {"crm": 7}}, path="metadata.crm") != [old]


def test_the_second_of_an_identity_is_refused() -> None:
    _, second = by_id({"id": "7"}, {"id": 7})
    assert isinstance(second, Problem)
    assert (second.code, second.path) == ("same_identity", "id")
    assert "row 1" in second.message


@pytest.mark.parametrize(
    "row", [{}, {"id": ""}, {"id": None}, {"id": True}, {"id": 1.5}, {"id": []}]
)
def test_a_record_without_identity_is_refused(row: object) -> None:
    (key,) = by_id(row)
    assert isinstance(key, Problem)
    assert key.code == "missing_identity"
