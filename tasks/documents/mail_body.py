"""The mail that goes with an invoice: the clerk's text, then who writes and what to do with a mail gone astray."""

from functools import cache

from models.values.paper import Issuer
from models.values.period import Period
from tasks.documents.french import period_label
from tasks.documents.mail_parts import (
    MailText,
    default_text,
    file_name_part,
    footer,
    one_line,
    paragraphs,
    plain,
    render,
    signature,
)
from tasks.documents.wording import COPY, drop_idle_lines, fill


@cache
def default_wording() -> tuple[str, str]:
    """Subject and body, with their keywords, of a structure that has not written its own."""
    return default_text("invoice_subject"), default_text("invoice_body")


def invoice_mail(
    wording_subject: str, wording_body: str, *, person: str, period: Period, issuer: Issuer, copy_to: str = ""
) -> MailText:
    """The mail for one invoice; a subject or body that the structure left empty is the default one.

    ``person`` is the resident's name as it is printed, ``copy_to`` the name of who else gets this invoice by e-mail:
    when nobody does, each line of the body that holds "&copie_a" is left out. The wordings are text: neither HTML nor
    template syntax in them, or in a name, has any effect.
    """
    default_subject, default_body = default_wording()
    copy = {COPY: one_line(copy_to)}
    values = {"personne": one_line(person), "periode": period_label(period), **copy}
    body = fill(drop_idle_lines(plain(wording_body), copy) or default_body, values)
    context: dict[str, object] = {
        "subject": one_line(fill(one_line(wording_subject) or default_subject, values)),
        "body": body,
        "paragraphs": paragraphs(body),
        "signature": signature(issuer),
        "footer": footer(issuer),
        "contact": one_line(issuer.email),
    }
    return MailText(
        subject=render("invoice_mail/subject.txt", context).strip(),
        text=render("invoice_mail/body.txt", context),
        html=render("invoice_mail/body.html", context),
    )


def attachment_name(number: str, period: Period | None) -> str:
    """``Facture_2024-09_F2024-0912.pdf``: ASCII, safe on every file system, and without anybody's name."""
    parts = ("Facture", str(period) if period else "", file_name_part(number))
    return "_".join(part for part in parts if part) + ".pdf"
