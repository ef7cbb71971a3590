"""Audits that were asked for: kept first, worked off once, whoever dies meanwhile."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from discovery.audit import queue
from discovery.audit.listing import RunRequest, RunView
from discovery.audit.queue import AuditQueue
from discovery.audit.runner import GivenUp, Terms
from discovery.audit.service import AuditService
from discovery.audit.turns import AuditTurns, Turn
from discovery.audit.worker import AuditWorker
from discovery.config import Settings
from discovery.engine.client import Engine
from discovery.engine.reader import Reader
from discovery.engine.records import Records
from discovery.errors import IndexMissing, InputInvalid, NotFound, RunInProgress
from mappings.registry import RUNS
from tests.audit.conftest import Clock
from tests.audit.making import asset, product
from tests.audit.test_running import Shelf

PATIENCE = 0.4
FRONT, STRAY = asset("mug_front.jpg", "MG-1"), asset("DSC_1.jpg")


def go_on() -> None:
    """There is no reason to end."""


class Process:
    """What one process of the service would have: its own turns, and so its own view of who lives."""

    def __init__(self, engine: Engine, settings: Settings, clock: Clock) -> None:
        index = RUNS.write_alias(settings.engine.prefix)
        self.turns = AuditTurns(Records(engine), index, beat=PATIENCE / 8, patience=PATIENCE)
        self.audit = AuditService(engine, settings, clock=clock, turns=self.turns)
        self.queue = AuditQueue(Records(engine), Reader(engine), index)

    def work(self) -> bool:
        return self.audit.work_off(Terms(), go_on)

    def work_until_done(self, id: str) -> RunView:
        """Work off what waits, until this run is over."""
        for _ in range(200):
            self.work()
            view = self.audit.run_view(id)
            if view.state not in ("queued", "running"):
                return view
            threading.Event().wait(PATIENCE / 20)
        raise AssertionError(f"run {id} is still {view.state}")


Start = Callable[[], Process]


@pytest.fixture
def start(engine: Engine, settings: Settings, clock: Clock) -> Start:
    return lambda: Process(engine, settings, clock)


@pytest.fixture
def stocked(engine: Engine, settings: Settings, clock: Clock) -> Shelf:
    shelf = Shelf(engine, settings, clock)
    shelf.put(FRONT, STRAY, product("MG-1", FRONT))
    shelf.indexed()
    return shelf


@pytest.mark.usefixtures("stocked")
def test_a_run_waits_is_done_and_keeps_its_id(start: Start) -> None:
    process = start()
    asked = process.audit.ask(RunRequest(by="a.moreau"))
    assert process.audit.run_view(asked.id) == asked
    assert process.work()
    done = process.audit.run_view(asked.id)
    assert (done.state, done.asked, done.request) == ("finished", asked.asked, RunRequest(by="a.moreau"))
    assert done.run == process.audit.audit_run(asked.id)
    assert done.run is not None
    assert done.run.new == 1
    assert not process.work()
    assert [view.id for view in process.audit.run_views()] == [asked.id]


@pytest.mark.usefixtures("stocked")
def test_a_dry_run_is_told_though_nothing_is_kept(start: Start) -> None:
    process = start()
    asked = process.audit.ask(RunRequest(rules=("asset-unlinked",), dry_run=True))
    done = process.work_until_done(asked.id)
    assert done.state == "planned"
    assert done.run is not None
    assert (done.run.new, list(done.run.rules)) == (1, ["asset-unlinked"])
    assert list(process.audit.all_findings()) == []
    with pytest.raises(NotFound):
        process.audit.audit_run(asked.id)


@pytest.mark.usefixtures("stocked")
def test_runs_of_others_are_listed_beside_those_that_wait(start: Start, clock: Clock) -> None:
    process = start()
    at_once = process.audit.run()
    clock.forward(minutes=1)
    waiting = process.audit.ask(RunRequest())
    assert [(view.id, view.state) for view in process.audit.run_views()] == [
        (waiting.id, "queued"),
        (at_once.id, "finished"),
    ]


@pytest.mark.usefixtures("stocked")
def test_many_workers_do_each_run_once_and_one_at_a_time(start: Start, clock: Clock) -> None:
    first = start()
    asked = []
    for _ in range(4):
        asked.append(first.audit.ask(RunRequest()).id)
        clock.forward(seconds=1)
    done: list[bool] = []

    def work() -> None:
        process = start()
        while any(first.audit.run_view(one).state in ("queued", "running") for one in asked):
            if process.work():
                done.append(True)

    workers = [threading.Thread(target=work) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert len(done) == len(asked)
    runs = [first.audit.run_view(one) for one in asked]
    assert [view.state for view in runs] == ["finished"] * 4
    assert [view.run.new for view in runs if view.run] == [1, 0, 0, 0], "each saw the one before"
    assert all(waiting.tries == 1 for one in asked if (waiting := first.queue.read(one)))


@pytest.mark.usefixtures("stocked")
def test_what_a_dead_process_left_is_taken_up_by_the_next(start: Start, clock: Clock) -> None:
    dead, heir = start(), start()
    asked = dead.audit.ask(RunRequest())
    turn = dead.turns.take()
    assert isinstance(turn, Turn), "it is never entered: nobody hears of it"
    waiting = dead.queue.next()
    assert waiting is not None
    dead.queue.begin(waiting, clock())
    assert not heir.work(), "it may live"
    done = heir.work_until_done(asked.id)
    assert done.state == "finished"
    again = heir.queue.read(asked.id)
    assert again is not None
    assert again.tries == 2


@pytest.mark.usefixtures("stocked")
def test_what_was_done_before_its_process_died_is_not_done_again(start: Start, clock: Clock) -> None:
    process = start()
    asked = process.audit.ask(RunRequest())
    waiting = process.queue.next()
    assert waiting is not None
    process.queue.begin(waiting, clock())
    done = process.audit.run(Terms(id=asked.id))
    assert process.work()
    assert process.audit.run_view(asked.id).run == done
    assert len(process.audit.runs()) == 1


@pytest.mark.usefixtures("stocked")
def test_a_run_that_ends_every_process_is_given_up(start: Start, clock: Clock) -> None:
    process = start()
    asked = process.audit.ask(RunRequest())
    for _ in range(queue.MOST_TRIES):
        waiting = process.queue.next()
        assert waiting is not None
        process.queue.begin(waiting, clock())
    done = process.work_until_done(asked.id)
    assert done.state == "failed"
    assert done.reason is not None
    assert "not tried again" in done.reason


@pytest.mark.usefixtures("stocked")
def test_a_process_that_ends_puts_its_run_back_with_nothing_changed(start: Start) -> None:
    process = start()
    asked = process.audit.ask(RunRequest())

    def end() -> None:
        raise GivenUp

    process.audit.work_off(Terms(), end)
    assert process.audit.run_view(asked.id).state == "queued"
    assert list(process.audit.all_findings()) == []
    assert process.work_until_done(asked.id).state == "finished"


@pytest.mark.usefixtures("stocked")
def test_one_whose_turn_was_taken_over_writes_nothing(start: Start) -> None:
    slow, other = start(), start()
    turn = slow.turns.take()
    assert turn is not None

    def taken_over() -> None:
        while (theirs := other.turns.take()) is None:
            threading.Event().wait(PATIENCE / 10)
        with theirs:
            turn.check()

    with pytest.raises(RunInProgress, match="took over"):
        slow.audit.run(Terms(dry_run=True, go_on=taken_over))
    assert list(slow.audit.all_findings()) == []


@pytest.mark.usefixtures("stocked")
def test_a_second_audit_at_once_is_refused_until_the_first_is_over(start: Start) -> None:
    one, other = start(), start()
    with one.turns.take_now():
        with pytest.raises(RunInProgress, match="under way"):
            other.audit.run()
        asked = other.audit.ask(RunRequest())
        assert not other.work(), "what is queued waits"
    assert other.work_until_done(asked.id).state == "finished"


@pytest.mark.usefixtures("stocked")
def test_only_so_many_may_wait(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queue, "MOST_WAITING", 1)
    process = start()
    process.audit.ask(RunRequest())
    with pytest.raises(RunInProgress, match="wait"):
        process.audit.ask(RunRequest())


@pytest.mark.usefixtures("stocked")
def test_an_unknown_rule_is_refused_before_anything_is_kept(start: Start) -> None:
    process = start()
    with pytest.raises(InputInvalid, match="asset-lost"):
        process.audit.ask(RunRequest(rules=("asset-lost",)))
    assert process.audit.run_views() == []


def test_with_nothing_indexed_a_run_is_refused_and_a_worker_waits(start: Start) -> None:
    process = start()
    with pytest.raises(IndexMissing):
        process.audit.ask(RunRequest())
    assert not process.work()


@pytest.mark.usefixtures("stocked")
def test_a_worker_that_is_woken_works_it_off(start: Start) -> None:
    process = start()
    with AuditWorker(lambda: process.audit, Terms, look=60) as worker:
        asked = process.audit.ask(RunRequest())
        worker.wake()
        for _ in range(400):
            if process.audit.run_view(asked.id).state == "finished":
                break
            threading.Event().wait(0.02)
    assert process.audit.run_view(asked.id).state == "finished"


@pytest.mark.parametrize("id", ["", ".", "..", "audit-1", "x" * 5000, "audit-1-abcdef\n", "\0", "job:index"])
@pytest.mark.usefixtures("stocked")
def test_an_id_that_can_be_none_is_not_found(start: Start, id: str) -> None:
    process = start()
    for look in (process.audit.run_view, process.audit.finding, process.audit.versioned):
        with pytest.raises(NotFound):
            look(id)
