"""The scheduler over a real engine: which turns there are, who takes them, and what each comes to."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import signal
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from discovery.engine.records import Records
from discovery.errors import EngineUnavailable, NotFound, RunInProgress
from discovery.scheduler.board import JobBoard
from discovery.scheduler.ledger import Ledger, run_of
from discovery.scheduler.loop import PATIENCE, Scheduler
from discovery.scheduler.model import JobOutcome
from tests.scheduler import worker
from tests.scheduler.conftest import LEASE, NOON, HandClock, Room, finish, hourly

ONE = datetime(2026, 6, 15, 13, tzinfo=UTC)
PAST_PATIENCE = PATIENCE * LEASE + 1


def ready(room: Room, **given: object) -> Scheduler:
    """Return a scheduler whose job has just become due."""
    scheduler = room.scheduler(**given)  # type: ignore[arg-type]
    scheduler.tick()
    room.clock.pass_(3600)
    return scheduler


def begun(room: Room, **given: object) -> Scheduler:
    """Return a scheduler whose job is at work and can be told nothing but to end."""
    scheduler = ready(room, **given)
    scheduler.tick()
    assert scheduler.busy
    while not worker.pids(room.folder):
        scheduler._pause()
    return scheduler


def outcomes(room: Room) -> list[str]:
    return [run.outcome for run in room.runs()]


def dues(room: Room) -> list[datetime]:
    return [run.due for run in room.runs()]


def is_alive(pid: int) -> bool:
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        # A process that nobody has reaped yet is dead all the same.
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
        return stat.rpartition(")")[2].split()[0] != "Z"
    return False


def gone(pids: list[int], patience: float = 5.0) -> bool:
    """Return whether all have ended, or end in a moment: a kill takes effect when the system gets to it."""
    deadline = time.monotonic() + patience
    while any(is_alive(pid) for pid in pids) and time.monotonic() < deadline:
        threading.Event().wait(0.01)
    return not any(is_alive(pid) for pid in pids)


def test_a_job_runs_once_when_it_is_due_and_its_run_is_kept(room: Room) -> None:
    scheduler = room.scheduler()
    finish(scheduler)
    assert room.runs() == []
    room.clock.pass_(3600)
    finish(scheduler)
    finish(scheduler)
    (run,) = room.runs()
    assert (run.outcome, run.due, run.cause, run.figures) == ("succeeded", ONE, "due", {"effects": 1})
    assert run.owner == scheduler.owner
    assert room.effects() == [f"{ONE.isoformat()} 1"]


def test_missed_turns_fold_into_one(room: Room) -> None:
    scheduler = ready(room)
    room.clock.pass_(5 * 3600)
    finish(scheduler)
    finish(scheduler)
    assert dues(room) == [ONE + timedelta(hours=5)]


def test_a_job_that_is_off_never_runs_by_itself(room: Room) -> None:
    scheduler = ready(room)
    other = room.scheduler(hourly(trigger=""))
    other.tick()
    assert not other.busy
    finish(scheduler)
    assert len(room.runs()) == 1


def test_a_clock_that_goes_back_an_hour_runs_nothing_twice(room: Room) -> None:
    scheduler = ready(room)
    finish(scheduler)
    room.clock.set(hours=-1)
    for _ in range(4):
        finish(scheduler)
        room.clock.pass_(1800)
    finish(scheduler)
    assert dues(room) == [ONE, ONE + timedelta(hours=1)]


def test_a_clock_that_was_a_year_ahead_does_not_make_a_job_rest_for_a_year(room: Room) -> None:
    scheduler = ready(room)
    room.clock.set(days=365)
    finish(scheduler)
    room.clock.set(days=-365)
    finish(scheduler)
    room.clock.pass_(3600)
    finish(scheduler)
    assert dues(room) == [ONE + timedelta(days=365), ONE + timedelta(hours=1)]


def test_two_clocks_a_year_apart_do_not_chase_each_other(room: Room) -> None:
    ahead = HandClock(NOON + timedelta(days=365))
    right, wrong = room.scheduler(), room.scheduler(clock=ahead)
    finish(right)
    for _ in range(3):
        room.clock.pass_(3600)
        ahead.pass_(3600)
        for _ in range(4):
            finish(right)
            finish(wrong)
    assert len(room.runs()) <= 2 * 3 + 1
    assert {ONE, ONE + timedelta(hours=1), ONE + timedelta(hours=2)} <= {*dues(room)}


@pytest.mark.parametrize(
    ("kind", "outcome", "reason"),
    [
        ("unavailable", "failed", "the source cannot be read: no such bucket"),
        ("broken", "failed", "RuntimeError: boom"),
        ("crash", "crashed", "its process ended by SIGKILL"),
        ("mute", "crashed", "its process ended without an outcome"),
    ],
)
def test_a_turn_that_fails_is_told_and_served(room: Room, kind: str, outcome: str, reason: str) -> None:
    scheduler = ready(room, kind=kind)
    finish(scheduler)
    finish(scheduler)
    (run,) = room.runs()
    assert (run.outcome, run.reason) == (outcome, reason)


def test_a_command_that_is_not_there_is_a_crash(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.executable", "/no/such/program")
    scheduler = ready(room)
    finish(scheduler)
    (run,) = room.runs()
    assert run.outcome == "crashed"
    assert run.reason
    assert "cannot be started" in run.reason


def test_a_hanging_job_is_ended_at_its_limit_with_all_it_started(room: Room) -> None:
    scheduler = room.scheduler(hourly(limit=1.5), kind="hang", lease=5)
    scheduler.tick()
    room.clock.pass_(3600)
    finish(scheduler)
    (run,) = room.runs()
    assert (run.outcome, run.reason) == ("timed-out", "ended at its limit of 1.5 s")
    pids = worker.pids(room.folder)
    assert len(pids) == 2
    assert gone(pids)
    finish(scheduler)
    assert len(room.runs()) == 1


def test_what_a_job_leaves_behind_ends_with_it(room: Room) -> None:
    scheduler = ready(room, kind="leave")
    finish(scheduler)
    assert outcomes(room) == ["succeeded"]
    assert gone(worker.pids(room.folder))


def test_a_scheduler_that_beats_keeps_its_job(room: Room) -> None:
    owner, other = begun(room, kind="wait"), room.scheduler()
    for _ in range(30):
        room.clock.pass_(LEASE / 6)
        owner.tick()
        other.tick()
    assert room.runs() == []
    assert owner.busy
    assert not other.busy


def test_a_lease_that_ran_out_is_taken_over_and_the_late_owner_does_not_count(room: Room) -> None:
    owner, other = begun(room, kind="wait"), room.scheduler()
    other.tick()
    room.clock.pass_(PAST_PATIENCE - 2)
    other.tick()
    assert room.runs() == []
    room.clock.pass_(2)
    finish(other)
    assert outcomes(room) == ["lost", "succeeded"]
    assert dues(room) == [ONE, ONE]
    assert room.effects() == [f"{ONE.isoformat()} 2"]
    pids = worker.pids(room.folder)
    finish(owner)
    assert gone(pids)
    assert outcomes(room) == ["lost", "succeeded"]


def test_a_lost_turn_is_made_up_for_under_its_own_time_before_later_ones(room: Room) -> None:
    begun(room, kind="wait").stop()
    room.clock.pass_(2 * 3600)
    other = room.scheduler()
    finish(other)
    finish(other)
    assert outcomes(room) == ["stopped", "succeeded", "succeeded"]
    assert dues(room) == [ONE, ONE, ONE + timedelta(hours=2)]


def test_an_owner_that_comes_back_in_time_is_not_taken_over(room: Room) -> None:
    owner, other = begun(room, kind="wait"), room.scheduler()
    other.tick()
    room.clock.pass_(LEASE / 3)
    owner.tick()
    other.tick()
    room.clock.pass_(PAST_PATIENCE - LEASE / 3)
    other.tick()
    assert room.runs() == []


def test_a_wall_clock_takes_no_lease_away(room: Room) -> None:
    begun(room, kind="wait")
    ahead = HandClock(NOON + timedelta(days=365))
    other = room.scheduler(clock=ahead)
    for _ in range(3):
        other.tick()
        ahead.set(days=30)
    assert room.runs() == []


def test_an_owner_that_beats_while_it_is_being_taken_over_keeps_its_job(room: Room) -> None:
    owner, other = begun(room, kind="wait"), room.scheduler()
    other.tick()
    room.clock.pass_(PAST_PATIENCE)
    held = room.ledger.read("hourly")
    assert held is not None
    other._ledger = Overtaken(room.ledger, lambda: room.ledger.still(held, beat=NOON))  # type: ignore[assignment]
    other.tick()
    assert room.runs() == []
    now = room.ledger.read("hourly")
    assert now is not None
    assert now.state.owner == owner.owner


def test_a_turn_that_was_decided_is_not_run_again_by_who_takes_over(room: Room) -> None:
    owner = begun(room, kind="wait")
    held = room.ledger.read("hourly")
    assert held is not None
    room.ledger.decide(run_of(held.state, JobOutcome(figures={"mails": 2}), ONE))
    other = room.scheduler()
    other.tick()
    room.clock.pass_(PAST_PATIENCE)
    finish(other)
    assert outcomes(room) == ["succeeded"]
    finish(owner)
    assert outcomes(room) == ["succeeded"]


def test_a_child_that_is_told_nothing_any_more_ends_by_itself_within_the_lease(room: Room) -> None:
    begun(room, kind="wait", lease=4)
    pids = worker.pids(room.folder)
    child = next(iter(room.schedulers[0]._running.values())).child
    # The scheduler does not look any more, as if the machine had no time for it.
    assert child._over.wait(4 * PATIENCE)
    assert gone(pids)


def test_a_child_ends_with_its_scheduler_although_it_does_not_want_to(room: Room) -> None:
    begun(room, kind="hang", lease=4)
    pids = worker.pids(room.folder)
    child = next(iter(room.schedulers[0]._running.values())).child
    assert child._process.stdin is not None
    child._process.stdin.close()
    assert child._over.wait(3)
    assert gone(pids)


def test_stopping_ends_what_runs_and_leaves_its_time_to_the_next(room: Room) -> None:
    scheduler = begun(room, kind="wait")
    scheduler.stop()
    assert gone(worker.pids(room.folder))
    finish(room.scheduler())
    assert outcomes(room) == ["stopped", "succeeded"]
    assert dues(room) == [ONE, ONE]


def test_without_an_engine_it_waits_and_goes_on(room: Room, caplog: pytest.LogCaptureFixture) -> None:
    there = [False]

    def ledger() -> Ledger:
        if not there[0]:
            raise EngineUnavailable("nothing listens")
        return room.ledger

    scheduler = room.scheduler(ledger=ledger)
    scheduler.tick()
    scheduler.tick()
    told = [record.getMessage() for record in caplog.records if record.name == "discovery.scheduler"]
    assert told == ["the search engine cannot be reached: nothing listens; waiting"]
    there[0] = True
    scheduler.tick()
    room.clock.pass_(3600)
    finish(scheduler)
    assert outcomes(room) == ["succeeded"]


class Unplugged:
    """A ledger whose engine can be unplugged."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self.plugged = True

    def __getattr__(self, name: str) -> Callable[..., object]:
        if not self.plugged:
            raise EngineUnavailable("unplugged")
        found: Callable[..., object] = getattr(self._ledger, name)
        return found


