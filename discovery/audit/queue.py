"""Audits that were asked for: each a record before anybody is told so, until it is worked off."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from discovery.audit.codec import moment, run_of, run_source
from discovery.audit.listing import FAILED, QUEUED, RUNNING, RunRequest, RunView, view_of
from discovery.audit.model import AuditRun
from discovery.engine.reader import Reader
from discovery.engine.records import Records, Stored
from discovery.errors import RunInProgress

KIND = "audit-asked"
MOST_WAITING = 20
MOST_TRIES = 3
"""So often is a run begun whose process died in it; then it counts as failed."""

OVER = "over"
LONGEST_REASON = 1000


@dataclass(frozen=True, slots=True)
class Waiting:
    """A run that was asked for, as it was read. ``tries`` counts the processes that have begun it."""

    view: RunView
    tries: int
    stored: Stored | None = None


class AuditQueue:
    """The runs that were asked for under one prefix; ``index`` is where records of runs lie."""

    def __init__(self, records: Records, reader: Reader, index: str) -> None:
        self._records = records
        self._reader = reader
        self._index = index

    def add(self, id: str, request: RunRequest, now: datetime) -> RunView:
        """Keep that somebody asked for a run.

        Raises:
            RunInProgress: too many wait already.
            IndexMissing: nothing has been indexed yet.
        """
        open_query = {"bool": {"filter": [_KIND_QUERY, {"terms": {"outcome": [QUEUED, RUNNING]}}]}}
        if self._reader.count(self._index, open_query) >= MOST_WAITING:
            raise RunInProgress(f"{MOST_WAITING} audits wait to be run; ask again when some are over")
        view = RunView(id, "queued", now, request)
        self._records.put(self._index, _id(id), _source(Waiting(view, 0)), None, visible=False)
        self._records.refresh(self._index)
        return view

    def next(self) -> Waiting | None:
        """Return the run that has waited longest, or that a process which died has left."""
        conditions = [_KIND_QUERY, {"terms": {"outcome": [QUEUED, RUNNING]}}]
        body = {
            "query": {"bool": {"filter": conditions}},
            "size": 1,
            "sort": [{"started": "asc"}, {"key": "asc"}],
        }
        for hit in self._reader.search(self._index, body)["hits"]["hits"]:
            waiting = self.read(hit["_source"]["key"])
            if waiting is not None and waiting.view.state in (QUEUED, RUNNING):
                return waiting
        return None

    def read(self, id: str) -> Waiting | None:
        """Return a run that was asked for, as last written."""
        stored = self._records.get(self._index, _id(id))
        return None if stored is None else _waiting(stored)

    def begin(self, waiting: Waiting, now: datetime) -> Waiting:
        """Keep that a process begins the run.

        Raises:
            EngineConflict: another one was there first.
        """
        view = replace(waiting.view, state="running", begun=now)
        return self._write(Waiting(view, waiting.tries + 1, waiting.stored))

    def put_back(self, waiting: Waiting) -> None:
        """Let the run wait again: it was not this process's fault or its own that it was not done."""
        view = replace(waiting.view, state="queued", begun=None)
        self._write(Waiting(view, waiting.tries - 1, waiting.stored))

    def done(self, waiting: Waiting, run: AuditRun) -> None:
        """Keep what came of a run."""
        request = waiting.view.request
        self._write(Waiting(view_of(run, request, waiting.view.asked), waiting.tries, waiting.stored))

    def fail(self, waiting: Waiting, reason: str) -> None:
        """Keep that a run cannot be done, and why."""
        view = replace(waiting.view, state="failed", reason=reason[:LONGEST_REASON])
        self._write(Waiting(view, waiting.tries, waiting.stored))

    def recent(self, most: int) -> list[RunView]:
        """Return the last runs that were asked for, the newest first."""
        body = {"query": {"bool": {"filter": [_KIND_QUERY]}}, "size": most, "sort": [{"started": "desc"}]}
        hits = self._reader.search(self._index, body)["hits"]["hits"]
        return [_view(hit["_source"]) for hit in hits]

    def _write(self, waiting: Waiting) -> Waiting:
        source = _source(waiting)
        stored = self._records.put(self._index, _id(waiting.view.id), source, waiting.stored, visible=False)
        self._records.refresh(self._index)
        return replace(waiting, stored=stored)


_KIND_QUERY: Mapping[str, Any] = {"term": {"kind": KIND}}


def _id(run: str) -> str:
    return f"{KIND}:{run}"


def _source(waiting: Waiting) -> dict[str, Any]:
    view = waiting.view
    request = view.request or RunRequest()
    source: dict[str, Any] = {
        "kind": KIND,
        "key": view.id,
        "started": moment(view.asked),
        "outcome": view.state if view.run is None else OVER,
        "attempts": waiting.tries,
        "settings": {
            "rules": list(request.rules),
            "dry_run": request.dry_run,
            "accept": request.accept,
            "by": request.by,
        },
    }
    if view.begun is not None:
        source["first_seen"] = moment(view.begun)
    if view.reason is not None:
        source["reason"] = view.reason
    if view.run is not None:
        source["finished"] = moment(view.run.finished)
        source["counts"] = run_source(view.run)
    elif view.state == FAILED:
        source["finished"] = moment(datetime.now(UTC))
    return source


def _waiting(stored: Stored) -> Waiting:
    return Waiting(_view(stored.source), int(stored.source["attempts"]), stored)


def _view(source: Mapping[str, Any]) -> RunView:
    given = source["settings"]
    request = RunRequest(tuple(given["rules"]), given["dry_run"], given["accept"], given["by"])
    asked = datetime.fromisoformat(source["started"])
    counts = source.get("counts")
    if counts is not None:
        return view_of(run_of(source["key"], counts), request, asked)
    begun = source.get("first_seen")
    return RunView(
        source["key"],
        source["outcome"],
        asked,
        request,
        datetime.fromisoformat(begun) if begun else None,
        reason=source.get("reason"),
    )
