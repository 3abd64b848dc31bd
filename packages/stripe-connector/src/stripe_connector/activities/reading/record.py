"""What a record of a Search or a Read holds."""

from connector_sdk import Field

from stripe_connector.activities.choices.resolution import Resolved
from stripe_connector.activities.reading.download import FILE
from stripe_connector.activities.reading.refined import refined_schema
from stripe_connector.catalogue import Catalogue


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
