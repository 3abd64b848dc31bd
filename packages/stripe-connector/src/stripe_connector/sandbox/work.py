"""The changes of one request: made at once, or taken back."""

import orjson
from connector_sdk import JSON

from stripe_connector.sandbox.store import Account, Body, Store, Stored


class Work:
    """Collects what one request adds and changes. Objects are changed in place through
    `edit`, which keeps what they were."""

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
        """A new object; `id` is kept apart, because some objects don't show one."""
        stored = Stored(self._store.next_seq(), resource, id, body, parents or {})
        self.account.add(stored)
        self._added.append(stored)
        return stored

    def edit(self, stored: Stored) -> Body:
        """The object's body, to be changed by the caller."""
        if stored.seq not in self._before:
            self._before[stored.seq] = (stored, _image(stored))
        return stored.body

    def delete(self, stored: Stored) -> None:
        self.edit(stored)
        stored.deleted = True

    def touched(self) -> list[Stored]:
        """All that has to be written to the disk, each once."""
        found = {stored.seq: stored for stored in self._added}
        found.update((stored.seq, stored) for stored, _ in self._before.values())
        return list(found.values())

    def changes(self) -> list[tuple[Stored, Body | None]]:
        """All that was touched, and what it was before; None for what is new."""
        found: list[tuple[Stored, Body | None]] = [(stored, None) for stored in self._added]
        new = {stored.seq for stored in self._added}
        for seq, (stored, image) in self._before.items():
            if seq not in new:
                found.append((stored, orjson.loads(image)[0]))
        return found

    def undo(self) -> None:
        """Makes everything as it was before the request."""
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
