"""Reminders, and what was changed on structures."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

import models.tables.base

revision: str = "0003"
down_revision: str | None = "0002"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "reminder_policies",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("association_id", sa.Integer(), nullable=False),
        sa.Column("minimum_balance", models.tables.base.Exact(precision=12, scale=2), nullable=False),
        sa.Column("fresh_days", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["association_id"], ["associations.id"], name=op.f("fk_reminder_policies_association_id_associations")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reminder_policies")),
        sa.UniqueConstraint("association_id", name=op.f("uq_reminder_policies_association_id")),
    )
    op.create_table(
        "reminder_levels",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("policy_id", sa.Integer(), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("days_overdue", sa.Integer(), nullable=False),
        sa.Column("interval_days", sa.Integer(), nullable=False),
        sa.Column("answer_days", sa.Integer(), nullable=False),
        sa.Column("channel", sa.String(length=10), nullable=False),
        sa.ForeignKeyConstraint(
            ["policy_id"],
            ["reminder_policies.id"],
            name=op.f("fk_reminder_levels_policy_id_reminder_policies"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reminder_levels")),
        sa.UniqueConstraint("policy_id", "level", name=op.f("uq_reminder_levels_policy_id_level")),
    )
    op.create_table(
        "structure_changes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("structure_id", sa.Integer(), nullable=False),
        sa.Column("changed_at", models.tables.base.UtcTime(timezone=True), nullable=False),
        sa.Column("initials", sa.String(length=60), nullable=False),
        sa.Column("field", sa.String(length=60), nullable=False),
        sa.Column("before", sa.String(), nullable=False),
        sa.Column("after", sa.String(), nullable=False),
        sa.Column("flow_run_id", sa.String(length=36), nullable=False),
        sa.ForeignKeyConstraint(
            ["structure_id"], ["structures.id"], name=op.f("fk_structure_changes_structure_id_structures")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_structure_changes")),
    )
    with op.batch_alter_table("structure_changes", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_structure_changes_structure_id"), ["structure_id"], unique=False)

    op.create_table(
        "reminders",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("document_id", sa.Integer(), nullable=False),
        sa.Column("client_id", sa.Integer(), nullable=False),
        sa.Column("reference_date", sa.Date(), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("channel", sa.String(length=10), nullable=False),
        sa.ForeignKeyConstraint(["client_id"], ["clients.id"], name=op.f("fk_reminders_client_id_clients")),
        sa.ForeignKeyConstraint(["document_id"], ["documents.id"], name=op.f("fk_reminders_document_id_documents")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reminders")),
        sa.UniqueConstraint("document_id", name=op.f("uq_reminders_document_id")),
    )
    with op.batch_alter_table("reminders", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_reminders_client_id"), ["client_id"], unique=False)

    op.create_table(
        "reminder_lines",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("reminder_id", sa.Integer(), nullable=False),
        sa.Column("invoice_id", sa.Integer(), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("balance", models.tables.base.Exact(precision=12, scale=2), nullable=False),
        sa.Column("chosen", sa.Boolean(), nullable=True),
        sa.Column("round", sa.Integer(), nullable=True),
        sa.Column("dropped", sa.String(length=20), nullable=False),
        sa.ForeignKeyConstraint(["invoice_id"], ["invoices.id"], name=op.f("fk_reminder_lines_invoice_id_invoices")),
        sa.ForeignKeyConstraint(
            ["reminder_id"], ["reminders.id"], name=op.f("fk_reminder_lines_reminder_id_reminders"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reminder_lines")),
        sa.UniqueConstraint("invoice_id", "level", "round", name=op.f("uq_reminder_lines_invoice_id_level_round")),
        sa.UniqueConstraint("reminder_id", "invoice_id", name=op.f("uq_reminder_lines_reminder_id_invoice_id")),
    )
    with op.batch_alter_table("campaigns", schema=None) as batch_op:
        batch_op.add_column(sa.Column("reference_date", sa.Date(), nullable=True))
        batch_op.add_column(sa.Column("mode", sa.String(length=10), nullable=False, server_default=""))
    with op.batch_alter_table("structures", schema=None) as batch_op:
        batch_op.add_column(sa.Column("footer", sa.String(length=500), nullable=False, server_default=""))


def downgrade() -> None:
    with op.batch_alter_table("campaigns", schema=None) as batch_op:
        batch_op.drop_column("mode")
        batch_op.drop_column("reference_date")
    with op.batch_alter_table("structures", schema=None) as batch_op:
        batch_op.drop_column("footer")

    op.drop_table("reminder_lines")
    with op.batch_alter_table("reminders", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_reminders_client_id"))

    op.drop_table("reminders")
    with op.batch_alter_table("structure_changes", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_structure_changes_structure_id"))

    op.drop_table("structure_changes")
    op.drop_table("reminder_levels")
    op.drop_table("reminder_policies")
