"""Whether a PDF is the one of its invoice: its text should hold the invoice's number, or the name of who owes it."""

from __future__ import annotations

from collections.abc import Mapping

from tasks.entry.parsing import fold
from tasks.entry.problems import visible
from tasks.imports.bills import Person
from tasks.imports.invoice_pdfs import CheckedPdf
from tasks.imports.invoice_states import InvoiceState
from tasks.imports.remarks import Doubt, Remark
from tasks.imports.rows import TableFile
from tasks.imports.stored import Files, Pair, Stored, pair_of

FEWEST_PDFS = 3  # of fewer, none can be told from the rest
SHORTEST_NUMBER = 4  # a shorter number is in any text


def pdf_remarks(
    file: TableFile,
    states: Mapping[Pair, InvoiceState],
    pdfs: Mapping[int, CheckedPdf],
    persons: Mapping[Pair, Person],
    names_of_clients: Mapping[Pair, str],
) -> list[Remark]:
    """The PDFs that name another invoice, and those that name nobody where most do name the right one."""
    numbers = {
        folded: row.values["number"]
        for row in file.rows
        if len(folded := fold(row.values["number"])) >= SHORTEST_NUMBER
    }
    strangers: list[tuple[str, str]] = []
    right = silent = 0
    for row in file.rows:
        pdf, key = pdfs.get(row.line), pair_of(row)
        if pdf is None or key is None or not pdf.text:
            continue
        state = states[key]
        name = _name(key[0], state, persons, names_of_clients)
        words = [fold(word) for word in name.split() if word.isupper()] or [fold(name)]
        if fold(key[1]) in pdf.text or (name and all(word in pdf.text for word in words)):
            right += 1
            continue
        other = next((number for folded, number in numbers.items() if folded in pdf.text), "")
        strangers.append((other, f"{file.file}, ligne {row.line} : « {visible(pdf.name)} »"))
        silent += not other
    most = right + silent >= FEWEST_PDFS and right > silent
    found = []
    for other, place in strangers:
        if other:
            sentence = f"{place} porte le numéro d'une autre facture, {other}, et ni le numéro ni le nom de celle-ci."
            found.append(Remark(Doubt.PDF, sentence))
        elif most:
            sentence = f"{place} ne porte ni le numéro de la facture ni le nom du débiteur, comme les autres le font."
            found.append(Remark(Doubt.PDF, sentence))
    return found


def _name(
    structure: str, state: InvoiceState, persons: Mapping[Pair, Person], names_of_clients: Mapping[Pair, str]
) -> str:
    if state.values["resident_code"]:
        person = persons.get((structure, state.values["resident_code"]))
        return person.name if person else ""
    return names_of_clients.get((structure, state.values["client_code"]), "")


def client_names(files: Files, stored: Stored) -> dict[Pair, str]:
    """The clients after the import."""
    known = {key: client.name for key, client in stored.clients.items()}
    return known | {key: row.values["name"] for row in files["clients"].rows if (key := pair_of(row))}
