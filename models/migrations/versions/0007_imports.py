"""Who took an import with dangerous changes, the alerts that it leaves, and the name that a document left under."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0007"
down_revision: str | None = "0006"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.add_column("import_runs", sa.Column("initials", sa.String(length=60), nullable=False, server_default=""))
    op.add_column("import_runs", sa.Column("dangerous", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("import_runs", sa.Column("digest", sa.String(length=64), nullable=False, server_default=""))
    op.add_column("documents", sa.Column("left_as", sa.String(length=250), nullable=False, server_default=""))
    op.create_table(
        "address_alerts",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("import_run_id", sa.Integer(), nullable=False),
        sa.Column("structure_id", sa.Integer(), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("changed", sa.Integer(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["import_run_id"], ["import_runs.id"], name=op.f("fk_address_alerts_import_run_id_import_runs")
        ),
        sa.ForeignKeyConstraint(
            ["structure_id"], ["structures.id"], name=op.f("fk_address_alerts_structure_id_structures")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_address_alerts")),
    )
    op.create_index(op.f("ix_address_alerts_import_run_id"), "address_alerts", ["import_run_id"])


def downgrade() -> None:
    raise NotImplementedError("restore the backup that was taken before the update")
