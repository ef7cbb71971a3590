"""A scheduler in a process of its own, with one job whose effect must not be there twice; and its turns."""

from __future__ import annotations

import json
import logging
import random
import signal
import sys
import time
from datetime import datetime
from pathlib import Path
from typing import Any

from discovery.config import EngineSettings, ScheduleSettings
from discovery.engine.client import connect
from discovery.engine.records import Records
from discovery.scheduler.child import take_turn
from discovery.scheduler.ledger import Ledger
from discovery.scheduler.loop import Scheduler
from discovery.scheduler.model import Job, JobOutcome, Turn

JOB = "effect"
TICKS_IN_A_LEASE = 20
LONGEST_STEP_SECONDS = 0.6


def run(asked: dict[str, Any]) -> None:
    """Run a scheduler until it is killed."""
    logging.getLogger("discovery.scheduler").setLevel(logging.ERROR)
    engine = connect(EngineSettings(), asked["url"])
    ledger = Ledger(Records(engine), asked["prefix"])
    settings = ScheduleSettings(lease_seconds=asked["lease"], tick_seconds=asked["lease"] / TICKS_IN_A_LEASE)

    def launch(turn: Turn) -> list[str]:
        told = {**asked, "due": turn.due.isoformat(), "token": turn.token}
        return [sys.executable, "-m", "benchmarks.scheduling_apart", json.dumps(told)]

    Scheduler([_job(Path(asked["folder"]))], lambda: ledger, launch, settings).run()


def turn(asked: dict[str, Any]) -> None:
    """Take one turn."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    this = Turn(JOB, datetime.fromisoformat(asked["due"]), asked["token"])
    take_turn(_job(Path(asked["folder"])), this, asked["lease"])


def _job(folder: Path) -> Job:
    def effect(this: Turn) -> JobOutcome:
        """Look, wait, write, wait: were two turns at work at once, both would see nothing and write."""
        file, due = folder / "effects", this.due.isoformat()
        time.sleep(random.uniform(0, LONGEST_STEP_SECONDS))
        written = file.read_text(encoding="utf-8") if file.exists() else ""
        time.sleep(random.uniform(0, LONGEST_STEP_SECONDS))
        if due not in written:
            with file.open("a", encoding="utf-8") as effects:
                effects.write(f"{due} {this.token}\n")
        time.sleep(random.uniform(0, LONGEST_STEP_SECONDS))
        return JobOutcome(figures={"written": int(due not in written)})

    return Job(JOB, "an effect", "to be counted", "every 2 seconds", 30.0, effect)


if __name__ == "__main__":
    given = json.loads(sys.argv[1])
    turn(given) if "due" in given else run(given)
