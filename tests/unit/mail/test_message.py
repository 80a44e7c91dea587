"""The bytes of a mail say what the mail says, to the right address, and nothing else."""

import re
import unicodedata
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.utils import parseaddr

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from models.values.mail import Attachment, Mail
from tasks.mail.address import plain_address
from tasks.mail.message import assemble, message_id

INVOICE = Mail(
    sender_name="Résidence Les Lilas",
    sender_email="facturation@lilas.example.org",
    reply_to="accueil@lilas.example.org",
    recipient_email="josiane.mailly@example.org",
    subject="Votre facture de septembre 2024",
    text="Bonjour,\n\nVous trouverez ci-joint la facture de MAILLY Josiane pour la période de septembre 2024.\n",
    html="<p>Vous trouverez ci-joint la facture de MAILLY Josiane pour la période de septembre 2024.</p>\n",
    attachments=(Attachment("facture-2024-09.pdf", b"%PDF-1.4\n" + bytes(range(256)) * 20),),
    message_id=message_id("delivery:17:1", "lilas.example.org"),
    date=datetime(2024, 10, 1, 9, 30, tzinfo=timezone(timedelta(hours=2))),
)

HEADERS = [
    *("From", "To", "Reply-To", "Subject", "Date", "Message-ID", "Auto-Submitted", "X-Auto-Response-Suppress"),
    *("MIME-Version", "Content-Type"),
]

# What a clerk may type, and what an attacker would: anything, with line ends and header syntax made likely.
WORDS = st.one_of(
    st.text(max_size=120),
    st.text(alphabet='abé ,;:<>@"\\()[]=?_.\r\n\t\0\x1c\x85\u2028\xa0\u202e😀', max_size=200),
    st.sampled_from(["x\r\nBcc: evil@example.org", "x\n\nbody", "=?utf-8?q?x=0D=0ABcc:_e@example.org?=", "a" * 1200]),
)
TEXTS = st.one_of(st.text(max_size=300), st.text(alphabet="a.é= \t\r\n-_", max_size=300)).filter(
    lambda text: not any(unicodedata.category(character) == "Cs" for character in text)
)


def parse(content: bytes) -> EmailMessage:
    message = message_from_bytes(content, policy=policy.default)
    assert isinstance(message, EmailMessage)
    return message


def display_name(content: bytes) -> str:
    """The sender's name by RFC 2047; CPython 3.11.7's newer parser keeps the blanks between encoded words."""
    name, _ = parseaddr(message_from_bytes(content)["From"])
    return str(make_header(decode_header(name)))


def on_one_line(value: str) -> str:
    breaks = ("Cc", "Cs", "Zl", "Zp")
    return "".join(" " if unicodedata.category(c) in breaks else c for c in value).strip(" ")


