"""What the loop reports after Ctrl-C."""

import asyncio

import pytest
from connector_agent.cli.signals import on_signal


async def test_tasks_that_ctrl_c_broke_off_are_not_reported(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with on_signal(lambda: None):
        pass
    loop = asyncio.get_running_loop()
    loop.call_exception_handler({"message": "wanted", "exception": KeyboardInterrupt()})
    assert not caplog.records
    loop.call_exception_handler({"message": "a fault", "exception": ValueError()})
    assert "a fault" in caplog.text
