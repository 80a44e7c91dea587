"""To whom a document goes."""

import pytest

from models.rules.recipients import NoAddress, Recipient, Role, resolve_client, resolve_recipients

OWN, GUARDIAN = Recipient("r@x.fr", Role.RESIDENT), Recipient("t@x.fr", Role.GUARDIAN)


@pytest.mark.parametrize(
    ("policy", "own", "guardian", "expected"),
    [
        pytest.param("all", "r@x.fr", "t@x.fr", (OWN, GUARDIAN), id="both addresses"),
        pytest.param("all", "r@x.fr", "", (OWN,), id="only his own"),
        pytest.param("all", "", "t@x.fr", (GUARDIAN,), id="only the guardian's"),
        pytest.param("all", "", "", NoAddress.NONE, id="none"),
        pytest.param("all", "R@x.fr", "r@X.fr", (Recipient("R@x.fr", Role.BOTH),), id="the same twice: one mail"),
        pytest.param("resident", "r@x.fr", "t@x.fr", (OWN,), id="resident alone"),
        pytest.param("resident", "", "t@x.fr", NoAddress.RESIDENT_NONE, id="the guardian never gets what is not his"),
        pytest.param("guardian", "r@x.fr", "t@x.fr", (GUARDIAN,), id="guardian alone"),
        pytest.param("guardian", "r@x.fr", "", NoAddress.GUARDIAN_NONE, id="the resident is left out"),
        pytest.param("paper", "r@x.fr", "t@x.fr", NoAddress.PAPER, id="paper"),
    ],
)
def test_recipients(policy: str, own: str, guardian: str, expected: object) -> None:
    """Each address once, and never that of somebody whom the policy leaves out."""
    assert resolve_recipients(policy, own, guardian) == expected


def test_a_client_has_one_address() -> None:
    """Or none."""
    assert resolve_client("c@x.fr") == (Recipient("c@x.fr", Role.CLIENT),)
    assert resolve_client(" ") is NoAddress.NONE
