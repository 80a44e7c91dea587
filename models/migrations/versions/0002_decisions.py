"""Decisions about uncertain deliveries."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

import models.tables.base

revision: str = "0002"
down_revision: str | None = "0001"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "decisions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("delivery_id", sa.Integer(), nullable=False),
        sa.Column("flow_run_id", sa.String(length=36), nullable=False),
        sa.Column("asked_at", models.tables.base.UtcTime(timezone=True), nullable=False),
        sa.Column("shown", sa.String(length=600), nullable=False),
        sa.Column("page", sa.String(length=36), nullable=False),
        sa.Column("taken_at", models.tables.base.UtcTime(timezone=True), nullable=True),
        sa.Column("initials", sa.String(length=60), nullable=False),
        sa.Column("choice", sa.String(length=12), nullable=False),
        sa.Column("reason", sa.String(length=300), nullable=False),
        sa.ForeignKeyConstraint(["delivery_id"], ["deliveries.id"], name=op.f("fk_decisions_delivery_id_deliveries")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_decisions")),
        sa.UniqueConstraint("delivery_id", "flow_run_id", name=op.f("uq_decisions_delivery_id_flow_run_id")),
    )
    with op.batch_alter_table("decisions", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_decisions_flow_run_id"), ["flow_run_id"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("decisions", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_decisions_flow_run_id"))

    op.drop_table("decisions")
