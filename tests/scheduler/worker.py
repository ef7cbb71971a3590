"""A turn of a job that tests need, in a process of its own: ``worker.py KIND FOLDER LEASE TURN``."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from discovery.errors import SourceUnavailable
from discovery.scheduler.child import take_turn
from discovery.scheduler.model import Job, JobOutcome, Turn

_IGNORING = (
    "import signal, threading; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); \
threading.Event().wait()"
)


def command(kind: str, folder: Path, lease: float, turn: Turn) -> list[str]:
    told = {"job": turn.job, "due": turn.due.isoformat(), "token": turn.token, "cause": turn.cause}
    return [sys.executable, __file__, kind, str(folder), str(lease), json.dumps(told)]


def pids(folder: Path) -> list[int]:
    """Return the processes that a job of kind ``hang`` has become, once they are all up."""
    file = folder / "pids"
    return [int(line) for line in file.read_text().split()] if file.exists() else []


def _done(folder: Path, turn: Turn) -> JobOutcome:
    with (folder / "effects").open("a", encoding="utf-8") as effects:
        effects.write(f"{turn.due.isoformat()} {turn.token}\n")
    sys.stdout.write("what a job prints is not its outcome\n")
    return JobOutcome(figures={"effects": 1}, reason=turn.cause)


def _hang(folder: Path, _turn: Turn) -> JobOutcome:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    other = subprocess.Popen([sys.executable, "-c", _IGNORING], stdout=subprocess.PIPE)
    assert other.stdout is not None
    other.stdout.readline()
    (folder / "pids.part").write_text(f"{os.getpid()} {other.pid}", encoding="utf-8")
    (folder / "pids.part").rename(folder / "pids")
    threading.Event().wait()
    raise AssertionError


def _wait(folder: Path, _turn: Turn) -> JobOutcome:
    (folder / "pids.part").write_text(str(os.getpid()), encoding="utf-8")
    (folder / "pids.part").rename(folder / "pids")
    threading.Event().wait()
    raise AssertionError


def _unavailable(_folder: Path, _turn: Turn) -> JobOutcome:
    raise SourceUnavailable("no such bucket")


def _broken(_folder: Path, _turn: Turn) -> JobOutcome:
    raise RuntimeError("boom")


def _crash(_folder: Path, _turn: Turn) -> JobOutcome:
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError


def _mute(_folder: Path, _turn: Turn) -> JobOutcome:
    os._exit(0)


def _leave(folder: Path, turn: Turn) -> JobOutcome:
    """End well, and leave a process behind."""
    other = subprocess.Popen([sys.executable, "-c", _IGNORING], stdout=subprocess.PIPE)
    assert other.stdout is not None
    other.stdout.readline()
    (folder / "pids").write_text(str(other.pid), encoding="utf-8")
    os._exit(0) if turn.token > 1 else None
    return JobOutcome()


KINDS: Mapping[str, Any] = {
    "done": _done,
    "hang": _hang,
    "wait": _wait,
    "unavailable": _unavailable,
    "broken": _broken,
    "crash": _crash,
    "mute": _mute,
    "leave": _leave,
}


def main(kind: str, folder: str, lease: str, told: str) -> None:
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    said = json.loads(told)
    turn = Turn(said["job"], datetime.fromisoformat(said["due"]), said["token"], said["cause"])
    job = Job(said["job"], "", "", "", 60, lambda turn: KINDS[kind](Path(folder), turn))
    take_turn(job, turn, float(lease))


if __name__ == "__main__":
    main(*sys.argv[1:])
