"""The postal address that several tables have."""

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from models.values.people import PostalAddress


class HasPostalAddress:
    """Street (several lines at most), postcode and city; each may be empty."""

    street: Mapped[str] = mapped_column(String(300), default="")
    postcode: Mapped[str] = mapped_column(String(20), default="")
    city: Mapped[str] = mapped_column(String(100), default="")

    @property
    def address(self) -> PostalAddress:
        return PostalAddress(self.street, self.postcode, self.city)
