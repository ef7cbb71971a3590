"""Global trade item numbers (EAN-8, UPC-A, EAN-13, GTIN-14) and their check digits.

Source: GS1 General Specifications, section 7.9 (standard check digit calculation, modulo 10).
"""

from __future__ import annotations

LENGTHS = frozenset({8, 12, 13, 14})
DIGITS = 14


def gtin(text: str) -> str | None:
    """Return ``text`` as fourteen digits if it is a GTIN with a right check digit, else ``None``.

    Spaces and hyphens between the digits do not count; a number of zeros alone is none.
    """
    digits = text.replace(" ", "").replace("-", "")
    if len(digits) not in LENGTHS or not (digits.isascii() and digits.isdigit()):
        return None
    filled = digits.zfill(DIGITS)
    if not filled.strip("0"):
        return None
    return filled if check_digit(filled[:-1]) == int(filled[-1]) else None


def check_digit(payload: str) -> int:
    """Return the check digit of a GTIN's other digits: from the right, weights 3, 1, 3 …, modulo 10."""
    total = sum(
        int(digit) * (3 if position % 2 == 0 else 1) for position, digit in enumerate(reversed(payload))
    )
    return -total % 10
