"""What the sandbox remembers, and the changes of one request."""

import random
import string
from bisect import bisect_left
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from operator import attrgetter

import orjson
from connector_sdk import JSON

Body = dict[str, JSON]


def compact(image: bytes) -> bytes:
    """orjson's results hold on to large buffers."""
    return bytes(memoryview(image))


@dataclass(slots=True, eq=False)
class Stored:
    """`seq` orders lists. `parents` has the ids of the objects above, by path parameter; `private`
    what the API doesn't show."""

    seq: int
    resource: str
    id: str
    body: Body
    parents: dict[str, str] = field(default_factory=dict)
    private: Body = field(default_factory=dict)
    deleted: bool = False


@dataclass(frozen=True, slots=True)
class Remembered:
    """`at` is in Unix seconds."""

    fingerprint: str
    status: int
    body: bytes
    request_id: str
    at: float


class Collection:
    """Oldest first. Deleted objects stay: their ids are valid cursors."""

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
        """Removes the newest object, and restores a deleted one of the same id."""
        self.rows.pop()
        del self.by_id[stored.id]
        if stored.seq in self._replaced:
            self.by_id[stored.id] = self._replaced.pop(stored.seq)


def position(rows: Sequence[Stored], seq: int) -> int:
    """The index of `seq`, there or not."""
    return bisect_left(rows, seq, key=attrgetter("seq"))


class Account:
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
        """Oldest first, deleted ones included."""
        return self.below.get((resource, parent), ())

    def live(self, resource: str) -> Iterator[Stored]:
        """Without deleted ones, oldest first."""
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
    """The keys belong to `own`."""

    own: str
    accounts: dict[str, Account] = field(default_factory=dict)
    last_seq: int = 0

    def account(self, id: str) -> Account:
        """A new account is empty."""
        found = self.accounts.get(id)
        if found is None:
            found = self.accounts[id] = Account(id)
        return found

    def next_seq(self) -> int:
        self.last_seq += 1
        return self.last_seq


class Work:
    """The changes of one request. Objects are changed in place through `edit`."""

    def __init__(self, store: Store, account: Account) -> None:
        self.account = account
        self._store = store
        self._added: list[Stored] = []
        self._before: dict[int, tuple[Stored, bytes]] = {}

    def add(
        self,
        resource: str,
        id: str,
        body: Body,
        parents: dict[str, str] | None = None,
    ) -> Stored:
        """Some objects don't show their `id`."""
        stored = Stored(self._store.next_seq(), resource, id, body, parents or {})
        self.account.add(stored)
        self._added.append(stored)
        return stored

    def edit(self, stored: Stored) -> Body:
        if stored.seq not in self._before:
            self._before[stored.seq] = (stored, _image(stored))
        return stored.body

    def delete(self, stored: Stored) -> None:
        self.edit(stored)
        stored.deleted = True

    def touched(self) -> list[Stored]:
        found = {stored.seq: stored for stored in self._added}
        found.update((stored.seq, stored) for stored, _ in self._before.values())
        return list(found.values())

    def changes(self) -> list[tuple[Stored, Body | None]]:
        """With the body before; None if new."""
        found: list[tuple[Stored, Body | None]] = [(stored, None) for stored in self._added]
        new = {stored.seq for stored in self._added}
        for seq, (stored, image) in self._before.items():
            if seq not in new:
                found.append((stored, orjson.loads(image)[0]))
        return found

    def undo(self) -> None:
        for stored, image in self._before.values():
            body, private, deleted = orjson.loads(image)
            stored.body.clear()
            stored.body.update(body)
            stored.private.clear()
            stored.private.update(private)
            stored.deleted = deleted
        for stored in reversed(self._added):
            self.account.drop(stored)
        self._added.clear()
        self._before.clear()


def _image(stored: Stored) -> bytes:
    parts: list[JSON] = [stored.body, stored.private, stored.deleted]
    return orjson.dumps(parts)


_LETTERS = string.ascii_letters + string.digits
_SHORT = {"cus": 14, "prod": 14, "acct": 16, "evt": 24}


class Ids:
    """With a seed, the same requests in the same order get the same ids."""

    def __init__(self, seed: int | None = None) -> None:
        self._seed = seed
        self._random = random.Random(seed)

    def separate(self) -> "Ids":
        """Leaves the ids of this one as they are."""
        return Ids(None if self._seed is None else self._seed + 1)

    def text(self, length: int, letters: str = _LETTERS) -> str:
        return "".join(self._random.choices(letters, k=length))

    def id(self, prefix: str) -> str:
        return f"{prefix}_{self.text(_SHORT.get(prefix, 24))}"

    def code(self, length: int = 8) -> str:
        return self.text(length, string.ascii_uppercase + string.digits)


@dataclass(frozen=True, slots=True)
class Searching:
    """A write stays hidden for `delay` seconds. `offered` False refuses searches. A page's token
    lives `page_life` seconds, 0 for ever."""

    delay: float = 0.0
    offered: bool = True
    page_life: float = 0.0


class SearchIndex:
    def __init__(self, account: Account, searching: Searching) -> None:
        self.searching = searching
        self._account = account
        self._delay = delay = searching.delay
        self._waiting: deque[tuple[float, Stored]] = deque()
        self._seen: dict[str, dict[int, Stored]] = {}
        if delay:
            for collection in account.collections.values():
                self._take(_copy(stored) for stored in collection.rows)

    def note(self, touched: Iterable[Stored], now: float) -> None:
        if self._delay:
            self._waiting.extend((now, _copy(stored)) for stored in touched)

    def rows(self, resource: str, now: float) -> Sequence[Stored]:
        """Oldest first."""
        if not self._delay:
            return list(self._account.live(resource))
        while self._waiting and self._waiting[0][0] <= now - self._delay:
            self._take([self._waiting.popleft()[1]])
        seen = self._seen.get(resource, {})
        return [seen[seq] for seq in sorted(seen)]

    def _take(self, copies: Iterable[Stored]) -> None:
        for stored in copies:
            rows = self._seen.setdefault(stored.resource, {})
            if stored.deleted:
                rows.pop(stored.seq, None)
            else:
                rows[stored.seq] = stored


def _copy(stored: Stored) -> Stored:
    """Bodies are changed in place."""
    return replace(stored, body=orjson.loads(orjson.dumps(stored.body)))
