"""What the connection and the activities ask for."""

from connector_sdk import ActivityType, Field, Form

_TEXT = Field(name="", type="string")

TYPES = (
    ActivityType("read", "source", "Read", "Reads the rows of a table or view.", ("object",)),
    ActivityType("query", "source", "Query", "Reads the rows that a SELECT gives."),
    ActivityType(
        "insert",
        "target",
        "Insert",
        "Adds a row for each record. Rows and the position of the run are committed together.",
        ("object",),
        guarantee="transactional",
    ),
    ActivityType(
        "upsert",
        "target",
        "Upsert",
        "Updates the row with the same key, or adds one where there is none.",
        ("object",),
        guarantee="transactional",
    ),
    ActivityType(
        "delete",
        "target",
        "Delete",
        "Deletes the row with the key of the record.",
        ("object",),
        guarantee="transactional",
    ),
)

CONNECTION = Form(
    (
        Field(
            name="url",
            type="string",
            format="url",
            required=True,
            secret=True,
            variable="DATABASE_URL",
            label="URL",
            description="postgresql://USER:PASSWORD@HOST/DATABASE, sqlite:///FILE, or one that "
            "starts with mysql, mariadb or mssql. A relative file is taken from the project's "
            "folder. A URL with a password belongs in an environment variable.",
        ),
        Field(
            name="schema",
            type="string",
            label="Schema",
            description="The schema of the tables; the default of the user where left out.",
        ),
    )
)

_KEY = Field(
    name="key",
    type="list",
    items=_TEXT,
    label="Key",
    description="The columns that make a row unique; the primary key where left out.",
)
_COLUMNS = Field(
    name="columns",
    type="map",
    items=_TEXT,
    label="Columns",
    description="With `create`: each column with its type: text, integer, decimal, "
    "decimal(12,2), float, boolean, timestamp, date, time, json, bytes or uuid.",
)
_CREATE = Field(
    name="create",
    type="boolean",
    default=False,
    label="Create",
    description="Creates the table where it doesn't exist, with `columns`, and `key` as its "
    "primary key.",
)

READ = Form(
    (
        Field(
            name="columns",
            type="list",
            items=_TEXT,
            label="Columns",
            description="The columns to read; all where left out.",
        ),
        Field(
            name="where",
            type="string",
            label="Where",
            description="A condition in SQL that a row has to meet: status = 'open'.",
        ),
        Field(
            name="key",
            type="list",
            items=_TEXT,
            label="Key",
            description="The columns by which rows are ordered and a run is resumed: unique and "
            "never null. The primary key where left out.",
        ),
    )
)
QUERY = Form(
    (
        Field(
            name="query",
            type="string",
            required=True,
            label="Query",
            description="One SELECT, without an ORDER BY: rows come in the order of the key.",
        ),
        Field(
            name="key",
            type="list",
            items=_TEXT,
            required=True,
            label="Key",
            description="The columns of the result that make a row unique; never null.",
        ),
    )
)
INSERT = Form((_CREATE, _COLUMNS, _KEY))
UPSERT = Form((_KEY, _CREATE, _COLUMNS))
DELETE = Form((_KEY,))

FORMS = {"read": READ, "query": QUERY, "insert": INSERT, "upsert": UPSERT, "delete": DELETE}
