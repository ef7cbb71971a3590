"""What may be said of links. Pure."""

from __future__ import annotations

from dataclasses import dataclass
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
