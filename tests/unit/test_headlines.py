"""The sentence of a campaign."""

from datetime import UTC, datetime

import pytest

from models.rules.states import DeliveryState
from tasks.pages.headlines import Tally, headline

S = DeliveryState
WHEN = datetime(2024, 10, 5, 7, 12, tzinfo=UTC)


def test_a_document_counts_once_under_its_worst_address() -> None:
    """Accepted for the resident and refused for the guardian is refused."""
    tally = Tally.of(
        [("a", S.ACCEPTED, False), ("a", S.REFUSED, False), ("b", S.ACCEPTED, False), ("c", S.UNCERTAIN, False)]
    )
    assert (tally.total, tally.sent, tally.refused, tally.uncertain) == (3, 1, 1, 1)


@pytest.mark.parametrize(
    ("tally", "expected"),
    [
        pytest.param(
            Tally(total=214, sent=210, refused=3, uncertain=1),
            "214 factures d'août 2024 : 210 envoyées, 3 refusées, 1 incertaine.",
            id="with failures",
        ),
        pytest.param(
            Tally(total=1, deferred=1),
            "1 facture d'août 2024 : 1 en attente, reprise le 05/10/2024 à 09:12.",
            id="deferred",
        ),
        pytest.param(
            Tally(),
            "Rien à envoyer pour août 2024 : tout est déjà envoyé, depuis le 05/10/2024 à 09:12.",
            id="nothing left",
        ),
    ],
)
def test_the_sentence(tally: Tally, expected: str) -> None:
    """French, with its plurals, elision and times."""
    assert headline(tally, "août 2024", WHEN, WHEN) == expected
