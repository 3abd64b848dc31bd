"""Turns a source record into the request of a target, line by line."""

from connector_sdk.path import Path, PathError, format_path, parse_path, read_path

from connector_agent.mapping.declaration import Step, StepExample, StepFaultError
from connector_agent.mapping.line_reader import read_lines
from connector_agent.mapping.lines import Lookup, MappingLine, StepCall, When
from connector_agent.mapping.making import Found, Wanted
from connector_agent.mapping.mapper import Mapped, Mapper
from connector_agent.mapping.own_step import step
from connector_agent.mapping.registry import STEPS, OwnSteps, load_steps
from connector_agent.mapping.value import ABSENT, Absent, is_blank

__all__ = [
    "ABSENT",
    "STEPS",
    "Absent",
    "Found",
    "Lookup",
    "Mapped",
    "Mapper",
    "MappingLine",
    "OwnSteps",
    "Path",
    "PathError",
    "Step",
    "StepCall",
    "StepExample",
    "StepFaultError",
    "Wanted",
    "When",
    "format_path",
    "is_blank",
    "load_steps",
    "parse_path",
    "read_lines",
    "read_path",
    "step",
]
