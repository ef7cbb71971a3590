"""Counts: total, hits and facets of one set; and that set held against an exact computation."""

from __future__ import annotations

import random
import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from benchmarks import data
from benchmarks.judged import judged_queries
from benchmarks.measured import Measured, Target
from benchmarks.noisy import joint_and_look, multiply
from benchmarks.stand import Stand
from benchmarks.timing import spread, taken
from discovery.config import SearchSettings
from discovery.engine.reader import Reader
from discovery.search.filters import filter_clauses
from discovery.search.request import (
    Condition,
    Filters,
    Mode,
    SearchPage,
    SearchRequest,
    SimilarRequest,
    Viewer,
)
from discovery.search.service import SearchService
from discovery.search.vectors import plain
from indexers.lifecycle import Lifecycle

WORKLOAD = "counts"
REQUESTS, QUICK_REQUESTS = 200, 40
MANY, MANY_VECTORS, QUICK_VECTORS = "many", 100_000, 10_000
QUERIES, QUICK_QUERIES = 100, 20
LOOKS, QUICK_LOOKS = 200, 50
LOW_FLOOR = 0.1
"""Far below the model's own, so that "the nearest 1,000" is what bounds the set."""

PAGE = 200
SINGLE = ("source", "orientation", "product.gender")
"""Facets of which every asset has exactly one value, and which no filter below narrows."""

CHOICES = {
    "colour": ("black", "white", "blue", "red", "grey"),
    "product.season": ("summer", "fall", "winter"),
    "product.usage": ("casual", "sports", "formal"),
    "product.category": ("Apparel", "Footwear", "Accessories/Bags"),
}
ANYONE = Viewer()


def measure(stand: Stand) -> Iterator[Measured]:
    """Yield agreement, completeness at both sizes, and recall of similar pictures."""
    stand.fashion()
    texts = [query.text for query in judged_queries(stand.garments())]
    yield _agreement(stand, texts)
    ids, joint, looks = joint_and_look(stand, data.FASHION)
    yield from _completeness(stand, data.FASHION, texts, ids, joint, "as indexed")
    yield _recall(stand, ids, looks)
    ids, joint = multiply(stand, data.FASHION, MANY, QUICK_VECTORS if stand.quick else MANY_VECTORS)
    yield from _completeness(stand, MANY, texts, ids, joint, "as indexed")
    index = stand.catalogue(MANY, stand.embedder().recipe).names.assets
    Lifecycle(stand.engine, stand.settings(MANY)).settle(index)
    yield from _completeness(stand, MANY, texts, ids, joint, "settled as for promotion")
    stand.drop(MANY)


def _agreement(stand: Stand, texts: Sequence[str]) -> Measured:
    """Walk random requests to their ends; hits, total and the sums of facets must agree."""
    service = stand.search(data.FASHION)
    drawn = random.Random(2)
    count = QUICK_REQUESTS if stand.quick else REQUESTS
    wrong: list[str] = []
    walked = empty = 0
    for number in range(count):
        mode = (Mode.TEXT, Mode.VISUAL, Mode.HYBRID)[number % 3]
        filters = _filters(drawn) if number % 2 else Filters()
        request = SearchRequest(q=_text(drawn, texts), mode=mode, filters=filters, facets=SINGLE, size=PAGE)
        first, hits = _walk(service, request)
        walked += len(hits)
        empty += not hits
        sums = {name: sum(value.count for value in values) for name, values in first.facets.items()}
        told = {"total": first.total, "walked": len(hits), "different": len(set(hits)), **sums}
        if len(set(told.values())) > 1 or first.mode is not mode:
            wrong.append(f"{mode.value} {request.q!r} {filters}: {told}")
    return Measured(
        WORKLOAD,
        f"requests of {count} whose total = hits walked = facet sums",
        count - len(wrong),
        Target(least=count),
        "; ".join([f"{walked:,} hits walked, {empty} requests without any", *wrong[:3]]),
    )


def _text(drawn: random.Random, texts: Sequence[str]) -> str:
    """Return a query as it stands, or two words out of two of them."""
    if drawn.random() < 0.6:
        return drawn.choice(texts)
    return " ".join(drawn.choice(drawn.choice(texts).split()) for _ in range(2))


def _filters(drawn: random.Random) -> Filters:
    fields = drawn.sample(sorted(CHOICES), drawn.choice((1, 2)))
    conditions = []
    for name in fields:
        values = tuple(drawn.sample(CHOICES[name], drawn.choice((1, 2))))
        denied = drawn.random() < 0.25
        conditions.append(Condition(name, none=values) if denied else Condition(name, any=values))
    return Filters(tuple(conditions))


