"""The two clocks: the time of day, which may jump, and a steady one, which does not."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime


def steady_seconds() -> float:
    """Return seconds on a clock that nobody sets, and that goes on while the machine sleeps where it can."""
    if hasattr(time, "CLOCK_BOOTTIME"):
        return time.clock_gettime(time.CLOCK_BOOTTIME)
    return time.monotonic()


@dataclass(frozen=True, slots=True)
class Clock:
    """Where a scheduler looks for the time; tests put another one in its place."""

    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    steady: Callable[[], float] = steady_seconds
