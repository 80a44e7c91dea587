"""What every task of a sending run needs to know: its relays, its composer, its settings."""

from __future__ import annotations

from collections.abc import Mapping

from models.values.ending import Stopped
from models.values.relay import Relay
from settings.load import Settings
from tasks.composing.process import Composer
from tasks.relays.pool import RelayPool

COMPOSING_AHEAD = 2


class SendingRun:
    """The context of one run: a pool for each SMTP account, and what every one of its tasks needs."""

    def __init__(
        self, relays: Mapping[str, Relay], flow_run_id: str, settings: Settings, composer: Composer | None = None
    ) -> None:
        self.composer = composer or Composer()
        self.flow_run_id = flow_run_id
        self.settings = settings
        by_account = {relay.account: RelayPool(relay, settings) for relay in relays.values()}
        self._pools = {structure: by_account[relay.account] for structure, relay in relays.items()}

    def pool(self, structure: str) -> RelayPool:
        """The pool that the mails of ``structure`` leave through."""
        return self._pools[structure]

    @property
    def threads(self) -> int:
        """How many documents can be worked on at once: one for each connection, and some that are composed ahead."""
        return sum({id(pool): pool.relay.connections for pool in self._pools.values()}.values()) + COMPOSING_AHEAD

    @property
    def stopped(self) -> list[Stopped]:
        """Why pools were closed; empty when all are open."""
        return list(dict.fromkeys(pool.stopped for pool in self._pools.values() if pool.stopped))

    def close(self) -> None:
        for pool in self._pools.values():
            pool.close()
