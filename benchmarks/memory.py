"""Whether a run's memory grows with its source."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.measured import Measured, Target
from benchmarks.stand import Stand

WORKLOAD = "memory"
FEW = "few"


def measure(stand: Stand) -> Iterator[Measured]:
    """Yield the peak of a run over all pictures ÷ that of a tenth, each in a process of its own."""
    tenth = stand.fashion_pictures // 10
    few = stand.index_apart(FEW, products=False, limit=tenth)
    stand.drop(FEW)
    many = stand.fashion()
    yield Measured(
        WORKLOAD,
        f"peak memory of {stand.fashion_pictures:,} pictures ÷ of {tenth}",
        many.peak_mb / few.peak_mb,
        Target(most=1.3),
        f"{many.peak_mb:.0f} ÷ {few.peak_mb:.0f} MB resident, model and engine client included "
        f"({few.base_mb:.0f} MB before the first picture)",
    )
