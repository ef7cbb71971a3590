"""What may be said of links. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

MOST_AT_ONCE = 1000
LONGEST_BY = 200
LONGEST_WHY = 2000


class Word(StrEnum):
    """What may be said. ``move`` refuses one product and accepts another; ``withdraw`` takes a word back."""

    ACCEPT = "accept"
    REFUSE = "refuse"
    MOVE = "move"
    WITHDRAW = "withdraw"


@dataclass(frozen=True, slots=True)
class LinkWord:
    """One thing that somebody says of a link. ``to`` is the other product of a move."""

    asset: str
    sku: str
    word: Word
    to: str | None = None
    role: str | None = None
    why: str = ""


@dataclass(frozen=True, slots=True)
class PastWord:
    """What somebody said of an asset and a product at some time; a move is told as the two that it is.

    ``last``: nobody said anything of the two after it.
    """

    asset: str
    sku: str
    word: Word
    by: str
    at: datetime
    role: str | None = None
    why: str = ""
    last: bool = True
