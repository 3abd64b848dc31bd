"""What a connector says of itself: name, form, activity types, choices, schemas, faults."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from connector_sdk.activity import Activity, ActivityType, Choice, Form, Plan, Tested
from connector_sdk.conformance.subject import Subject
from connector_sdk.connection import Connection
from connector_sdk.connector import CONTRACT, FirstProject
from connector_sdk.errors import SettingError
from connector_sdk.guard import Guarded
from connector_sdk.record import Problem, decode, encode
from connector_sdk.schema import Schemas, json_schema


@asynccontextmanager
async def opened(subject: Subject) -> AsyncIterator[Connection]:
    """A connection of the subject, closed in the end."""
    connection = await subject.connector.connect(subject.settings, subject.host)
    try:
        yield connection
    finally:
        await connection.close()


def assert_round_trip(kind: object, value: object) -> None:
    """Whatever crosses the contract has to be the same after a way through JSON."""
    assert decode(kind, encode(value)) == value


def assert_told(problem: Problem) -> None:
    """A problem has a code, whole sentences, and survives JSON."""
    assert problem.code
    assert problem.message.endswith((".", "?", "!"))
    assert_round_trip(Problem, problem)


class DescriptionTests:
    """Needs no record to flow."""

    def test_names_and_versions(self, subject: Subject) -> None:
        connector = subject.connector
        assert connector.name == connector.name.lower().strip() != ""
        assert connector.label
        assert connector.contract == CONTRACT
        for version in (connector.version, connector.oldest_agent):
            assert [part.isdigit() for part in version.split(".")[:2]] == [True, True]
        assert connector.logger

    def test_form_and_types_round_trip(self, subject: Subject) -> None:
        form = subject.connector.form()
        assert_round_trip(Form, form)
        names = [setting.name for setting in form.fields]
        assert len(set(names)) == len(names)
        types = subject.connector.activity_types()
        assert len({kind.name for kind in types}) == len(types)
        for kind in types:
            assert_round_trip(ActivityType, kind)
            assert kind.label and kind.help
            assert len({option.name for option in kind.options}) == len(kind.options)

    def test_first_project(self, subject: Subject) -> None:
        first = subject.connector.first_project()
        if first is None:
            pytest.skip("the subject brings no project")
        assert_round_trip(FirstProject, first)
        assert f"operations/{first.operation}.yaml" in first.files
        assert "README.md" in first.files

    async def test_unknown_setting_is_refused(self, subject: Subject) -> None:
        settings = {**subject.settings, "no_such_setting": 1}
        with pytest.raises(SettingError) as caught:
            await subject.connector.connect(settings, subject.host)
        assert any(problem.path == "no_such_setting" for problem in caught.value.problems)

    async def test_wrong_settings_are_refused(self, subject: Subject) -> None:
        if not subject.wrong_settings:
            pytest.skip("the subject has no wrong settings")
        for settings, path in subject.wrong_settings:
            with pytest.raises(SettingError) as caught:
                await subject.connector.connect(settings, subject.host)
            assert path in [problem.path for problem in caught.value.problems]
            for problem in caught.value.problems:
                assert_told(problem)

    async def test_secrets_never_show(self, subject: Subject) -> None:
        secrets = [
            str(subject.settings[setting.name])
            for setting in subject.connector.form().fields
            if setting.secret and subject.settings.get(setting.name)
        ]
        if not secrets:
            pytest.skip("the subject has no secret setting")
        async with opened(subject) as connection:
            tested = await connection.test()
            shown = repr(connection) + str(connection) + repr(tested)
        with pytest.raises(SettingError) as caught:
            await subject.connector.connect({**subject.settings, "wrong": 1}, subject.host)
        shown += str(caught.value) + repr(caught.value)
        assert not [secret for secret in secrets if secret in shown]

    async def test_test_of_the_connection(self, subject: Subject) -> None:
        async with opened(subject) as connection:
            tested = await connection.test()
            assert tested.ok, tested.problem
            assert tested.problem is None
            assert_round_trip(Tested, tested)
            assert connection.mode in ("live", "test", "sandbox", "none")

    async def test_scope_stays_the_same(self, subject: Subject) -> None:
        async with opened(subject) as connection:
            first = await connection.scope()
            assert await connection.scope() == first
        async with opened(subject) as connection:
            assert await connection.scope() == first != ""

    async def test_closing_twice(self, subject: Subject) -> None:
        connection = await subject.connector.connect(subject.settings, subject.host)
        await connection.close()
        await connection.close()

    async def test_choices_lead_to_schemas(self, subject: Subject) -> None:
        kinds = {kind.name: kind for kind in subject.connector.activity_types()}
        async with opened(subject) as connection:
            for activity in (subject.source, subject.target):
                kind = kinds[activity.type]
                choices = kind.chosen(activity.on, activity.action)
                for level, chosen in enumerate(choices):
                    rows = await connection.choices(kind.name, choices[:level])
                    assert rows
                    assert chosen in ("", *(row.id for row in rows))
                    for row in rows:
                        assert_round_trip(Choice, row)
                assert_round_trip(Form, connection.settings(kind.name, choices))
                schemas = await connection.schemas(activity)
                assert_round_trip(Schemas, schemas)
                assert json_schema(schemas.request)["$schema"]
                assert json_schema(schemas.response)["$schema"]
                if schemas.update is not None:
                    assert kind.role == "target"
                    assert json_schema(schemas.update)["$schema"]

    async def test_every_choice_has_settings(self, subject: Subject) -> None:
        async with opened(subject) as connection:
            for kind in subject.connector.activity_types():
                ways: list[list[str]] = [[]]
                for _ in kind.levels:
                    ways = [
                        [*way, row.id]
                        for way in ways
                        for row in await connection.choices(kind.name, way)
                    ]
                assert ways, f"there is nothing to choose for {kind.name}"
                for way in ways:
                    names = [each.name for each in connection.settings(kind.name, way).fields]
                    assert len(set(names)) == len(names)

    async def test_levels_above_lead_to_the_same_rows(self, subject: Subject) -> None:
        kinds = [kind for kind in subject.connector.activity_types() if len(kind.levels) > 2]
        if not kinds:
            pytest.skip("no activity type has levels that only lead to others")
        async with opened(subject) as connection:
            for kind in kinds:
                every = await connection.choices(kind.name, kind.chosen("")[:-1])
                ways: list[list[str]] = [[]]
                for _ in kind.levels[:-2]:
                    ways = [
                        [*way, row.id]
                        for way in ways
                        for row in await connection.choices(kind.name, way)
                    ]
                led = [row.id for way in ways for row in await connection.choices(kind.name, way)]
                assert led
                assert sorted(led) == sorted(row.id for row in every)

    async def test_can_be_looked_at_without_an_account(self, subject: Subject) -> None:
        trial = subject.connector.form().trial
        if not trial:
            pytest.skip("the connector states no settings for that")
        connection = await subject.connector.connect(trial, subject.host)
        try:
            for kind in subject.connector.activity_types():
                assert not kind.levels or await connection.choices(kind.name, [])
            for activity in (subject.source, subject.target):
                await connection.schemas(activity)
        finally:
            await connection.close()

    async def test_sound_activities_have_no_fault(self, subject: Subject) -> None:
        async with opened(subject) as connection:
            for activity in (subject.source, subject.target):
                assert_round_trip(Activity, activity)
                assert list(await connection.check(activity)) == []

    async def test_plans_tell_what_is_going_to_be_called(self, subject: Subject) -> None:
        async with opened(subject) as connection:
            for activity in (subject.source, subject.target):
                assert_round_trip(Guarded | None, await connection.guard(activity))
                plan = await connection.plan(activity, 1000)
                assert_round_trip(Plan, plan)
                assert plan.lines
                assert plan.expected is None or plan.expected >= 0

    async def test_records_of_another_source_are_taken_or_refused(self, subject: Subject) -> None:
        """The subject's source needs no such records; a source that ignored them would be
        asked once instead of once for each."""
        async with opened(subject) as connection:
            other = await connection.source(subject.source)
            with pytest.raises(SettingError) as caught:
                await connection.source(subject.source, other)
            for problem in caught.value.problems:
                assert_told(problem)

    async def test_faults_are_found_with_their_path(self, subject: Subject) -> None:
        unknown = {**subject.source.settings, "no_such_setting": 1}
        planted = (replace(subject.source, settings=unknown), "no_such_setting")
        async with opened(subject) as connection:
            for activity, path in (planted, *subject.faults):
                problems = await connection.check(activity)
                assert path in [problem.path for problem in problems]
                for problem in problems:
                    assert_told(problem)
                kind = _role(subject, activity)
                with pytest.raises(SettingError):
                    if kind == "source":
                        await connection.source(activity)
                    else:
                        await connection.target(activity)


def _role(subject: Subject, activity: Activity) -> str:
    for kind in subject.connector.activity_types():
        if kind.name == activity.type:
            return kind.role
    return "target"
