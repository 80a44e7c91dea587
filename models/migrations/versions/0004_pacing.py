"""The pace of an account by the database's clock, its count by the hour, and the line for its connections."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0004"
down_revision: str | None = "0003"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.drop_table("relay_paces")  # it held no more than the last minute and today's count
    op.create_table(
        "relay_paces",
        sa.Column("account", sa.String(length=400), nullable=False),
        sa.Column("next_at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("account", name=op.f("pk_relay_paces")),
    )
    op.create_table(
        "relay_hours",
        sa.Column("account", sa.String(length=400), nullable=False),
        sa.Column("hour", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("sent", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("account", "hour", name=op.f("pk_relay_hours")),
    )
    op.create_table(
        "relay_places",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account", sa.String(length=400), nullable=False),
        sa.Column("kept_until", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_relay_places")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("relay_places", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_relay_places_account"), ["account"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("relay_places", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_relay_places_account"))

    op.drop_table("relay_places")
    op.drop_table("relay_hours")
    op.drop_table("relay_paces")
    op.create_table(
        "relay_paces",
        sa.Column("account", sa.String(length=400), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("sent", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("account", name=op.f("pk_relay_paces")),
    )
