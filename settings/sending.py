"""How patiently, and for how long, the ledger tries."""

from pydantic import BaseModel, Field


class SendingSettings(BaseModel):
    """``FACTEUR_SENDING__...``: leases, retries and the breaker."""

    lease_seconds: int = Field(default=600, ge=1)
    retry_minutes: int = Field(default=15, ge=0)
    retry_hours: int = Field(default=24, ge=0)
    breaker_after: int = Field(default=5, ge=1)
    relay_pause_seconds: float = Field(default=30.0, ge=0)
    timeout_seconds: float = Field(default=60.0, gt=0)
    patience_seconds: float = Field(default=300.0, gt=0)
