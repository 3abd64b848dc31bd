"""Steps: every example of the registry, and their laws for values of every kind."""

from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal, localcontext
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from connector_agent.mapping import ABSENT, STEPS, Step, StepExample
from connector_agent.mapping.declaration import StepFaultError, Surroundings
from connector_agent.mapping.value import Value
from connector_sdk import JSON, conform
from hypothesis import example, given
from hypothesis import strategies as st

UNITS = {"usd": 2, "eur": 2, "jpy": 0, "kwd": 3}
AROUND = Surroundings(UNITS)
EXAMPLES = [(step, each) for step in STEPS.values() for each in step.examples]
VALUES: st.SearchStrategy[JSON] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(), inner, max_size=2),
    max_leaves=3,
)


def apply(name: str, value: Value, /, **arguments: JSON) -> Value:
    return STEPS[name].build(arguments, AROUND)(value, {})


def fault(name: str, value: Value, /, **arguments: JSON) -> str:
    with pytest.raises(StepFaultError) as caught:
        apply(name, value, **arguments)
    return caught.value.code


@pytest.mark.parametrize(
    ("step", "each"), EXAMPLES, ids=[f"{step.name}-{each.value!r}" for step, each in EXAMPLES]
)
def test_examples(step: Step, each: StepExample, tmp_path: Path) -> None:
    assert not conform(step.schema(), dict(each.arguments)).problems
    for name, text in each.files.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    try:
        run = step.build(each.arguments, Surroundings(UNITS, tmp_path))
        seen = step.sees_blank or (each.value is not None and each.value is not ABSENT)
        result = run(each.value, dict(each.record)) if seen else each.value
    except StepFaultError as error:
        assert error.code == each.fault
        assert error.message.endswith(".")
        assert error.remedy.endswith((".", "?"))
        return
    assert not each.fault
    assert result == each.result
    assert type(result) is type(each.result)


@pytest.mark.parametrize(
    ("text", "hint"),
    [("Gemany", "Did you mean 'Germany'?"), ("Deutschland", "Write its English name")],
)
def test_a_country_that_is_near_is_named(text: str, hint: str) -> None:
    with pytest.raises(StepFaultError) as caught:
        apply("country", text)
    assert caught.value.remedy.startswith(hint)


def test_every_step_is_told_and_shown() -> None:
    for name, step in STEPS.items():
        assert step.name == name
        assert step.label
        assert step.help.endswith(".")
        assert step.examples
        assert all(argument.description.endswith(".") for argument in step.arguments)


@given(VALUES)
@pytest.mark.parametrize("name", [name for name in STEPS if name != "lookup_table"])
def test_a_step_gives_a_value_or_a_fault(name: str, value: JSON) -> None:
    arguments: dict[str, JSON] = {
        "default": {"value": "x"},
        "replace": {"old": "a", "new": "b"},
        "money_to_minor": {"currency": "usd"},
        "from_minor": {"currency": "usd"},
        "date_to_unix": {"zone": "UTC"},
        "pad": {"width": 3},
        "truncate": {"length": 3},
        "split": {"by": ","},
        "concat": {"parts": ["a"]},
        "extract": {"pattern": "a(b)?"},
        "replace_pattern": {"pattern": "a+", "new": "b"},
        "phone": {"region": "GB"},
    }.get(name, {})  # type: ignore[assignment]
    try:
        apply(name, value, **arguments)
    except StepFaultError as error:
        assert error.message


AMOUNTS = st.decimals(-(10**12), 10**12, allow_nan=False, places=6) | st.decimals(
    -(10**12), 10**12, allow_nan=False, places=3
)


@given(AMOUNTS, st.sampled_from(sorted(UNITS)), st.sampled_from(["", "half_up", "half_even"]))
@example(Decimal("0.285"), "usd", "half_up")
@example(Decimal("2.675"), "usd", "half_even")
@example(Decimal("-1.005"), "usd", "half_up")
def test_money_is_exact(amount: Decimal, currency: str, rounding: str) -> None:
    with localcontext(prec=60):
        exact = amount * 10 ** UNITS[currency]
        modes = {"half_up": ROUND_HALF_UP, "half_even": ROUND_HALF_EVEN}
        wanted = int(exact.to_integral_value(modes.get(rounding)))
    arguments: dict[str, JSON] = {"round": rounding} if rounding else {}
    if not rounding and exact != wanted:
        found = fault("money_to_minor", f"{amount:f}", currency=currency)
        assert found == "too_many_decimals"
        return
    assert apply("money_to_minor", f"{amount:f}", currency=currency, **arguments) == wanted


@given(st.integers(-(10**15), 10**15), st.sampled_from([".", "'", " ", ","]))
def test_grouped_numbers_read_back(number: int, sign: str) -> None:
    text = f"{number:,}".replace(",", sign)
    decimal = "," if sign == "." else "."
    assert apply("to_integer", text, thousands=sign, decimal=decimal) == number


@given(st.integers(0, 10**15).map(lambda number: number / 100))
def test_amounts_that_come_as_floats_lose_nothing(number: float) -> None:
    cents = apply("money_to_minor", number, currency="usd")
    assert isinstance(cents, int)
    assert cents / 100 == number


@pytest.mark.parametrize("amount", ["9" * 30, "1" + "0" * 99, 1e300, "92233720368547758.08"])
def test_amounts_beyond_64_bits_are_refused(amount: JSON) -> None:
    assert fault("money_to_minor", amount, currency="usd") == "number_too_large"
    assert apply("money_to_minor", "92233720368547758.07", currency="usd") == 2**63 - 1


