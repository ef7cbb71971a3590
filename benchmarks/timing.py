"""Clocks: medians and the like, and two ways of doing one thing taken in turns so that noise hits both."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Spread:
    """Milliseconds at the median and at the 95th of a hundred."""

    p50: float
    p95: float

    def __str__(self) -> str:
        return f"{self.p50:.1f} / {self.p95:.1f} ms"


def spread(seconds: list[float]) -> Spread:
    """Return the spread of at least two times."""
    cuts = statistics.quantiles(seconds, n=20, method="inclusive")
    return Spread(1000 * statistics.median(seconds), 1000 * cuts[-1])


def taken(work: Callable[[], object]) -> float:
    """Return the seconds that ``work`` takes."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def in_turns(
    pairs: Iterable[tuple[Callable[[], object], Callable[[], object]]],
) -> tuple[list[float], list[float]]:
    """Return the seconds of each first and each second; who begins changes from pair to pair."""
    first: list[float] = []
    second: list[float] = []
    for number, (one, other) in enumerate(pairs):
        if number % 2:
            second.append(taken(other))
            first.append(taken(one))
        else:
            first.append(taken(one))
            second.append(taken(other))
    return first, second
