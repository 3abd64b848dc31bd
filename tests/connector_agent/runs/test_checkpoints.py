"""How far the records of a run are settled."""

from connector_agent.runs.checkpoints import Frontier
from hypothesis import given
from hypothesis import strategies as st


@given(st.integers(0, 9), st.lists(st.sets(st.integers(1, 30), max_size=8), max_size=8))
def test_nothing_up_to_it_is_open_and_the_next_one_is(start: int, batches: list[set[int]]) -> None:
    frontier = Frontier(start)
    settled = {*range(1, start + 1)}
    for batch in batches:
        frontier.settle(batch)
        settled |= batch
        assert settled.issuperset(range(1, frontier.at + 1))
        assert frontier.at + 1 not in settled
