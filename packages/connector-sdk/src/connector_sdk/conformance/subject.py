"""What a connector hands to the battery: itself, and examples of its use."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field

from connector_sdk.activity import Activity
from connector_sdk.connector import Connector
from connector_sdk.host import Host, MemoryHost
from connector_sdk.record import JSON


@dataclass(frozen=True, kw_only=True)
class Subject:
    """One connector, ready to be tested.

    settings        connection settings that work
    wrong_settings  settings that `connect` refuses, each with the `path` of the wrong one;
                    the battery adds an unknown setting by itself
    source          an activity with at least three records, better several pages of them
    target          an activity that takes `good` requests
    good            at least four different requests that the target accepts
    bad             requests that `prepare` refuses, each with the `path` of the wrong field
    faults          activities that `check` finds fault with, each with the `path` of the
                    wrong setting ("on" and "action" for the choices themselves)
    held            how many of the target's records are visible at the other system now
    unfinishable    makes it impossible for the source to put away what was read, so that
                    `finish` has something to tell; None for a source that puts nothing away
    elsewhere       "module:name" of what makes the connector in another process, for the tests
                    that kill one; by default its class, called without arguments
    host            what the connection runs on
    """

    connector: Connector
    settings: Mapping[str, JSON]
    source: Activity
    target: Activity
    good: Sequence[bytes]
    held: Callable[[], Awaitable[int]]
    wrong_settings: Sequence[tuple[Mapping[str, JSON], str]] = ()
    bad: Sequence[tuple[bytes, str]] = ()
    faults: Sequence[tuple[Activity, str]] = ()
    unfinishable: Callable[[], Awaitable[None]] | None = None
    elsewhere: str = ""
    host: Host = field(default_factory=MemoryHost)
