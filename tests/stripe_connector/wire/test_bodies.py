import math
import time
from urllib.parse import unquote_plus

import pytest
from connector_sdk import JSON, Field
from hypothesis import given
from hypothesis import strategies as st
from stripe._encode import _api_encode
from stripe_connector.wire import WireError, decode_form, encode_form, encode_query

text = st.text(st.characters(exclude_categories=["Cs"]))
names = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="[]"), min_size=1, max_size=8
)


def _reads_as_list(value: dict[str, JSON]) -> bool:
    return set(value) == {str(index) for index in range(len(value))}


def _nested(inner: st.SearchStrategy[JSON]) -> st.SearchStrategy[JSON]:
    maps = st.dictionaries(names, inner, min_size=1, max_size=4)
    return st.lists(inner, min_size=1, max_size=4) | maps.filter(lambda m: not _reads_as_list(m))


params = st.dictionaries(names, st.recursive(text, _nested, max_leaves=12), max_size=5)


@given(params)
def test_what_is_written_is_read_back(value: dict[str, JSON]) -> None:
    assert decode_form(encode_form(value)) == value
    assert decode_form(encode_query(value)) == value


@given(st.binary(max_size=200) | st.text("ab01[]=&%+é", max_size=60))
def test_any_input_is_read_or_refused(data: bytes | str) -> None:
    try:
        value = decode_form(data)
    except WireError as error:
        assert error.problem.message
        assert error.problem.remedy
    else:
        assert decode_form(encode_form(value)).keys() <= value.keys()


def test_values_are_written_as_the_api_wants_them() -> None:
    value: dict[str, JSON] = {
        "a b": "ü&=/ ~",
        "flag": True,
        "flags": [False],
        "gone": None,
        "amount": 12,
        "rate": 1e-7,
        "items": [{"price": "p", "metadata": {"x.y": ""}}, {"price": "q"}],
        "nothing": [],
        "none": {},
        "grid": [["a"], ["b", "c"]],
    }
    assert unquote_plus(encode_form(value).decode()) == (
        "a b=ü&=/ ~&flag=true&flags[0]=false&gone=&amount=12&rate=0.0000001"
        "&items[0][price]=p&items[0][metadata][x.y]=&items[1][price]=q"
        "&grid[0][0]=a&grid[1][0]=b&grid[1][1]=c"
    )
    assert b"items[0][price]=p" in encode_form(value)
    assert "items%5B0%5D%5Bprice%5D=p" in encode_query(value)


@given(params)
def test_pairs_are_those_of_the_official_sdk(value: dict[str, JSON]) -> None:
    theirs = dict(_api_encode(value))
    ours = {
        unquote_plus(left): unquote_plus(right)
        for left, _, right in (
            pair.partition("=") for pair in encode_form(value).decode().split("&") if pair
        )
    }
    assert ours == theirs


@pytest.mark.parametrize(
    ("value", "key"),
    [
        ({"a": {"b[c]": "x"}}, "a"),
        ({"a]": "x"}, "a]"),
        ({"": "x"}, ""),
        ({"a": {"": "x"}}, "a"),
        ({"a": math.inf}, "a"),
        ({"a": [math.nan]}, "a[0]"),
        ({"a": "\ud800"}, "a"),
        ({"a": b"x"}, "a"),
    ],
)
def test_what_no_form_can_hold_is_refused(value: dict[str, JSON], key: str) -> None:
    with pytest.raises(WireError) as caught:
        encode_form(value)
    assert caught.value.key == key


def test_nesting_has_an_end() -> None:
    value: JSON = "x"
    for _ in range(5000):
        value = [value]
    with pytest.raises(WireError, match="32 levels"):
        encode_form({"a": value})
    with pytest.raises(WireError, match="32 levels"):
        decode_form("a" + "[b]" * 5000 + "=x")


