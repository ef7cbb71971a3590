"""Whether two schedulers, one of which is killed again and again, do each job exactly once."""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from benchmarks.measured import Measured, Target
from benchmarks.stand import CHECKOUT, Stand
from discovery.engine.client import Engine
from discovery.engine.records import Records
from discovery.scheduler.ledger import Held, Ledger
from discovery.vision.fake import FakeEmbedder

WORKLOAD = "scheduling"
JOB = "effect"
LEASE_SECONDS = 4.0
LONGEST_SECONDS = 60.0
LATEST_KILL_SECONDS = 1.2


@dataclass(frozen=True, slots=True)
class Round:
    """One kill: how often the job's effect is there for its due time, and how long until another took over.

    ``taken_over`` is ``None`` where the turn was decided before its scheduler died.
    """

    due: datetime
    effects: int
    taken_over: float | None


def measure(stand: Stand) -> Iterator[Measured]:
    """Yield the share of rounds with exactly one effect, and the longest take-over ÷ the lease."""
    count = 10 if stand.quick else 50
    name = "scheduling"
    settings = stand.settings(name)
    stand.catalogue(name, FakeEmbedder().recipe)
    folder = settings.home / "effects"
    folder.mkdir()
    try:
        rounds = list(killed(stand.engine, settings.engine.prefix, folder, count))
        twice = _more_than_once(folder)
    finally:
        stand.drop(name)
    once = [one for one in rounds if one.effects == 1]
    waits = sorted(one.taken_over for one in rounds if one.taken_over is not None)
    yield Measured(
        WORKLOAD,
        "rounds whose effect is there exactly once ÷ rounds, a scheduler killed in each",
        len(once) / len(rounds),
        Target(least=1.0),
        f"{len(once)} ÷ {len(rounds)}; {len(waits)} turns taken over; {twice} due times served twice",
    )
    yield Measured(
        WORKLOAD,
        "the longest take-over after a kill ÷ the lease",
        waits[-1] / LEASE_SECONDS if waits else 0.0,
        Target(most=1.0),
        f"{waits[-1]:.2f} s, half within {waits[len(waits) // 2]:.2f} s; lease {LEASE_SECONDS:g} s"
        if waits
        else "no turn was taken over",
    )


def killed(
    engine: Engine, prefix: str, folder: Path, count: int, lease_seconds: float = LEASE_SECONDS
) -> Iterator[Round]:
    """Run two schedulers; kill the one that runs the job, ``count`` times, and yield what came of each."""
    ledger = Ledger(Records(engine), prefix)
    chance = random.Random(count)
    asked = {"url": engine.url, "prefix": prefix, "folder": str(folder), "lease": lease_seconds}
    command = [sys.executable, "-m", "benchmarks.scheduling_apart", json.dumps(asked)]
    with contextlib.ExitStack() as stack:

        def begin() -> subprocess.Popen[bytes]:
            process = stack.enter_context(subprocess.Popen(command, cwd=CHECKOUT))
            stack.callback(process.kill)
            return process

        schedulers = {process.pid: process for process in (begin(), begin())}
        last: datetime | None = None
        for _ in range(count):
            held = _awaited(ledger, _is_begun_after(last))
            last = held.state.due
            assert last is not None
            time.sleep(chance.uniform(0, LATEST_KILL_SECONDS))
            pid = int(held.state.owner.split(":")[1])
            os.kill(pid, signal.SIGKILL)
            at = time.monotonic()
            schedulers.pop(pid).wait()
            fresh = begin()
            schedulers[fresh.pid] = fresh
            token = held.state.token
            _awaited(ledger, _is_followed(token))
            waited = time.monotonic() - at
            _awaited(ledger, _is_served(last))
            first = ledger.run(JOB, token)
            lost = first is not None and first.outcome == "lost"
            yield Round(last, _written(folder).count(last.isoformat()), waited if lost else None)


def _is_begun_after(due: datetime | None) -> Callable[[Held], bool]:
    return lambda held: held.state.running and held.state.due != due


def _is_followed(token: int) -> Callable[[Held], bool]:
    return lambda held: held.state.token > token


def _is_served(due: datetime) -> Callable[[Held], bool]:
    return lambda held: held.state.served >= due


def _awaited(ledger: Ledger, wanted: Callable[[Held], bool]) -> Held:
    deadline = time.monotonic() + LONGEST_SECONDS
    while time.monotonic() < deadline:
        held = ledger.read(JOB)
        if held is not None and wanted(held):
            return held
        time.sleep(0.02)
    raise RuntimeError(f"the schedulers did not come to it within {LONGEST_SECONDS:g} s")


def _more_than_once(folder: Path) -> int:
    written = _written(folder)
    return len(written) - len({*written})


def _written(folder: Path) -> list[str]:
    file = folder / "effects"
    lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
    return [line.split()[0] for line in lines]
