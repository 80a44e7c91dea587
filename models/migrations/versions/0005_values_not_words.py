"""What decisions rest on: columns instead of words; documents of a resident and a month."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

import models.tables.base

revision: str = "0005"
down_revision: str | None = "0004"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.add_column("deliveries", sa.Column("unwritten", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.execute("UPDATE deliveries SET unwritten = true WHERE state = 'planned' AND note <> ''")

    op.add_column("decisions", sa.Column("obstacle", sa.String(length=20), nullable=False, server_default=""))
    op.execute(
        "UPDATE decisions SET obstacle = 'in-two-lists', reason = '' WHERE reason = 'dans deux listes à la fois'"
    )
    op.execute(
        "UPDATE decisions SET obstacle = 'no-longer-uncertain', reason = '' WHERE reason = 'n''était plus incertain'"
    )

    # SQLite cannot recreate a table that others refer to: the column takes its reference along instead.
    op.execute(
        "ALTER TABLE documents ADD COLUMN resident_id INTEGER "
        "CONSTRAINT fk_documents_resident_id_residents REFERENCES residents (id)"
    )
    op.add_column("documents", sa.Column("period", sa.String(length=7), nullable=True))
    op.create_index(op.f("ix_documents_resident_id"), "documents", ["resident_id"])
    op.create_index(op.f("ix_documents_period"), "documents", ["period"])
    op.create_index("uq_documents_resident", "documents", ["kind", "resident_id", "period"], unique=True)

    op.create_table(
        "structure_trials",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("structure_id", sa.Integer(), nullable=False),
        sa.Column("flow_run_id", sa.String(length=36), nullable=False),
        sa.Column("asked_at", models.tables.base.UtcTime(timezone=True), nullable=False),
        sa.Column("initials", sa.String(length=60), nullable=False),
        sa.Column("address", sa.String(length=254), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("sentence", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["structure_id"], ["structures.id"], name=op.f("fk_structure_trials_structure_id_structures")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_structure_trials")),
        sa.UniqueConstraint("flow_run_id", name=op.f("uq_structure_trials_flow_run_id")),
    )
    op.create_index(op.f("ix_structure_trials_structure_id"), "structure_trials", ["structure_id"])
    op.execute(
        "INSERT INTO structure_trials (structure_id, flow_run_id, asked_at, initials, address, state, sentence) "
        "SELECT structure_id, flow_run_id, changed_at, initials, before, "
        "CASE WHEN after = '' THEN 'asked' WHEN after = 'commencé' THEN 'begun' "
        "WHEN after LIKE 'accepté%' THEN 'accepted' WHEN after LIKE 'incertain%' THEN 'uncertain' ELSE 'not-sent' END, "
        "CASE WHEN after = 'commencé' THEN '' ELSE after END "
        "FROM structure_changes WHERE field = 'trial'"
    )
    op.execute("DELETE FROM structure_changes WHERE field = 'trial'")


def downgrade() -> None:
    raise NotImplementedError("restore the backup that was taken before the update")
