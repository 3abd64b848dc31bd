"""The words in which the catalogue talks: operations of the API, and the resources they return."""

from dataclasses import dataclass
from typing import Literal

Method = Literal["GET", "POST", "DELETE"]
BodyForm = Literal["form", "json", "multipart"]
HostName = Literal["api", "files", "meter_events"]
Shape = Literal["object", "list", "search", "binary", "none"]


@dataclass(frozen=True, slots=True)
class Operation:
    """One call of Stripe's API.

    `id` is `object` and `action` joined: "customers.tax_ids.create", "billing.meters.deactivate",
    "v2.core.accounts.close". `object` is what a project writes after `on:`. `path` holds its
    parameters in braces, `path_parameters` their names in order, parents first. `returns` is
    the id of the resource that the answer holds (of each row, for a list or a search); "" where
    it holds none. `shape` says how the answer is built.
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

    @property
    def v2(self) -> bool:
        """Whether it belongs to API v2: JSON bodies, page tokens, keys on DELETE."""
        return self.path.startswith("/v2/")
