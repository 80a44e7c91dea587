"""What persons decided, as far as it binds the ledger."""

from sqlalchemy import Connection, exists, select

from models.tables.decision import Decision
from models.values.kinds import Settlement


def resend_was_decided(connection: Connection, delivery_id: int) -> bool:
    """Whether a person wanted this delivery's archived bytes to leave again, whatever its source says by now.

    The first copy may have arrived: other content under the same Message-ID would be a second, different original.
    """
    decided = exists().where(Decision.delivery_id == delivery_id, Decision.choice == Settlement.RESEND)
    return bool(connection.scalar(select(decided)))