def test_an_engine_that_goes_away_for_long_ends_the_turn_which_is_made_up_for(room: Room) -> None:
    engine = Unplugged(room.ledger)
    scheduler = begun(room, kind="wait", ledger=lambda: engine)
    engine.plugged = False
    room.clock.pass_(LEASE / 3)
    scheduler.tick()
    assert all(is_alive(pid) for pid in worker.pids(room.folder))
    room.clock.pass_(LEASE / 3)
    scheduler.tick()
    child = next(iter(scheduler._running.values())).child
    assert child.wait()
    scheduler.tick()
    assert room.runs() == []
    engine.plugged = True
    scheduler.tick()
    scheduler.stop()
    finish(room.scheduler())
    assert outcomes(room) == ["lost", "stopped", "succeeded"]
    assert dues(room) == [ONE, ONE, ONE]


def test_an_engine_that_is_away_for_a_moment_does_no_harm(room: Room) -> None:
    engine = Unplugged(room.ledger)
    scheduler = ready(room, ledger=lambda: engine)
    scheduler.tick()
    engine.plugged = False
    child = next(iter(scheduler._running.values())).child
    assert child._over.wait(30)
    scheduler.tick()
    assert scheduler.busy
    engine.plugged = True
    finish(scheduler)
    assert outcomes(room) == ["succeeded"]
    assert len(room.effects()) == 1


