"""An address is stored as it will be used on the wire, or refused with its own words."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tasks.entry.addresses import AddressFault, check_address
from tasks.mail.address import plain_address


@pytest.mark.parametrize(
    ("written", "stored"),
    [
        pytest.param("jean@example.org", "jean@example.org", id="plain"),
        pytest.param("  jean@example.org\u00a0", "jean@example.org", id="spaces around it"),
        pytest.param("Jean.Le-Goff@EXAMPLE.ORG", "Jean.Le-Goff@example.org", id="the domain in lower case"),
        pytest.param("a@münchen.de", "a@xn--mnchen-3ya.de", id="a domain with an accent, in IDNA"),
        pytest.param("a+b_c'd@example.com", "a+b_c'd@example.com", id="signs that are allowed"),
        pytest.param("qui@maison.test", "qui@maison.test", id="a reserved domain for tests"),
        pytest.param("qui@example.net", "qui@example.net", id="a reserved domain for examples"),
    ],
)
def test_a_single_valid_address_is_stored_in_its_plain_form(written: str, stored: str) -> None:
    """What is accepted can go on the wire as it is."""
    assert check_address(written) == stored
    assert plain_address(stored) == stored


@pytest.mark.parametrize(
    ("written", "problem"),
    [
        pytest.param("", "vide", id="empty"),
        pytest.param("jean@@x", "n'est pas une adresse e-mail valable", id="two @"),
        pytest.param("jean.example.org", "n'est pas une adresse e-mail valable", id="no @"),
        pytest.param("jean@localhost", "n'est pas une adresse e-mail valable", id="no dot in the domain"),
        pytest.param("jean@[127.0.0.1]", "n'est pas une adresse e-mail valable", id="an address literal"),
        pytest.param('"jean"@example.org', "n'est pas une adresse e-mail valable", id="quoted"),
        pytest.param("je an@example.org", "n'est pas une adresse e-mail valable", id="a space"),
        pytest.param("a@" + "b" * 300 + ".fr", "n'est pas une adresse e-mail valable", id="too long a domain"),
        pytest.param("a@" + "b." * 200 + "fr", "est trop long (404 caractères)", id="longer than 320 characters"),
        pytest.param("@" + "," * 5_000_000, "est trop long", id="what takes an expression an hour"),
        pytest.param("MAILLY Josiane <j@example.org>", "contient un nom ou des chevrons", id="with a name"),
        pytest.param("<j@example.org>", "contient un nom ou des chevrons", id="in angle brackets"),
        pytest.param("a@example.org;b@example.org", "contient plusieurs adresses", id="two, semicolon"),
        pytest.param("a@example.org, b@example.org", "contient plusieurs adresses", id="two, comma"),
        pytest.param("a@example.org b@example.org", "contient plusieurs adresses", id="two, space"),
        pytest.param("a@example.org / b@example.org", "contient plusieurs adresses", id="two, slash"),
        pytest.param("josé@example.org", "lettre accentuée", id="not ASCII before the @"),
        pytest.param("a@example.org\nBcc: b@example.org", "retour à la ligne", id="line feed"),
        pytest.param("a@example.org\r\n", "retour à la ligne", id="line feed at the end"),
        pytest.param("a\x00@example.org", "caractère de contrôle", id="NUL"),
        pytest.param("a@exam\u200bple.org", "caractère invisible", id="zero width space"),
        pytest.param("\ufeffa@example.org", "caractère invisible", id="byte-order mark"),
        pytest.param("\u202egro.elpmaxe@a", "caractère invisible", id="right to left override"),
        pytest.param("a@exam\u00adple.org", "caractère invisible", id="soft hyphen"),
    ],
)
def test_anything_else_is_a_fault_with_its_own_words(written: str, problem: str) -> None:
    """The clerk reads what is wrong, and nothing invisible or on a second line comes out with it."""
    fault = check_address(written)
    assert isinstance(fault, AddressFault)
    assert problem in str(fault)
    assert "attendu : " in str(fault)
    assert str(fault).isprintable()


@given(st.text(max_size=60) | st.from_regex(r"[^@\s]{1,20}@[a-z\u00e0-\u00ff.-]{1,30}", fullmatch=True))
def test_no_text_makes_the_check_raise(written: str) -> None:
    """It is an address or a fault."""
    assert isinstance(check_address(written), str | AddressFault)


@given(
    st.builds(
        lambda address, intruder, place: address[:place] + intruder + address[place:],
        st.from_regex(r"[A-Za-z0-9+_-]{1,9}@[a-z0-9]{1,9}\.(fr|org|com)", fullmatch=True),
        st.text(max_size=1) | st.sampled_from(["é", " ", "\t", "à", "\xa0", '"', "\n"]),
        st.integers(0, 25),
    )
)
def test_whatever_is_accepted_is_plain(written: str) -> None:
    """No accepted address needs quoting or holds a second line."""
    checked = check_address(written)
    assume(not isinstance(checked, AddressFault))
    assert isinstance(checked, str)
    assert plain_address(checked) == checked
    assert check_address(checked) == checked
