"""What is sealed opens with the same key only."""

import pytest
from connector_agent.store.vault import VARIABLE, Vault, new_key
from connector_sdk import SettingError
from hypothesis import given
from hypothesis import strategies as st

KEY, OTHER = new_key(), new_key()


@given(st.binary(max_size=300).filter(lambda data: not data.startswith(b"sealed:")))
def test_round_trip(data: bytes) -> None:
    vault = Vault(KEY)
    sealed = vault.seal(data)
    assert vault.open(sealed) == data
    assert len(data) < 4 or data not in sealed
    assert vault.open(data) == data, "what an unsealed ledger wrote stays readable"


def test_keys_can_be_replaced() -> None:
    old = Vault(KEY).seal(b"{}")
    assert Vault(f"{OTHER}, {KEY}").open(old) == b"{}"


def test_without_the_key() -> None:
    sealed = Vault(KEY).seal(b"{}")
    assert Vault().seal(b"{}") == b"{}"
    for vault, code in ((Vault(), "ledger_sealed"), (Vault(OTHER), "wrong_ledger_key")):
        with pytest.raises(SettingError) as error:
            vault.open(sealed)
        assert error.value.problem.code == code
        assert VARIABLE in str(error.value)
    with pytest.raises(SettingError) as error:
        Vault.from_environment({VARIABLE: "not a key"})
    assert "not a key" not in str(error.value)
