"""Items that failed: kept with their reasons until they succeed, or are no longer there."""

from __future__ import annotations

import hashlib
import threading
from datetime import datetime
from typing import Any

from discovery.engine.writer import Delete, Operation, Put
from indexers.catalogue import Catalogue
from indexers.records import Problem

FAILURE = "failure"
AT_ONCE = 200


def failure_id(side: str, source: str, key: str) -> str:
    """Return the id of an item's dead letter: 24 hexadecimal digits, the same on every run."""
    return hashlib.blake2b(f"{side}\0{source}\0{key}".encode("utf-8", "replace"), digest_size=12).hexdigest()


def failures_of(catalogue: Catalogue, side: str, source: str) -> dict[str, str]:
    """Return the reason of each item of a source that failed, by key."""
    hits = catalogue.reader.scan(catalogue.names.runs, _letters(side, source), ("key", "reason"))
    return {hit["_source"]["key"]: hit["_source"]["reason"] for hit in hits}


def _letters(side: str, source: str) -> dict[str, Any]:
    terms = {"kind": FAILURE, "source": source, "side": side}
    return {"bool": {"filter": [{"term": {name: value}} for name, value in terms.items()]}}


class DeadLetters:
    """The dead letters of one source. Methods may be called by all threads of a run."""

    def __init__(self, catalogue: Catalogue, side: str, source: str, started: datetime) -> None:
        self._catalogue = catalogue
        self._side, self._source, self._started = side, source, started
        self._lock = threading.Lock()
        self._known: set[str] = set()
        self._failed: set[str] = set()
        self._recovered: list[str] = []
        self._waiting: dict[str, Problem] = {}

    def load(self) -> None:
        """Learn which items failed before."""
        index = self._catalogue.names.runs
        self._catalogue.writer().refresh(index)
        query = _letters(self._side, self._source)
        self._known = {hit["_id"] for hit in self._catalogue.reader.scan(index, query, ())}

    def add(self, problem: Problem) -> None:
        """Keep a failure; it is written soon, or at the end of the run."""
        ident = failure_id(self._side, self._source, problem.key)
        with self._lock:
            self._failed.add(ident)
            self._waiting[ident] = problem
            ready = self._take() if len(self._waiting) >= AT_ONCE else {}
        self._write(ready)

    def recovered(self, key: str) -> None:
        """Forget an item's failure: it is in the index now."""
        if self._known:
            ident = failure_id(self._side, self._source, key)
            with self._lock:
                if ident in self._known:
                    self._recovered.append(ident)

    def close(self, *, complete: bool) -> None:
        """Write what waits; take away what succeeded, or, after a complete run, all that did not fail."""
        with self._lock:
            ready = self._take()
            over = (self._known if complete else set(self._recovered)) - self._failed
        self._write(ready)
        index = self._catalogue.names.runs
        over_operations: list[Operation] = [Delete(index, ident) for ident in sorted(over)]
        self._catalogue.write(over_operations)

    def _take(self) -> dict[str, Problem]:
        taken, self._waiting = self._waiting, {}
        return taken

    def _write(self, problems: dict[str, Problem]) -> None:
        if not problems:
            return
        index = self._catalogue.names.runs
        before = self._catalogue.reader.multi_get(index, list(problems), includes=("attempts", "first_seen"))
        self._catalogue.write(
            [
                Put(index, ident, self._letter(problem, before.get(ident, {})))
                for ident, problem in problems.items()
            ]
        )

    def _letter(self, problem: Problem, before: dict[str, Any]) -> dict[str, Any]:
        now = self._started.isoformat()
        reason = f"{problem.field}: {problem.reason}" if problem.field else problem.reason
        return {
            "kind": FAILURE,
            "source": self._source,
            "side": self._side,
            "key": problem.key.encode("utf-8", "replace").decode(),
            "reason": reason.encode("utf-8", "replace").decode(),
            "attempts": before.get("attempts", 0) + 1,
            "first_seen": before.get("first_seen", now),
            "last_seen": now,
        }
