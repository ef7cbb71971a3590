"""What the service records of itself: never slow, never failing, never twice."""

from __future__ import annotations

import threading
from collections.abc import Sequence

from discovery.config import UsageSettings
from discovery.errors import EngineUnavailable
from discovery.usage.model import Action, Event
from discovery.usage.recorder import UsageRecorder


class Keeper:
    """Keeps events unless it is down; remembers every id that it was given."""

    def __init__(self) -> None:
        self.down = False
        self.kept: dict[str, Event] = {}
        self.given: list[str] = []
        self.came = threading.Event()

    def __call__(self, events: Sequence[Event]) -> None:
        self.given += [event.id for event in events]
        self.kept |= {} if self.down else {event.id: event for event in events}
        self.came.set()
        if self.down:
            raise EngineUnavailable("the engine is not there")


def test_counts_are_kept_in_the_background_and_at_the_end() -> None:
    keeper = Keeper()
    recorder = UsageRecorder(keeper, UsageSettings(flush_seconds=0.05))
    for _ in range(3):
        recorder.record(Action.VIEW, "a")
    assert keeper.came.wait(10)
    recorder.record(Action.DOWNLOAD, "a")
    recorder.close()
    counts: dict[tuple[str, str], int] = {}
    for event in keeper.kept.values():
        counts[event.action, event.asset] = counts.get((event.action, event.asset), 0) + event.count
    assert counts == {("view", "a"): 3, ("download", "a"): 1}
    assert recorder.waiting == 0


def test_while_the_engine_is_down_records_wait_with_the_same_ids_and_the_bound_holds() -> None:
    keeper = Keeper()
    recorder = UsageRecorder(keeper, UsageSettings(flush_seconds=3600, buffer=3))
    keeper.down = True
    recorder.record(Action.VIEW, "a")
    assert not recorder.flush()
    assert not recorder.flush()
    for asset in ("b", "c", "d", "e"):
        recorder.record(Action.VIEW, asset)
    recorder.record(Action.VIEW, "b")
    assert (recorder.waiting, recorder.lost) == (3, 2)
    keeper.down = False
    assert recorder.flush()
    assert {event.asset: event.count for event in keeper.kept.values()} == {"a": 1, "b": 2, "c": 1}
    assert len(set(keeper.given)) == 3
    recorder.close()
