"""What looks like somebody's e-mail address or number is never kept. Pure."""

from __future__ import annotations

import re

from discovery.linking.gtin import gtin

ADDRESS, NUMBER = "[e-mail]", "[number]"
MOST_DIGITS = 8
"""A longer number may be a telephone's, an account's or a card's."""

_NUMBER = re.compile(r"(?<![\w./-])\+?\(?\d[\d ()./-]*\d(?!\w)")


def masked(text: str) -> str:
    """Return ``text`` without e-mail addresses and long numbers.

    A number with letters beside it is a name of a file or product, and one with the check digit of a GTIN a
    trade item: both stay.
    """
    words = (ADDRESS if "@" in word.strip("@") else word for word in text.split(" "))
    return _NUMBER.sub(_number, " ".join(words))


def _number(found: re.Match[str]) -> str:
    text = found[0]
    few = sum(character.isdigit() for character in text) <= MOST_DIGITS
    return text if few or (text.isdigit() and gtin(text) is not None) else NUMBER
