"""A project on disk: a folder of YAML files, read with the place of everything in it."""

from connector_agent.project.document import Document, Keys
from connector_agent.project.endpoint import EndpointDocument
from connector_agent.project.operation import OperationDocument, Options, Place
from connector_agent.project.project import Project

__all__ = [
    "Document",
    "EndpointDocument",
    "Keys",
    "OperationDocument",
    "Options",
    "Place",
    "Project",
]
