"""What is searched for and opened here, kept without ever slowing or failing a request.

A record is one entry of a bounded list in memory. A thread of its own makes of the list what is kept, after a
short while; while the engine does not answer it waits, and what is beyond the bound is counted as lost. A
killed process loses what waited.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from discovery.config import SearchLogSettings
from discovery.errors import DiscoveryError
from discovery.search_log.masking import masked
from discovery.search_log.model import Asked, Opened, Step, key, step, was_passing
from discovery.usage.background import Background

MOST_RECENT = 5000
"""Searches that the next ones are compared with; older ones are no longer gone on from."""

CLICK_PATIENCE = timedelta(seconds=60)
"""How long the search that a click is of may be unknown: another machine may not have kept it yet."""


@dataclass(slots=True)
class Batch:
    """What is to be kept: searches by their id, changes to those that are kept already, clicks."""

    searches: dict[str, dict[str, Any]] = field(default_factory=dict)
    changes: dict[str, dict[str, bool]] = field(default_factory=dict)
    clicks: list[Opened] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.searches) + len(self.changes) + len(self.clicks)


@dataclass(frozen=True, slots=True)
class Kept:
    """What became of a batch: clicks of searches that are not known, and how much the engine refused."""

    unknown: Sequence[Opened] = ()
    refused: int = 0


@dataclass(frozen=True, slots=True)
class _Recent:
    """A search, how it came, and the id of the one that began its question."""

    asked: Asked
    came: Step
    first: str


class SearchRecorder:
    """Takes notes of searches and clicks; ``keep`` keeps them every ``search_log.flush_seconds``."""

    def __init__(
        self,
        keep: Callable[[Batch], Kept],
        settings: SearchLogSettings,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._keep = keep
        self._buffer = settings.buffer
        self._clock = clock
        self._lock = threading.Lock()
        self._came: list[Asked | Opened] = []
        self._batch = Batch()
        self._recent: OrderedDict[str, _Recent] = OrderedDict()
        self._background = Background("search-recorder", self.flush, settings.flush_seconds)
        self.lost = 0
        self.unknown = 0

    def record(self, one: Asked | Opened) -> None:
        """Take note of a search, or of a hit that was opened."""
        with self._lock:
            if self.waiting >= self._buffer:
                self.lost += 1
                return
            self._came.append(one)
        self._background.start()

    @property
    def waiting(self) -> int:
        """How many records wait to be kept."""
        return len(self._came) + len(self._batch)

    def flush(self) -> bool:
        """Keep what waits; return whether all of it is kept."""
        with self._lock:
            came, self._came = self._came, []
            # What was sent in vain is sent again as it was; it is told by its ids, so it counts once.
            for one in sorted((one for one in came if isinstance(one, Asked)), key=lambda one: one.at):
                self._add(one)
            self._batch.clicks += [one for one in came if isinstance(one, Opened)]
            batch = self._batch
        if not len(batch):
            return True
        try:
            kept = self._keep(batch)
        except DiscoveryError:
            return False
        since = self._clock() - CLICK_PATIENCE
        patient = [click for click in kept.unknown if click.at >= since]
        with self._lock:
            self.lost += kept.refused
            self.unknown += len(kept.unknown) - len(patient)
            self._batch = Batch(clicks=patient)
        return not patient

    def close(self) -> None:
        """Keep what waits, and end the thread."""
        self._background.close()

    def _add(self, one: Asked) -> None:
        ident = first = search_id(one.side, one.request)
        went = Step.NEW
        before = self._recent.get(one.continues or "")
        if before is not None:
            went = step(before.asked, one)
            if went is Step.AGAIN:
                first = before.first
            elif went is not Step.NEW:
                passing = was_passing(before.asked, before.came, one, went)
                self._change(before.first, "passed" if passing else "refined")
        self._batch.searches.setdefault(ident, record_of(one, first=first if first != ident else None))
        self._recent[one.request] = _Recent(one, went, first)
        while len(self._recent) > MOST_RECENT:
            self._recent.popitem(last=False)

    def _change(self, ident: str, name: str) -> None:
        stored = self._batch.searches.get(ident)
        if stored is None:
            self._batch.changes.setdefault(ident, {})[name] = True
        else:
            stored[name] = True


def search_id(side: str, request: str) -> str:
    """Return the id that a search is kept under: a request id names one search of a side."""
    return f"{side}:{request}"


def record_of(one: Asked, *, first: str | None = None) -> dict[str, Any]:
    """Return what is kept of a search; what looks like an address or a number of somebody is masked.

    ``first`` is the id of the search that began the question, where that is another.
    """
    q = masked(one.q)
    source: Mapping[str, Any] = {
        "kind": "search",
        "request": one.request,
        "side": one.side,
        "by": one.by,
        "q": q,
        "form": key(q) if q and one.by == "words" else None,
        "filters": [masked(text) for text in one.filters],
        "narrowed": one.narrowed,
        "mode": one.mode,
        "total": one.total,
        "took_ms": one.took_ms,
        "look_only": one.look_only,
        "understood": [masked(text) for text in one.understood],
        "corrected": None if one.corrected is None else masked(one.corrected),
        "account": one.account,
        "again": True if first else None,
        "first": first,
        "at": one.at.isoformat(),
    }
    return {name: value for name, value in source.items() if value not in (None, "", [])}
