"""The step that hides a value behind its hash."""

import hashlib

from connector_sdk import Field

from connector_agent.mapping.declaration import Arguments, Run, Step, StepExample, Surroundings
from connector_agent.mapping.list_steps import written


def _hash(arguments: Arguments, around: Surroundings) -> Run:
    salted = hashlib.sha256(arguments.get("salt", "").encode(errors="surrogatepass"))

    def run(value: str, record: object) -> str:
        made = salted.copy()
        made.update(written(value).encode(errors="surrogatepass"))
        return made.hexdigest()

    return run


HASH_STEPS = (
    Step(
        "hash",
        "Hash",
        "Makes the SHA-256 of a value, as 64 hexadecimal digits: the same value gives the same "
        "digits. Short or guessable values need a salt, or they can be found by trying.",
        "any",
        "text",
        _hash,
        arguments=(
            Field(
                "salt",
                "string",
                description="Text to put before the value; keep it out of the mapping with "
                "${var:NAME}.",
            ),
        ),
        examples=(
            StepExample(
                "ann@example.org",
                {},
                "438c4c7afe600cdf1e455c369bec76dc970fc8ca463447c7b387a347f3c79331",
            ),
            StepExample(
                1,
                {"salt": "s"},
                "e8bc163c82eee18733288c7d4ac636db3a6deb013ef2d37b68322be20edc45cc",
            ),
            StepExample([], {}, fault="not_text"),
        ),
    ),
)
