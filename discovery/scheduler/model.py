"""What the scheduler speaks of: jobs, their turns, what came of them. No engine, no clock, no process."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

Cause = Literal["due", "asked"]

SUCCEEDED = "succeeded"
PROBLEMS = "problems"
"""The job did all it should and found something that people should look at."""
FAILED = "failed"
TIMED_OUT = "timed-out"
CRASHED = "crashed"
STOPPED = "stopped"
"""Its scheduler was stopped; the due time stays unserved."""
LOST = "lost"
"""Its scheduler was no longer heard of; the due time stays unserved and another takes it over."""
RUNNING = "running"
WAITING = "waiting"
"""It has never run."""

OUTCOMES = (SUCCEEDED, PROBLEMS, FAILED, TIMED_OUT, CRASHED, STOPPED, LOST)
UNSERVED = (STOPPED, LOST)


@dataclass(frozen=True, slots=True)
class Turn:
    """One run of a job: for which due time (or request), and the token that fences it.

    ``token`` grows by one with each turn of a job, whoever runs it. A job whose effect is not the same when
    it is done twice (a mail) keeps ``due`` with it, which is the same for a turn that is taken over.
    """

    job: str
    due: datetime
    token: int
    cause: Cause = "due"


@dataclass(frozen=True, slots=True)
class JobOutcome:
    """What came of a turn; ``reason`` is the first one of what went wrong."""

    outcome: str = SUCCEEDED
    figures: Mapping[str, float] = field(default_factory=dict)
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Job:
    """One row of the job table. ``trigger`` is empty for a job that runs only when asked for."""

    id: str
    title: str
    why: str
    trigger: str
    limit_seconds: float
    call: Callable[[Turn], JobOutcome]


@dataclass(frozen=True, slots=True)
class JobState:
    """How a job stands, as its record in the engine says.

    ``token``, ``owner``, ``due`` and ``cause`` are those of the turn that is under way, or of the last one.
    ``served`` is the last due time that is done with; ``asked`` when a run that is to come was asked for.
    """

    job: str
    token: int
    outcome: str
    owner: str
    served: datetime
    due: datetime | None = None
    cause: Cause = "due"
    started: datetime | None = None
    beat: datetime | None = None
    finished: datetime | None = None
    asked: datetime | None = None

    @property
    def running(self) -> bool:
        """Whether a turn is under way, as far as the record knows."""
        return self.outcome == RUNNING


@dataclass(frozen=True, slots=True)
class JobRun:
    """One turn that is over."""

    job: str
    token: int
    outcome: str
    owner: str
    due: datetime
    cause: Cause
    started: datetime
    finished: datetime
    figures: Mapping[str, float] = field(default_factory=dict)
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class JobView:
    """A job as people see it. ``runs`` are the last ones, the latest first."""

    id: str
    title: str
    why: str
    trigger: str
    limit_seconds: float
    next_due: datetime | None
    state: JobState | None
    runs: tuple[JobRun, ...]
    last_success: datetime | None
