"""Leases and runs in the engine: who may run a job now, and the one word on what came of a turn.

Every change is made over the record as it was read. A turn is over when its run record exists: whoever makes
that first, the owner or the one who takes over, has decided it, and the other one finds it there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from discovery.engine.records import Records, Stored
from discovery.errors import EngineConflict, IndexMissing, RunInProgress
from discovery.scheduler.model import (
    PROBLEMS,
    RUNNING,
    SUCCEEDED,
    UNSERVED,
    WAITING,
    JobOutcome,
    JobRun,
    JobState,
)
from mappings.registry import RUNS

STATE = "job"
RUN = "job-run"
LONGEST_REASON = 1000
_TRIES = 20


@dataclass(frozen=True, slots=True)
class Held:
    """A job's state together with what the engine needs to know that nobody changed it since."""

    state: JobState
    stored: Stored

    @property
    def version(self) -> tuple[int, int]:
        """What changes with every beat, on whatever clock."""
        return (self.stored.primary_term, self.stored.seq_no)


class Ledger:
    """The jobs' records under one prefix.

    Raises:
        IndexMissing: from every method while there is no runs index.
        EngineUnavailable, EngineTimedOut, EngineBusy: from every method, as named.
    """

    def __init__(self, records: Records, prefix: str) -> None:
        self._records = records
        self._index = RUNS.write_alias(prefix)

    def read(self, job: str) -> Held | None:
        """Return a job's state as last written."""
        stored = self._records.get(self._index, _state_id(job))
        return None if stored is None else Held(_state_of(stored.source), stored)

    def enrol(self, job: str, now: datetime) -> Held:
        """Return a job's state; of one that is new, that all due times up to ``now`` are past."""
        for _ in range(_TRIES):
            held = self.read(job)
            if held is not None:
                return held
            try:
                return self._put(JobState(job, self._last_token(job), WAITING, "", served=now), None)
            except EngineConflict:
                continue
        raise EngineConflict(f"the state of job {job!r} keeps changing")

    def change(self, held: Held, **changes: Any) -> Held:
        """Write a state over the one that was read.

        Raises:
            EngineConflict: somebody else was there first.
        """
        return self._put(replace(held.state, **changes), held.stored)

    def still(self, held: Held, **changes: Any) -> Held | None:
        """Write changes as long as turn and owner are those of ``held``; ``None`` if they are not."""
        for _ in range(_TRIES):
            try:
                return self.change(held, **changes)
            except EngineConflict:
                now = self.read(held.state.job)
                if now is None or not now.state.running or _turn_of(now) != _turn_of(held):
                    return None
                held = now
        return None

    def ask(self, job: str, now: datetime) -> JobState:
        """Keep that somebody wants the job to run now.

        Raises:
            RunInProgress: it is running.
        """
        for _ in range(_TRIES):
            held = self.enrol(job, now)
            if held.state.running:
                raise RunInProgress(
                    f"job {job!r} is running since {held.state.started}; ask again when it is over"
                )
            if held.state.asked is not None:
                return held.state
            try:
                return self.change(held, asked=now).state
            except EngineConflict:
                continue
        raise EngineConflict(f"the state of job {job!r} keeps changing")

    def decide(self, run: JobRun) -> JobRun:
        """Let ``run`` be the word on its turn, unless there is one; return the one that holds."""
        try:
            self._records.put(self._index, _run_id(run.job, run.token), _run_source(run), None, visible=False)
        except EngineConflict:
            decided = self.run(run.job, run.token)
            if decided is None:
                raise
            return decided
        return run

    def settle(self, held: Held, run: JobRun) -> Held | None:
        """Bring a job's state up to what was decided of its turn."""
        state = held.state
        unserved = run.outcome in UNSERVED
        return self.still(
            held,
            outcome=run.outcome,
            finished=run.finished,
            served=state.served if unserved or run.cause == "asked" else run.due,
            asked=run.due if unserved and run.cause == "asked" else None,
        )

    def run(self, job: str, token: int) -> JobRun | None:
        """Return one run, as soon as it is decided."""
        stored = self._records.get(self._index, _run_id(job, token))
        return None if stored is None else _run_of(stored.source)

    def runs(self, jobs: Iterable[str], last: int) -> dict[str, tuple[JobRun, ...]]:
        """Return the last runs of each job, the latest first."""
        found = {}
        for job in jobs:
            body = {"size": last, "query": _of(job), "sort": [{"attempts": "desc"}]}
            hits = self._search(body)
            found[job] = tuple(_run_of(hit["_source"]) for hit in hits)
        return found

    def last_success(self, job: str) -> datetime | None:
        """Return when the job last did all it should."""
        wanted = {"bool": {"filter": [_of(job), {"terms": {"outcome": [SUCCEEDED, PROBLEMS]}}]}}
        hits = self._search({"size": 1, "query": wanted, "sort": [{"attempts": "desc"}]})
        return _run_of(hits[0]["_source"]).finished if hits else None

    def drop(self, keep: Iterable[str]) -> int:
        """Take away the states of jobs that are no longer in the table and do not run; return how many."""
        others = {"bool": {"filter": [{"term": {"kind": STATE}}], "must_not": [{"terms": {"key": [*keep]}}]}}
        dropped = 0
        for hit in self._search({"size": 100, "query": others}):
            held = self.read(hit["_source"]["key"])
            if held is not None and not held.state.running:
                self._records.delete(self._index, _state_id(held.state.job), held.stored)
                dropped += 1
        return dropped

    def _last_token(self, job: str) -> int:
        """Return the last token of a job that was in the table before: a token must not come twice."""
        self._records.refresh(self._index)
        hits = self._search({"size": 1, "query": _of(job), "sort": [{"attempts": "desc"}]})
        return _run_of(hits[0]["_source"]).token if hits else 0

    def _put(self, state: JobState, expected: Stored | None) -> Held:
        stored = self._records.put(
            self._index, _state_id(state.job), _state_source(state), expected, visible=False
        )
        return Held(state, stored)

    def _search(self, body: Mapping[str, Any]) -> list[dict[str, Any]]:
        try:
            hits: list[dict[str, Any]] = self._records.search(self._index, body)["hits"]["hits"]
        except IndexMissing:
            return []
        return hits


