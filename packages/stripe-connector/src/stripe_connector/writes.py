"""The half of Stripe that writes, for callers from Python."""

from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from connector_sdk import Outcome

from stripe_connector.opened import Opened

if TYPE_CHECKING:
    from connector_sdk import Record
    from connector_sdk.keys import Keys
    from connector_sdk.writing import Writing

    from stripe_connector.activities.writing.caller import Use

Rows = Iterable[Mapping[str, Any]] | AsyncIterable[Mapping[str, Any]]


class Writes(Opened):
    """What can be written to an account that is open: see `Stripe`, which adds the rest."""

    async def create(
        self,
        object: str,
        params: Mapping[str, Any] | None = None,
        *,
        action: str = "",
        irreversible: str = "refuse",
        key: str | None = None,
        marker: bool = True,
        unlisted_choices: str = "refuse",
        **parents: str,
    ) -> dict[str, Any]:
        """The new object. `key` is the idempotency key: the same key with the same parameters
        makes it only once within 24 hours. Without one a random key covers the retries of
        this call only. Where the object has metadata, its field connector_key holds the key, by
        which the object is found again when Stripe's answer is lost; `marker=False` leaves it
        out. A value that is not among the choices of its parameter is refused before
        it is sent; `unlisted_choices="allow"` leaves that to Stripe, which may know it by now.
        On a live account what moves money or can't be undone needs `irreversible="allow"`.

        >>> async with Stripe(address="sandbox") as stripe:
        ...     first = await stripe.create("customers", {"name": "Ada"}, key="crm-17")
        ...     again = await stripe.create("customers", {"name": "Ada"}, key="crm-17")
        >>> first["id"] == again["id"]
        True
        """
        settings: dict[str, Any] = {
            "irreversible": irreversible,
            "unlisted_choices": unlisted_choices,
            "marker": marker,
        }
        return await self._one("create", object, action, "", params, parents, key, settings)

    async def update(
        self,
        object: str,
        id: str = "",
        params: Mapping[str, Any] | None = None,
        *,
        action: str = "",
        irreversible: str = "refuse",
        key: str | None = None,
        unlisted_choices: str = "refuse",
        **parents: str,
    ) -> dict[str, Any]:
        """The changed object. Only what is given changes; None clears a field that can be
        cleared. Settings of which there is only one take no id. With an `action` that is done
        with the object instead. `irreversible` and `unlisted_choices` as in `create`.

        >>> async with Stripe(address="sandbox") as stripe:
        ...     params = {"name": "Ada", "address": {"city": "Linz"}}
        ...     made = await stripe.create("customers", params)
        ...     changed = await stripe.update("customers", made["id"], {"address": None})
        ...     item = {"customer": made["id"], "amount": 500, "currency": "eur"}
        ...     _ = await stripe.create("invoice_items", item)
        ...     invoice = await stripe.create("invoices", {"customer": made["id"]})
        ...     paid = await stripe.update(
        ...         "invoices", invoice["id"], {"paid_out_of_band": True}, action="pay"
        ...     )
        >>> changed["name"], changed["address"], paid["status"]
        ('Ada', None, 'paid')
        """
        settings: dict[str, Any] = {
            "irreversible": irreversible,
            "unlisted_choices": unlisted_choices,
        }
        return await self._one("update", object, action, id, params, parents, key, settings)

    async def delete(
        self,
        object: str,
        id: str = "",
        params: Mapping[str, Any] | None = None,
        *,
        action: str = "",
        irreversible: str = "refuse",
        missing: str = "refuse",
        key: str | None = None,
        unlisted_choices: str = "refuse",
        **parents: str,
    ) -> dict[str, Any]:
        """What Stripe says of the deleted object. Where it can't delete, what comes nearest is
        done: a subscription is cancelled, a price deactivated, an `action` chooses among several
        ways. On a live account what can't be undone needs `irreversible="allow"`.
        With `missing="ok"` an object that is gone already is no error, and the answer is empty.
        `unlisted_choices` as in `create`.

        >>> async with Stripe(address="sandbox") as stripe:
        ...     made = await stripe.create("customers", {"name": "Ada"})
        ...     gone = await stripe.delete("customers", made["id"])
        ...     again = await stripe.delete("customers", made["id"], missing="ok")
        >>> gone["deleted"], again
        (True, {})
        """
        settings: dict[str, Any] = {
            "irreversible": irreversible,
            "unlisted_choices": unlisted_choices,
            "missing": missing,
        }
        return await self._one("delete", object, action, id, params, parents, key, settings)

    async def write(
        self,
        object: str,
        type: str,
        rows: Rows,
        *,
        action: str = "",
        key: str | None = None,
        identity: str = "",
        concurrency: int | None = None,
        irreversible: str = "refuse",
        marker: bool = True,
        missing: str = "refuse",
        unlisted_choices: str = "refuse",
        **parents: str,
    ) -> AsyncGenerator[Outcome, None]:
        """Writes many rows, `concurrency` at once (16), and gives an outcome for each, as they
        come: `seq` is the number of the row, from 1. `type` is "create", "update" or "delete"; a
        row holds the parameters, and the `id` of the object where there is one. What Stripe
        answered is in `response`, as JSON. A row that Stripe can't take is refused, and the
        others are written. An answer that is lost is looked up.

        `key` names the batch: the same rows under the same key are written once within 24 hours,
        in any order. A row that was edited is a new row, unless `identity` is the field that
        identifies it (or a path: "metadata.crm_id"); then it keeps its key, and where an earlier
        version of it was written, that object is `skipped`. Two rows with the same identity are a
        problem.

        Raises CredentialError, and UnreachableError where nobody answers or ten writes in a row
        fail: what is in flight comes to its end first. Rows without an outcome were not sent.

        >>> async with Stripe(address="sandbox") as stripe:
        ...     rows = [{"name": "Ada"}, {"name": "Grace"}, {"nme": "Edith"}]
        ...     one = [each async for each in stripe.write("customers", "create", rows, key="1")]
        ...     two = [each async for each in stripe.write("customers", "create", rows, key="1")]
        >>> sorted((each.seq, each.kind, each.replayed) for each in two)
        [(1, 'written', True), (2, 'written', True), (3, 'refused', False)]
        >>> {each.id for each in one} == {each.id for each in two}
        True
        """
        from contextlib import aclosing

        from connector_sdk.keys import ContentKeys, IdentityKeys, new_prefix

        from stripe_connector.activities.writing.caller import stop_of

        settings = {
            "concurrency": concurrency,
            "irreversible": irreversible,
            "marker": marker,
            "unlisted_choices": unlisted_choices,
            "missing": missing if type == "delete" else None,
        }
        use = self._use(type, object, action, settings)
        batch, given = key or new_prefix(), bool(key)
        keys: Keys = ContentKeys(batch, given=given)
        if identity:
            keys = IdentityKeys(batch, identity, given=given)
        writing = await self._writing(use, _records(use, rows, parents), keys)
        async with aclosing(writing.outcomes()) as outcomes:
            async for written in outcomes:
                yield written.outcome
        if writing.stopped is not None:
            raise stop_of(writing.stopped, batch)

    async def _one(
        self,
        type: str,
        object: str,
        action: str,
        id: str,
        params: Mapping[str, Any] | None,
        parents: Mapping[str, str],
        key: str | None,
        settings: Mapping[str, Any],
    ) -> dict[str, Any]:
        """One write; the object that it leads to, {} where Stripe says nothing of it."""
        import uuid

        import msgspec
        from connector_sdk.keys import OneKey

        from stripe_connector.activities.choices.verbs import OWN_ID
        from stripe_connector.activities.writing.caller import (
            error_of,
            is_clear,
            record_of,
            split_expansion,
        )

        others, expand = split_expansion(params)
        use = self._use(type, object, action, {**settings, "expand": expand})
        request = use.request({**parents, **({OWN_ID: id} if id else {}), **others})
        use.check(request)
        keys = OneKey(key or str(uuid.uuid4()), given=bool(key))
        writing = await self._writing(use, _only(record_of(request, 1)), keys)
        outcomes = [each async for each in writing.outcomes()]
        if writing.stopped is not None and not any(map(is_clear, outcomes)):
            raise writing.stopped
        error = error_of(outcomes[0])
        if error is not None:
            raise error
        response = outcomes[0].outcome.response
        answer: dict[str, Any] = msgspec.json.decode(response) if response else {}
        return answer

    def _use(self, type: str, object: str, action: str, settings: Mapping[str, Any]) -> "Use":
        from stripe_connector.activities.writing.caller import Use

        opened = self._opened
        return Use(opened.catalogue, opened.mode, type, object, action, settings)

    async def _writing(
        self, use: "Use", records: "AsyncIterator[Record]", keys: "Keys"
    ) -> "Writing":
        from connector_sdk.writing import Writing

        return Writing(await self._opened.target(use.activity), records, keys)


async def _only(record: "Record") -> "AsyncIterator[Record]":
    yield record


async def _records(use: "Use", rows: Rows, parents: Mapping[str, str]) -> "AsyncIterator[Record]":
    from stripe_connector.activities.writing.caller import record_of

    seq = 0
    if isinstance(rows, AsyncIterable):
        async for row in rows:
            seq += 1
            yield record_of(use.request({**parents, **row}), seq, f"row {seq}")
    else:
        for row in rows:
            seq += 1
            yield record_of(use.request({**parents, **row}), seq, f"row {seq}")