ZONES = st.sampled_from(
    ["UTC", "Europe/London", "America/Sao_Paulo", "Asia/Kathmandu", "Australia/Lord_Howe",
     "Africa/Cairo", "America/New_York", "Pacific/Apia"]
)  # fmt: skip
MOMENTS = st.datetimes(datetime(1971, 1, 1), datetime(2037, 12, 31)).map(
    lambda moment: moment.replace(microsecond=0)
)


@given(MOMENTS, ZONES)
def test_the_moment_of_a_local_time(moment: datetime, zone: str) -> None:
    seconds = int(moment.replace(tzinfo=UTC).timestamp())
    local = datetime.fromtimestamp(seconds, ZoneInfo(zone))
    assert apply("date_to_unix", local.isoformat()) == seconds
    fold = "later" if local.fold else "earlier"
    naive = local.replace(tzinfo=None)
    assert apply("date_to_unix", naive.isoformat(), zone=zone, fold=fold) == seconds
    form = "%d/%m/%Y %H:%M:%S"
    assert apply("date_to_unix", naive.strftime(form), zone=zone, fold=fold, format=form) == seconds


@given(st.datetimes(), ZONES, st.sampled_from(["", "earlier", "later"]))
@example(datetime.min, "Asia/Kathmandu", "")
@example(datetime.max, "America/New_York", "")
def test_a_local_time_that_is_plain_reads_back(local: datetime, zone: str, fold: str) -> None:
    arguments: dict[str, JSON] = {"zone": zone, **({"fold": fold} if fold else {})}
    try:
        seconds = apply("date_to_unix", local.isoformat(), **arguments)
    except StepFaultError as error:
        assert not fold
        assert error.code == "clock_change"
        return
    assert isinstance(seconds, int)
    utc = datetime(1970, 1, 1) + timedelta(seconds=seconds) if 0 < seconds < 2**31 else None
    if utc is not None and not fold:
        back = utc.replace(tzinfo=UTC).astimezone(ZoneInfo(zone)).replace(tzinfo=None)
        assert back == local.replace(microsecond=0)


def test_clock_changes_are_told_apart() -> None:
    with pytest.raises(StepFaultError, match="came twice in Europe/London"):
        apply("date_to_unix", "2026-10-25T01:30", zone="Europe/London")
    with pytest.raises(StepFaultError, match="never came in Europe/London"):
        apply("date_to_unix", "2026-03-29T01:30", zone="Europe/London")


@pytest.mark.parametrize("form", ["%d", "%Y-%m", "%Q/%d/%m/%Y", "%d/%m/%Y %", "%Y%Y%m%d", "", "x"])
def test_formats_that_are_no_date(form: str) -> None:
    found = fault("date_to_unix", "x", zone="UTC", format=form)
    assert found == ("bad_format" if form else "not_a_date")


@pytest.mark.parametrize("zone", ["Mars/Base", "", "../etc/passwd", "Europe", "a\0b", "/"])
def test_zones_that_are_none(zone: str) -> None:
    assert fault("date_to_unix", "2026-01-01", zone=zone) == "unknown_zone"
    with pytest.raises(StepFaultError) as caught:
        apply("date_to_unix", "2026-01-01", zone="europe/berlim")
    assert caught.value.remedy == "Did you mean 'Europe/Berlin'?"


def test_a_target_without_currencies() -> None:
    with pytest.raises(StepFaultError, match="doesn't say how many decimals"):
        STEPS["money_to_minor"].build({"currency": "usd"}, Surroundings())


@given(
    st.decimals(-(10**6), 10**6, places=3),
    st.sampled_from([("isk", 2, 0), ("kwd", 3, 2), ("usd", 2, 2), ("jpy", 0, 0)]),
    st.sampled_from(["", "half_up", "half_even"]),
)
def test_amounts_have_no_more_decimals_than_they_may(
    amount: Decimal, currency: tuple[str, int, int], rounding: str
) -> None:
    """Counted in hundredths and paid in whole units: 5.50 isk are a fault, or are rounded."""
    code, counted, kept = currency
    around = Surroundings({code: counted}, amount_decimals={"isk": 0, "kwd": 2})
    arguments = {"currency": code, **({"round": rounding} if rounding else {})}
    run = STEPS["money_to_minor"].build(arguments, around)
    ways = {"half_up": ROUND_HALF_UP, "half_even": ROUND_HALF_EVEN}
    unit = Decimal(1).scaleb(-kept)
    whole = amount.quantize(unit, ways.get(rounding, ROUND_HALF_UP))
    if not rounding and whole != amount:
        with pytest.raises(StepFaultError) as caught:
            run(str(amount), {})
        assert caught.value.code == "too_many_decimals"
        return
    assert run(str(amount), {}) == int(whole.scaleb(counted))


def test_decimals_that_an_amount_may_not_have_are_told() -> None:
    around = Surroundings({"ugx": 2, "kwd": 3}, amount_decimals={"ugx": 0, "kwd": 2})
    for amount, currency, told in (
        ("5.50", "ugx", "'5.50' has more decimals than ugx may have there: no decimals."),
        ("5.124", "kwd", "'5.124' has more decimals than kwd may have there: 2 decimals."),
    ):
        run = STEPS["money_to_minor"].build({"currency": currency}, around)
        with pytest.raises(StepFaultError) as caught:
            run(amount, {})
        assert caught.value.message == told
    assert STEPS["money_to_minor"].build({"currency": "ugx"}, around)("5", {}) == 500
    assert STEPS["money_to_minor"].build({"currency": "kwd"}, around)("5.12", {}) == 5120