def run_of(state: JobState, result: JobOutcome, finished: datetime) -> JobRun:
    """Return the run record of the turn that ``state`` is in."""
    assert state.due is not None
    assert state.started is not None
    reason = result.reason[:LONGEST_REASON] if result.reason else None
    return JobRun(
        job=state.job,
        token=state.token,
        outcome=result.outcome,
        owner=state.owner,
        due=state.due,
        cause=state.cause,
        started=state.started,
        finished=finished,
        figures=result.figures,
        reason=reason,
    )


def claimed(state: JobState, *, owner: str, due: datetime, cause: str, now: datetime) -> dict[str, Any]:
    """Return what changes in a job's state when ``owner`` takes its next turn."""
    return {
        "token": state.token + 1,
        "outcome": RUNNING,
        "owner": owner,
        "due": due,
        "cause": cause,
        "started": now,
        "beat": now,
        "finished": None,
        "asked": None,
    }


def _turn_of(held: Held) -> tuple[int, str]:
    return (held.state.token, held.state.owner)


def _state_id(job: str) -> str:
    return f"{STATE}:{job}"


def _run_id(job: str, token: int) -> str:
    return f"{RUN}:{job}:{token}"


def _of(job: str) -> dict[str, Any]:
    return {"bool": {"filter": [{"term": {"kind": RUN}}, {"term": {"key": job}}]}}


def _state_source(state: JobState) -> dict[str, Any]:
    return _without_none(
        {
            "kind": STATE,
            "key": state.job,
            "attempts": state.token,
            "outcome": state.outcome,
            "started": _text(state.started),
            "last_seen": _text(state.beat),
            "finished": _text(state.finished),
            "settings": _without_none(
                {
                    "owner": state.owner,
                    "cause": state.cause,
                    "due": _text(state.due),
                    "served": _text(state.served),
                    "asked": _text(state.asked),
                }
            ),
        }
    )


def _state_of(source: Mapping[str, Any]) -> JobState:
    more = source["settings"]
    return JobState(
        job=source["key"],
        token=source["attempts"],
        outcome=source["outcome"],
        owner=more["owner"],
        served=datetime.fromisoformat(more["served"]),
        due=_moment(more.get("due")),
        cause=more["cause"],
        started=_moment(source.get("started")),
        beat=_moment(source.get("last_seen")),
        finished=_moment(source.get("finished")),
        asked=_moment(more.get("asked")),
    )


def _run_source(run: JobRun) -> dict[str, Any]:
    return _without_none(
        {
            "kind": RUN,
            "key": run.job,
            "attempts": run.token,
            "outcome": run.outcome,
            "started": run.started.isoformat(),
            "finished": run.finished.isoformat(),
            "reason": run.reason,
            "counts": dict(run.figures),
            "settings": {"owner": run.owner, "due": run.due.isoformat(), "cause": run.cause},
        }
    )


def _run_of(source: Mapping[str, Any]) -> JobRun:
    more = source["settings"]
    return JobRun(
        job=source["key"],
        token=source["attempts"],
        outcome=source["outcome"],
        owner=more["owner"],
        due=datetime.fromisoformat(more["due"]),
        cause=more["cause"],
        started=datetime.fromisoformat(source["started"]),
        finished=datetime.fromisoformat(source["finished"]),
        figures=source.get("counts", {}),
        reason=source.get("reason"),
    )


def _text(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def _without_none(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}
