"""Numbers and what they count, as French writes them."""

from decimal import Decimal

from tasks.documents.french import quantity


def thousands(number: int) -> str:
    """``10 000``, as French groups digits."""
    return f"{number:,}".replace(",", " ")


def counted(count: int, one: str, many: str = "") -> str:
    """``1 facture``, ``3 factures``, ``0 facture``; without ``many`` each word takes an s, but for abbreviations."""
    written = quantity(Decimal(count))
    if count < 2:
        return f"{written} {one}"
    return f"{written} {many or ' '.join(word if word.isupper() else f'{word}s' for word in one.split())}"


def counted_if_any(count: int, one: str) -> str:
    """``3 refusées``; empty for none."""
    return counted(count, one) if count else ""
