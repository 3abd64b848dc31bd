"""Everything that the sandbox remembers: accounts, their objects and their idempotency keys."""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from operator import attrgetter

from connector_sdk import JSON

Body = dict[str, JSON]


def compact(image: bytes) -> bytes:
    """A copy for keeping: what orjson makes holds on to its whole buffer, 8 kB or more."""
    return bytes(memoryview(image))


@dataclass(slots=True, eq=False)
class Stored:
    """One object. `seq` counts up over the whole sandbox and is the order of lists. `parents`
    names the objects under which it stands, by path parameter ("customer": "cus_1").
    `private` is what the sandbox knows and the API doesn't show."""

    seq: int
    resource: str
    id: str
    body: Body
    parents: dict[str, str] = field(default_factory=dict)
    private: Body = field(default_factory=dict)
    deleted: bool = False


@dataclass(frozen=True, slots=True)
class Remembered:
    """The first answer to an idempotency key. `print` tells the request's path and parameters
    apart from others, `at` is the Unix time in seconds."""

    print: str
    status: int
    body: bytes
    request_id: str
    at: float


class Collection:
    """All objects of one resource in the order of their creation, deleted ones included: an id
    that is gone still marks a place in a list."""

    def __init__(self) -> None:
        self.rows: list[Stored] = []
        self.by_id: dict[str, Stored] = {}
        self._replaced: dict[int, Stored] = {}

    def add(self, stored: Stored) -> None:
        known = self.by_id.get(stored.id)
        if known is not None:
            self._replaced[stored.seq] = known
        self.rows.append(stored)
        self.by_id[stored.id] = stored

    def drop(self, stored: Stored) -> None:
        """Takes back the newest object, as if it had never been; one that had the same id
        before and was deleted is found again."""
        self.rows.pop()
        del self.by_id[stored.id]
        if stored.seq in self._replaced:
            self.by_id[stored.id] = self._replaced.pop(stored.seq)


def place(rows: Sequence[Stored], seq: int) -> int:
    """Where the object with `seq` stands, or would stand, among rows in their order."""
    return bisect_left(rows, seq, key=attrgetter("seq"))


class Account:
    """The objects and keys of one account."""

    def __init__(self, id: str) -> None:
        self.id = id
        self.collections: dict[str, Collection] = {}
        self.below: dict[tuple[str, str], list[Stored]] = {}
        self.keys: dict[str, Remembered] = {}

    def collection(self, resource: str) -> Collection:
        found = self.collections.get(resource)
        if found is None:
            found = self.collections[resource] = Collection()
        return found

    def find(self, resource: str, id: str) -> Stored | None:
        """The object, deleted or not."""
        collection = self.collections.get(resource)
        return collection.by_id.get(id) if collection else None

    def children(self, resource: str, parent: str) -> Sequence[Stored]:
        """What was made under the object `parent`, oldest first, deleted ones included."""
        return self.below.get((resource, parent), ())

    def live(self, resource: str) -> Iterator[Stored]:
        """All that are not deleted, oldest first."""
        collection = self.collections.get(resource)
        return (row for row in collection.rows if not row.deleted) if collection else iter(())

    def add(self, stored: Stored) -> None:
        self.collection(stored.resource).add(stored)
        for parent in stored.parents.values():
            self.below.setdefault((stored.resource, parent), []).append(stored)

    def drop(self, stored: Stored) -> None:
        self.collection(stored.resource).drop(stored)
        for parent in stored.parents.values():
            self.below[stored.resource, parent].remove(stored)


@dataclass(slots=True)
class Store:
    """All accounts of one sandbox. `own` is the account to which the keys belong."""

    own: str
    accounts: dict[str, Account] = field(default_factory=dict)
    last_seq: int = 0

    def account(self, id: str) -> Account:
        """The account; one that was never seen is empty."""
        found = self.accounts.get(id)
        if found is None:
            found = self.accounts[id] = Account(id)
        return found

    def next_seq(self) -> int:
        self.last_seq += 1
        return self.last_seq
