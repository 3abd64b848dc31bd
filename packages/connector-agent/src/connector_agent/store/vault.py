"""Encrypts what the ledger keeps of people's records, when a key is configured.

CONNECTOR_LEDGER_KEY holds a Fernet key (AES-128-CBC with HMAC-SHA256), or several, separated by
commas: the first encrypts, all decrypt, so that a key can be replaced.
"""

from collections.abc import Callable, Mapping

from connector_sdk import Problem, SettingError
from sqlalchemy import Connection

VAULT = "vault"
"""Under this name a connection's `info` holds the vault of its database."""

VARIABLE = "CONNECTOR_LEDGER_KEY"
_MARK = b"sealed:"


class Vault:
    """Encrypts and decrypts. Without keys it passes bytes through and decrypts nothing."""

    def __init__(self, keys: str = "") -> None:
        self._fernet = None
        if keys:
            # 40 ms that only those pay who asked for it
            from cryptography.fernet import Fernet, MultiFernet

            try:
                self._fernet = MultiFernet([Fernet(key.strip()) for key in keys.split(",")])
            except ValueError:
                raise SettingError(
                    Problem(
                        "bad_ledger_key",
                        f"{VARIABLE} holds no key of the right form.",
                        "Make one with 'connector ledger key', and keep it where it can't be lost.",
                    )
                ) from None

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> "Vault":
        """Raises SettingError for a bad key."""
        return cls(environ.get(VARIABLE, ""))

    @property
    def sealing(self) -> bool:
        return self._fernet is not None

    @property
    def seal(self) -> Callable[[bytes], bytes]:
        """Encrypts; without a key it gives the same bytes."""
        return bytes if self._fernet is None else self._encrypted

    def _encrypted(self, data: bytes) -> bytes:
        assert self._fernet is not None
        return _MARK + self._fernet.encrypt(data)

    def open(self, data: bytes) -> bytes:
        """Raises SettingError without the key that it was sealed with."""
        if not is_sealed(data):
            return data
        if self._fernet is None:
            raise SettingError(
                Problem(
                    "ledger_sealed",
                    f"The ledger is encrypted, and {VARIABLE} is not set.",
                    f"Set it to the key that the ledger was written with: export {VARIABLE}=…",
                )
            )
        from cryptography.fernet import InvalidToken

        try:
            return self._fernet.decrypt(data[len(_MARK) :])
        except InvalidToken:
            raise SettingError(
                Problem(
                    "wrong_ledger_key",
                    f"{VARIABLE} is not the key that the ledger was written with.",
                    "Set the right key, or several separated by commas, the newest first.",
                )
            ) from None


def is_sealed(data: bytes) -> bool:
    return data.startswith(_MARK)


def vault_of(connection: Connection) -> Vault:
    """The vault of the connection's database."""
    vault: Vault = connection.info[VAULT]
    return vault


def new_key() -> str:
    from cryptography.fernet import Fernet

    return Fernet.generate_key().decode()
