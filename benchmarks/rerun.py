"""A second run over sources in which nothing has changed."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks import data
from benchmarks.measured import Measured, Target
from benchmarks.stand import Stand

WORKLOAD = "rerun"


def measure(stand: Stand) -> Iterator[Measured]:
    """Yield the second run's share of the first one's time, over pictures and products together."""
    first = stand.fashion()
    second = stand.index_apart(data.FASHION, products=True, limit=stand.fashion_pictures)
    touched = {name: second.counts[name] for name in ("embedded", "reused", "metadata", "gone", "failed")}
    if any(touched.values()):
        raise RuntimeError(f"expected everything to be unchanged, found {touched}")
    took = [one.assets_seconds + one.products_seconds for one in (first, second)]
    yield Measured(
        WORKLOAD,
        "time of a second run over unchanged sources ÷ of the first",
        took[1] / took[0],
        Target(most=0.05),
        f"{took[1]:.2f} s ÷ {took[0]:.1f} s, {stand.fashion_pictures:,} pictures and as many products; "
        f"whole processes, model loaded: {second.process_seconds:.1f} s ÷ {first.process_seconds:.1f} s",
    )
