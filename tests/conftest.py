"""Settings of the whole suite."""

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile(
    "quick",
    max_examples=50,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    derandomize=True,  # what passes here passes everywhere; --full looks further
)
settings.register_profile(
    "full",
    max_examples=5000,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    print_blob=True,
)

_ID = 40
"""Characters of a byte string that may be part of a test's id."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--full", action="store_true", help="the long property and crash runs too")
    parser.addoption("--fault-seeds", default="", help="of the runs under faults: 17, or 17-20")
    parser.addoption("--fault-records", type=int, default=0, help="how many in each of them")


def pytest_configure(config: pytest.Config) -> None:
    settings.load_profile("full" if config.getoption("--full") else "quick")


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Byte strings that are long or no text are named by their parameter; pytest numbers them."""
    if not isinstance(val, bytes):
        return None
    text = val.decode("ascii", "replace")
    return text if len(text) <= _ID and text.isprintable() and text.isascii() else argname


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--full"):
        for item in items:
            if item.get_closest_marker("timeout") is None:
                item.add_marker(pytest.mark.timeout(900))
        return
    long = [item for item in items if item.get_closest_marker("full")]
    config.hook.pytest_deselected(items=long)
    items[:] = [item for item in items if item not in long]
