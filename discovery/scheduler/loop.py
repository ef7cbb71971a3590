"""The scheduler's process: looks at the job table once a tick, takes what is due, watches what runs.

Whether a lease has run out is judged by its record not changing for a while on the watcher's own steady
clock, so no wall clock, wrong or jumping, can take a lease from its owner.
"""

from __future__ import annotations

import logging
import os
import queue
import secrets
import signal
import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from types import FrameType

from discovery.config import ScheduleSettings
from discovery.errors import DiscoveryError, EngineConflict
from discovery.scheduler.child import CUT_OFF, Child, grace_seconds
from discovery.scheduler.clock import Clock
from discovery.scheduler.ledger import Held, Ledger, claimed, run_of
from discovery.scheduler.model import (
    CRASHED,
    LOST,
    STOPPED,
    UNSERVED,
    Cause,
    Job,
    JobOutcome,
    JobRun,
    JobState,
    Turn,
)
from discovery.scheduler.times import FAR_AHEAD, Trigger

PATIENCE = 0.75
"""Share of the lease after which a record that has not changed counts as left alone."""
BEATS = 6
"""Beats in a lease."""

_LOG = logging.getLogger("discovery.scheduler")


@dataclass(slots=True)
class _Running:
    job: Job
    held: Held
    child: Child
    beaten: float
    run: JobRun | None = None


@dataclass(frozen=True, slots=True)
class _Sighting:
    version: tuple[int, int]
    since: float


