"""Two schedulers as processes of their own, one of which is killed while its job is at work."""

from __future__ import annotations

from pathlib import Path

from benchmarks.scheduling import killed
from discovery.engine.client import Engine
from tests.scheduler.conftest import Room

LEASE = 4.0


def test_a_killed_scheduler_is_followed_by_the_other_and_every_effect_is_there_once(
    engine: Engine, prefix: str, room: Room, tmp_path: Path
) -> None:
    assert room.runs("effect") == []
    rounds = list(killed(engine, prefix, tmp_path, 4, LEASE))
    assert [one.effects for one in rounds] == [1] * 4
    assert all(one.taken_over is None or one.taken_over <= LEASE for one in rounds)
