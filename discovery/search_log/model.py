"""What the room speaks of: searches, what was opened from them, and how one goes on from another. Pure."""

from __future__ import annotations

import enum
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from discovery.search.request import Condition, Filters, Mode, SearchPage, SearchRequest, SimilarRequest
from discovery.search.text import normalise
from discovery.search.wordforms import form
from mappings.fields import Side

WORDED = ("identifier", "text")
"""Signals of hits that were found by words."""

FOLDING = "variant"
"""A filter that says how products are shown, and narrows nothing down."""

MOST_FILTERS = 50
LONGEST_FILTER = 200
CONTINUES_WITHIN = timedelta(minutes=5)
TYPED_WITHIN = timedelta(seconds=10)

_MARKS = re.compile(r'["\u201c\u201d\u201e\u00ab\u00bb]|(?:^|\s)(?:-\w|NOT\s)|[A-Za-z]:\S')


@dataclass(frozen=True, slots=True)
class Asked:
    """One search and what came of it; nothing of a person but an account's id.

    ``filters`` are ``field.operator=value``; ``narrowed`` says that they left out items. ``look_only``: there
    are hits, and none was found by words. ``continues`` is the request that the asker had made before it.
    """

    request: str
    side: Side
    at: datetime
    by: Literal["words", "picture"]
    q: str
    filters: tuple[str, ...]
    narrowed: bool
    mode: str
    total: int
    took_ms: int
    look_only: bool
    understood: tuple[str, ...] = ()
    corrected: str | None = None
    account: str | None = None
    continues: str | None = None


@dataclass(frozen=True, slots=True)
class Opened:
    """One hit that was opened: which, and where it stood in the list (the first is 1)."""

    request: str
    item: str
    position: int
    at: datetime


class Step(enum.Enum):
    """How a search goes on from the one before it."""

    NEW = "new"
    AGAIN = "again"
    """The same words, filtered, sorted or looked for on the other side: one question still."""

    TYPED = "typed"
    """The one before was on the way to this one, and no question of its own."""

    CUT = "cut"
    """Words are being taken back: this one is on the way to another."""

    REFINED = "refined"
    """The asker tried other words."""


@dataclass(frozen=True, slots=True)
class Row:
    """All that was asked by queries of the same words, on both sides.

    ``asked`` counts questions; filtering, sorting or looking on the other side is none of its own.
    ``accounts`` is by how many accounts, 0 where nobody is known. ``empty`` found nothing, where no
    filter was set; ``by_look`` found only what looks like it. ``opened`` were followed by a click,
    ``refined`` by other words.
    """

    form: str
    q: str
    asked: int
    accounts: int
    empty: int
    by_look: int
    opened: int
    refined: int
    last: datetime

    @property
    def failed(self) -> int:
        """How many found nothing that says the words."""
        return self.empty + self.by_look


@dataclass(frozen=True, slots=True)
class RolledUp:
    """The log in figures. ``rows`` are those most often in vain first, at most as many as were asked for.

    ``since`` is when the first search was recorded, ``None`` where there is none; ``clicks`` says whether
    anything was ever told to be opened.
    """

    rows: tuple[Row, ...]
    since: datetime | None
    asked: int
    empty: int
    by_look: int
    queries: int
    clicks: int


def asked(
    request: SearchRequest | SimilarRequest,
    page: SearchPage,
    *,
    id: str,
    at: datetime,
    account: str | None,
    continues: str | None,
) -> Asked | None:
    """Return what is worth recording of a search, ``None`` of further pages and of looking at everything."""
    if request.after is not None:
        return None
    words = isinstance(request, SearchRequest)
    q = normalise(request.q, len(request.q))
    filters = (*_filters(request.filters), *(f"palette.any={colour}" for colour in request.palette))
    if words and not q and not filters:
        return None
    worded = any(hit.signals.get(name) for hit in page.hits for name in WORDED)
    return Asked(
        request=id,
        side=request.side,
        at=at,
        by="words" if words else "picture",
        q=q,
        filters=filters[:MOST_FILTERS],
        narrowed=any(name.partition(".")[0] != FOLDING for name in filters),
        mode=page.mode.value,
        total=page.total,
        took_ms=page.took_ms,
        look_only=bool(words and q and page.hits and page.mode is not Mode.TEXT and not worded),
        understood=tuple(f"{part.field}={part.text}" for part in page.understood if part.applied),
        corrected=page.corrected,
        account=account,
        continues=continues,
    )


def key(q: str) -> str:
    """Return what queries that ask for the same have in common: their words' forms, in no order.

    Where marks of the query language make a difference, it is the query itself.
    """
    forms = () if _MARKS.search(q) else form(q)
    return " ".join(sorted(set(forms))) or q.casefold()


def step(before: Asked, now: Asked) -> Step:
    """Return how ``now`` goes on from what the same asker searched for before."""
    apart = now.at - before.at
    by_words = before.q and now.q and "picture" not in (before.by, now.by)
    if not timedelta(0) <= apart <= CONTINUES_WITHIN or not by_words:
        return Step.NEW
    if key(before.q) == key(now.q):
        return Step.AGAIN
    old, new = before.q.casefold(), now.q.casefold()
    if apart <= TYPED_WITHIN and new.startswith(old):
        return Step.TYPED
    return Step.CUT if apart <= TYPED_WITHIN and old.startswith(new) else Step.REFINED


def was_passing(before: Asked, came: Step, now: Asked, went: Step) -> bool:
    """Return whether ``before``, which itself ``came`` so, was only on the way to ``now``."""
    if went is Step.TYPED:
        return True
    return came is Step.CUT and went in (Step.CUT, Step.REFINED) and now.at - before.at <= TYPED_WITHIN


def _filters(filters: Filters) -> Iterator[str]:
    groups = [filters.conditions, *filters.alternatives]
    for condition in (one for group in groups for one in group):
        for name, value in _operators(condition):
            yield f"{condition.field}.{name}={value}"[:LONGEST_FILTER]


def _operators(one: Condition) -> Iterator[tuple[str, object]]:
    for name, values in (("any", one.any), ("all", one.all), ("none", one.none)):
        yield from ((name, value) for value in values)
    bounds = (("gt", one.gt), ("gte", one.gte), ("lt", one.lt), ("lte", one.lte), ("exists", one.exists))
    yield from ((name, value) for name, value in bounds if value is not None)
