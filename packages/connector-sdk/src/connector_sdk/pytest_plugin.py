"""The plug-in by which pytest explains the failures of the battery; found by its entry point."""

import pytest


def pytest_configure(config: pytest.Config) -> None:
    """Before the battery is imported."""
    del config
    pytest.register_assert_rewrite("connector_sdk.conformance")
