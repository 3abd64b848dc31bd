"""What stands for an operation in identities and keys: its first name, whatever it is called now.

A key is a hash over it, so that a call whose fate is open keeps its key when the operation is
renamed.
"""

from itertools import count

from sqlalchemy import Connection, delete, func, insert, select

from connector_agent.store.tables import identities, identity_scopes


def identity_scope_of(connection: Connection, scope: str, operation: str) -> str:
    """What stands for `operation` on the account and mode `scope`: its name, unless it was
    renamed or another operation has taken that name along."""
    kept = connection.scalar(
        select(identity_scopes.c.identity_scope).where(
            identity_scopes.c.scope == scope, identity_scopes.c.operation == operation
        )
    )
    if kept is not None:
        return str(kept)
    taken = set(
        connection.scalars(
            select(identity_scopes.c.identity_scope).where(identity_scopes.c.scope == scope)
        )
    )
    if operation not in taken:
        return operation
    # No name holds a "/", so that this is nobody's name.
    return next(free for number in count(2) if (free := f"{operation}/{number}") not in taken)


def operation_of(connection: Connection, scope: str, identity_scope: str) -> str:
    """The name that the operation behind `identity_scope` has now."""
    name = connection.scalar(
        select(identity_scopes.c.operation).where(
            identity_scopes.c.scope == scope, identity_scopes.c.identity_scope == identity_scope
        )
    )
    return str(name) if name is not None else identity_scope.partition("/")[0]


def has_identities(connection: Connection, scope: str, operation: str) -> bool:
    """Whether any outcome of the operation is remembered on `scope`."""
    found = connection.execute(
        select(identities.c.identity)
        .where(
            identities.c.scope == scope,
            identities.c.identity_scope == identity_scope_of(connection, scope, operation),
        )
        .limit(1)
    )
    return found.first() is not None


def count_written(connection: Connection, scope: str, operation: str) -> int:
    """How many records the operation has written to `scope`, over all runs."""
    count = connection.scalar(
        select(func.count()).where(
            identities.c.scope == scope,
            identities.c.identity_scope == identity_scope_of(connection, scope, operation),
            identities.c.object != "",
        )
    )
    return int(count or 0)


def hand_on(connection: Connection, scope: str, old: str, new: str) -> None:
    """Makes `new` what `old` was on `scope`; `new` must have no identities there."""
    identity_scope = identity_scope_of(connection, scope, old)
    connection.execute(
        delete(identity_scopes).where(
            identity_scopes.c.scope == scope, identity_scopes.c.operation.in_((old, new))
        )
    )
    connection.execute(
        insert(identity_scopes).values(scope=scope, operation=new, identity_scope=identity_scope)
    )
