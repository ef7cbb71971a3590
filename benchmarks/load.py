"""Clients at once, and the memory of processes: what every system is measured by in the same way."""

from __future__ import annotations

import statistics
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

Question = TypeVar("Question")
MB = 1 << 10


@dataclass(frozen=True, slots=True)
class Pace:
    """Milliseconds at the median and at the 95th of a hundred, and questions answered a second."""

    p50: float
    p95: float
    rate: float


def pace(asks: Sequence[Callable[[Question], object]], questions: Sequence[Question]) -> Pace:
    """Return the pace at which the clients ``asks``, each in a thread of its own, work off ``questions``.

    The first failure of any client is raised.
    """
    taken: list[float] = []
    failed: list[Exception] = []
    waiting, turn = iter(questions), threading.Lock()

    def mine() -> Iterator[Question]:
        while not failed:
            with turn:
                question = next(waiting, None)
            if question is None:
                return
            yield question

    def work(ask: Callable[[Question], object]) -> None:
        try:
            for question in mine():
                began = time.perf_counter()
                ask(question)
                taken.append(time.perf_counter() - began)
        except Exception as error:  # noqa: BLE001 - raised again by the thread that waits
            failed.append(error)

    threads = [threading.Thread(target=work, args=(ask,)) for ask in asks]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    whole = time.perf_counter() - began
    if failed:
        raise failed[0]
    cuts = statistics.quantiles(taken, n=20, method="inclusive")
    return Pace(1000 * statistics.median(taken), 1000 * cuts[-1], len(taken) / whole)


def memory_mb(*roots: int) -> float:
    """Return the proportional set size of processes and all their children, in MB (Linux)."""
    children: dict[int, list[int]] = {}
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            text = status.read_text(encoding="utf-8", errors="replace")
        except OSError:
            continue
        parent = int(text.rpartition(")")[2].split()[1])
        children.setdefault(parent, []).append(int(status.parent.name))
    total, left = 0, list(roots)
    while left:
        process = left.pop()
        left += children.get(process, [])
        try:
            rolled = Path(f"/proc/{process}/smaps_rollup").read_text(encoding="utf-8")
        except OSError:
            continue
        lines = (line.split() for line in rolled.splitlines())
        total += sum(int(line[1]) for line in lines if line[0] == "Pss:")
    return total / MB
