"""The job table as people see it: how each job stands, what its last runs came to, and asking for one now."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from discovery.errors import FieldProblem, IndexMissing, NotFound
from discovery.scheduler.clock import Clock
from discovery.scheduler.ledger import Ledger
from discovery.scheduler.model import Job, JobRun, JobState, JobView
from discovery.scheduler.times import Trigger

LAST_RUNS = 5


class JobBoard:
    """Looks at jobs and asks for runs. It runs none itself."""

    def __init__(
        self, jobs: Sequence[Job], ledger: Callable[[], Ledger], zone: str, clock: Clock | None = None
    ) -> None:
        self._jobs = tuple(jobs)
        self._ledger = ledger
        self._zone = zone
        self._clock = clock or Clock()

    def jobs(self) -> tuple[JobView, ...]:
        """Return every job; where nothing has been indexed yet, as one that has never run."""
        ledger = self._ledger()
        try:
            states = {job.id: held.state for job in self._jobs if (held := ledger.read(job.id))}
            runs = ledger.runs(states, LAST_RUNS)
            successes = {job: ledger.last_success(job) for job in states}
        except IndexMissing:
            states, runs, successes = {}, {}, {}
        return tuple(
            self._view(job, states.get(job.id), runs.get(job.id, ()), successes.get(job.id))
            for job in self._jobs
        )

    def ask(self, id: str) -> JobState:
        """Ask for a run now; a scheduler takes it up at its next tick.

        Raises:
            NotFound: there is no such job.
            RunInProgress: it is running.
            IndexMissing: nothing has been indexed yet.
        """
        if id not in {job.id for job in self._jobs}:
            known = ", ".join(job.id for job in self._jobs)
            raise NotFound(f"no job {id[:100]!r}; there are {known}", (FieldProblem("id", "no such job"),))
        return self._ledger().ask(id, self._clock.now())

    def _view(
        self, job: Job, state: JobState | None, runs: tuple[JobRun, ...], success: datetime | None
    ) -> JobView:
        now = self._clock.now()
        after = max(now, state.served) if state else now
        return JobView(
            id=job.id,
            title=job.title,
            why=job.why,
            trigger=job.trigger,
            limit_seconds=job.limit_seconds,
            next_due=Trigger(job.trigger, self._zone).next_due(after) if job.trigger else None,
            state=state,
            runs=runs,
            last_success=success,
        )
