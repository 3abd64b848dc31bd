"""Consecutive rows become one record, from any place on."""

import json
from collections import Counter
from collections.abc import Sequence
from itertools import count, groupby
from random import Random
from typing import Any

import pytest
from connector_agent.mapping import parse_path
from connector_agent.operations import grouping
from connector_agent.operations.grouped_source import GroupedSource, RegroupedSource
from connector_sdk import Page, Record, SettingError, SourceChangedError
from hypothesis import given
from hypothesis import strategies as st

from .rows import Row, RowSource, by_number, groups, pages

sizes = st.lists(st.integers(1, 6), min_size=1, max_size=4)
rows = st.lists(
    st.one_of(
        st.none(),
        st.fixed_dictionaries({"no": st.sampled_from(["1", "2", "3", ""]), "x": st.integers(0, 1)}),
    ),
    max_size=25,
)


def value(record: Record) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(record.raw)
    return found


def codes(records: Sequence[Record]) -> list[str]:
    return [each.problem.code if each.problem else "" for each in records]


async def test_rows_that_stand_together_become_one_record() -> None:
    first, second = await groups(
        [
            {"no": "17", "who": "Ada", "what": "tea"},
            {"no": "17", "who": "Ada", "what": "milk"},
            {"no": "18", "who": "Joan", "what": "tea"},
        ]
    )
    assert value(first) == {
        "no": "17",
        "who": "Ada",
        "lines": [
            {"no": "17", "who": "Ada", "what": "tea"},
            {"no": "17", "who": "Ada", "what": "milk"},
        ],
    }
    assert (first.seq, first.at) == (1, "rows.csv row 2 to 3")
    assert (second.seq, second.at) == (2, "rows.csv row 4")
    assert value(second)["what"] == "tea"


async def test_several_fields_and_nested_ones_make_a_group() -> None:
    source = RowSource(
        [
            {"a": {"b": 1, "c": 1}, "d": "x"},
            {"a": {"b": 1, "c": 2}, "d": "x"},
            {"a": {"b": 1, "c": 2}, "d": "y"},
        ]
    )
    made = GroupedSource(source, (parse_path("a.b"), parse_path("d")), "rows")
    found = [value(each) for page in await pages(made) for each in page.records]
    assert [(each["a"], each["d"], len(each["rows"])) for each in found] == [
        ({"b": 1}, "x", 2),
        ({"b": 1, "c": 2}, "y", 1),
    ]


READS = tuple(map(parse_path, ("cur", "when", "address.city")))


async def read_groups(*given: Row) -> list[Record]:
    source = GroupedSource(RowSource(given), (parse_path("no"),), "lines", READS)
    return [each for page in await pages(source) for each in page.records]


async def test_a_field_that_only_some_rows_fill_counts() -> None:
    (group,) = await read_groups(
        {"no": "1", "cur": "", "when": None, "address": {"city": " "}},
        {"no": "1", "cur": "eur", "address": {"city": "Bath", "zip": "B1"}},
        {"no": "1", "when": "2026-01-01", "address": {"city": "", "line1": "A"}},
    )
    assert group.problem is None
    found = value(group)
    assert (found["cur"], found["when"]) == ("eur", "2026-01-01")
    assert found["address"] == {"city": "Bath", "zip": "B1", "line1": "A"}
    assert found["lines"][0]["cur"] == ""


async def test_what_no_row_fills_is_as_empty_as_the_first_row_has_it() -> None:
    (group,) = await read_groups({"no": "1", "cur": ""}, {"no": "1", "cur": None, "when": None})
    assert (value(group)["cur"], value(group)["when"]) == ("", None)


async def test_rows_that_contradict_each_other_are_a_problem_that_names_them() -> None:
    first, second = await read_groups(
        {"no": "1", "cur": "eur", "amount": 1},
        {"no": "1", "cur": "usd", "amount": 2},
        {"no": "1", "cur": " ", "amount": 3},
        {"no": "1", "cur": "usd", "amount": 4},
        {"no": "2", "cur": "eur", "amount": 5},
        {"no": "2", "amount": 6},
    )
    assert second.problem is None
    assert first.problem is not None
    assert first.problem.code == "group_contradiction"
    assert first.problem.path == "cur"
    assert first.problem.message == (
        "The rows of the group contradict each other in 'cur': 'eur' (rows.csv row 2) and "
        "'usd' (rows.csv row 3 and 1 more)."
    )
    assert "cur" not in value(first)
    assert "amount" not in value(second)


async def test_many_values_are_not_all_told() -> None:
    (group,) = await read_groups(*({"no": "1", "cur": str(number)} for number in range(5)))
    assert group.problem is not None
    assert group.problem.message.endswith("'2' (rows.csv row 4) and 2 more values.")