def test_a_machine_runs_only_so_many_jobs_at_once(room: Room) -> None:
    scheduler = room.scheduler(hourly("a"), hourly("b"), hourly("c"), kind="wait", at_once=2)
    scheduler.tick()
    room.clock.pass_(3600)
    scheduler.tick()
    assert scheduler.busy == ("a", "b")


def board(room: Room) -> JobBoard:
    return JobBoard((hourly(),), lambda: room.ledger, "UTC", room.clock.clock())


def test_what_was_asked_for_runs_and_serves_no_due_time(room: Room) -> None:
    scheduler = room.scheduler()
    scheduler.tick()
    room.clock.pass_(60)
    first = board(room).ask("hourly")
    room.clock.pass_(60)
    assert board(room).ask("hourly") == first
    finish(scheduler)
    finish(scheduler)
    (run,) = room.runs()
    assert (run.cause, run.due, run.reason) == ("asked", first.asked, "asked")
    room.clock.pass_(3600)
    finish(scheduler)
    assert [run.cause for run in room.runs()] == ["asked", "due"]


def test_what_was_asked_for_and_is_due_runs_once(room: Room) -> None:
    scheduler = ready(room)
    board(room).ask("hourly")
    finish(scheduler)
    finish(scheduler)
    assert [run.cause for run in room.runs()] == ["due"]


