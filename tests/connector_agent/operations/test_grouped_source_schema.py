"""What a grouped source makes of the schema of its rows."""

from connector_agent.operations.grouped_source import grouped
from connector_sdk import ANY_OBJECT, Field


def test_the_schema_of_groups() -> None:
    row = Field(name="", type="object", fields=(Field("no", "string"), Field("lines", "string")))
    made = grouped(row, "lines")
    assert [(each.name, each.type) for each in made.fields] == [("no", "string"), ("lines", "list")]
    assert made.fields[1].items is row
    assert grouped(ANY_OBJECT, "lines") is ANY_OBJECT
