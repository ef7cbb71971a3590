"""Growth: the same questions at ten, fifty and two hundred thousand assets."""

from __future__ import annotations

import json
from collections.abc import Iterator

import urllib3

from benchmarks import data
from benchmarks.load import Pace, pace
from benchmarks.measured import Measured, Target
from benchmarks.noisy import multiply
from benchmarks.peers import as_json, questions, request
from benchmarks.stand import Stand, serving
from indexers.lifecycle import Lifecycle

WORKLOAD = "growth"
SIZES, QUICK_SIZES = (10_000, 50_000, 200_000), (2_000, 10_000)
ROUNDS = 3
TARGET = Target(most=1.6)


def measure(stand: Stand) -> Iterator[Measured]:
    """Yield the median of filtered hybrid search with facets over HTTP at each size, ÷ that at the first."""
    stand.fashion()
    paces: dict[int, Pace] = {}
    for size in QUICK_SIZES if stand.quick else SIZES:
        paces[size] = _at(stand, size)
    first = min(paces)
    for size, one in paces.items():
        yield Measured(
            WORKLOAD,
            f"filtered hybrid search with facets at {size:,} assets: p50 ÷ that at {first:,}",
            one.p50 / paces[first].p50,
            TARGET,
            f"p50 / p95 {one.p50:.1f} / {one.p95:.1f} ms",
        )


def _at(stand: Stand, size: int) -> Pace:
    name = f"growth{size}"
    multiply(stand, data.FASHION, name, size)
    Lifecycle(stand.engine, stand.settings(name)).settle(
        stand.catalogue(name, stand.embedder().recipe).names.assets
    )
    asked = [json.dumps(as_json(request("hybrid", one))).encode() for one in questions(stand)]
    with serving(stand.settings(name)) as (address, _), urllib3.connection_from_url(address) as pool:

        def ask(body: bytes) -> None:
            headers = {"Content-Type": "application/json"}
            reply = pool.request("POST", "/api/v1/search", body=body, headers=headers)
            if reply.status != 200:
                raise RuntimeError(f"the service refused {body!r}: {reply.data!r}")

        pace([ask], asked)
        found = pace([ask], asked * ROUNDS)
    stand.drop(name)
    return found
