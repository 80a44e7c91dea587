"""The month in which the upgrade comes: a small association, and the mail server that it has.

Its care home's campaign is stopped half sent; the review of its living home is open; its workshop reminds clients.
"""

from __future__ import annotations

import io
from pathlib import Path

from reportlab.pdfgen.canvas import Canvas

from tests.smtp_server.script import How, Moment, Rule

EARLIER, PERIOD, REMINDED_ON = "2024-08", "2024-09", "2024-11-15"
CARE_HOME, LIVING_HOME, WORKSHOP = "TILLEULS", "HORIZON", "ATELIERS"

# Who is who in the campaign of the care home, in the order of its lines.
ACCEPTED, REFUSED, UNCERTAIN, SETTLED, DEFERRED, UNWRITTEN = "F-01", "F-02", "F-03", "F-04", "F-05", "F-06"
HALF_SENT, WAITING = "F-07", ("F-08", "F-09")
PRINTED, PAPER, NO_ADDRESS = "F-10", "F-11", "F-12"
# The lines of the open review, and an invoice that is imported while it waits.
SHOWN, TAKEN_OUT, LATE = ("H-01", "H-02", "H-03"), "H-03", "H-04"
MAILED_REMINDER, PRINTED_REMINDER = "V-01", "V-02"

INITIALS = "ML"
MOTIVE = "confirmé par la tutrice"
FOOTER = "Service facturation, au rez-de-chaussée"
TRIAL, FAILED_TRIAL = "essai@example.org", "essai.refuse@example.org"
MISSING_PDF = f"{UNWRITTEN}.pdf"

_RESIDENTS = f"""structure;code;civilite;nom;prenom;email;code_tuteur;destinataires
{CARE_HOME};R-01;Mme;AUBERT;Anne;aubert@example.org;;tous
{CARE_HOME};R-02;M.;BLANC;Bruno;blanc@example.org;;tous
{CARE_HOME};R-03;Mme;CARON;Chloé;caron@example.org;;tous
{CARE_HOME};R-04;M.;DENIS;David;denis@example.org;;tous
{CARE_HOME};R-05;Mme;EMERY;Élise;emery@example.org;;tous
{CARE_HOME};R-06;M.;FABRE;Franck;fabre@example.org;;tous
{CARE_HOME};R-07;Mme;GARNIER;Gisèle;garnier@example.org;T-01;tous
{CARE_HOME};R-08;M.;HUBERT;Henri;hubert@example.org;T-02;tous
{CARE_HOME};R-09;Mme;IMBERT;Irène;imbert@example.org;;tous
{CARE_HOME};R-10;M.;JOLY;Jean;;;tous
{CARE_HOME};R-11;Mme;KLEIN;Karine;klein@example.org;;papier
{CARE_HOME};R-12;M.;LEROY;Luc;;;tous
{LIVING_HOME};R-01;Mme;NOEL;Nadia;noel@example.org;;tous
{LIVING_HOME};R-02;M.;OLIVIER;Omar;olivier@example.org;T-02;tous
{LIVING_HOME};R-03;Mme;PETIT;Paule;petit@example.org;;tous
{LIVING_HOME};R-04;M.;QUENTIN;Rémi;quentin@example.org;;tous
"""
_GUARDIANS = """code;nom;prenom;organisme;type;email
T-01;ROUX;Sylvie;;famille;tuteur.roux@example.org
T-02;UDAF;;UDAF de Loire-Exemple;MJPM;tuteur.udaf@example.org
"""
_STRUCTURES = f"""code;nom;association;expediteur_email;adresse;code_postal;ville
{CARE_HOME};EHPAD Les Tilleuls;Les Rives;factures.tilleuls@example.org;1 rue A;44999;Saint-Exemple
{LIVING_HOME};Foyer Horizon;Les Rives;factures.horizon@example.org;2 rue B;44999;Saint-Exemple
{WORKSHOP};ESAT Les Ateliers;Les Rives;factures.ateliers@example.org;3 rue C;44999;Saint-Exemple
"""
_CLIENTS = f"""structure;code;nom;type;email;adresse;code_postal;ville
{WORKSHOP};C-01;Garage Petit;professionnel;garage@example.org;4 rue D;44999;Saint-Exemple
{WORKSHOP};C-02;Mairie de Saint-Exemple;professionnel;;5 rue E;44999;Saint-Exemple
"""
_COLUMNS = (
    "structure;numero;code_resident;code_client;periode;date_facture;date_echeance;"
    "montant_ht;montant_tva;montant_ttc;reste_a_payer;fichier_pdf"
)


