"""Who bills: the columns of a structure and its association that a paper and its mail need, and the value they make."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row

from models.tables.organisation import Association, Structure
from models.values.paper import Issuer
from models.values.people import PostalAddress

ISSUER = (
    Association.name.label("association"),
    Structure.code.label("structure_code"),
    Structure.name.label("structure"),
    Structure.street.label("structure_street"),
    Structure.postcode.label("structure_postcode"),
    Structure.city.label("structure_city"),
    Structure.siret,
    Structure.finess,
    Structure.iban,
    Structure.bic,
    Structure.vat_mention,
    Structure.sender_name,
    Structure.sender_email,
    Structure.reply_to,
    Structure.footer,
)


def read_issuer(row: Row[Any]) -> Issuer:
    """The issuer of a row that was selected with ISSUER."""
    return Issuer(
        association=row.association,
        structure=row.structure,
        address=PostalAddress(row.structure_street, row.structure_postcode, row.structure_city),
        email=row.reply_to or row.sender_email,
        siret=row.siret,
        finess=row.finess,
        iban=row.iban,
        bic=row.bic,
        vat_mention=row.vat_mention,
        footer=row.footer,
    )
