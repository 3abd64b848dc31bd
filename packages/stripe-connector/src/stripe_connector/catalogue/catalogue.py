"""The reader of the catalogue: an index at once, schemas when they are asked for."""

from collections.abc import Mapping
from dataclasses import replace
from functools import cache, cached_property
from types import MappingProxyType
from typing import Any

from connector_sdk.conform import did_you_mean
from connector_sdk.errors import SettingError
from connector_sdk.record import Problem
from connector_sdk.schema import Field

from stripe_connector.catalogue import overlay, versions
from stripe_connector.catalogue.model import ApiCall, Resource, Routes
from stripe_connector.catalogue.schemas import Archive, archive


def load(version: str = "") -> "Catalogue":
    """The catalogue that describes an API version ("2025-06-30.basil"); "" is the newest.

    Its `api_version` need not be the one asked for, which stays the one that is sent:
    `versions.closest` says which catalogue that is. Reads the index only, once per process.
    """
    return _load(versions.closest(version))


@cache
def _load(version: str) -> "Catalogue":
    return Catalogue(archive(), version)


class Catalogue:
    """Every API call and every resource of one version of Stripe's API.

    `api_calls` are by id ("customers.create"), `objects` name the actions of each object in
    the order of the API, `resources` are the ids that `resource` takes. Safe to share: nothing
    of it changes, and what was read once is kept.
    """

    def __init__(self, archive: Archive, version: str) -> None:
        found = [_api_call(entry) for entry in archive.api_calls(version)]
        objects: dict[str, tuple[str, ...]] = {}
        for api_call in found:
            objects[api_call.object] = (*objects.get(api_call.object, ()), api_call.action)
        self.api_version = version
        self.api_calls: Mapping[str, ApiCall] = MappingProxyType({o.id: o for o in found})
        self.objects: Mapping[str, tuple[str, ...]] = MappingProxyType(objects)
        self.resources: tuple[str, ...] = tuple(archive.resources(version))
        self._archive = archive
        self._requests: dict[str, Field] = {}
        self._resources: dict[str, Resource] = {}

    def api_call(self, object: str, action: str) -> ApiCall:
        """One API call. Raises SettingError, with the nearest name, for an unknown object or
        an action that the object does not have."""
        name = f"{object}.{action}"
        api_call = self.api_calls.get(name) or self.additions.get(name)
        if api_call is not None and api_call.object == object:
            return api_call
        elsewhere = versions.absent(self.api_version, object) or versions.absent(
            self.api_version, object, action
        )
        if elsewhere is not None:
            raise SettingError(elsewhere)
        actions = self.objects.get(object)
        if actions is None:
            raise SettingError(
                Problem(
                    "unknown_object",
                    f"Stripe has no object {object!r} in the API version {self.api_version}.",
                    did_you_mean(object, self.objects) or "Choose one of the catalogue's objects.",
                    value=object,
                )
            )
        remedy = f"It has {', '.join(actions)}."
        raise SettingError(
            Problem(
                "unknown_action",
                f"The Stripe object {object!r} has no action {action!r}.",
                " ".join(part for part in (did_you_mean(action, actions), remedy) if part),
                value=action,
            )
        )

    def request(self, api_call: ApiCall) -> Field:
        """What the API call takes: its path parameters first, then all others."""
        known = self._requests.get(api_call.id)
        if known is None:
            if api_call.id not in self.api_calls:
                known = self._addition(api_call)
            else:
                known = self._read(f"operations/{api_call.id}.json")["request"]
            self._requests[api_call.id] = known
        return known

    def summary(self, api_call: ApiCall) -> str:
        """What the API call does, in Stripe's words (Markdown, links to its documentation)."""
        if api_call.id not in self.api_calls:
            return str(overlay.additions()[api_call.id]["summary"])
        return self._archive.summary(f"operations/{api_call.id}.json", self.api_version)

    def response(self, api_call: ApiCall) -> Field:
        """What the answer holds; of a list or a search, what one row holds."""
        if api_call.returns:
            return self.resource(api_call.returns).schema
        if api_call.returns_any:
            schemas = tuple(self.resource(name).schema for name in api_call.returns_any)
            return Field(name=api_call.id, type="any", any_of=schemas)
        if api_call.shape == "rows":
            return Field(name=api_call.id, type="map", items=Field(name="", type="string"))
        return Field(name=api_call.id, type="file" if api_call.shape == "binary" else "object")

    def resource(self, id: str) -> Resource:
        """One resource ("billing.meter"). Raises SettingError, with the nearest name, if there
        is none of that id."""
        known = self._resources.get(id)
        if known is not None:
            return known
        if id not in self.resources:
            raise SettingError(
                Problem(
                    "unknown_resource",
                    f"Stripe has no resource {id!r} in the API version {self.api_version}.",
                    did_you_mean(id, self.resources) or "Choose one of the catalogue's resources.",
                    value=id,
                )
            )
        member = self._read(f"resources/{id}.json")
        resource = Resource(
            id=id,
            object_name=member["object_name"],
            schema=member["schema"],
            deleted=member["deleted"],
            description=member["description"],
            prefix=overlay.prefixes().get(id, ""),
        )
        self._resources[id] = resource
        return resource

    def find(self, method: str, path: str) -> tuple[ApiCall, dict[str, str]] | None:
        """The API call that a request belongs to, and its path parameters without quoting.

        `path` is the path as it was sent, without the query ("/v1/customers/cus_1"). Literal
        segments win over parameters. None where nothing fits.
        """
        return self._routes.find(method, path) or self._added_routes.find(method, path)

    def section(self, object: str) -> str:
        """The id of the section of Stripe's API reference that the object belongs to."""
        return overlay.section(object)

    def label(self, object: str) -> str:
        """What people read instead of the object's id ("Customer › Tax IDs"); unique within its
        section."""
        return overlay.label(object, self._names)

    def search_fields(self, object: str) -> Mapping[str, str]:
        """Field -> "token", "string" or "number" for a searchable object; empty for others."""
        return overlay.search_fields().get(object, {})

    @cached_property
    def _names(self) -> frozenset[str]:
        return frozenset(self.objects)

    @cached_property
    def additions(self) -> Mapping[str, ApiCall]:
        """Operations that the SDK doesn't have, by id ("files.contents"): calls that only the
        documentation tells of, and what several calls together come to."""
        known = overlay.additions().values()
        found = [_api_call(entry) for entry in known if entry["like"] in self.api_calls]
        return MappingProxyType({api_call.id: api_call for api_call in found})

    @cached_property
    def _routes(self) -> Routes:
        return Routes(self.api_calls.values())

    @cached_property
    def _added_routes(self) -> Routes:
        return Routes([each for each in self.additions.values() if not each.calls])

    def _read(self, name: str) -> dict[str, Any]:
        member = self._archive.member(name, self.api_version)
        assert member is not None, name
        return member

    def _addition(self, api_call: ApiCall) -> Field:
        """The request that it takes like another API call. What it gives is no object, in
        which nothing can be expanded."""
        stated = overlay.additions()[api_call.id]
        request = self.request(self.api_calls[stated["like"]])
        fields = tuple([each for each in request.fields if each.name != "expand"])
        return replace(request, name=api_call.id, fields=fields)


def _api_call(entry: Mapping[str, Any]) -> ApiCall:
    """The index leaves out what is usual: host api, body by API, an answer of one object."""
    path: str = entry["path"]
    returns = tuple(entry.get("returns", ()))
    return ApiCall(
        id=f"{entry['object']}.{entry['action']}",
        object=entry["object"],
        action=entry["action"],
        method=entry["method"],
        path=path,
        path_parameters=tuple([part[1:-1] for part in path.split("/") if part[:1] == "{"]),
        host=entry.get("host", "api"),
        body=entry.get("body", "json" if path.startswith("/v2/") else "form"),
        returns=returns[0] if len(returns) == 1 else "",
        shape=entry.get("shape", "object"),
        returns_any=returns if len(returns) > 1 else (),
        calls=tuple(entry.get("calls", ())),
    )