def _resident(structure: str, number: str, resident: str, period: str = PERIOD, pdf: str = "") -> str:
    day = f"30/{period[5:]}/{period[:4]}"
    return f"{structure};{number};{resident};;{period};{day};;100,00;0,00;100,00;;{pdf}"


def _client(number: str, client: str) -> str:
    return f"{WORKSHOP};{number};;{client};;10/09/2024;10/10/2024;100,00;20,00;120,00;120,00;"


_CLIENT_INVOICES = [_client(MAILED_REMINDER, "C-01"), _client(PRINTED_REMINDER, "C-02")]
_UNWRITTEN = _resident(CARE_HOME, UNWRITTEN, "R-06", pdf=MISSING_PDF)


def write_month(folder: Path) -> None:
    """Write the files of the first import."""
    invoices = [
        _resident(CARE_HOME, "E-01", "R-01", EARLIER),
        _resident(CARE_HOME, "E-02", "R-09", EARLIER),
        *(_resident(CARE_HOME, f"F-{n:02}", f"R-{n:02}") for n in range(1, 13) if f"F-{n:02}" != UNWRITTEN),
        _UNWRITTEN,
        *(_resident(LIVING_HOME, number, f"R-{number[2:]}") for number in SHOWN),
        *_CLIENT_INVOICES,
    ]
    _write(folder, invoices, structures=_STRUCTURES, tuteurs=_GUARDIANS, residents=_RESIDENTS, clients=_CLIENTS)


def write_late(folder: Path) -> None:
    """Write what is imported after the upgrade: an invoice of its own, the missing PDF, and the balances of today."""
    _write(folder, [_resident(LIVING_HOME, LATE, "R-04"), _UNWRITTEN, *_CLIENT_INVOICES])


def _write(folder: Path, invoices: list[str], **texts: str) -> None:
    folder.mkdir(parents=True)
    numbers = [invoice.split(";")[1] for invoice in invoices]
    texts["factures"] = "\n".join([_COLUMNS, *invoices, ""])
    texts["lignes"] = "\n".join(
        ["numero_facture;libelle;montant", *(f"{number};Hébergement;100,00" for number in numbers), ""]
    )
    for name, text in texts.items():
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    (folder / MISSING_PDF).write_bytes(invoice_of_another_software())


def invoice_of_another_software() -> bytes:
    """The PDF that comes with the import; the same bytes at every call."""
    output = io.BytesIO()
    canvas = Canvas(output, invariant=True)
    canvas.drawString(70, 780, f"Facture {UNWRITTEN} du logiciel de facturation")
    canvas.save()
    return output.getvalue()


# The mail server before the upgrade; after it, it has no fault.
FAULTS = (
    Rule(Moment.RCPT, "550 5.1.1 No such user", recipient="blanc@example.org"),
    Rule(Moment.FINAL, how=How.DROP, stored=True, recipient="caron@example.org"),
    Rule(Moment.FINAL, how=How.DROP, stored=True, recipient="denis@example.org"),
    Rule(Moment.RCPT, "451 4.2.1 Try again later", recipient="emery@example.org"),
    Rule(Moment.RCPT, "550 5.1.1 No such user", recipient=FAILED_TRIAL),
)
# They stop the campaign, whichever comes first: the guardian of a resident who has her invoice, and all after her.
STOPS = tuple(
    Rule(Moment.RCPT, "550 5.7.1 Sending not allowed", recipient=f"{name}@example.org")
    for name in ("tuteur.roux", "hubert", "tuteur.udaf", "imbert")
)

# Where each invoice of the month stands when the upgrade comes, as `facteur status --json` calls it.
CLASSES = {
    **dict.fromkeys((ACCEPTED, SETTLED), "mailed"),
    **dict.fromkeys((REFUSED, UNWRITTEN), "failed"),
    **dict.fromkeys((DEFERRED, HALF_SENT, *WAITING, PAPER, NO_ADDRESS, *SHOWN), "waiting"),
    UNCERTAIN: "uncertain",
    PRINTED: "printed",
}
