"""Stripe from Python, without a project and without an agent."""

import uuid
from collections.abc import AsyncGenerator, Mapping, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from connector_sdk import Schemas, Tested

if TYPE_CHECKING:
    from stripe_connector.catalogue.model import Operation
    from stripe_connector.connection import StripeConnection


class Stripe:
    """One Stripe account, opened with `async with`.

    The settings are those of a connection: `api_key`, `account`, `api_version`, `address` ("" is
    Stripe, "sandbox" a small Stripe in this process that forgets everything at the end, or a
    URL), `proxy`, `timeout` in seconds, `retries`, `account_must_be`. Objects are named as in a
    project: "customers", "customers.tax_ids", "billing.meters", "v2.core.accounts".

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
        self._connection: StripeConnection | None = None

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
        return self._opened.catalogue.objects

    def schema(self, object: str, action: str) -> Schemas:
        """What an action takes and gives, with Stripe's descriptions.

        >>> async with Stripe(address="sandbox") as stripe:
        ...     schemas = stripe.schema("customers", "create")
        >>> schemas.request.child("email").type
        'string'
        """
        from stripe_connector.catalogue import minor_units

        catalogue = self._opened.catalogue
        operation = catalogue.operation(object, action)
        return Schemas(
            catalogue.request(operation), catalogue.response(operation), dict(minor_units())
        )

    async def search(
        self,
        object: str,
        query: str,
        *,
        limit: int | None = None,
        expand: Sequence[str] = (),
        complete: Sequence[str] = (),
    ) -> AsyncGenerator[dict[str, Any], None]:
        """Every object that a query finds; `expand` and `complete` as in `list`. New objects
        show in Stripe's searches only after a minute or so; use `list` for what was just
        written.

        >>> async with Stripe(address="sandbox") as stripe:
        ...     _ = await stripe.create("customers", {"email": "ada@example.com"})
        ...     query = "email:'ada@example.com'"
        ...     found = [each async for each in stripe.search("customers", query)]
        >>> len(found)
        1
        """
        settings = {"query": query, "limit": limit, "expand": expand, "complete": complete}
        async for each in self._read("search", object, "search", settings):
            yield each

    async def list(
        self,
        object: str,
        *,
        limit: int | None = None,
        expand: Sequence[str] = (),
        complete: Sequence[str] = (),
        **filters: Any,
    ) -> AsyncGenerator[dict[str, Any], None]:
        """Every object of a list, newest first; `filters` are the list's parameters, and the
        ids of parents for nested objects. `expand` are paths that shall hold whole objects
        instead of ids, `complete` lists in the objects of which all rows are wanted and not
        only the first ten. Raises RefusedError where one can't be completed.

        >>> async with Stripe(address="sandbox") as stripe:
        ...     for name in ("Ada", "Grace", "Edith"):
        ...         _ = await stripe.create("products", {"name": name})
        ...     [each["name"] async for each in stripe.list("products", active=True, limit=2)]
        ['Edith', 'Grace']
        """
        settings = {"limit": limit, "expand": expand, "complete": complete}
        settings |= self._sorted(object, "list", filters)
        async for each in self._read("search", object, "list", settings):
            yield each

    async def read(
        self,
        object: str,
        id: str | Sequence[str] = "",
        *,
        expand: Sequence[str] = (),
        complete: Sequence[str] = (),
        **parents: str,
    ) -> Any:
        """One object by its id, or a list of them in the order of the ids; without an id an
        object of which there is only one. Raises RefusedError for the first id that Stripe
        doesn't know.

        >>> async with Stripe(address="sandbox") as stripe:
        ...     balance = await stripe.read("balance")
        ...     made = await stripe.create("customers", {"name": "Ada"})
        ...     same = await stripe.read("customers", made["id"])
        ...     several = await stripe.read("customers", [made["id"], made["id"]])
        >>> balance["object"], same["name"], len(several)
        ('balance', 'Ada', 2)
        """
        settings: dict[str, Any] = {"ids": id, "expand": expand, "complete": complete}
        settings |= self._sorted(object, "retrieve", parents)
        found = [each async for each in self._read("read", object, "retrieve", settings)]
        return found[0] if isinstance(id, str) else found

    async def create(
        self,
        object: str,
        params: Mapping[str, Any] | None = None,
        *,
        key: str | None = None,
        **parents: str,
    ) -> dict[str, Any]:
        """The new object. `key` is the idempotency key: the same key with the same parameters
        makes it only once within 24 hours. Without one a random key covers the retries of
        this call only.

        >>> async with Stripe(address="sandbox") as stripe:
        ...     first = await stripe.create("customers", {"name": "Ada"}, key="crm-17")
        ...     again = await stripe.create("customers", {"name": "Ada"}, key="crm-17")
        >>> first["id"] == again["id"]
        True
        """
        operation = self._opened.catalogue.operation(object, "create")
        return await self._call(operation, {**parents, **(params or {})}, key)

    async def update(
        self,
        object: str,
        id: str = "",
        params: Mapping[str, Any] | None = None,
        *,
        key: str | None = None,
        **parents: str,
    ) -> dict[str, Any]:
        """The changed object. Only what is given changes; None clears a field that can be
        cleared. Settings of which there is only one take no id.

        >>> async with Stripe(address="sandbox") as stripe:
        ...     params = {"name": "Ada", "address": {"city": "Linz"}}
        ...     made = await stripe.create("customers", params)
        ...     changed = await stripe.update("customers", made["id"], {"address": None})
        >>> changed["name"], changed["address"]
        ('Ada', None)
        """
        operation = self._opened.catalogue.operation(object, "update")
        return await self._call(operation, self._with_id(operation, id, parents, params), key)

    async def delete(
        self, object: str, id: str, params: Mapping[str, Any] | None = None, **parents: str
    ) -> dict[str, Any]:
        """What Stripe says of the deleted object; of a subscription, which it cancels instead,
        the whole object.

        >>> async with Stripe(address="sandbox") as stripe:
        ...     made = await stripe.create("customers", {"name": "Ada"})
        ...     gone = await stripe.delete("customers", made["id"])
        >>> gone["deleted"]
        True
        """
        from stripe_connector.activities.verbs import operation_for

        operation = operation_for(self._opened.catalogue, "delete", object, "", query=False)
        return await self._call(operation, self._with_id(operation, id, parents, params), None)

    @property
    def _opened(self) -> "StripeConnection":
        if self._connection is None:
            raise RuntimeError("Open it first: `async with Stripe(...) as stripe:`.")
        return self._connection

    async def _read(
        self, type: str, object: str, action: str, settings: Mapping[str, Any]
    ) -> AsyncGenerator[dict[str, Any], None]:
        """Every record. Settings without a value count as not given."""
        from connector_sdk import Activity, RefusedError

        given: dict[str, Any] = {
            name: value if isinstance(value, (str, int, Mapping)) else [*value]
            for name, value in settings.items()
            if value not in (None, "", ())
        }
        source = await self._opened.source(Activity("", type, object, action, given))
        async for page in source.read(None):
            for record in page.records:
                if record.problem is not None:
                    raise RefusedError(record.problem)
                yield _object(record.raw)

    def _sorted(self, object: str, action: str, given: Mapping[str, Any]) -> dict[str, Any]:
        """Keyword arguments as the settings `parents` and `parameters`."""
        from stripe_connector.activities.verbs import parents_of

        above = parents_of(self._opened.catalogue.operation(object, action))
        parents = {name: value for name, value in given.items() if name in above}
        others = {name: value for name, value in given.items() if name not in above}
        settings: dict[str, Any] = {"parents": parents} if parents else {}
        return {**settings, "parameters": others} if others else settings

    def _with_id(
        self,
        operation: "Operation",
        id: str,
        parents: Mapping[str, str],
        params: Mapping[str, Any] | None,
    ) -> dict[str, Any]:
        from stripe_connector.activities.verbs import own_id

        own = own_id(operation)
        return {**parents, **({own: id} if own and id else {}), **(params or {})}

    async def _call(
        self, operation: "Operation", values: dict[str, Any], key: str | None
    ) -> dict[str, Any]:
        from connector_sdk import Problem, SettingError, conform

        from stripe_connector.activities.request import split

        fitted = conform(self._opened.catalogue.request(operation), values)
        if fitted.problems:
            raise SettingError(*fitted.problems)
        checked = fitted.value if isinstance(fitted.value, dict) else {}
        request = split(operation, checked, mark=False)
        if isinstance(request, Problem):
            raise SettingError(request)
        client = await self._opened.client()
        answer = await client.send(
            operation, {**request.path, **request.params}, key=key or str(uuid.uuid4())
        )
        return _object(answer.body)


def _object(raw: bytes) -> dict[str, Any]:
    import msgspec

    parsed: dict[str, Any] = msgspec.json.decode(raw)
    return parsed