@pytest.mark.parametrize(
    ("data", "value"),
    [
        ("", {}),
        ("&&a=1&", {"a": "1"}),
        ("a", {"a": ""}),
        ("a=1=2", {"a": "1=2"}),
        ("a=1&a=2", {"a": "2"}),
        ("a=%zz", {"a": "%zz"}),
        ("expand[]=x&expand[]=y", {"expand": ["x", "y"]}),
        ("expand%5B%5D=x", {"expand": ["x"]}),
        ("expand[1]=y&expand[0]=x", {"expand": ["x", "y"]}),
        ("i[][p]=1&i[][q]=2&i[][p]=3", {"i": [{"p": "1", "q": "2"}, {"p": "3"}]}),
        ("i[][p][]=1&i[][p][]=2", {"i": [{"p": ["1", "2"]}]}),
        ("metadata[2024]=x", {"metadata": {"2024": "x"}}),
        ("a[999999999]=1", {"a": {"999999999": "1"}}),
        ("a[01]=1", {"a": {"01": "1"}}),
    ],
)
def test_the_forms_that_clients_send(data: str, value: dict[str, JSON]) -> None:
    assert decode_form(data) == value


@pytest.mark.parametrize(
    ("data", "key"),
    [
        ("a=1&a[b]=2", "a[b]"),
        ("a[b]=2&a=1", "a"),
        ("a[b]=1&a[b][c]=2", "a[b][c]"),
        ("a[]=1&a[0]=2", "a[0]"),
        ("a[0]=1&a[]=2", "a[]"),
        ("a[b]=1&a[]=2", "a[]"),
        ("expand[][0]=x", "expand[][0]"),
        ("expand[][]=x", "expand[][]"),
        ("i[][p]=1&i[][p][q]=2", "i[][p][q]"),
        ("[a]=1", "[a]"),
        ("=1", ""),
        ("a[b=1", "a[b"),
        ("a]b[=1", "a]b["),
        ("a[b]c=1", "a[b]c"),
        ("a[[b]]=1", "a[[b]]"),
        ("a=%ff", "a"),
        ("%ff=1", "\ufffd"),
    ],
)
def test_contradictions_and_malformed_names_are_refused_by_name(data: str, key: str) -> None:
    with pytest.raises(WireError) as caught:
        decode_form(data)
    assert caught.value.key == key
    assert caught.value.problem.path == key


def test_the_schema_settles_what_numbers_in_brackets_mean() -> None:
    schema = Field(
        "",
        "object",
        fields=(
            Field("metadata", "map", items=Field("", "string", clears=True)),
            Field(
                "items",
                "list",
                items=Field(
                    "", "object", fields=(Field("metadata", "map", items=Field("", "string")),)
                ),
            ),
            Field(
                "created",
                "any",
                any_of=(
                    Field("", "object", fields=(Field("gt", "integer"),)),
                    Field("", "integer"),
                ),
            ),
        ),
    )
    data = (
        "metadata[0]=x&items[7][metadata][0]=y&items[3][metadata][1]=z&created[gt]=5&unknown[0]=u"
    )
    assert decode_form(data, schema) == {
        "metadata": {"0": "x"},
        "items": [{"metadata": {"1": "z"}}, {"metadata": {"0": "y"}}],
        "created": {"gt": "5"},
        "unknown": ["u"],
    }


@pytest.mark.parametrize(
    "part",
    ["a[%d]=1", "a[]=1%.0d", "a[][b]=1%.0d", "k%d=1", "a[b][%d][c]=1", "a=%d"],
)
def test_time_grows_with_the_size_only(part: str) -> None:
    def seconds(count: int) -> float:
        data = "&".join(part % index for index in range(count))
        best = math.inf
        for _ in range(3):
            begun = time.process_time()
            decode_form(data)
            best = min(best, time.process_time() - begun)
        return best

    assert seconds(16_000) < 40 * max(seconds(2_000), 0.001)
