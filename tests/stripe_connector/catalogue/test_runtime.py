"""The running SDK says the same as its source did: an independent check of the reader."""

import importlib
import inspect
import re
from typing import Any

import pytest
import stripe
from stripe_connector.catalogue import Catalogue
from stripe_connector.catalogue.model import ApiCall


@pytest.fixture(scope="module")
def client() -> stripe.StripeClient:
    return stripe.StripeClient("sk_test_none")


def method_of(client: stripe.StripeClient, api_call: ApiCall) -> Any:
    service: Any = client if api_call.v2 else client.v1
    for name in api_call.object.split("."):
        service = getattr(service, name)
    return getattr(service, api_call.action)


def test_every_call_goes_where_the_catalogue_says(
    client: stripe.StripeClient, catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[tuple[str, str, str]] = []

    def record(_: Any, method: str, url: str, *rest: Any, base_address: str, **more: Any) -> None:
        sent.append((method.upper(), url, base_address))

    for name in ("request", "request_stream"):
        monkeypatch.setattr(f"stripe._api_requestor._APIRequestor.{name}", record)
    for api_call in catalogue.api_calls.values():
        values = {name: f"{name}_1" for name in api_call.path_parameters}
        method_of(client, api_call)(*values.values(), params={})
        wanted = (api_call.method, api_call.path.format_map(values), api_call.host)
        assert sent.pop() == wanted, api_call.id
    assert not sent


def test_every_request_has_the_parameters_of_its_type(
    client: stripe.StripeClient, catalogue: Catalogue
) -> None:
    compared = 0
    for api_call in catalogue.api_calls.values():
        method = method_of(client, api_call)
        annotation = str(inspect.signature(method).parameters["params"].annotation)
        name = re.findall(r"\w+Params", annotation)[0]
        service = type(method.__self__).__module__
        package, _, _ = service.rpartition(".")
        home = importlib.import_module(package.replace("stripe", "stripe.params", 1))
        declared = getattr(home, name, None)
        if declared is None:  # exported from no package; the reader found it by its import
            continue
        options = stripe.RequestOptions.__annotations__
        required = set(declared.__required_keys__) - set(options)
        optional = set(declared.__optional_keys__) - set(options)
        fields = [f for f in catalogue.request(api_call).fields if not f.in_path]
        assert {f.name for f in fields if f.required} == required, api_call.id
        assert {f.name for f in fields if not f.required} == optional, api_call.id
        compared += 1
    assert compared > 600
