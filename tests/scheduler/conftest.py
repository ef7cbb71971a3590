"""A ledger in a real engine, a clock that stands where it is put, and schedulers that look when told to."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from discovery.config import EngineSettings, ScheduleSettings, Settings
from discovery.engine.client import Engine
from discovery.engine.records import Records
from discovery.scheduler.clock import Clock
from discovery.scheduler.ledger import Ledger
from discovery.scheduler.loop import Scheduler
from discovery.scheduler.model import Job, JobOutcome, JobRun, Turn
from discovery.vision.fake import FakeEmbedder
from indexers.lifecycle import Lifecycle
from tests.scheduler import worker

NOON = datetime(2026, 6, 15, 12, 0, 30, tzinfo=UTC)
LEASE = 60.0


@dataclass(slots=True)
class HandClock:
    """Two clocks in one: set the time of day as you like, let time pass on both."""

    now: datetime = NOON
    steady: float = 1000.0

    def clock(self) -> Clock:
        return Clock(lambda: self.now, lambda: self.steady)

    def set(self, **by: float) -> None:
        self.now += timedelta(**by)

    def pass_(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)
        self.steady += seconds


@dataclass(slots=True)
class Room:
    """Where schedulers work: their ledger, their clock, the folder where jobs leave what they did."""

    ledger: Ledger
    folder: Path
    clock: HandClock = field(default_factory=HandClock)
    launched: list[Turn] = field(default_factory=list)
    schedulers: list[Scheduler] = field(default_factory=list)

    def scheduler(
        self,
        *jobs: Job,
        kind: str = "done",
        ledger: Callable[[], Ledger] | None = None,
        clock: HandClock | None = None,
        lease: float = LEASE,
        at_once: int = 4,
    ) -> Scheduler:
        def launch(turn: Turn) -> Sequence[str]:
            self.launched.append(turn)
            return worker.command(kind, self.folder, lease, turn)

        settings = ScheduleSettings(lease_seconds=lease, tick_seconds=0.05, at_once=at_once)
        made = Scheduler(
            jobs or (hourly(),),
            ledger or (lambda: self.ledger),
            launch,
            settings,
            clock=(clock or self.clock).clock(),
        )
        self.schedulers.append(made)
        return made

    def runs(self, job: str = "hourly") -> list[JobRun]:
        """Return the runs of a job in their order, as the engine has them."""
        found, token = [], 1
        while (run := self.ledger.run(job, token)) is not None:
            found.append(run)
            token += 1
        return found

    def effects(self) -> list[str]:
        file = self.folder / "effects"
        return file.read_text(encoding="utf-8").splitlines() if file.exists() else []


def hourly(id: str = "hourly", limit: float = 60, trigger: str = "every 1 hour") -> Job:
    def elsewhere(_turn: Turn) -> JobOutcome:
        raise AssertionError("a job runs in its child alone")

    return Job(id, "", "", trigger, limit, elsewhere)


def finish(scheduler: Scheduler) -> None:
    """Look until nothing runs any more."""
    scheduler.tick()
    while scheduler.busy:
        scheduler._pause()
        scheduler.tick()


@pytest.fixture
def ledger(engine: Engine, prefix: str, tmp_path: Path) -> Ledger:
    settings = Settings(engine=EngineSettings(prefix=prefix), home=tmp_path / "home")
    Lifecycle(engine, settings).ensure(FakeEmbedder().recipe)
    return Ledger(Records(engine), prefix)


@pytest.fixture
def room(ledger: Ledger, tmp_path: Path) -> Iterator[Room]:
    folder = tmp_path / "room"
    folder.mkdir()
    made = Room(ledger, folder)
    yield made
    for scheduler in made.schedulers:
        scheduler.stop()


@pytest.fixture
def engine_records(engine: Engine) -> Records:
    return Records(engine)
