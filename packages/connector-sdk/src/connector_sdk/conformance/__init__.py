"""The battery of tests that every connector has to pass: `pip install connector-sdk[conformance]`.

A connector's own tests subclass `Battery` and say in the fixture `subject` what to test it on:

    from connector_sdk.conformance import Battery, Subject

    class TestConformance(Battery):
        @pytest.fixture
        def subject(self, tmp_path: Path) -> Subject:
            return Subject(connector=MyConnector(), settings={"path": str(tmp_path)}, ...)

The fixture is made anew for each test, so every test starts from the same state of the other
system. It may be a `pytest_asyncio.fixture` where it has to wait for something.
"""

import inspect

import pytest

from connector_sdk.conformance.crashing import CrashingTests
from connector_sdk.conformance.description import DescriptionTests
from connector_sdk.conformance.reading import ReadingTests
from connector_sdk.conformance.responding import RespondingTests
from connector_sdk.conformance.subject import Subject
from connector_sdk.conformance.writing import WritingTests


class Battery(DescriptionTests, ReadingTests, WritingTests, CrashingTests, RespondingTests):
    """Everything that the contract promises, as tests."""


for _name, _test in inspect.getmembers(Battery, inspect.iscoroutinefunction):
    if _name.startswith("test_"):
        pytest.mark.asyncio(_test)

__all__ = ["Battery", "Subject"]
