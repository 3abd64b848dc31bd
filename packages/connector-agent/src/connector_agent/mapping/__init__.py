"""Turns a source record into the request of a target, line by line. Nothing here does I/O."""

from connector_agent.mapping.lines import MappingLine, StepCall, When, read_lines
from connector_agent.mapping.mapper import Mapper
from connector_agent.mapping.path import Path, PathError, format_path, parse_path, read_path
from connector_agent.mapping.registry import STEPS
from connector_agent.mapping.state import ABSENT, Absent, is_blank
from connector_agent.mapping.step import Step, StepExample

__all__ = [
    "ABSENT",
    "STEPS",
    "Absent",
    "Mapper",
    "MappingLine",
    "Path",
    "PathError",
    "Step",
    "StepCall",
    "StepExample",
    "When",
    "format_path",
    "is_blank",
    "parse_path",
    "read_lines",
    "read_path",
]
