"""Turns a source record into the request of a target, line by line. Nothing here does I/O."""

from connector_agent.mapping.line_reader import read_lines
from connector_agent.mapping.lines import Lookup, MappingLine, StepCall
from connector_agent.mapping.making import Found, Wanted
from connector_agent.mapping.mapper import Mapper
from connector_agent.mapping.path import Path, PathError, format_path, parse_path, read_path
from connector_agent.mapping.registry import STEPS
from connector_agent.mapping.state import ABSENT, Absent, is_blank
from connector_agent.mapping.step import Step, StepExample
from connector_agent.mapping.when import When

__all__ = [
    "ABSENT",
    "STEPS",
    "Absent",
    "Found",
    "Lookup",
    "Mapper",
    "MappingLine",
    "Path",
    "PathError",
    "Step",
    "StepCall",
    "StepExample",
    "Wanted",
    "When",
    "format_path",
    "is_blank",
    "parse_path",
    "read_lines",
    "read_path",
]
