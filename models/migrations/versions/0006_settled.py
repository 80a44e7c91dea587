"""Documents are settled once; a second sending may name whom it is for."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

import models.tables.base

revision: str = "0006"
down_revision: str | None = "0005"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    # What is settled today is marked by the rule itself, when the database is brought up to date and before an import.
    op.add_column("documents", sa.Column("settled_as", sa.String(length=10), nullable=False, server_default=""))
    op.add_column("documents", sa.Column("settled_at", models.tables.base.UtcTime(timezone=True), nullable=True))
    op.add_column("versions", sa.Column("made_for", sa.JSON(), nullable=False, server_default="[]"))


def downgrade() -> None:
    raise NotImplementedError("restore the backup that was taken before the update")
