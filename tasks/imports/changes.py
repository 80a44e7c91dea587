"""What an import would change of that which is stored, by name: old and new, the most dangerous first."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from models.reading.served import Served
from models.rules.recipients import Role, normalise
from models.tables.invoice import Invoice
from models.tables.people import Client, Guardian, Resident
from models.values.kinds import RecipientPolicy
from models.values.people import alphabetical, full_name
from tasks.documents import french
from tasks.imports.invoice_states import InvoiceState
from tasks.imports.rows import Row
from tasks.imports.stored import Files, Pair, Stored, pair_of

EMPTY = "(vide)"


class Subject(StrEnum):
    """What changes, the most dangerous first. The values are stable: programs read them."""

    IBAN = "iban"
    ADDRESS = "address"
    GUARDIAN = "guardian"
    NAME = "name"
    RECIPIENTS = "recipients"
    DEBTOR = "debtor"
    PDF = "pdf"
    AMOUNT = "amount"
    BALANCE = "balance"


LABEL = {
    Subject.IBAN: "IBAN",
    Subject.ADDRESS: "adresse e-mail",
    Subject.GUARDIAN: "tuteur",
    Subject.NAME: "nom",
    Subject.RECIPIENTS: "destinataires",
    Subject.DEBTOR: "débiteur",
    Subject.PDF: "PDF",
    Subject.AMOUNT: "montant TTC",
    Subject.BALANCE: "reste à payer",
}
POLICY = {
    RecipientPolicy.ALL: "tous",
    RecipientPolicy.RESIDENT: "résident",
    RecipientPolicy.GUARDIAN: "tuteur",
    RecipientPolicy.PAPER: "papier",
}


@dataclass(frozen=True, slots=True)
class Change:
    """One value that would change. ``structure`` is empty for a guardian, ``code`` is that of the row.

    ``whose`` names the person or the invoice. ``before`` and ``after`` are shown words, empty where there was, or will
    be, nothing. ``note`` says more in French. ``dangerous``: a person has to take it.
    """

    subject: Subject
    structure: str
    code: str
    whose: str
    before: str
    after: str
    dangerous: bool
    note: str = ""

    @property
    def label(self) -> str:
        """What changes, in French."""
        return LABEL[self.subject]

    def __str__(self) -> str:
        place = f"{self.structure} {self.code}".strip()
        note = f" ({self.note})" if self.note else ""
        return f"{self.label} de {self.whose} ({place}) : {self.before or EMPTY} → {self.after or EMPTY}{note}"


def find_changes(
    files: Files, stored: Stored, states: Mapping[Pair, InvoiceState], served: Served
) -> tuple[Change, ...]:
    """Every change of an address, name, guardian, IBAN, amount, balance or PDF of what is stored, in order."""
    wards: dict[int, list[Resident]] = defaultdict(list)
    for resident in stored.residents.values():
        if resident.guardian_id is not None:
            wards[resident.guardian_id].append(resident)
    holders = _Holders(stored)
    found = [
        *_structures(files, stored),
        *_guardians(files, stored, served, wards, holders),
        *_residents(files, stored, served, holders),
        *_clients(files, stored, served, holders),
        *_invoices(states),
    ]
    order = {subject: position for position, subject in enumerate(Subject)}
    return tuple(sorted(found, key=lambda change: (not change.dangerous, order[change.subject])))


def same_name(one: str, other: str) -> bool:
    """Whether two names differ by case, accents, hyphens and spaces at most."""
    return _bare(one) == _bare(other)


def _bare(name: str) -> str:
    plain = alphabetical(name).replace("œ", "oe").replace("æ", "ae")
    return "".join(character for character in plain if character.isalnum())


def _structures(files: Files, stored: Stored) -> Iterator[Change]:
    for row in files["structures"].rows:
        structure = stored.structures.get(row.values["code"])
        if structure is None:
            continue
        code, name = structure.code, structure.name
        iban = row.values.get("iban", structure.iban)
        if iban != structure.iban:
            note = "le compte sur lequel les familles paient"
            yield Change(Subject.IBAN, code, code, name, _grouped(structure.iban), _grouped(iban), True, note)
        new_name = row.values.get("name", name)
        if not same_name(name, new_name):
            yield Change(Subject.NAME, code, code, name, name, new_name, dangerous=False)


def _grouped(iban: str) -> str:
    return " ".join(iban[start : start + 4] for start in range(0, len(iban), 4))


def _guardians(
    files: Files, stored: Stored, served: Served, wards: Mapping[int, list[Resident]], holders: _Holders
) -> Iterator[Change]:
    for row in files["tuteurs"].rows:
        guardian = stored.guardians.get(row.values["code"])
        if guardian is None:
            continue
        theirs = wards.get(guardian.id, [])
        lasts = {served.residents.get((ward.id, Role.GUARDIAN), "") for ward in theirs} - {""}
        whose, note = _guardian_name(guardian), _wards_note(theirs)
        new = row.values.get("email", guardian.email)
        if normalise(new) != normalise(guardian.email):
            dangerous = bool(lasts - {normalise(new)})
            more = ", ".join(part for part in (note, holders.note(new, guardian)) if part)
            yield Change(Subject.ADDRESS, "", guardian.code, whose, guardian.email, new, dangerous, more)
        after = _guardian_name_of(row, guardian)
        if not same_name(whose, after):
            yield Change(Subject.NAME, "", guardian.code, whose, whose, after, bool(lasts), note)


def _wards_note(wards: list[Resident]) -> str:
    if not wards:
        return ""
    return "tuteur d'un résident" if len(wards) == 1 else f"tuteur de {len(wards)} résidents"


def _guardian_name(guardian: Guardian) -> str:
    return ", ".join(part for part in (guardian.full_name, guardian.organisation) if part)


def _guardian_name_of(row: Row, guardian: Guardian | None) -> str:
    last, first, organisation = (
        row.values.get(name, getattr(guardian, name) if guardian else "")
        for name in ("last_name", "first_name", "organisation")
    )
    return ", ".join(part for part in (full_name(last, first), organisation) if part)


class _Holders:
    """Who had an address before the import: one that moves to somebody else has a story."""

    def __init__(self, stored: Stored) -> None:
        self._people: dict[str, dict[int, str]] = defaultdict(dict)  # by address, then by person
        people: list[Resident | Client | Guardian] = [*stored.residents.values(), *stored.clients.values()]
        people += stored.guardians.values()
        for person in people:
            if person.email:
                self._people[normalise(person.email)][id(person)] = _name(person)

    def note(self, address: str, person: Resident | Client | Guardian) -> str:
        """Whose address it is so far, if it is another's; empty when nobody's."""
        others = [name for one, name in self._people.get(normalise(address), {}).items() if one != id(person)]
        names = sorted(set(others))
        if not address or not names:
            return ""
        more = f" et de {len(names) - 1} autres" if len(names) > 2 else f" et de {names[1]}" if len(names) == 2 else ""
        return f"jusqu'ici celle de {names[0]}{more}"


def _name(person: Resident | Client | Guardian) -> str:
    if isinstance(person, Guardian):
        return _guardian_name(person)
    return person.full_name if isinstance(person, Resident) else person.name


def _residents(files: Files, stored: Stored, served: Served, holders: _Holders) -> Iterator[Change]:
    guardians = {row.values["code"]: row for row in files["tuteurs"].rows}
    for row in files["residents"].rows:
        resident = stored.residents.get(pair_of(row) or ("", ""))
        if resident is None:
            continue
        structure, code, whose = row.values["structure_code"], resident.code, resident.full_name
        new = row.values.get("email", resident.email)
        if normalise(new) != normalise(resident.email):
            last = served.residents.get((resident.id, Role.RESIDENT), "")
            dangerous = bool(last) and last != normalise(new)
            note = holders.note(new, resident)
            yield Change(Subject.ADDRESS, structure, code, whose, resident.email, new, dangerous, note)
        before = resident.guardian.code if resident.guardian else ""
        after = row.values.get("guardian_code", before)
        if after != before:
            old = f"{_guardian_name(resident.guardian)} ({before})" if resident.guardian else ""
            known, line = stored.guardians.get(after), guardians.get(after)
            name = _guardian_name_of(line, known) if line else _guardian_name(known) if known else ""
            yield Change(Subject.GUARDIAN, structure, code, whose, old, f"{name} ({after})" if after else "", True)
        new_name = full_name(row.values["last_name"], row.values.get("first_name", resident.first_name))
        if not same_name(whose, new_name):
            dangerous = resident.id in served.left_residents
            yield Change(Subject.NAME, structure, code, whose, whose, new_name, dangerous)
        policy = RecipientPolicy(row.values.get("recipients", resident.recipients))
        if policy != resident.recipients:
            yield _policy_change(resident, structure, policy, served)


def _policy_change(resident: Resident, structure: str, policy: RecipientPolicy, served: Served) -> Change:
    """Dangerous when somebody whom the ledger kept away from the papers of a person is let in."""
    before = RecipientPolicy(resident.recipients)
    let_in = _let_in(policy) - _let_in(before)
    dangerous = bool(let_in) and resident.id in served.left_residents
    return Change(
        Subject.RECIPIENTS,
        structure,
        resident.code,
        resident.full_name,
        POLICY[before],
        POLICY[policy],
        dangerous,
    )


def _let_in(policy: RecipientPolicy) -> set[Role]:
    return {
        RecipientPolicy.ALL: {Role.RESIDENT, Role.GUARDIAN},
        RecipientPolicy.RESIDENT: {Role.RESIDENT},
        RecipientPolicy.GUARDIAN: {Role.GUARDIAN},
        RecipientPolicy.PAPER: set[Role](),
    }[policy]


def _clients(files: Files, stored: Stored, served: Served, holders: _Holders) -> Iterator[Change]:
    for row in files["clients"].rows:
        client = stored.clients.get(pair_of(row) or ("", ""))
        if client is None:
            continue
        structure = row.values["structure_code"]
        new = row.values.get("email", client.email)
        if normalise(new) != normalise(client.email):
            last = served.clients.get(client.id, "")
            dangerous, note = bool(last) and last != normalise(new), holders.note(new, client)
            yield Change(Subject.ADDRESS, structure, client.code, client.name, client.email, new, dangerous, note)
        name = row.values["name"]
        if not same_name(client.name, name):
            dangerous = client.id in served.left_clients
            yield Change(Subject.NAME, structure, client.code, client.name, client.name, name, dangerous)


def _invoices(states: Mapping[Pair, InvoiceState]) -> Iterator[Change]:
    for (structure, number), state in states.items():
        invoice = state.stored
        if invoice is None or state.row is None:
            continue
        whose = f"{number} · {_debtor(invoice)}"
        values = state.values
        resident, client = invoice.resident, invoice.client
        before = (resident.code if resident else "", client.code if client else "")
        after = (values["resident_code"], values["client_code"])
        if before != after:
            codes = ("".join(before), "".join(after))
            yield Change(Subject.DEBTOR, structure, number, whose, *codes, dangerous=False)
        if values["pdf_key"] != invoice.pdf_key:
            new = state.row.values.get("pdf_name", "")
            old = f"un autre PDF ({invoice.pdf_key[:8]})" if invoice.pdf_key else ""
            yield Change(Subject.PDF, structure, number, whose, old, new, dangerous=False)
        if values["total_incl_tax"] != invoice.total_incl_tax:
            yield _money(Subject.AMOUNT, structure, number, whose, invoice.total_incl_tax, values["total_incl_tax"])
        unpaid = invoice.balance == invoice.total_incl_tax and values["balance"] == values["total_incl_tax"]
        if values["balance"] != invoice.balance and not unpaid:
            yield _money(Subject.BALANCE, structure, number, whose, invoice.balance, values["balance"])


def _debtor(invoice: Invoice) -> str:
    person: Resident | Client | None = invoice.resident or invoice.client
    if isinstance(person, Resident):
        return person.full_name
    return person.name if person else ""


def _money(subject: Subject, structure: str, number: str, whose: str, before: Decimal, after: Decimal) -> Change:
    return Change(subject, structure, number, whose, french.amount(before), french.amount(after), dangerous=False)
