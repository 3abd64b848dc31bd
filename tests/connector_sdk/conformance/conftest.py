import pytest

pytest.register_assert_rewrite("connector_sdk.conformance")
