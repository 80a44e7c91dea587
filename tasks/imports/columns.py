"""The files of an import and their columns, as clerks know them."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from models.values.kinds import ClientKind, RecipientPolicy
from tasks.documents.wording import INVOICE_BODY_KEYWORDS
from tasks.entry import parsing
from tasks.entry.addresses import read_address
from tasks.entry.parsing import Parser


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its French name, the attribute it fills, and what an empty cell means (``empty``)."""

    name: str
    attribute: str
    parse: Parser
    required: bool = False
    empty: Any = ""


@dataclass(frozen=True, slots=True)
class Table:
    """One file. ``one_of`` names columns of which the file must have at least one."""

    name: str
    columns: tuple[Column, ...]
    one_of: tuple[str, ...] = ()

    @property
    def keys(self) -> tuple[Column, ...]:
        """What its rows are known by."""
        names = {"structure_code", "code", "number"}
        return tuple(column for column in self.columns if column.attribute in names and column.required)

    def column(self, attribute: str) -> Column:
        return next(column for column in self.columns if column.attribute == attribute)


CODE = parsing.text(60)
DISPUTED = parsing.choice({"oui": True, "non": False, "vrai": True, "faux": False})
GUARDIAN_KINDS = parsing.usual(("tuteur", "curateur", "MJPM", "famille"), 40)
CLIENT_KINDS = parsing.choice({"professionnel": ClientKind.PROFESSIONAL, "particulier": ClientKind.CONSUMER})
POLICIES = parsing.choice(
    {
        "tous": RecipientPolicy.ALL,
        "résident": RecipientPolicy.RESIDENT,
        "tuteur": RecipientPolicy.GUARDIAN,
        "papier": RecipientPolicy.PAPER,
    }
)

POSTAL = (
    Column("adresse", "street", parsing.lines(300)),
    Column("code_postal", "postcode", parsing.text(20)),
    Column("ville", "city", parsing.text(100)),
)
STRUCTURE = Column("structure", "structure_code", CODE, required=True)

STRUCTURES = Table(
    "structures",
    (
        Column("code", "code", CODE, required=True),
        Column("nom", "name", parsing.text(200), required=True),
        Column("association", "association_name", parsing.text(200), required=True),
        *POSTAL,
        Column("siret", "siret", parsing.siret),
        Column("finess", "finess", parsing.finess),
        Column("iban", "iban", parsing.iban),
        Column("bic", "bic", parsing.bic),
        Column("mention_tva", "vat_mention", parsing.text(300)),
        Column("expediteur_nom", "sender_name", parsing.text(200)),
        Column("expediteur_email", "sender_email", read_address),
        Column("repondre_a", "reply_to", read_address),
        Column("objet_mail", "wording_subject", parsing.wording(parsing.text(300))),
        Column("texte_mail", "wording_body", parsing.wording(parsing.lines(20_000), INVOICE_BODY_KEYWORDS)),
    ),
)
GUARDIANS = Table(
    "tuteurs",
    (
        Column("code", "code", CODE, required=True),
        Column("nom", "last_name", parsing.text(120), required=True),
        Column("prenom", "first_name", parsing.text(120)),
        Column("organisme", "organisation", parsing.text(200)),
        Column("type", "kind", GUARDIAN_KINDS),
        Column("email", "email", read_address),
        *POSTAL,
    ),
)
RESIDENTS = Table(
    "residents",
    (
        STRUCTURE,
        Column("code", "code", CODE, required=True),
        Column("civilite", "title", parsing.text(20)),
        Column("nom", "last_name", parsing.text(120), required=True),
        Column("prenom", "first_name", parsing.text(120), required=True),
        Column("email", "email", read_address),
        Column("code_tuteur", "guardian_code", CODE),
        Column("destinataires", "recipients", POLICIES, empty=RecipientPolicy.ALL),
        Column("date_sortie", "left_on", parsing.day, empty=None),
        *POSTAL,
    ),
)
CLIENTS = Table(
    "clients",
    (
        STRUCTURE,
        Column("code", "code", CODE, required=True),
        Column("nom", "name", parsing.text(200), required=True),
        Column("type", "kind", CLIENT_KINDS, empty=ClientKind.PROFESSIONAL),
        Column("email", "email", read_address),
        *POSTAL,
        Column("relance_suspendue_jusqu_au", "reminders_suspended_until", parsing.day, empty=None),
        Column("motif_suspension", "suspension_reason", parsing.text(300)),
    ),
)
INVOICES = Table(
    "factures",
    (
        STRUCTURE,
        Column("numero", "number", CODE, required=True),
        Column("code_resident", "resident_code", CODE),
        Column("code_client", "client_code", CODE),
        Column("periode", "period", parsing.period, empty=None),
        Column("date_facture", "issued_on", parsing.day, required=True),
        Column("date_echeance", "due_on", parsing.day, empty=None),
        Column("montant_ht", "total_excl_tax", parsing.amount, required=True),
        Column("montant_tva", "vat", parsing.amount, empty=Decimal("0.00")),
        Column("montant_ttc", "total_incl_tax", parsing.amount, required=True),
        Column("reste_a_payer", "balance", parsing.amount, empty=None),  # empty: all of it
        Column("fichier_pdf", "pdf_name", parsing.text(300)),
        Column("date_edition", "imported_printed_on", parsing.day, empty=None),
        Column("litige", "disputed", DISPUTED, empty=False),
    ),
    one_of=("code_resident", "code_client"),
)
LINES = Table(
    "lignes",
    (
        Column("structure", "structure_code", CODE),  # only needed where two structures share a number
        Column("numero_facture", "number", CODE, required=True),
        Column("libelle", "label", parsing.joined(500), required=True),
        Column("quantite", "quantity", parsing.number(3, Decimal(10) ** 9), empty=None),
        Column("prix_unitaire", "unit_price", parsing.number(4, Decimal(10) ** 10), empty=None),
        Column("montant", "amount", parsing.amount, required=True),
    ),
)
TABLES = (STRUCTURES, GUARDIANS, RESIDENTS, CLIENTS, INVOICES, LINES)
