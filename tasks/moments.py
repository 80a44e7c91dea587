"""Times as a clerk reads them: in Paris, in French order."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

PARIS = ZoneInfo("Europe/Paris")


def paris_moment(moment: datetime | None) -> str:
    """``24/11/2026 à 07:12``; empty for None."""
    return f"{moment.astimezone(PARIS):%d/%m/%Y à %H:%M}" if moment else ""


def paris_day(day: date | None) -> str:
    """``24/11/2026``; empty for None."""
    return f"{day:%d/%m/%Y}" if day else ""
