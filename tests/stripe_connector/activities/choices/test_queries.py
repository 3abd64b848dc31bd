"""What a query can ask for is told with operators and an example that works."""

from stripe_connector.activities.choices.queries import askable
from stripe_connector.catalogue import load
from stripe_connector.query import check, fields_of, parse


def test_every_example_can_be_asked() -> None:
    catalogue = load()
    shapes = ("list", "search")
    for api_call in (each for each in catalogue.api_calls.values() if each.shape in shapes):
        fields = fields_of(catalogue, api_call)
        for field in askable(catalogue, api_call):
            _, operators, example = field.description.split("; ")
            assert example.startswith(field.name.partition("[")[0])
            check(parse(example), fields, native=api_call.shape == "search")
            for op in operators.replace(" null", "").split():
                sized = ">" in operators
                value = "5" if sized else "'long enough'"
                text = field.name.replace("…", "k") + op + value
                check(parse(text), fields, native=False)


def test_choices_and_formats_are_told() -> None:
    catalogue = load()
    found = {each.name: each for each in askable(catalogue, catalogue.api_calls["charges.list"])}
    assert found["status"].choices == ("failed", "pending", "succeeded")
    assert found["status"].description.endswith('status:"failed"')
    assert found["currency"].description.endswith('currency:"eur"')
    assert found["disputed"].type == "boolean"
    assert found["created"].format == "unix-time"
    assert next(iter(found)) == "amount"
    native = askable(catalogue, catalogue.api_calls["charges.search"])
    assert {each.name for each in native} < {*found}
