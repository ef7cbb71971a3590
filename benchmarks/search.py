"""Searching: what the service adds to the engine's own time, over HTTP, from another process."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import orjson
import urllib3

from benchmarks import data
from benchmarks.judged import judged_queries
from benchmarks.measured import Measured, Target
from benchmarks.stand import Stand, serving
from benchmarks.timing import in_turns, spread
from discovery.engine.reader import Reader
from discovery.search.request import Mode, SearchRequest, SimilarRequest, Viewer
from discovery.search.service import SearchService

WORKLOAD = "search"
FACETS = ("colour", "product.family", "product.gender")
PAIRS, QUICK_PAIRS = 300, 60
ANYONE = Viewer()
TARGET = Target(most=1.4)


@dataclass(slots=True)
class Watching:
    """The engine's reader; keeps the last page that was asked for."""

    reader: Reader
    index: str = ""
    body: Mapping[str, Any] = field(default_factory=dict)
    params: Mapping[str, Any] = field(default_factory=dict)

    def search(
        self, index: str, body: Mapping[str, Any], *, params: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        """Run one search; what asks for named scores is a page."""
        if params:
            self.index, self.body, self.params = index, body, params
        return self.reader.search(index, body, params=params)

    def multi_search(self, index: str, bodies: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """Run several searches in one request."""
        return self.reader.multi_search(index, bodies)

    def open_point_in_time(self, index: str, keep_alive_seconds: int) -> str:
        """Freeze an index."""
        return self.reader.open_point_in_time(index, keep_alive_seconds)

    def mapping_meta(self, index: str) -> dict[str, dict[str, Any]]:
        """Return stamps."""
        return self.reader.mapping_meta(index)


@dataclass(frozen=True, slots=True)
class Asked:
    """One request in three forms: for the service's address, and for the engine."""

    path: str
    json: Mapping[str, Any]
    index: str
    body: Mapping[str, Any]
    params: Mapping[str, Any]


def measure(stand: Stand) -> Iterator[Measured]:
    """Yield HTTP ÷ engine for each kind of search; both are asked the same things in turns."""
    stand.fashion()
    watching = Watching(Reader(stand.engine))
    service = stand.search(data.FASHION, watching)
    texts = [query.text for query in judged_queries(stand.garments())[::5]]
    page = service.search(SearchRequest(sort="name", size=len(texts)), ANYONE)
    ids = [hit.id for hit in page.hits]
    kinds = {
        "words and facets": by_words(service, watching, texts, Mode.TEXT),
        "similar by asset": _similar(service, watching, ids),
        "hybrid, query cached": by_words(service, watching, texts, Mode.HYBRID),
    }
    with serving(stand.settings(data.FASHION)) as (address, _), urllib3.connection_from_url(address) as pool:
        for name, asked in kinds.items():
            yield _ratio(stand, name, asked, pool)


def _ratio(stand: Stand, name: str, asked: list[Asked], pool: urllib3.HTTPConnectionPool) -> Measured:
    for one in asked:
        over_http(pool, one)
        to_engine(stand, one)
    pairs = QUICK_PAIRS if stand.quick else PAIRS
    chosen = itertools.islice(itertools.cycle(asked), pairs)
    http, engine = in_turns((partial(over_http, pool, one), partial(to_engine, stand, one)) for one in chosen)
    whole, bare = spread(http), spread(engine)
    return Measured(
        WORKLOAD,
        f"{name}: HTTP median ÷ engine median",
        whole.p50 / bare.p50,
        TARGET,
        f"p50 / p95 {whole} ÷ {bare}, {pairs} of each in turns, {len(asked)} different requests",
    )


def by_words(service: SearchService, watching: Watching, texts: Sequence[str], mode: Mode) -> list[Asked]:
    """Return searches for ``texts`` in all three forms."""
    found = []
    for text in texts:
        service.search(SearchRequest(q=text, mode=mode, facets=FACETS), ANYONE)
        raw = {"q": text, "mode": mode.value, "facets": list(FACETS)}
        found.append(Asked("/api/v1/search", raw, watching.index, watching.body, watching.params))
    return found


def _similar(service: SearchService, watching: Watching, ids: Sequence[str]) -> list[Asked]:
    found = []
    for ident in ids:
        service.similar(SimilarRequest(asset=ident), ANYONE)
        raw = {"asset": ident}
        found.append(Asked("/api/v1/similar", raw, watching.index, watching.body, watching.params))
    return found


def over_http(pool: urllib3.HTTPConnectionPool, asked: Asked) -> dict[str, Any]:
    """Ask the service; return its answer."""
    body = orjson.dumps(asked.json)
    reply = pool.request("POST", asked.path, body=body, headers={"Content-Type": "application/json"})
    answer: dict[str, Any] = orjson.loads(reply.data)
    if reply.status != 200:
        raise RuntimeError(f"the service refused {asked.json}: {answer}")
    return answer


def to_engine(stand: Stand, asked: Asked) -> dict[str, Any]:
    """Send the engine the page that the service asked of it; return its answer."""
    answer: dict[str, Any] = stand.engine.client.search(
        index=asked.index, body=asked.body, params=dict(asked.params)
    )
    return answer
