"""Numbers as French writes them."""


def thousands(number: int) -> str:
    """``10 000``, as French groups digits."""
    return f"{number:,}".replace(",", " ")