async def test_all_contradictions_are_told_at_once() -> None:
    (group,) = await read_groups(
        {"no": "1", "cur": "eur", "when": "a"}, {"no": "1", "cur": "usd", "when": "b"}
    )
    assert group.problem is not None
    assert "in 'cur': " in group.problem.message
    assert "; in 'when': " in group.problem.message


async def test_a_contradiction_beside_what_is_read_is_none() -> None:
    (group,) = await read_groups(
        {"no": "1", "address": {"city": "Bath", "zip": "1"}},
        {"no": "1", "address": {"city": "Bath", "zip": "2"}},
    )
    assert group.problem is None
    assert value(group)["address"] == {"city": "Bath"}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"city": "Bath"}, "Bath"),
        ({"city": ["a"]}, {"city": ["b"]}),
        ({"city": [1]}, {"city": [True]}),
        ({"city": {"name": "a"}}, {"city": {"name": "b"}}),
    ],
)
async def test_above_and_below_what_is_read_rows_contradict_each_other(
    one: object, other: object
) -> None:
    found = await read_groups({"no": "1", "address": one}, {"no": "1", "address": other})
    assert codes(found) == ["group_contradiction"]


filled = st.one_of(st.none(), st.just(""), st.integers(0, 2), st.sampled_from(["0", "a"]))


@given(cells=st.lists(filled, min_size=1, max_size=5), other=st.randoms(use_true_random=False))
async def test_a_field_is_common_whatever_the_order_of_the_rows(
    cells: list[object], other: Random
) -> None:
    """The right value by another way: the set of what is filled."""
    (group,) = await read_groups(*({"no": "1", "cur": cell} for cell in cells))
    different = {json.dumps(cell) for cell in cells if cell not in (None, "")}
    assert (group.problem is not None) == (len(different) > 1)
    if len(different) == 1:
        assert {json.dumps(value(group)["cur"])} == different
    shuffled = other.sample(cells, len(cells))
    (again,) = await read_groups(*({"no": "1", "cur": cell} for cell in shuffled))
    assert codes([again]) == codes([group])


async def test_a_kept_group_is_looked_at_again() -> None:
    kept: list[Row] = [
        {"no": "1", "lines": [{"cur": "eur"}, {"cur": "usd"}]},
        {"no": "2", "cur": "eur", "lines": [{"cur": "eur"}, {"cur": "usd"}]},
        {"no": "3", "cur": "eur", "lines": [{"cur": "eur"}, {"cur": ""}]},
        {"no": "4", "lines": "[]"},
        None,
    ]
    found = await pages(RegroupedSource(RowSource(kept, (9,)), "lines", READS))
    records = [each for page in found for each in page.records]
    assert codes(records) == ["group_contradiction", "", "", "", "row_ragged"]
    assert records[0].problem is not None
    assert "'eur' (row 1 of the group) and 'usd' (row 2 of the group)" in (
        records[0].problem.message
    )


async def test_one_and_true_are_not_the_same() -> None:
    (group,) = await groups([{"no": "1", "x": 1}, {"no": "1", "x": True}])
    assert "x" not in value(group)


async def test_a_broken_row_inside_a_group_breaks_the_group() -> None:
    found = await groups([{"no": "1"}, None, {"no": "1"}, {"no": "2"}])
    assert codes(found) == ["row_ragged", ""]
    assert found[0].problem is not None
    assert found[0].problem.at == "rows.csv row 3"
    assert len(value(found[0])["lines"]) == 3


async def test_a_broken_row_between_two_groups_may_be_of_either() -> None:
    found = await groups([{"no": "1"}, None, {"no": "2"}, {"no": "3"}])
    assert codes(found) == ["row_ragged", "row_before_unreadable", ""]


async def test_a_broken_first_row_is_a_record_of_its_own() -> None:
    assert codes(await groups([None, {"no": "1"}])) == ["row_ragged", "row_before_unreadable"]


async def test_a_row_without_the_field_is_a_problem_of_its_own() -> None:
    found = await groups([{"no": "1"}, {"no": " "}, {"x": 1}, {"no": "2"}])
    assert codes(found) == ["", "no_group", "no_group", ""]


async def test_no_part_of_a_scattered_group_is_whole() -> None:
    found = await groups([{"no": "1"}, {"no": "2"}, {"no": "1"}, {"no": "1"}])
    assert codes(found) == ["scattered_group", "", "scattered_group"]
    for part in (found[0], found[2]):
        assert part.problem is not None
        assert part.problem.message == (
            "The rows with no 1 aren't consecutive; they start at rows.csv row 2 and "
            "rows.csv row 4."
        )
        assert "Sort the source by no" in part.problem.remedy
    assert [each.at for each in found] == [
        "rows.csv row 2",
        "rows.csv row 3",
        "rows.csv row 4 to 5",
    ]


