"""Processes whose clock is wrong, by libfaketime."""

from libfaketime import get_reload_information  # type: ignore[import-untyped]


def skewed(seconds: float) -> dict[str, str]:
    """What a process gets into its environment so that its clock is ahead by that much, behind
    where it is negative. Clocks that nobody can set and the times of files stay as they are."""
    return {
        **get_reload_information()[1],
        "FAKETIME": f"{seconds:+f}",
        "NO_FAKE_STAT": "1",
    }
