"""What a record of a Search or a Read holds, what is called for it, and what that means."""

from connector_sdk import Field

from stripe_connector.activities.download import FILE
from stripe_connector.activities.embedded import cost
from stripe_connector.activities.refined import refined_schema
from stripe_connector.activities.resolution import Resolved
from stripe_connector.catalogue import Catalogue
from stripe_connector.catalogue.model import Operation


def record_schema(catalogue: Catalogue, resolved: Resolved) -> Field:
    """The columns of a report are known where the activity names them."""
    operation = resolved.operation
    schema = catalogue.response(operation)
    match operation.shape:
        case "binary":
            return FILE
        case "rows":
            parameters = resolved.parameters.get("parameters")
            columns = parameters.get("columns") if isinstance(parameters, dict) else None
            if not isinstance(columns, list) or not columns:
                return schema
            fields = tuple(Field(name=str(name), type="string") for name in columns)
            return Field(name=operation.id, type="object", fields=fields)
    return refined_schema(schema, resolved)


def single_calls(catalogue: Catalogue, operation: Operation) -> list[Operation]:
    """The calls that an operation stands for: mostly itself."""
    known = [
        catalogue.operations.get(name) or catalogue.additions[name] for name in operation.calls
    ]
    return known or [operation]


def calls(catalogue: Catalogue, resolved: Resolved) -> str:
    """What is called, for people."""
    single = single_calls(catalogue, resolved.operation)
    return ", ".join(f"{each.method} {each.path}" for each in single)


def note(resolved: Resolved) -> str:
    """What a person should know before a run, in whole sentences; "" for nothing."""
    if resolved.operation.shape == "rows" and not resolved.settings.get("ids"):
        return "Each run makes a new report run at Stripe and waits for its result."
    return cost(resolved.complete)
