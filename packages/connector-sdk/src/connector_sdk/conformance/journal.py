"""What the battery's own runner knows after a crash: one JSON line for each fact, on disk."""

import json
import os
from pathlib import Path
from typing import Any


class Journal:
    """Facts in the order in which they were noted, those of killed processes included."""

    def __init__(self, path: Path) -> None:
        self._path = path
        lines = path.read_text().splitlines() if path.exists() else []
        self.facts: list[dict[str, Any]] = [json.loads(line) for line in lines]

    def note(self, **fact: Any) -> None:
        """Comes back when the fact is on disk."""
        with self._path.open("a") as file:
            file.write(json.dumps(fact) + "\n")
            file.flush()
            os.fsync(file.fileno())
        self.facts.append(fact)

    def last(self, name: str, default: Any) -> Any:
        """The value of the latest fact that has this name."""
        return next((fact[name] for fact in reversed(self.facts) if name in fact), default)

    def outcomes(self) -> dict[int, str]:
        """The kinds of the outcomes by number."""
        return {fact["seq"]: fact["kind"] for fact in self.facts if "kind" in fact}

    def offered(self) -> dict[int, float]:
        """When calls were first handed over, by number."""
        return {fact["seq"]: fact["offered"] for fact in self.facts if "offered" in fact}
