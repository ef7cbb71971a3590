"""``python -m benchmarks``: one workload after the other, a table, and exit code 1 if a target is missed."""

from __future__ import annotations

import argparse
import signal
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from types import FrameType

from benchmarks import (
    adapting,
    audit,
    counts,
    duplicates,
    growth,
    hybrid,
    indexing,
    linking,
    memory,
    peers,
    products,
    profiles,
    relevance,
    rerun,
    scheduling,
    search,
    similar,
    studio,
    tasks,
)
from benchmarks.data import DataAbsentError
from benchmarks.measured import Measured, machine_line, page, table
from benchmarks.stand import BusyError, Stand
from discovery.errors import DiscoveryError

DOCS = Path(__file__).parents[1] / "docs"
MISSED, UNUSABLE, INTERRUPTED = 1, 2, 130

# In this order the fashion catalogue, indexed once, serves all that follow.
WORKLOADS: Mapping[str, Callable[[Stand], Iterator[Measured]]] = {
    "indexing": indexing.measure,
    "products": products.measure,
    "memory": memory.measure,
    "rerun": rerun.measure,
    "search": search.measure,
    "counts": counts.measure,
    "profiles": profiles.measure,
    "growth": growth.measure,
    "peers": peers.measure,
    "relevance": relevance.measure,
    "hybrid": hybrid.measure,
    "similar": similar.measure,
    "adapting": adapting.measure,
    "audit": audit.measure,
    "linking": linking.measure,
    "duplicates": duplicates.measure,
    "scheduling": scheduling.measure,
    "studio": studio.measure,
    "tasks": tasks.measure,
}


# Several workloads by one name, and the page that holds their figures.
SETS: Mapping[str, tuple[Sequence[str], str]] = {
    "all": (tuple(WORKLOADS), "measurements.md"),
    "quality": (("relevance", "hybrid", "similar", "duplicates", "adapting"), "relevance.md"),
}


def main() -> int:
    """Measure what the command line names; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("workload", nargs="?", default="all", choices=[*SETS, *WORKLOADS])
    parser.add_argument("--quick", action="store_true", help="less of everything: three minutes")
    parser.add_argument("--write", action="store_true", help="write the page of docs/ that holds the figures")
    asked = parser.parse_args()
    if asked.write and asked.workload not in SETS:
        parser.error(f"--write goes with {' or '.join(SETS)}: a page holds every figure of its kind")
    names, written = SETS.get(asked.workload, ((asked.workload,), ""))
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        measured, machine = run(names, quick=asked.quick)
    except (DataAbsentError, BusyError) as error:
        print(f"benchmarks: {error}", file=sys.stderr)
        return UNUSABLE
    except DiscoveryError as error:
        print(f"benchmarks: {error.kind.title}: {error.detail}", file=sys.stderr)
        return UNUSABLE
    except KeyboardInterrupt:
        print("benchmarks: interrupted", file=sys.stderr)
        return INTERRUPTED
    print(f"\n{machine}\n\n{table(measured)}")
    if asked.write:
        command = " ".join(["python -m benchmarks", *sys.argv[1:]])
        (DOCS / written).write_text(page(measured, machine, command), encoding="utf-8")
    missed = [one for one in measured if not one.holds]
    print(f"\n{len(measured)} figures, {len(missed)} missed their targets")
    return MISSED if missed else 0


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def run(names: Sequence[str], *, quick: bool) -> tuple[list[Measured], str]:
    """Run workloads in order; return all figures and the line about the machine."""
    measured: list[Measured] = []
    with Stand.open(quick=quick) as stand:
        machine = machine_line(stand.engine.ping().version)
        for name in names:
            began = time.monotonic()
            print(f"{name} …", file=sys.stderr, flush=True)
            for one in WORKLOADS[name](stand):
                measured.append(one)
                print(
                    f"  {one.name}: {one.value:.3g} {one.verdict} ({one.detail})", file=sys.stderr, flush=True
                )
            print(f"{name}: {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)
    return measured, machine


if __name__ == "__main__":
    sys.exit(main())
