"""A schema as a tree of lines, with types and descriptions in words."""

from connector_agent.cli.schema_tree import sentence, tree, type_text
from connector_sdk import Field


def test_types_in_words() -> None:
    text = Field("", "string")
    for field, told in (
        (Field("a", "list", items=text), "list of text"),
        (Field("a", "list"), "list"),
        (Field("a", "map", items=text), "names with text"),
        (Field("a", "boolean", choices=(True,)), "true"),
        (Field("a", "string", choices=tuple("abcdefgh")), "a, b, c, d, e, f and 2 more"),
        (Field("a", "string", choices=("a",), open=True), "a, or others"),
        (Field("a", "any", any_of=(text, Field("", "integer"), text)), "text or whole number"),
        (Field("a", "integer", format="unix-time"), "whole number (unix-time)"),
        (Field("a", "object", ref="customer"), "customer"),
        (Field("a", "object", ref="customer", on_request=True), "id or customer"),
    ):
        assert type_text(field) == told


def test_trees() -> None:
    leaf = Field("x", "string", description="About tea.")
    shape = Field("", "object", fields=(leaf, Field("y", "string", required=True)))
    root = Field(
        "",
        "object",
        fields=(
            Field("some", "list", items=shape),
            Field("must", "any", required=True, any_of=(Field("", "string"), shape)),
        ),
    )
    assert [(line.depth, line.field.name, line.more) for line in tree(root)] == [
        (0, "some", 0),
        (1, "x", 0),
        (1, "y", 0),
        (0, "must", 0),
        (1, "x", 0),
        (1, "y", 0),
    ]
    assert [(line.field.name, line.more) for line in tree(root, depth=1)] == [
        ("some", 2),
        ("must", 2),
    ]
    assert [line.field.name for line in tree(root, only_required=True)] == ["must", "y"]
    assert [line.field.name for line in tree(root, text="TEA")] == ["some", "x", "must", "x"]


def test_first_sentences() -> None:
    assert sentence("See [the docs](https://x.y/z). Then go.") == "See the docs."
    assert sentence("A [single-use](https://x.y/#z wallet. Then go.") == "A single-use wallet."
    assert sentence("It is 3.5 <b>times</b>, e.g. more.\nNext") == "It is 3.5 times, e.g. more."


def test_a_link_may_have_brackets_in_its_address() -> None:
    said = "Only if a [default](https://stripe.com/tax#(recommended)) was not given. It is not."
    assert sentence(said) == "Only if a default was not given."
