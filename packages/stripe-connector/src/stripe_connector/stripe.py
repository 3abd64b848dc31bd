"""Stripe from Python, without a project and without an agent."""

from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self

from connector_sdk import Schemas, Tested

from stripe_connector.reads import Reads
from stripe_connector.writes import Writes


class Stripe(Reads, Writes):
    """One Stripe account, opened with `async with`.

    The settings are those of a connection: `api_key`, `account`, `api_version`, `address` ("" is
    Stripe, "sandbox" a small Stripe in this process that forgets everything at the end, or a
    URL), `proxy`, `timeout` in seconds, `retries`, `account_must_be`. Objects are named as in a
    project: "customers", "customers.tax_ids", "billing.meters", "v2.core.accounts". Each method
    does what its activity type usually means; `action` names anything else that it can do.

    Everything raises the errors of connector_sdk: SettingError for a name or a parameter that
    Stripe doesn't have (before anything is sent), CredentialError, UnreachableError,
    RefusedError with Stripe's own words, FailedError for a write that was not done, and
    UncertainError for one that may have been done. An answer that is lost is looked up first.

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
        self._connection = None

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
        from stripe_connector.activities.choices.parameters import with_currency
        from stripe_connector.activities.choices.verbs import names_of
        from stripe_connector.catalogue import minor_units
        from stripe_connector.catalogue.amounts import amount_decimals

        catalogue = self._opened.catalogue
        api_call = catalogue.api_call(object, names_of(catalogue, object).get(action, action))
        return Schemas(
            with_currency(api_call, catalogue.request(api_call)),
            catalogue.response(api_call),
            dict(minor_units()),
            amount_decimals=dict(amount_decimals(api_call.id)),
        )
