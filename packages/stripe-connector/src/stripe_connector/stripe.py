"""Stripe from Python, without a project and without an agent."""

from collections.abc import Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from connector_sdk import Schemas, Tested

from stripe_connector.reads import Reads

if TYPE_CHECKING:
    from stripe_connector.activities.choices.offers import Offer


class Stripe(Reads):
    """One Stripe account, opened with `async with`.

    The settings are those of a connection: `api_key`, `account`, `api_version`, `address` ("" is
    Stripe, "sandbox" a small Stripe in this process that forgets everything at the end, or a
    URL), `proxy`, `timeout` in seconds, `retries`, `account_must_be`. Objects are named as in a
    project: "customers", "customers.tax_ids", "billing.meters", "v2.core.accounts". Each method
    does what its activity type usually means; `action` names anything else that it can do.

    Everything raises the errors of connector_sdk: SettingError for a name or a parameter that
    Stripe doesn't have (before anything is sent), CredentialError, UnreachableError,
    RefusedError with Stripe's own words, and UncertainError for a write that may have been done.

    >>> from stripe_connector import Stripe
    >>> async with Stripe(address="sandbox") as stripe:
    ...     customer = await stripe.create("customers", {"email": "ada@example.com"})
    ...     await stripe.update("customers", customer["id"], {"name": "Ada"})
    ...     async for found in stripe.list("customers"):
    ...         print(found["name"], found["email"])
    Ada ada@example.com
    """

    def __init__(
        self,
        api_key: str = "",
        *,
        account: str = "",
        api_version: str = "",
        address: str = "",
        proxy: str = "",
        timeout: float = 80.0,
        retries: int = 5,
        account_must_be: str = "",
    ) -> None:
        self._given: dict[str, Any] = {
            "api_key": api_key,
            "account": account,
            "address": address,
            "proxy": proxy,
            "timeout": timeout,
            "retries": retries,
            "account_must_be": account_must_be,
        }
        if api_version:
            self._given["api_version"] = api_version
        super().__init__()

    async def __aenter__(self) -> Self:
        from connector_sdk import MemoryHost

        from stripe_connector.connection import StripeConnection
        from stripe_connector.settings import read_settings

        self._connection = StripeConnection(read_settings(self._given), MemoryHost())
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.close()

    async def test(self) -> Tested:
        """Whether key, account, version and address work, by one cheap call; raises nothing
        for what it finds.

        >>> async with Stripe(address="sandbox") as stripe:
        ...     tested = await stripe.test()
        >>> tested.ok, tested.mode
        (True, 'sandbox')
        """
        return await self._opened.test()

    def objects(self) -> Mapping[str, tuple[str, ...]]:
        """Every object of Stripe's API and its actions.

        >>> async with Stripe(address="sandbox") as stripe:
        ...     actions = stripe.objects()["customers.tax_ids"]
        >>> sorted(actions)
        ['create', 'delete', 'list', 'retrieve']
        """
        from stripe_connector.activities.choices.verbs import names_of

        catalogue = self._opened.catalogue
        return {name: tuple(names_of(catalogue, name)) for name in catalogue.objects}

    def schema(self, object: str, action: str) -> Schemas:
        """What an action takes and gives, with Stripe's descriptions.

        >>> async with Stripe(address="sandbox") as stripe:
        ...     schemas = stripe.schema("customers", "create")
        >>> schemas.request.child("email").type
        'string'
        """
        from stripe_connector.activities.choices.currency import with_currency
        from stripe_connector.activities.choices.verbs import names_of
        from stripe_connector.catalogue import minor_units
        from stripe_connector.catalogue.amounts import amount_decimals

        catalogue = self._opened.catalogue
        operation = catalogue.operation(object, names_of(catalogue, object).get(action, action))
        return Schemas(
            with_currency(operation, catalogue.request(operation)),
            catalogue.response(operation),
            dict(minor_units()),
            amount_decimals=dict(amount_decimals(operation.id)),
        )

    async def create(
        self,
        object: str,
        params: Mapping[str, Any] | None = None,
        *,
        action: str = "",
        irreversible: str = "refuse",
        key: str | None = None,
        unlisted_choices: str = "refuse",
        **parents: str,
    ) -> dict[str, Any]:
        """The new object. `key` is the idempotency key: the same key with the same parameters
        makes it only once within 24 hours. Without one a random key covers the retries of
        this call only. A value that is not among the choices of its parameter is refused before
        it is sent; `unlisted_choices="allow"` leaves that to Stripe, which may know it by now.
        On a live account what moves money or can't be undone needs `irreversible="allow"`.

        >>> async with Stripe(address="sandbox") as stripe:
        ...     first = await stripe.create("customers", {"name": "Ada"}, key="crm-17")
        ...     again = await stripe.create("customers", {"name": "Ada"}, key="crm-17")
        >>> first["id"] == again["id"]
        True
        """
        return await self._write(
            self._offer("create", object, action),
            "",
            parents,
            params,
            key,
            irreversible,
            unlisted=unlisted_choices == "allow",
        )

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
        return await self._write(
            self._offer("update", object, action),
            id,
            parents,
            params,
            key,
            irreversible,
            unlisted=unlisted_choices == "allow",
        )

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
        from connector_sdk import Activity

        from stripe_connector.activities.choices.resolution import resolve

        settings: dict[str, Any] = {"irreversible": irreversible, "missing": missing}
        activity = Activity("", "delete", object, action, settings)
        offer = resolve(self._opened.catalogue, activity, self._opened.mode).offer
        return await self._write(
            offer,
            id,
            parents,
            params,
            key,
            irreversible,
            unlisted=unlisted_choices == "allow",
            missing_ok=missing == "ok",
        )

    async def _write(
        self,
        offer: "Offer",
        id: str,
        parents: Mapping[str, str],
        params: Mapping[str, Any] | None,
        key: str | None,
        irreversible: str,
        *,
        missing_ok: bool = False,
        unlisted: bool = False,
    ) -> dict[str, Any]:
        from connector_sdk import IRREVERSIBLE, Form, SettingError, conform

        from stripe_connector.activities.choices.guarding import SETTING, must_be_allowed
        from stripe_connector.activities.writing.single import carry_out, values_of

        given = conform(Form((SETTING,)).as_field(), {IRREVERSIBLE: irreversible})
        if given.problems:
            raise SettingError(*given.problems)
        opened = self._opened
        client, stream = await opened.client(), await opened.meter_stream()
        values = values_of(offer, id, parents, params)
        answer = await carry_out(
            client,
            opened.catalogue,
            stream,
            offer,
            values,
            key,
            missing_ok=missing_ok,
            unlisted=unlisted,
            watched=must_be_allowed(opened.mode, irreversible),
        )
        return _object(answer)


def _object(raw: bytes) -> dict[str, Any]:
    import msgspec

    parsed: dict[str, Any] = msgspec.json.decode(raw)
    return parsed
