"""Times as a clerk reads them: in Paris, in French order."""

from datetime import date, datetime

from models.values.moments import PARIS
from models.values.period import Period
from tasks.documents.french import period_label


def paris_moment(moment: datetime | None) -> str:
    """``24/11/2026 à 07:12``; empty for None."""
    return f"{moment.astimezone(PARIS):%d/%m/%Y à %H:%M}" if moment else ""


def paris_day(day: date | None) -> str:
    """``24/11/2026``; empty for None."""
    return f"{day:%d/%m/%Y}" if day else ""


def month_label(period: str) -> str:
    """``septembre 2024`` for ``2024-09``; what is no month stays as it is."""
    month = Period.parse(period)
    return period_label(month) if month else period
