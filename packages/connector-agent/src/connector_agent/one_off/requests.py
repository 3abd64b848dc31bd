"""The requests of one command, each a record for the target."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

import orjson
from connector_sdk import JSON, Problem, Record, SettingError

from connector_agent.one_off.assignment import Assignment, applied, is_text
from connector_agent.one_off.intake import Given


def about(names: Iterable[str]) -> Iterator[Given]:
    """Ids that stand on a command line. Raises SettingError for one that is no text."""
    for name in names:
        if not is_text(name):
            raise SettingError(Problem("not_utf8", "An id is not text in UTF-8.", "Correct it."))
        yield Given(name, name)


def of_ids(found: Iterable[Given], argument: str, fields: Mapping[str, JSON]) -> Iterator[Record]:
    """A request for each id, in the field `argument`, with the same other fields for all."""
    for seq, given in enumerate(found, 1):
        if given.problem is None:
            raw = orjson.dumps({argument: given.value, **fields})
            yield Record(seq, raw, given.at)
        else:
            yield Record(seq, b"{}", given.at, given.problem)


def of_objects(found: Iterable[Given], assigned: Sequence[Assignment]) -> Iterator[Record]:
    """A request for each object, with the assigned fields on top."""
    for seq, given in enumerate(found, 1):
        if given.problem is not None:
            yield Record(seq, b"{}", given.at, given.problem)
            continue
        try:
            yield Record(seq, orjson.dumps(applied(given.value, assigned)), given.at)
        except SettingError as error:
            yield Record(seq, orjson.dumps(given.value), given.at, error.problem)
