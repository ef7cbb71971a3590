"""What a run has done: counted while it goes, frozen at its end."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from indexers.records import Problem

FIRST_REASONS = 10
"""Failures, and warnings, whose reasons a summary holds; the rest are in the ``runs`` index."""

FINISHED = "finished"
INTERRUPTED = "interrupted"
PLANNED = "planned"


@dataclass(frozen=True, slots=True)
class RunSummary:
    """The result of one run over one source.

    ``outcome``: finished, interrupted, or planned (a dry run). ``read``: items that the source listed;
    ``embedded``: pictures whose vectors were made; ``reused``: pictures whose vectors were there already,
    under another name or from before; ``metadata``: documents written for their metadata only;
    ``unchanged``: left alone, their files not opened; ``gone``: removed, no longer in the source;
    ``stale``: left alone because a later run has written them; ``warnings``: values that were left out.
    ``duplicates``: new pictures that are there already under another name.
    ``bytes`` is how much was read, ``seconds`` how long it took, ``stages`` how much of it each stage
    was at work, added up over its threads. ``failures``, ``warning_notes`` and
    ``duplicate_notes`` are the first ones.
    """

    source: str
    side: str
    outcome: str
    seconds: float
    read: int = 0
    embedded: int = 0
    reused: int = 0
    metadata: int = 0
    unchanged: int = 0
    gone: int = 0
    stale: int = 0
    failed: int = 0
    warnings: int = 0
    bytes: int = 0
    connected: int = 0
    duplicates: int = 0
    stages: Mapping[str, float] = field(default_factory=dict)
    failures: tuple[Problem, ...] = ()
    warning_notes: tuple[Problem, ...] = ()
    duplicate_notes: tuple[Problem, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def written(self) -> int:
        """Documents written."""
        return self.embedded + self.reused + self.metadata

    @property
    def rate(self) -> float:
        """Items a second."""
        return self.read / self.seconds if self.seconds > 0 else 0.0

    def as_json(self) -> dict[str, Any]:
        """Return the summary as plain values."""
        return {
            "source": self.source,
            "side": self.side,
            "outcome": self.outcome,
            "counts": self.counts(),
            "seconds": round(self.seconds, 3),
            "rate": round(self.rate, 1),
            "stages": {name: round(spent, 3) for name, spent in self.stages.items()},
            "failures": [_plain(problem) for problem in self.failures],
            "warnings": [_plain(problem) for problem in self.warning_notes],
            "duplicates": [_plain(problem) for problem in self.duplicate_notes],
            "notes": list(self.notes),
        }

    def counts(self) -> dict[str, int]:
        """Return the counts by name."""
        return {name: getattr(self, name) for name in COUNTS}


COUNTS = (
    "read",
    "embedded",
    "reused",
    "metadata",
    "unchanged",
    "gone",
    "stale",
    "failed",
    "warnings",
    "bytes",
    "connected",
    "duplicates",
)


def _plain(problem: Problem) -> dict[str, str | None]:
    return {"key": problem.key, "field": problem.field, "reason": problem.reason}


class Tally:
    """Counts of one run, added to by all of its threads."""

    def __init__(self, source: str, side: str) -> None:
        self._source, self._side = source, side
        self._lock = threading.Lock()
        self._began = time.monotonic()
        self._counts: Counter[str] = Counter()
        self._stages: dict[str, float] = {}
        self._failures: list[Problem] = []
        self._warnings: list[Problem] = []
        self._duplicates: list[Problem] = []
        self._notes: list[str] = []

    def add(self, name: str, amount: int = 1) -> None:
        """Add to the count ``name``, one of :data:`COUNTS`."""
        with self._lock:
            self._counts[name] += amount

    def count(self, name: str) -> int:
        """Return a count so far."""
        with self._lock:
            return self._counts[name]

    def note(self, problem: Problem) -> None:
        """Count a failure or a warning and keep its reason if it is one of the first."""
        with self._lock:
            self._counts["failed" if problem.fatal else "warnings"] += 1
            kept = self._failures if problem.fatal else self._warnings
            if len(kept) < FIRST_REASONS:
                kept.append(problem)

    def already_here(self, problem: Problem) -> None:
        """Count a new picture that is there already, and keep where if it is one of the first."""
        with self._lock:
            self._counts["duplicates"] += 1
            if len(self._duplicates) < FIRST_REASONS:
                self._duplicates.append(problem)

    def say(self, text: str) -> None:
        """Keep a sentence for the end of the run."""
        with self._lock:
            self._notes.append(text)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Add the time that the block takes to the stage ``name``."""
        began = time.monotonic()
        try:
            yield
        finally:
            with self._lock:
                self._stages[name] = self._stages.get(name, 0.0) + time.monotonic() - began

    def summary(self, outcome: str) -> RunSummary:
        """Return what has been done so far."""
        with self._lock:
            return RunSummary(
                source=self._source,
                side=self._side,
                outcome=outcome,
                seconds=time.monotonic() - self._began,
                stages=dict(self._stages),
                failures=tuple(self._failures),
                warning_notes=tuple(self._warnings),
                duplicate_notes=tuple(self._duplicates),
                notes=tuple(self._notes),
                **{name: self._counts[name] for name in COUNTS},
            )
