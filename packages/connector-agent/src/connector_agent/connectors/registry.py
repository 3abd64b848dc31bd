"""The connectors that are installed, found through entry points and loaded one by one."""

import re
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import lru_cache
from importlib import metadata
from typing import cast

from connector_sdk import CONTRACT, ENTRY_POINTS, Connector, Problem, SettingError, did_you_mean

_AGENT = "connector-agent"
_NUMBERS = re.compile(r"\d+(?:\.\d+)*")


class Installed(Mapping[str, Connector]):
    """Every installed connector by its name. Names cost nothing; a connector is imported when
    it is asked for, so that a broken one leaves the others alone."""

    def __init__(self, entry_points: metadata.EntryPoints, agent_version: str) -> None:
        self._agent_version = agent_version
        self._found: dict[str, list[metadata.EntryPoint]] = defaultdict(list)
        for entry_point in sorted(entry_points, key=lambda entry_point: entry_point.name):
            self._found[entry_point.name].append(entry_point)
        self._loaded: dict[str, Connector] = {}

    def __iter__(self) -> Iterator[str]:
        return iter(self._found)

    def __len__(self) -> int:
        return len(self._found)

    def __contains__(self, name: object) -> bool:
        return name in self._found

    def __getitem__(self, name: str) -> Connector:
        """Raises KeyError for an unknown name, SettingError for a connector that can't be
        imported or does not fit this agent."""
        loaded = self._loaded.get(name)
        if loaded is None:
            if name not in self._found:
                raise KeyError(name)
            loaded = self._loaded[name] = self._load(name, self._found[name])
        return loaded

    def connector(self, name: str) -> Connector:
        """The connector of this name. Raises SettingError, also for an unknown name."""
        if name not in self:
            known = ", ".join(self) or "none"
            hint = did_you_mean(name, self) or "Install the distribution that brings it."
            raise SettingError(
                Problem(
                    "unknown_connector",
                    f"There is no connector {name!r}; installed are: {known}.",
                    hint,
                    path="connector",
                    value=name,
                )
            )
        return self[name]

    def _load(self, name: str, found: list[metadata.EntryPoint]) -> Connector:
        if len(found) > 1:
            both = " and ".join(_distribution(entry_point) for entry_point in found)
            raise _unfit(
                "connector_named_twice",
                f"The connector {name!r} is brought by {both}.",
                "Uninstall all of them but one.",
            )
        entry_point = found[0]
        origin = _distribution(entry_point)
        try:
            loaded = entry_point.load()
            connector = cast(Connector, loaded() if isinstance(loaded, type) else loaded)
        except Exception as error:
            raise _unfit(
                "connector_broken",
                f"The connector {name!r} of {origin} can't be loaded: "
                f"{type(error).__name__}: {error}.",
                "Reinstall that distribution with all its dependencies.",
            ) from error
        if connector.contract != CONTRACT:
            newer = "the agent" if connector.contract > CONTRACT else "the connector"
            raise _unfit(
                "contract_mismatch",
                f"The connector {name!r} of {origin} is written for contract "
                f"{connector.contract}; this agent speaks contract {CONTRACT}.",
                f"Update {newer}.",
            )
        if _numbers(connector.oldest_agent) > _numbers(self._agent_version):
            raise _unfit(
                "agent_too_old",
                f"The connector {name!r} of {origin} needs agent {connector.oldest_agent} or "
                f"newer; this one is {self._agent_version}.",
                "Update the agent, or install an older version of the connector.",
            )
        try:
            connector.form()
            connector.activity_types()
        except Exception as error:
            raise _unfit(
                "connector_broken",
                f"The connector {name!r} of {origin} can't say what its settings and activities "
                f"are: {type(error).__name__}: {error}.",
                "Install another version of that distribution.",
            ) from error
        return connector


def installed() -> Installed:
    """The connectors that are installed beside this agent. They are looked for once, and again
    where `sys.path` has changed: that takes longer than most of what a command does."""
    return _installed(tuple(sys.path))


@lru_cache(maxsize=1)
def _installed(path: tuple[str, ...]) -> Installed:
    del path
    return Installed(metadata.entry_points(group=ENTRY_POINTS), metadata.version(_AGENT))


def connector(name: str) -> Connector:
    """The installed connector of this name. Raises SettingError when there is none, when it
    can't be imported, and when it does not fit this agent."""
    return installed().connector(name)


def _distribution(entry_point: metadata.EntryPoint) -> str:
    dist = entry_point.dist
    return f"{dist.name} {dist.version}" if dist is not None else entry_point.value


def _numbers(version: str) -> tuple[int, ...]:
    """The leading numbers of a version without trailing zeros, so that 10.1 equals 10.1.0."""
    match = _NUMBERS.match(version)
    numbers = [int(part) for part in match.group().split(".")] if match else []
    while numbers and numbers[-1] == 0:
        numbers.pop()
    return tuple(numbers)


def _unfit(code: str, message: str, remedy: str) -> SettingError:
    return SettingError(Problem(code, message, remedy, path="connector"))
