"""A project on disk: a folder of YAML files, read with the place of everything in it."""

from connector_agent.project.document import Document, Keys
from connector_agent.project.endpoint import EndpointDocument
from connector_agent.project.operation import Group, OperationDocument, Options, Place
from connector_agent.project.project import STATE, Project, Survey, environment_of

__all__ = [
    "STATE",
    "Document",
    "EndpointDocument",
    "Group",
    "Keys",
    "OperationDocument",
    "Options",
    "Place",
    "Project",
    "Survey",
    "environment_of",
]