def _walk(service: SearchService, request: SearchRequest) -> tuple[SearchPage, list[str]]:
    first = page = service.search(request, ANYONE)
    hits = [hit.id for hit in page.hits]
    while page.next is not None:
        page = service.search(replace(request, after=page.next), ANYONE)
        hits += [hit.id for hit in page.hits]
        if page.total != first.total:
            hits.append(f"total changed to {page.total}")
    return first, hits


@dataclass(frozen=True, slots=True)
class _Exact:
    """All vectors of an index, and an exact answer from them."""

    ids: Sequence[str]
    vectors: NDArray[np.float32]

    def nearest(
        self, query: NDArray[np.float32], floor: float, count: int, allowed: NDArray[np.bool_]
    ) -> set[str]:
        """Return the nearest ``count`` of those allowed, no less similar than ``floor``."""
        cosines = np.where(allowed, self.cosines(query), -2.0)
        best = np.argsort(-cosines)[:count]
        return {self.ids[place] for place in best if cosines[place] > floor}

    def cosines(self, query: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the cosine of every vector to ``query``."""
        norms = np.linalg.norm(self.vectors, axis=1) * np.linalg.norm(query)
        found: NDArray[np.float32] = self.vectors @ query / norms
        return found


def _completeness(
    stand: Stand,
    name: str,
    texts: Sequence[str],
    ids: Sequence[str],
    vectors: NDArray[np.float32],
    state: str,
) -> Iterator[Measured]:
    exact = _Exact(ids, vectors)
    index = stand.catalogue(name, stand.embedder().recipe).names.assets
    places = {ident: place for place, ident in enumerate(ids)}
    drawn = random.Random(3)
    chosen = drawn.sample(list(texts), min(len(texts), QUICK_QUERIES if stand.quick else QUERIES))
    recipe = stand.embedder().recipe
    for floor in (recipe.text_floor, LOW_FLOOR):
        settings = SearchSettings(text_floor=floor)
        service = stand.search(name, settings=settings)
        shares: list[float] = []
        sizes: list[float] = []
        times: list[float] = []
        extra = 0
        for number, text in enumerate(chosen):
            filters = _filters(drawn) if number % 2 else Filters()
            allowed = np.ones(len(ids), dtype=bool)
            if number % 2:
                allowed[:] = False
                query = {"bool": {"filter": filter_clauses("assets", filters)}}
                passing = Reader(stand.engine).scan(index, query, ("id",), 10_000)
                allowed[[places[hit["_id"]] for hit in passing]] = True
            vector = np.asarray(plain(stand.embedder().embed_text(text)), dtype=np.float32)
            expected = exact.nearest(vector, floor, settings.visual_candidates, allowed)
            request = SearchRequest(q=text, mode=Mode.VISUAL, filters=filters, size=PAGE)
            times.append(taken(partial(service.search, request, ANYONE)))
            found = set(_walk(service, request)[1])
            sizes.append(len(expected))
            extra += len(found - expected)
            shares.append(len(found & expected) / len(expected) if expected else float(not found))
        yield Measured(
            WORKLOAD,
            f"visual set of {len(ids):,} vectors, floor {floor:g}, {state}: share of the exact set",
            statistics.fmean(shares),
            Target(least=0.99),
            f"{len(chosen)} queries, half of them filtered; worst {min(shares):.3f}; exact sets "
            f"{statistics.median(sizes):.0f} at the median, {max(sizes):.0f} at most; {extra} hits "
            f"outside them; first page of {PAGE} p50 / p95 {spread(times)}",
        )


def _recall(stand: Stand, ids: Sequence[str], looks: NDArray[np.float32]) -> Measured:
    exact = _Exact(ids, looks)
    service = stand.search(data.FASHION)
    floor = stand.embedder().recipe.similar_floor
    chosen = random.Random(4).sample(range(len(ids)), QUICK_LOOKS if stand.quick else LOOKS)
    places = {ident: place for place, ident in enumerate(ids)}
    shares: list[float] = []
    for place in chosen:
        cosines = exact.cosines(looks[place])
        cosines[place] = -1
        best = np.sort(cosines)[::-1][:10]
        tenth = best[best > floor]
        page = service.similar(SimilarRequest(asset=ids[place], size=10), ANYONE)
        # Pictures that are equal are interchangeable: a hit counts when it is as near as the tenth.
        right = sum(cosines[places[hit.id]] >= tenth[-1] - 1e-5 for hit in page.hits) if len(tenth) else 0
        shares.append(right / len(tenth) if len(tenth) else float(not page.hits))
    return Measured(
        WORKLOAD,
        f"recall@10 of similar pictures among {len(ids):,}, against exact cosines",
        statistics.fmean(shares),
        Target(least=0.98),
        f"{len(chosen)} pictures, worst {min(shares):.2f}",
    )