def with_line_feeds(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


@settings(deadline=None)
@given(name=WORDS, subject=WORDS, text=TEXTS, html=TEXTS, content=st.binary(max_size=500))
@example("Association des maisons, " * 9 + "evil@example.org", "x", "x", "x", b"")
def test_what_is_parsed_back_is_what_was_given(name: str, subject: str, text: str, html: str, content: bytes) -> None:
    """No input adds a header, an address, a part or a line: injection is impossible."""
    mail = replace(
        INVOICE, sender_name=name, subject=subject, text=text, html=html, attachments=(Attachment("f.pdf", content),)
    )
    message = parse(assemble(mail))
    assert message.keys() == HEADERS
    assert not message.defects
    (sender,) = message["From"].addresses
    assert sender.addr_spec == INVOICE.sender_email
    assert display_name(assemble(mail)) == on_one_line(name)
    (recipient,) = message["To"].addresses
    assert (recipient.display_name, recipient.addr_spec) == ("", INVOICE.recipient_email)
    assert message["Subject"] == on_one_line(subject)
    assert [part.get_content_type() for part in message.walk()] == [
        *("multipart/mixed", "multipart/alternative", "text/plain", "text/html", "application/pdf"),
    ]
    plain, marked_up, pdf = (part for part in message.walk() if not part.is_multipart())
    assert with_line_feeds(plain.get_content()) == with_line_feeds(text)
    assert with_line_feeds(marked_up.get_content()) == with_line_feeds(html)
    assert (pdf.get_filename(), pdf.get_content()) == ("f.pdf", content)


@settings(deadline=None)
@given(name=WORDS, subject=WORDS, text=TEXTS)
def test_lines_are_short_and_seven_bit_and_end_with_crlf(name: str, subject: str, text: str) -> None:
    """RFC 5322: 998 characters a line, no bare CR or LF; SMTP without 8BITMIME: ASCII, no NUL."""
    content = assemble(replace(INVOICE, sender_name=name, subject=subject, text=text))
    assert content.isascii()
    assert b"\0" not in content
    assert content.endswith(b"\r\n")
    lines = content.split(b"\r\n")
    assert not any(b"\r" in line or b"\n" in line for line in lines)
    assert max(map(len, lines)) <= 998


def test_an_invoice_carries_the_headers_of_an_automatic_mail() -> None:
    """Automatic, answered by the office, never bulk, times and ids as frozen."""
    message = parse(assemble(INVOICE))
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["X-Auto-Response-Suppress"] == "All"
    assert message["Reply-To"] == "accueil@lilas.example.org"
    assert message["Message-ID"] == INVOICE.message_id
    assert message["Date"].datetime == INVOICE.date
    assert "Precedence" not in message
    (attached,) = message.iter_attachments()
    assert attached.get_content_disposition() == "attachment"


def test_the_same_mail_gives_the_same_bytes() -> None:
    """Nothing random and no clock: what was archived can be made again."""
    assert assemble(INVOICE) == assemble(replace(INVOICE))


def test_two_messages_have_different_boundaries() -> None:
    """The boundary comes from the Message-ID."""
    other = replace(INVOICE, message_id=message_id("delivery:18:1", "lilas.example.org"))
    boundaries = {parse(assemble(mail)).get_boundary() for mail in (INVOICE, other)}
    assert len(boundaries) == 2


def test_a_text_that_quotes_the_boundary_stays_one_part() -> None:
    """Encoded parts cannot hold "=_", which every boundary begins with."""
    boundary = parse(assemble(INVOICE)).get_boundary()
    text = f"--{boundary}\nContent-Type: text/plain\n\nevil\n--{boundary}--\n"
    message = parse(assemble(replace(INVOICE, text=text)))
    plain = message.get_body(("plain",))
    assert plain is not None
    assert with_line_feeds(plain.get_content()) == text
    assert sum(1 for _ in message.walk()) == 5


def test_without_a_reply_address_there_is_no_reply_to() -> None:
    """Replies then go to the sender."""
    assert "Reply-To" not in parse(assemble(replace(INVOICE, reply_to="")))


NOT_PLAIN = [
    pytest.param("josé@example.org", id="local part with an accent"),
    pytest.param("jose@hôpital.example", id="domain with an accent"),
    pytest.param("a@b.fr\r\nBcc: c@d.fr", id="line end"),
    pytest.param("a@b.fr\n", id="trailing line feed"),
    pytest.param("a@b.fr, c@d.fr", id="two addresses"),
    pytest.param("A <a@b.fr>", id="display name"),
    pytest.param('"a b"@c.fr', id="quoted local part"),
    pytest.param("a b@c.fr", id="space"),
    pytest.param("a@b@c.fr", id="two at signs"),
    pytest.param("a.@b.fr", id="dot before the at sign"),
    pytest.param("a", id="no domain"),
    pytest.param("", id="empty"),
    pytest.param("a" * 250 + "@b.fr", id="too long"),
]


@pytest.mark.parametrize("address", NOT_PLAIN)
@pytest.mark.parametrize("field", ["sender_email", "recipient_email"])
def test_an_address_that_is_not_plain_is_refused(field: str, address: str) -> None:
    """Nothing is repaired: a repaired address may be somebody else's."""
    with pytest.raises(ValueError, match="not a plain e-mail address"):
        assemble(replace(INVOICE, **{field: address}))


def is_plain(address: str) -> bool:
    try:
        plain_address(address)
    except ValueError:
        return False
    return True


# Addresses that are nearly plain, with any character put in anywhere: about half of them pass.
NEARLY_PLAIN = st.builds(
    lambda address, intruder, place: address[:place] + intruder + address[place:],
    st.from_regex(r"[a-z0-9+_-]{1,9}(\.[a-z]{1,5})?@[a-z0-9-]{1,9}\.[a-z]{2,4}", fullmatch=True),
    st.text(max_size=1),
    st.integers(0, 25),
)


@settings(deadline=None)
@given(NEARLY_PLAIN)
def test_a_plain_address_has_no_character_that_the_wire_or_a_header_reads(address: str) -> None:
    """Whatever passes holds neither space, control character, bracket, quote nor comma, and one at sign."""
    assume(is_plain(address))
    assert re.search(r"[\s\x00-\x20<>()\[\],;:\\\"\x7f-\U0010ffff]", address) is None
    assert address.count("@") == 1


@pytest.mark.parametrize("name", ["", "é.pdf", 'a".pdf', "a\r\nb.pdf", "../a.pdf", "a/b.pdf", "a;b.pdf", "a" * 200])
def test_a_file_name_that_is_not_plain_is_refused(name: str) -> None:
    """ASCII letters, digits and a few signs: the name means the same in every mail program."""
    with pytest.raises(ValueError, match="file name"):
        assemble(replace(INVOICE, attachments=(Attachment(name, b"x"),)))


def test_a_date_without_a_time_zone_is_refused() -> None:
    """A naive date would be read as the machine's."""
    with pytest.raises(ValueError, match="time zone"):
        assemble(replace(INVOICE, date=datetime(2024, 10, 1)))  # noqa: DTZ001 - the naive date is the case


@pytest.mark.parametrize("identifier", ["", "<a@b>\r\nBcc: c@d.fr", "a@b", "<a b@c>"])
def test_a_message_id_of_another_form_is_refused(identifier: str) -> None:
    """It stands in a header and makes the boundaries."""
    with pytest.raises(ValueError, match="Message-ID"):
        assemble(replace(INVOICE, message_id=identifier))


def test_a_message_id_comes_from_its_key_alone_and_does_not_show_it() -> None:
    """The same key gives the same Message-ID on any machine; the key cannot be read in it."""
    identifier = message_id("delivery:17:1", "lilas.example.org")
    assert identifier == message_id("delivery:17:1", "lilas.example.org")
    assert identifier != message_id("delivery:17:2", "lilas.example.org")
    assert re.fullmatch(r"<[0-9a-f]{40}@lilas\.example\.org>", identifier)


def test_the_hour_is_written_with_its_offset() -> None:
    """A frozen date says the same instant everywhere."""
    assert b"\r\nDate: Tue, 01 Oct 2024 09:30:00 +0200\r\n" in assemble(INVOICE)
    utc = replace(INVOICE, date=INVOICE.date.astimezone(UTC))
    assert b"\r\nDate: Tue, 01 Oct 2024 07:30:00 +0000\r\n" in assemble(utc)
