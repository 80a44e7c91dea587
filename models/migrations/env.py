"""Alembic's entry: it always works on the connection that ``models.database.schema`` hands over."""

from alembic import context

import models.tables.every  # noqa: F401
from models.tables.base import Base

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=Base.metadata,
    render_as_batch=connection.dialect.name == "sqlite",
    compare_type=True,
)
with context.begin_transaction():
    context.run_migrations()
