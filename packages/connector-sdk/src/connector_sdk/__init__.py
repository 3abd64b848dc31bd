"""The contract between a connector and what runs it."""

from connector_sdk.activity import Activity, ActivityType, Choice, Form, Guarantee, Tested
from connector_sdk.conform import Conformed, conform, did_you_mean, shown
from connector_sdk.connection import Connection, Mode, Source, Target
from connector_sdk.connector import CONTRACT, ENTRY_POINTS, Connector
from connector_sdk.errors import (
    ConnectorError,
    CredentialError,
    RefusedError,
    SettingError,
    SourceChangedError,
    TargetFullError,
    UncertainError,
    UnreachableError,
)
from connector_sdk.host import Host, MemoryHost
from connector_sdk.plan import Plan, PlannedCall
from connector_sdk.record import (
    JSON,
    KINDS,
    Body,
    Call,
    Cursor,
    Kind,
    Limit,
    Outcome,
    Page,
    Problem,
    Record,
    decode,
    encode,
)
from connector_sdk.schema import ANY_OBJECT, Field, Schemas, json_schema

__all__ = [
    "ANY_OBJECT",
    "CONTRACT",
    "ENTRY_POINTS",
    "JSON",
    "KINDS",
    "Activity",
    "ActivityType",
    "Body",
    "Call",
    "Choice",
    "Conformed",
    "Connection",
    "Connector",
    "ConnectorError",
    "CredentialError",
    "Cursor",
    "Field",
    "Form",
    "Guarantee",
    "Host",
    "Kind",
    "Limit",
    "MemoryHost",
    "Mode",
    "Outcome",
    "Page",
    "Plan",
    "PlannedCall",
    "Problem",
    "Record",
    "RefusedError",
    "Schemas",
    "SettingError",
    "Source",
    "SourceChangedError",
    "Target",
    "TargetFullError",
    "Tested",
    "UncertainError",
    "UnreachableError",
    "conform",
    "decode",
    "did_you_mean",
    "encode",
    "json_schema",
    "shown",
]
