"""A client whose answers were made up before."""

import json
from collections.abc import Mapping
from email.utils import formatdate
from typing import Any

from connector_sdk import JSON
from stripe_connector.catalogue.model import ApiCall
from stripe_connector.client import Answer, Clock, Settings
from stripe_connector.client.client import Accept


class Scripted:
    """A client that gives prepared answers, the last one again and again, and keeps what it
    was asked for."""

    def __init__(self, *answers: Any) -> None:
        self.answers = list(answers)
        self.asked: list[Mapping[str, JSON]] = []
        self.settings = Settings("sk_test_scripted")
        self.clock = Clock()
        self.clock.observe(formatdate(usegmt=True))

    async def send(
        self,
        api_call: ApiCall,
        params: Mapping[str, JSON],
        *,
        key: str = "",
        accept: Accept | None = None,
    ) -> Answer:
        self.asked.append(params)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        body = answer if isinstance(answer, bytes) else json.dumps(answer, indent=2).encode()
        return Answer(200, body, "req_1")
