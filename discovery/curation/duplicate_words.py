"""What may be said of files that hold the same picture. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import combinations

MOST_TOGETHER = 50
"""Files that one decision speaks of, at most."""


class Choice(StrEnum):
    """What may be said: all are meant, all are one of them, or nothing any more."""

    KEEP_BOTH = "keep_both"
    MERGE = "merge"
    UNDO = "undo"


@dataclass(frozen=True, slots=True)
class DuplicateWord:
    """One thing that somebody says of a group, or of some assets. ``into`` is the asset to merge into.

    A ``group`` stands for the assets in it, and its suggested keeper is what they are merged into unless
    ``into`` says otherwise.
    """

    choice: Choice
    group: str | None = None
    assets: tuple[str, ...] = ()
    into: str | None = None
    why: str = ""


@dataclass(frozen=True, slots=True)
class SaidOfPair:
    """What holds of two assets: both are meant (``into`` is ``None``), or one was merged into the other."""

    one: str
    other: str
    choice: Choice
    by: str
    at: datetime
    why: str = ""

    @property
    def ids(self) -> frozenset[str]:
        """The two, in no order."""
        return frozenset((self.one, self.other))


@dataclass(frozen=True, slots=True)
class Effect:
    """What a decision about one pair does, or would do. ``keywords`` and ``links`` go to ``into``.

    ``links`` are SKUs; ``before`` is what was said of the pair until then.
    """

    asset: str
    other: str
    choice: Choice
    before: Choice | None = None
    keywords: tuple[str, ...] = ()
    links: tuple[str, ...] = ()


def pairs_in(word: DuplicateWord) -> Iterator[tuple[str, str]]:
    """Yield the pairs that a word speaks of: what is merged and into what, or every two."""
    if word.choice is Choice.MERGE:
        assert word.into is not None
        for asset in dict.fromkeys(word.assets):
            if asset != word.into:
                yield asset, word.into
    else:
        yield from combinations(sorted(set(word.assets)), 2)