class Scheduler:
    """Runs the jobs of a table, together with any other schedulers of the same engine and prefix.

    ``ledger`` may raise as long as there is no engine; it is asked again at each tick. ``launch`` returns
    the command line that takes a turn in a process of its own.
    """

    def __init__(
        self,
        jobs: Sequence[Job],
        ledger: Callable[[], Ledger],
        launch: Callable[[Turn], Sequence[str]],
        settings: ScheduleSettings,
        *,
        clock: Clock | None = None,
    ) -> None:
        self._jobs = [(job, Trigger(job.trigger, settings.zone) if job.trigger else None) for job in jobs]
        self._open = ledger
        self._ledger: Ledger | None = None
        self._launch = launch
        self._settings = settings
        self._clock = clock or Clock()
        self._running: dict[str, _Running] = {}
        self._sightings: dict[str, _Sighting] = {}
        self._served: dict[str, datetime] = {}
        self._trouble: str | None = None
        # A simple queue may be written to from a signal handler; an event may not.
        self._wakes: queue.SimpleQueue[None] = queue.SimpleQueue()
        self._stopping = False
        self.owner = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(3)}"

    def run(self) -> None:
        """Tick until SIGINT or SIGTERM, then end what runs. Must run in the main thread."""
        with self._stopped_by_signals():
            while not self._stopping:
                self.tick()
                self._pause()
            self.stop()

    def tick(self) -> None:
        """Look once at everything."""
        self._watch()
        try:
            ledger = self._ledger = self._ledger or self._open()
            self._finish(ledger)
            for job, trigger in self._jobs:
                if job.id not in self._running:
                    self._consider(ledger, job, trigger)
        except DiscoveryError as error:
            # What could not be seen was not watched: every owner gets its whole time again.
            self._sightings.clear()
            self._say_once(f"{error.kind.title}: {error.detail}; waiting")
        else:
            self._say_once(None)

    def stop(self) -> None:
        """End what runs; its due times stay unserved, for whoever is next."""
        for one in self._running.values():
            one.child.end(STOPPED, "the scheduler was stopped")
        for name, one in self._running.items():
            if not one.child.wait():
                _LOG.warning("job %s: process %d does not end", name, one.child.pid)
        if self._running and self._ledger is not None:
            try:
                self._finish(self._ledger)
            except DiscoveryError as error:
                _LOG.warning("not recorded: %s", error.detail)

    @property
    def busy(self) -> tuple[str, ...]:
        """The jobs that this scheduler runs right now."""
        return tuple(self._running)

    def _pause(self) -> None:
        try:
            self._wakes.get(timeout=self._settings.tick_seconds)
            while True:
                self._wakes.get_nowait()
        except queue.Empty:
            pass

    def _watch(self) -> None:
        for one in self._running.values():
            if not one.child.over and self._own_seconds(one.beaten) <= 0:
                one.child.end(LOST, "the engine could not be told for too long that it is at work")

    def _finish(self, ledger: Ledger) -> None:
        for name, one in list(self._running.items()):
            if not one.child.over:
                self._beat(ledger, one)
                continue
            if one.run is None:
                one.run = run_of(one.held.state, self._result(one), self._now_after(one.held))
            decided = ledger.decide(one.run)
            if decided == one.run:
                ledger.settle(one.held, decided)
                if decided.outcome not in UNSERVED and decided.cause == "due":
                    self._served[name] = decided.due
                _LOG.info(
                    "job %s: %s%s", name, decided.outcome, f": {decided.reason}" if decided.reason else ""
                )
            else:
                _LOG.warning("job %s: another scheduler took it over; this turn does not count", name)
            del self._running[name]

    def _result(self, one: _Running) -> JobOutcome:
        result = one.child.result()
        if result.outcome == CRASHED and self._own_seconds(one.beaten) <= 0:
            # It has ended itself while nobody here had the time to look.
            return JobOutcome(LOST, reason="it could not be told for too long that its turn is its own")
        return result

    def _now_after(self, held: Held) -> datetime:
        """Return the time of day, but not before the turn began, wherever the clock has jumped to."""
        now = self._clock.now()
        return max(now, held.state.started or now)

    def _beat(self, ledger: Ledger, one: _Running) -> None:
        # However long the engine takes to answer, nobody can have seen this beat before it was begun.
        begun = self._clock.steady()
        if begun - one.beaten < self._settings.lease_seconds / BEATS or self._own_seconds(one.beaten) <= 0:
            return
        held = ledger.still(one.held, beat=self._clock.now())
        if held is None:
            one.child.end(LOST, "another scheduler took it over")
        else:
            one.held, one.beaten = held, begun
            one.child.beat(self._own_seconds(begun))

    def _own_seconds(self, beaten: float) -> float:
        """Return for how long a turn whose last beat was begun at ``beaten`` is surely its scheduler's."""
        return beaten + CUT_OFF * self._settings.lease_seconds - self._clock.steady()

    def _consider(self, ledger: Ledger, job: Job, trigger: Trigger | None) -> None:
        now = self._clock.now()
        held = ledger.enrol(job.id, now)
        if held.state.running:
            freed = self._taken_over(ledger, job, held, now)
            if freed is None:
                return
            held = freed
        self._sightings.pop(job.id, None)
        if len(self._running) >= self._settings.at_once:
            return
        if held.state.served > now + FAR_AHEAD:
            # Served by a clock that was far ahead; without this the job would rest until then.
            _LOG.warning("job %s: was served for %s, counting from now", job.id, held.state.served)
            try:
                held = ledger.change(held, served=now)
            except EngineConflict:
                return
        due = _due(held.state, trigger, now) if trigger else None
        served = self._served.get(job.id)
        if due is not None and served is not None and due <= served <= now:
            # Two clocks that lie far apart must not have each other's owners run it again and again.
            due = None
        if due is not None:
            self._begin(ledger, job, held, due, "due", now)
        elif held.state.asked is not None:
            self._begin(ledger, job, held, held.state.asked, "asked", now)

    def _taken_over(self, ledger: Ledger, job: Job, held: Held, now: datetime) -> Held | None:
        """Free a job whose owner is no longer heard of; ``None`` while it may be at work."""
        steady = self._clock.steady()
        sighting = self._sightings.get(job.id)
        if sighting is None or sighting.version != held.version:
            self._sightings[job.id] = _Sighting(held.version, steady)
            return None
        if steady - sighting.since < PATIENCE * self._settings.lease_seconds:
            return None
        try:
            # Its owner may be at it again since the look; then this fails. After it, the owner is told so.
            mine = ledger.change(held, owner=self.owner, beat=now)
        except EngineConflict:
            return None
        lost = JobOutcome(LOST, reason=f"its scheduler {held.state.owner} was no longer heard of")
        decided = ledger.decide(run_of(held.state, lost, max(now, held.state.started or now)))
        _LOG.warning("job %s: taken over from %s", job.id, held.state.owner)
        return ledger.settle(mine, decided)

    def _begin(
        self, ledger: Ledger, job: Job, held: Held, due: datetime, cause: Cause, now: datetime
    ) -> None:
        begun = self._clock.steady()
        try:
            mine = ledger.change(held, **claimed(held.state, owner=self.owner, due=due, cause=cause, now=now))
        except EngineConflict:
            return  # another scheduler was faster
        turn = Turn(job.id, due, mine.state.token, cause)
        grace = grace_seconds(self._settings.lease_seconds)
        try:
            own = self._own_seconds(begun)
            child = Child(self._launch(turn), job.limit_seconds, grace, own, self._wake)
        except OSError as error:
            crashed = JobOutcome(CRASHED, reason=f"its process cannot be started: {error}")
            ledger.settle(mine, ledger.decide(run_of(mine.state, crashed, now)))
            return
        self._running[job.id] = _Running(job, mine, child, begun)
        _LOG.info("job %s: begun for %s", job.id, due.isoformat())

    def _wake(self) -> None:
        self._wakes.put(None)

    def _say_once(self, trouble: str | None) -> None:
        if trouble != self._trouble:
            if trouble:
                _LOG.warning("%s", trouble)
            else:
                _LOG.warning("at work again")
        self._trouble = trouble

    @contextmanager
    def _stopped_by_signals(self) -> Iterator[None]:
        def stop(_number: int, _frame: FrameType | None) -> None:
            self._stopping = True
            self._wake()

        before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


def _due(state: JobState, trigger: Trigger, now: datetime) -> datetime | None:
    """Return the due time to take next: that of a turn which was begun and lost, before any that came later.

    Its effect may be there, and is known by that time alone.
    """
    lost = state.outcome in UNSERVED and state.cause == "due" and state.due is not None
    if lost and state.due is not None and state.served < state.due <= now:
        return state.due
    return trigger.last_due(state.served, now)
