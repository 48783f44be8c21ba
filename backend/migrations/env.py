"""Alembic environment: always online, inside the caller's connection and transaction."""

from alembic import context

from backend.db import Table

connection = context.config.attributes["connection"]
context.configure(
    connection=connection, target_metadata=Table.metadata, transaction_per_migration=False
)
with context.begin_transaction():
    context.run_migrations()
