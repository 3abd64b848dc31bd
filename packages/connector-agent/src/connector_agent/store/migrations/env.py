"""What Alembic runs to connect; the connection comes from `migrate`."""

from alembic import context

context.configure(
    connection=context.config.attributes["connection"],
    render_as_batch=True,  # SQLite can't alter tables in place
    transactional_ddl=False,  # the transaction around is the caller's
)
context.run_migrations()
