"""The PDF that another software made, for the one sample invoice that brings its own."""

from __future__ import annotations

import io

from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas

from flows.sample.invoices import SampleInvoice
from flows.sample.people import Person
from models.values.people import full_name


def draw(invoice: SampleInvoice, person: Person) -> bytes:
    """One page with name, number and amount; the same bytes at every call."""
    output = io.BytesIO()
    canvas = Canvas(output, pagesize=A4, invariant=True)
    canvas.setTitle(f"Facture {invoice.number}")
    name = full_name(str(person.record["nom"]), str(person.record["prenom"]))
    for height, text in (
        (780, "Facture établie par le logiciel de gestion"),
        (740, f"Numéro : {invoice.number}"),
        (720, f"Résident : {name}"),
        (700, f"Montant : {invoice.total:.2f} EUR".replace(".", ",")),
    ):
        canvas.drawString(70, height, text)
    canvas.save()
    return output.getvalue()
