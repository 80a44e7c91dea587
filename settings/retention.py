"""For how long what Facteur writes is kept."""

from pydantic import BaseModel, Field


class RetentionSettings(BaseModel):
    """``FACTEUR_RETENTION__...``: read by ``purger-les-donnees`` alone; nothing is removed by itself."""

    messages_months: int = Field(default=24, ge=1)
    attempts_months: int = Field(default=60, ge=1)
    runs_months: int = Field(default=12, ge=1)
    prints_months: int = Field(default=3, ge=1)
    trials_months: int = Field(default=3, ge=1)
    pdf_years: int = Field(default=10, ge=1)