def test_a_run_that_was_asked_for_and_lost_is_made_up_for(room: Room) -> None:
    scheduler = room.scheduler(kind="wait")
    scheduler.tick()
    asked = board(room).ask("hourly").asked
    scheduler.tick()
    while not worker.pids(room.folder):
        scheduler._pause()
    scheduler.stop()
    finish(room.scheduler())
    assert [(run.cause, run.outcome, run.due) for run in room.runs()] == [
        ("asked", "stopped", asked),
        ("asked", "succeeded", asked),
    ]


def test_asking_for_what_runs_or_does_not_exist_is_refused_and_named(room: Room) -> None:
    begun(room, kind="wait")
    with pytest.raises(RunInProgress, match="'hourly' is running"):
        board(room).ask("hourly")
    with pytest.raises(NotFound, match="no job 'daily'; there are hourly"):
        board(room).ask("daily")


def test_the_board_tells_how_each_job_stands(room: Room, engine_records: Records, prefix: str) -> None:
    (never,) = board(room).jobs()
    assert (never.state, never.runs, never.next_due, never.last_success) == (None, (), ONE, None)
    scheduler = ready(room)
    finish(scheduler)
    ready_again = ready(room, kind="unavailable")
    finish(ready_again)
    engine_records.refresh(f"{prefix}-runs")
    (seen,) = board(room).jobs()
    assert [run.outcome for run in seen.runs] == ["failed", "succeeded"]
    assert seen.last_success == room.runs()[0].finished
    assert seen.next_due == ONE + timedelta(hours=2)


def test_states_of_jobs_that_are_no_more_are_dropped(
    room: Room, engine_records: Records, prefix: str
) -> None:
    room.scheduler(hourly("old"), hourly("new")).tick()
    engine_records.refresh(f"{prefix}-runs")
    assert room.ledger.drop(["new"]) == 1
    assert room.ledger.read("old") is None
    assert room.ledger.read("new") is not None


def test_a_job_that_comes_back_into_the_table_counts_on(
    room: Room, engine_records: Records, prefix: str
) -> None:
    finish(ready(room))
    engine_records.refresh(f"{prefix}-runs")
    assert room.ledger.drop([]) == 1
    held = room.ledger.enrol("hourly", room.clock.now)
    assert held.state.token == 1
    room.clock.pass_(3600)
    finish(room.scheduler())
    assert outcomes(room) == ["succeeded", "succeeded"]


def test_of_two_that_claim_at_once_one_wins(room: Room) -> None:
    first, second = ready(room), room.scheduler()
    held = room.ledger.read("hourly")
    assert held is not None
    reading = Overtaken(room.ledger, lambda: finish(first))
    second._ledger = reading  # type: ignore[assignment]
    finish(second)
    assert len(room.runs()) == 1
    assert len(room.effects()) == 1


class Overtaken:
    """A ledger that lets another scheduler act between a look at a job and the claim."""

    def __init__(self, ledger: Ledger, meanwhile: Callable[[], object]) -> None:
        self._ledger, self._meanwhile = ledger, meanwhile

    def enrol(self, job: str, now: datetime) -> object:
        held = self._ledger.enrol(job, now)
        self._meanwhile()
        return held

    def __getattr__(self, name: str) -> object:
        return getattr(self._ledger, name)


def test_a_signal_ends_it(room: Room) -> None:
    scheduler = ready(room, kind="wait")
    pause = scheduler._pause

    def pause_and_be_told() -> None:
        pause()
        if worker.pids(room.folder):
            os.kill(os.getpid(), signal.SIGTERM)

    scheduler._pause = pause_and_be_told  # type: ignore[method-assign]
    scheduler.run()
    assert outcomes(room) == ["stopped"]
    assert dataclasses.asdict(room.runs()[0])["reason"] == "the scheduler was stopped"
