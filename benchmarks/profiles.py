"""Where the time goes: a search request by its layers, and an indexing run by its stages."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Sequence
from functools import partial

import urllib3

from benchmarks import data
from benchmarks.judged import judged_queries
from benchmarks.measured import Measured
from benchmarks.search import FACETS, Asked, Watching, by_words, over_http, to_engine
from benchmarks.stand import Stand, serving
from benchmarks.timing import taken
from discovery.engine.reader import Reader
from discovery.search.request import Mode, SearchRequest, Viewer
from discovery.search.service import SearchService

WORKLOAD = "profiles"
ROUNDS = 3
ANYONE = Viewer()


def measure(stand: Stand) -> Iterator[Measured]:
    """Yield milliseconds of each stage for one picture, and of each layer for one search."""
    yield from _indexing(stand)
    watching = Watching(Reader(stand.engine))
    service = stand.search(data.FASHION, watching)
    texts = [query.text for query in judged_queries(stand.garments())[::5]]
    with (
        serving(stand.settings(data.FASHION)) as (address, _),
        urllib3.connection_from_url(address) as pool,
    ):
        for mode in (Mode.TEXT, Mode.HYBRID):
            asked = by_words(service, watching, texts, mode)
            yield from _searching(stand, service, mode, asked, pool)


def _indexing(stand: Stand) -> Iterator[Measured]:
    indexed = stand.fashion()
    whole = sum(indexed.stages.values())
    for stage, seconds in sorted(indexed.stages.items(), key=lambda one: -one[1]):
        yield Measured(
            WORKLOAD,
            f"indexing, stage {stage}: milliseconds of its threads for one picture",
            1000 * seconds / stand.fashion_pictures,
            detail=f"{seconds / whole:.0%} of all stages; the whole run took {indexed.assets_seconds:.1f} s",
        )


def _searching(
    stand: Stand,
    service: SearchService,
    mode: Mode,
    asked: Sequence[Asked],
    pool: urllib3.HTTPConnectionPool,
) -> Iterator[Measured]:
    """Yield what each layer adds to the one below it, at the median; the first rounds only warm."""
    layers: dict[str, list[float]] = {}
    for _ in range(ROUNDS):
        engine = [to_engine(stand, one)["took"] / 1000 for one in asked]
        client = [taken(partial(to_engine, stand, one)) for one in asked]
        requests = [SearchRequest(q=one.json["q"], mode=mode, facets=FACETS) for one in asked]
        inside = [taken(partial(service.search, one, ANYONE)) for one in requests]
        whole = [taken(partial(over_http, pool, one)) for one in asked]
        layers = {"the engine": engine, "its client": client, "the service": inside, "HTTP": whole}
    below = 0.0
    total = statistics.median(layers["HTTP"])
    for name, times in layers.items():
        median = statistics.median(times)
        yield Measured(
            WORKLOAD,
            f"search by words, {mode.value}: milliseconds that {name} adds",
            1000 * (median - below),
            detail=f"{(median - below) / total:.0%} of {1000 * total:.1f} ms",
        )
        below = median
