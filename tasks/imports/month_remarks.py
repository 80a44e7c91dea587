"""Is the month likely: nobody twice, nobody forgotten, nobody who has left, no amount out of the ordinary."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

from models.values.period import Period
from tasks.documents import french
from tasks.french.moments import month_label, paris_day
from tasks.imports.bills import Bill, Bills, Person, before, first_day
from tasks.imports.remarks import Doubt, Remark
from tasks.imports.stored import Pair

JUMP = Decimal("0.30")
FEW, USUAL = 3, 0.25  # where more jump, amounts vary from month to month anyway
NOBODY = Person("", None)


def month_remarks(file: str, bills: Bills, persons: Mapping[Pair, Person], gone: Callable[[int], str]) -> list[Remark]:
    """Every doubt about the months that the import names. ``gone`` says that an invoice has left, or nothing."""
    found: list[Remark] = []
    brought = sorted(
        key
        for key, residents in bills.months.items()
        if any(bill.line is not None for their in residents.values() for bill in their)
    )
    for structure, period in brought:
        last = bills.of(structure, before(period))
        pairs: list[_Pair] = []
        for code, theirs in bills.of(structure, period).items():
            person = persons.get((structure, code), NOBODY)
            doubles = list(_doubles(file, period, person, theirs, gone))
            found += doubles
            found += _after_leaving(file, period, person, theirs)
            if not doubles and code in last and not _part_of_a_month(bills, structure, code, period, person):
                pairs.append(_Pair(code, person, last[code], theirs))
        found += _jumps(file, structure, period, pairs)
    found += _missing(bills, brought, persons)
    return found


def _doubles(
    file: str, period: Period, person: Person, bills: list[Bill], gone: Callable[[int], str]
) -> Iterator[Remark]:
    """The same amount twice in a month; a credit note of that amount takes one of them back."""
    for amount in dict.fromkeys(bill.total for bill in bills if bill.total > 0):
        same = [bill for bill in bills if bill.total == amount]
        credited = sum(bill.total == -amount for bill in bills)
        named = [bill for bill in same if bill.line is not None]
        if len(same) - credited < 2 or not named:
            continue
        last = named[-1]
        others = ", ".join(_named(bill, gone) for bill in same if bill is not last)
        sentence = (
            f"{file}, ligne {last.line} : {last.number} facture {french.amount(amount)} à {person.name} pour "
            f"{month_label(str(period))}, comme {others}. Double facturation ?"
        )
        yield Remark(Doubt.DOUBLE, sentence)


def _named(bill: Bill, gone: Callable[[int], str]) -> str:
    reason = gone(bill.invoice_id) if bill.invoice_id is not None else ""
    return f"{bill.number} ({reason})" if reason else bill.number


def _after_leaving(file: str, period: Period, person: Person, bills: list[Bill]) -> Iterator[Remark]:
    named = [bill for bill in bills if bill.line is not None]
    if person.left_on is None or first_day(period) <= person.left_on or not named or _sum(bills) <= 0:
        return
    sentence = (
        f"{file}, ligne {named[0].line} : {named[0].number} facture {month_label(str(period))} à {person.name}, "
        f"qui est sorti le {paris_day(person.left_on)}."
    )
    yield Remark(Doubt.LEFT, sentence)


def _part_of_a_month(bills: Bills, structure: str, code: str, period: Period, person: Person) -> bool:
    """Whether the resident came in the month before, or left: no amounts to compare.

    In the first month of a structure nobody can tell who came, and all are compared.
    """
    came = bills.first_of.get((structure, code)) == before(period) != bills.first.get(structure)
    return came or (person.left_on is not None and person.left_on >= first_day(before(period)))


@dataclass(frozen=True, slots=True)
class _Pair:
    """What one resident is billed in two months that follow one another."""

    code: str
    person: Person
    last: list[Bill]
    now: list[Bill]

    @property
    def jumps(self) -> bool:
        return _far(_sum(self.last), _sum(self.now))


def _far(old: Decimal, new: Decimal) -> bool:
    return old > 0 and new > 0 and abs(new - old) > JUMP * old


def _jumps(file: str, structure: str, period: Period, pairs: list[_Pair]) -> Iterator[Remark]:
    """The amounts that jump, where amounts are steady; where many do (meals, days of a workshop), only all together."""
    jumping = [pair for pair in pairs if pair.jumps]
    month = month_label(str(period))
    if len(jumping) > max(FEW, len(pairs) * USUAL):
        old = sum((_sum(pair.last) for pair in pairs), Decimal(0))
        new = sum((_sum(pair.now) for pair in pairs), Decimal(0))
        if _far(old, new):
            sentence = f"{structure} : {french.amount(new)} en tout en {month}, {french.amount(old)} le mois d'avant"
            yield Remark(Doubt.AMOUNT, f"{sentence} ({_percent(old, new)}).")
        return
    for pair in jumping:
        old, new = _sum(pair.last), _sum(pair.now)
        line = next((bill.line for bill in pair.now if bill.line is not None), None)
        if line is not None:
            sentence = (
                f"{file}, ligne {line} : {pair.person.name} ({structure} {pair.code}) : {french.amount(new)} "
                f"en {month}, {french.amount(old)} le mois d'avant ({_percent(old, new)})."
            )
            yield Remark(Doubt.AMOUNT, sentence)


def _percent(old: Decimal, new: Decimal) -> str:
    return f"{(new - old) / old * 100:+.0f} %".replace("-", "\u2212")


def _missing(bills: Bills, brought: list[tuple[str, Period]], persons: Mapping[Pair, Person]) -> Iterator[Remark]:
    """Who was billed in the month before and is not in the newest one that the import brings."""
    if not brought:
        return
    newest = max(period for _, period in brought)
    here, ago = month_label(str(newest)), month_label(str(before(newest)))
    for structure in sorted({structure for structure, period in bills.months if period == before(newest)}):
        last, now = bills.of(structure, before(newest)), bills.of(structure, newest)
        if not now:
            sentence = f"{structure} : aucune facture de résident pour {here}, {len(last)} pour {ago}."
            yield Remark(Doubt.STRUCTURE, sentence)
            continue
        for code, theirs in last.items():
            person = persons.get((structure, code), NOBODY)
            stays = person.left_on is None or person.left_on >= first_day(newest)
            if code not in now and stays and _sum(theirs) > 0:
                sentence = f"{structure} : {person.name} ({code}), avec une facture en {ago}, n'en a pas pour {here}."
                yield Remark(Doubt.ABSENT, sentence)


def _sum(bills: list[Bill]) -> Decimal:
    return sum((bill.total for bill in bills), Decimal(0))
