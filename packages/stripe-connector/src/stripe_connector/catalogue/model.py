"""The words in which the catalogue talks: operations of the API, and the resources they return."""

from dataclasses import dataclass
from typing import Literal

from connector_sdk.schema import Field

Method = Literal["GET", "POST", "DELETE"]
BodyForm = Literal["form", "json", "multipart"]
HostName = Literal["api", "files", "meter_events"]
Shape = Literal["object", "list", "search", "binary", "rows", "none"]


@dataclass(frozen=True, slots=True)
class Operation:
    """One call of Stripe's API.

    `id` is `object` and `action` joined: "customers.tax_ids.create", "billing.meters.deactivate",
    "v2.core.accounts.close". `object` is what a project writes after `on:`. `path` holds its
    parameters in braces, `path_parameters` their names in order, parents first. `returns` is
    the id of the resource that the answer holds (of each row, for a list or a search); "" where
    it holds none, or one of several: then `returns_any` has their ids. `shape` says how the
    answer is built; "rows" is no answer of one call, but what several `calls` (ids, in order)
    come to: the rows of a file.
    """

    id: str
    object: str
    action: str
    method: Method
    path: str
    path_parameters: tuple[str, ...]
    host: HostName
    body: BodyForm
    returns: str
    shape: Shape
    returns_any: tuple[str, ...] = ()
    calls: tuple[str, ...] = ()

    @property
    def v2(self) -> bool:
        """Whether it belongs to API v2: JSON bodies, page tokens, keys on DELETE."""
        return self.path.startswith("/v2/")


@dataclass(frozen=True, slots=True)
class Resource:
    """An object that Stripe returns.

    `id` is its place in the API ("customer", "billing.meter", "v2.core.account") and
    `object_name` the value of its field `object`, which need not be the same ("invoice_item"
    is called "invoiceitem"); "" for the answer of a v2 delete, which repeats the name of what
    it deleted. In `schema` a field is required when it is always there and never null.
    `deleted` says that a deleted one is answered as `{"id", "object", "deleted": true}`.
    `prefix` is what its ids begin with, without the underscore ("cus"); "" where it has no id,
    a free one, or where the prefix is not known.
    """

    id: str
    object_name: str
    schema: Field
    deleted: bool
    description: str
    prefix: str


def is_list(field: Field) -> bool:
    """Whether the field holds one page of a list: data, has_more and url."""
    return field.child("has_more") is not None and field.child("data") is not None
