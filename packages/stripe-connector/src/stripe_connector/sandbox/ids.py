"""Makes ids, secrets and numbers, repeatable where a seed is given."""

import random
import string

_LETTERS = string.ascii_letters + string.digits
_SHORT = {"cus": 14, "prod": 14, "acct": 16, "evt": 24}


class Ids:
    """One source of randomness for a whole sandbox. With a seed, the same requests in the same
    order get the same ids."""

    def __init__(self, seed: int | None = None) -> None:
        self._seed = seed
        self._random = random.Random(seed)

    def apart(self) -> "Ids":
        """Another source, so that what is made by the way changes no other ids."""
        return Ids(None if self._seed is None else self._seed + 1)

    def text(self, length: int, letters: str = _LETTERS) -> str:
        return "".join(self._random.choices(letters, k=length))

    def id(self, prefix: str) -> str:
        """An id with Stripe's prefix, "cus_…". Ids of the same kind are equally long."""
        return f"{prefix}_{self.text(_SHORT.get(prefix, 24))}"

    def code(self, length: int = 8) -> str:
        """A code in capitals and digits, as of coupons and invoice numbers."""
        return self.text(length, string.ascii_uppercase + string.digits)
