"""Targets: pure preparation, one outcome for each call, and repeats that do no harm."""

import time
from typing import get_args

import pytest

from connector_sdk.activity import Guarantee
from connector_sdk.conformance.description import assert_round_trip, assert_told, opened
from connector_sdk.conformance.driver import write
from connector_sdk.conformance.subject import Subject
from connector_sdk.connection import LineTarget, Target, TransactionalTarget
from connector_sdk.record import Body, Call, Outcome, Request, one_problem


class WritingTests:
    """The target of the subject, written to through everything that it promises."""

    async def test_prepare_is_pure(self, subject: Subject) -> None:
        before = await subject.held()
        async with opened(subject) as connection:
            target = await connection.target(subject.target)
            for request in subject.good:
                body = target.prepare(Request(request))
                assert isinstance(body, Body), body
                assert target.prepare(Request(request)) == body
                assert target.prepare(Request(values=Request(request).values)) == body
                assert_round_trip(Body, body)
            await target.finish(False)
        assert await subject.held() == before

    async def test_bad_requests_are_problems(self, subject: Subject) -> None:
        async with opened(subject) as connection:
            target = await connection.target(subject.target)
            for request, path in subject.bad:
                problem = target.prepare(Request(request))
                assert not isinstance(problem, Body)
                problem = one_problem(problem)
                assert problem.path == path
                assert_told(problem)
            assert not isinstance(target.prepare(Request(b"[1]")), Body)
            assert not isinstance(target.prepare(Request(b"{broken")), Body)
            await target.finish(False)

    async def test_one_outcome_for_each_call(self, subject: Subject) -> None:
        before = await subject.held()
        async with opened(subject) as connection:
            target = await connection.target(subject.target)
            outcomes = await write(target, calls_for(subject, target))
            await target.finish(True)
        assert sorted(outcome.seq for outcome in outcomes) == [
            seq for seq, _ in enumerate(subject.good, start=1)
        ]
        for outcome in outcomes:
            assert outcome.kind == "written", outcome
            assert_round_trip(Outcome, outcome)
        assert await subject.held() - before == len(subject.good)

    async def test_guarantee_is_the_one_that_its_type_states(self, subject: Subject) -> None:
        types = {kind.name: kind for kind in subject.connector.activity_types()}
        stated = types[subject.target.type].guarantee
        async with opened(subject) as connection:
            target = await connection.target(subject.target)
            await target.finish(False)
        assert stated in (None, target.guarantee)
        assert target.guarantee in get_args(Guarantee)

    async def test_nothing_to_write(self, subject: Subject) -> None:
        before = await subject.held()
        async with opened(subject) as connection:
            target = await connection.target(subject.target)
            assert await write(target, []) == []
            await target.finish(True)
        assert await subject.held() == before

    async def test_same_key_does_it_once(self, subject: Subject) -> None:
        before = await subject.held()
        async with opened(subject) as connection:
            target = await connection.target(subject.target)
            if target.guarantee not in ("keyed", "repeatable"):
                pytest.skip(f"a {target.guarantee} target keeps repeats harmless otherwise")
            calls = calls_for(subject, target)
            first = await write(target, calls)
            second = await write(target, calls)
            await target.finish(True)
        assert {outcome.seq: outcome.id for outcome in first} == {
            outcome.seq: outcome.id for outcome in second
        }
        assert await subject.held() - before == len(subject.good)

    async def test_settle_knows_what_was_written(self, subject: Subject) -> None:
        async with opened(subject) as connection:
            target = await connection.target(subject.target)
            if target.guarantee != "keyed":
                pytest.skip(f"a {target.guarantee} target is not settled by key")
            *sent, last = calls_for(subject, target)
            ids = {outcome.seq: outcome.id for outcome in await write(target, sent)}
            settled = await target.settle([*sent, last])
            assert len(settled) == len(sent) + 1
            for call, outcome in zip(sent, settled, strict=False):
                assert outcome is not None
                assert (outcome.kind, outcome.id) == ("written", ids[call.seq])
            assert settled[-1] is None
            await target.finish(True)

    async def test_position_cuts_back(self, subject: Subject) -> None:
        before = await subject.held()
        async with opened(subject) as connection:
            target = await connection.target(subject.target)
            if target.guarantee != "positioned":
                await target.finish(False)
                pytest.skip(f"a {target.guarantee} target has no position")
            calls = calls_for(subject, target)
            await write(target, calls[:1])
            kept = await target.position()
            await write(target, calls[1:3])
            await target.finish(False)
        assert await subject.held() == before, "nothing is visible before it is complete"
        async with opened(subject) as connection:
            target = await connection.target(subject.target, kept)
            outcomes = await write(target, calls[1:])
            assert {outcome.kind for outcome in outcomes} == {"written"}
            await target.finish(True)
        assert await subject.held() - before == len(calls)

    async def test_lines_are_written_as_calls_are(self, subject: Subject) -> None:
        before = await subject.held()
        lines = b"".join(Request(request).compact + b"\n" for request in subject.good)
        async with opened(subject) as connection:
            target = await connection.target(subject.target)
            if not isinstance(target, LineTarget) or not target.takes_lines:
                await target.finish(False)
                pytest.skip("it takes calls only")
            await target.append(lines, len(subject.good))
            kept = await target.position()
            await target.append(lines, len(subject.good))
            await target.finish(False)
        assert await subject.held() == before, "nothing is visible before it is complete"
        async with opened(subject) as connection:
            target = await connection.target(subject.target, kept)
            await write(target, calls_for(subject, target))
            await target.finish(True)
        assert await subject.held() - before == 2 * len(subject.good)

    async def test_rows_commit_with_their_mark(self, subject: Subject) -> None:
        before = await subject.held()
        async with opened(subject) as connection:
            target = await connection.target(subject.target)
            if target.guarantee != "transactional":
                await target.finish(False)
                pytest.skip(f"a {target.guarantee} target keeps no mark")
            assert isinstance(target, TransactionalTarget), "it has no commit of its own"
            assert await target.committed("conformance") is None
            calls = calls_for(subject, target)
            await write(target, calls[:1])
            await target.commit("conformance", b"one")
            await write(target, calls[1:3])
            await target.finish(False)
        assert await subject.held() - before == 1, "what is not committed is taken back"
        async with opened(subject) as connection:
            target = await connection.target(subject.target)
            assert isinstance(target, TransactionalTarget)
            assert await target.committed("conformance") == b"one"
            assert await target.committed("another") is None
            outcomes = await write(target, calls[1:])
            assert {outcome.kind for outcome in outcomes} == {"written"}
            await target.commit("conformance", b"all")
            assert await target.committed("conformance") == b"all"
            await target.finish(True)
        assert await subject.held() - before == len(calls)


def calls_for(subject: Subject, target: Target) -> list[Call]:
    """A call with a key of its own for each good request, first sent now."""
    calls = []
    for seq, request in enumerate(subject.good, start=1):
        body = target.prepare(Request(request))
        assert isinstance(body, Body), body
        call = Call(seq, 1, f"conformance-{seq}", 1, time.time(), body)
        assert_round_trip(Call, call)
        calls.append(call)
    return calls