async def test_many_parts_are_not_all_named() -> None:
    for times, more in ((4, ""), (5, "1 more place."), (7, "3 more places.")):
        first, *_ = await groups([{"no": "1"}, {"no": "2"}] * times)
        assert first.problem is not None
        assert first.problem.message.endswith(
            f"rows.csv row 2, rows.csv row 4, rows.csv row 6, rows.csv row 8 and {more}"
            if times > 4
            else "rows.csv row 2, rows.csv row 4, rows.csv row 6 and rows.csv row 8."
        )


@given(st.lists(st.sampled_from("abcdef"), max_size=30), sizes)
async def test_only_whole_groups_are_given(keys: list[str], size: list[int]) -> None:
    source = RowSource([{"no": key, "row": index} for index, key in enumerate(keys)], size)
    found = [each for page in await pages(by_number(source)) for each in page.records]
    parts = [(key, [row for _, row in rows]) for key, rows in groupby(zip(keys, count()), _first)]
    times = Counter(key for key, _ in parts)
    assert [[row["row"] for row in value(each)["lines"]] for each in found] == [
        rows for _, rows in parts
    ]
    assert [not code for code in codes(found)] == [times[key] == 1 for key, _ in parts]


def _first(row: tuple[str, int]) -> str:
    return row[0]


async def test_a_group_that_grew_after_it_was_given_is_noticed() -> None:
    whole: list[Row] = [{"no": "1"}, {"no": "2"}, {"no": "3"}]
    for place in (await pages(by_number(RowSource(whole, (1,)))))[:2]:
        with pytest.raises(SourceChangedError):
            await pages(by_number(RowSource([*whole, {"no": "1"}], (1,))), place.after)
        grown = by_number(RowSource([*whole, {"no": "3"}, {"no": "4"}], (1,)))
        assert codes([each for page in await pages(grown, place.after) for each in page.records])


async def test_rows_that_come_back_after_the_first_pass_end_the_reading() -> None:
    source = RowSource([{"no": "1"}, {"no": "2"}], (1,))
    given: list[Record] = []
    with pytest.raises(SettingError, match="came after it was complete") as caught:
        async for page in by_number(source).read(None):
            given += page.records
            source.rows[2:] = [{"no": "3"}, {"no": "1"}]
    assert caught.value.problem.at == "rows.csv row 5"
    assert [value(each)["no"] for each in given] == ["1", "2"]


async def test_a_group_has_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(grouping, "MAX_ROWS", 3)
    found = await groups([{"no": "1"}] * 7 + [{"no": "2"}] * 3)
    assert codes(found) == ["group_too_large", ""]
    assert value(found[0]) == {"no": "1", "lines": []}
    assert len(value(found[1])["lines"]) == 3


@given(rows, sizes, sizes, st.sets(st.integers(0, 24)))
async def test_any_resume_gives_the_same_groups(
    given: list[Row], first: list[int], second: list[int], passed: set[int]
) -> None:
    whole = await pages(by_number(RowSource(given, (50,), tuple(passed))))
    expected = [each for page in whole for each in page.records]
    read = await pages(by_number(RowSource(given, first, tuple(passed))))
    assert [each for page in read for each in page.records] == expected
    assert sum(page.filtered for page in read) == sum(page.filtered for page in whole)
    seen: list[Page] = []
    for page in read:
        seen.append(page)
        again = by_number(RowSource(given, second, tuple(passed)))
        rest = await pages(again, page.after)
        assert [each for one in (*seen, *rest) for each in one.records] == expected
        told = sum(one.filtered for one in (*seen, *rest))
        assert told == sum(one.filtered for one in whole)
        for place in rest:  # and once more, from a place that a resume gave
            last = await pages(by_number(RowSource(given, first, tuple(passed))), place.after)
            rest_of = rest[rest.index(place) + 1 :]
            assert [each for one in last for each in one.records] == [
                each for one in rest_of for each in one.records
            ]


async def test_rows_that_changed_before_the_place_are_noticed() -> None:
    before: list[Row] = [{"no": "1", "x": 1}, {"no": "1", "x": 2}, {"no": "2"}, {"no": "3"}]
    (page, *_) = await pages(by_number(RowSource(before, (4,))))
    changed: list[Row] = [{"no": "1", "x": 1}, {"no": "1", "x": 9}, {"no": "2"}, {"no": "3"}]
    for now in (changed, before[:1]):
        with pytest.raises(SourceChangedError):
            await pages(by_number(RowSource(now, (4,))), page.after)


async def test_a_foreign_place_is_refused() -> None:
    with pytest.raises(SettingError, match="one of a grouped source"):
        await pages(by_number(RowSource([])), b"17")


async def test_nothing_gives_nothing() -> None:
    assert await pages(by_number(RowSource([]))) == []
    assert await by_number(RowSource([])).total() is None


async def test_finishing_hands_on_the_cursor_behind_the_last_row() -> None:
    source = RowSource([{"no": "1"}, {"no": "1"}, {"no": "2"}], passed=[1])
    groups = by_number(source)
    *_, last = await pages(groups)
    await groups.finish(last.after)
    assert source.finished == [b"3"]
