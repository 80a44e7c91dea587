"""Until when each class is too old."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, datetime

from models.values.moments import PARIS
from settings.retention import RetentionSettings


@dataclass(frozen=True, slots=True)
class Limits:
    """What is older than these goes. ``pdfs`` is the first day of a year, see ``of``."""

    messages: datetime
    attempts: datetime
    runs: datetime
    prints: datetime
    trials: datetime
    pdfs: date
    kept_for: dict[str, str]

    @classmethod
    def of(cls, retention: RetentionSettings, now: datetime) -> Limits:
        """The limits at ``now``. Accounting documents are kept from the end of the year that they belong to.

        Code de commerce, L123-22: ten years; the year is taken for the financial year.
        """
        return cls(
            messages=months_before(now, retention.messages_months),
            attempts=months_before(now, retention.attempts_months),
            runs=months_before(now, retention.runs_months),
            prints=months_before(now, retention.prints_months),
            trials=months_before(now, retention.trials_months),
            pdfs=date(now.astimezone(PARIS).year - retention.pdf_years, 1, 1),
            kept_for={
                "messages": f"{retention.messages_months} mois",
                "strays": f"{retention.messages_months} mois",
                "attempts": f"{retention.attempts_months} mois",
                "runs": f"{retention.runs_months} mois",
                "logs": f"{retention.runs_months} mois",
                "prints": f"{retention.prints_months} mois",
                "trials": f"{retention.trials_months} mois",
                "pdfs": f"{retention.pdf_years} ans après l'année de la facture",
            },
        )


def months_before(now: datetime, months: int) -> datetime:
    """The same day and time ``months`` months earlier; the month's last day where it has no such day."""
    year, month = divmod(now.year * 12 + now.month - 1 - months, 12)
    return now.replace(year=year, month=month + 1, day=min(now.day, monthrange(year, month + 1)[1]))
