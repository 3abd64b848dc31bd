"""The contract between a connector and what runs it."""

from connector_sdk.activity import (
    Activity,
    ActivityType,
    Choice,
    Command,
    Form,
    Guarantee,
    Option,
    Tested,
)
from connector_sdk.command import COMMANDS, Workspace
from connector_sdk.conform import Conformed, conform, did_you_mean, shown
from connector_sdk.connection import Connection, Mode, Source, Target, TransactionalTarget
from connector_sdk.connector import CONTRACT, ENTRY_POINTS, Connector
from connector_sdk.connector_base import ConnectionBase, ConnectorBase
from connector_sdk.driver_thread import DriverThread
from connector_sdk.errors import (
    ConnectorError,
    CredentialError,
    FailedError,
    RefusedError,
    SettingError,
    SourceChangedError,
    TargetFullError,
    TargetLostError,
    UncertainError,
    UnreachableError,
)
from connector_sdk.first_project import FirstProject
from connector_sdk.guard import IRREVERSIBLE, Guarded, Money
from connector_sdk.host import Host, MemoryHost
from connector_sdk.local_file import LocalFile, inside, sha256_of
from connector_sdk.marking import Marked, Marking
from connector_sdk.paged_source import PagedSource, Rows
from connector_sdk.plan import Plan, PlannedCall
from connector_sdk.private import narrowed, private_file, private_folder
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
from connector_sdk.setting import (
    NoSettings,
    declared,
    fitted,
    form_of,
    made,
    setting,
    setting_of,
)
from connector_sdk.target_base import BatchTarget, RowTarget
from connector_sdk.terminal import visible, visible_json

__all__ = [
    "ANY_OBJECT",
    "COMMANDS",
    "CONTRACT",
    "ENTRY_POINTS",
    "IRREVERSIBLE",
    "JSON",
    "KINDS",
    "Activity",
    "ActivityType",
    "BatchTarget",
    "Body",
    "Call",
    "Choice",
    "Command",
    "Conformed",
    "Connection",
    "ConnectionBase",
    "Connector",
    "ConnectorBase",
    "ConnectorError",
    "CredentialError",
    "Cursor",
    "DriverThread",
    "FailedError",
    "Field",
    "FirstProject",
    "Form",
    "Guarantee",
    "Guarded",
    "Host",
    "Kind",
    "Limit",
    "LocalFile",
    "Marked",
    "Marking",
    "MemoryHost",
    "Mode",
    "Money",
    "NoSettings",
    "Option",
    "Outcome",
    "Page",
    "PagedSource",
    "Plan",
    "PlannedCall",
    "Problem",
    "Record",
    "RefusedError",
    "RowTarget",
    "Rows",
    "Schemas",
    "SettingError",
    "Source",
    "SourceChangedError",
    "Target",
    "TargetFullError",
    "TargetLostError",
    "Tested",
    "TransactionalTarget",
    "UncertainError",
    "UnreachableError",
    "Workspace",
    "conform",
    "declared",
    "decode",
    "did_you_mean",
    "encode",
    "fitted",
    "form_of",
    "inside",
    "json_schema",
    "made",
    "narrowed",
    "private_file",
    "private_folder",
    "setting",
    "setting_of",
    "sha256_of",
    "shown",
    "visible",
    "visible_json",
]
