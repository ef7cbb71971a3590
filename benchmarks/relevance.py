"""Relevance: how well what is asked for comes first, on judged queries over real catalogues."""

from __future__ import annotations

import random
import statistics
from collections.abc import Callable, Iterator, Mapping, Sequence

from benchmarks import data
from benchmarks.judged import Judged, judged_queries, ndcg
from benchmarks.measured import Measured, Target
from benchmarks.noisy import copy_without_products
from benchmarks.stand import Stand
from discovery.engine.reader import Reader
from discovery.search.request import Mode, SearchRequest, SimilarRequest, Viewer
from discovery.search.service import SearchService
from indexers.pipeline import index_products
from indexers.sources.protocol import open_product_source
from mappings.documents import AssetDocument

WORKLOAD = "relevance"
ALONE = "alone"
DEPTH = 10
PICTURES, QUICK_PICTURES = 400, 100
ANYONE = Viewer()


def measure(stand: Stand) -> Iterator[Measured]:
    """Yield fashion by words and pictures, with products and without; its looks; luma's known items."""
    stand.fashion()
    queries = judged_queries(stand.garments())
    yield from _by_text(stand.search(data.FASHION), queries, "with their products")
    yield from _by_understanding(stand.search(data.FASHION), queries, "with their products")
    copy_without_products(stand, data.FASHION, ALONE)
    yield from _by_text(stand.search(ALONE), queries, "without products")
    yield from _by_understanding(stand.search(ALONE), queries, "without products")
    stand.drop(ALONE)
    yield from _by_picture(stand)
    yield from _known_items(stand)


def _by_text(service: SearchService, queries: Sequence[Judged], which: str) -> Iterator[Measured]:
    for mode in (Mode.TEXT, Mode.VISUAL, Mode.HYBRID):
        scored = [(query, ndcg(_skus(service, query.text, mode), query.right, DEPTH)) for query in queries]
        types = [score for query, score in scored if not query.coloured]
        coloured = [score for query, score in scored if query.coloured]
        yield Measured(
            WORKLOAD,
            f"fashion, pictures {which}, {mode.value}: nDCG@{DEPTH}",
            statistics.fmean(score for _, score in scored),
            detail=f"{len(types)} types {statistics.fmean(types):.3f}, "
            f"{len(coloured)} types and colours {statistics.fmean(coloured):.3f}",
        )


def _by_understanding(service: SearchService, queries: Sequence[Judged], which: str) -> Iterator[Measured]:
    """Yield whether taking words for attributes is ever worse than taking them for words."""
    means = [
        statistics.fmean(
            ndcg(_skus(service, query.text, Mode.AUTO, understand=understand), query.right, DEPTH)
            for query in queries
        )
        for understand in (False, True)
    ]
    yield Measured(
        WORKLOAD,
        f"fashion, pictures {which}, words understood as attributes: nDCG@{DEPTH}",
        means[1],
        Target(least=round(means[0], 4) - 0.0001),
        detail=f"{means[0]:.3f} with the same words as words",
    )


def _skus(service: SearchService, text: str, mode: Mode, *, understand: bool = False) -> list[str]:
    """Return what the first hits show: a fashion picture's file is named by its SKU."""
    page = service.search(SearchRequest(q=text, mode=mode, size=DEPTH, understand=understand), ANYONE)
    return [hit.document.source.key.removesuffix(".jpg") for hit in page.hits]


def _by_picture(stand: Stand) -> Iterator[Measured]:
    truth = {one.sku: one for one in stand.garments()}
    service = stand.search(data.FASHION)
    index = stand.catalogue(data.FASHION, stand.embedder().recipe).names.assets
    ids = {
        hit["_id"]: hit["_source"]["source"]["key"]
        for hit in Reader(stand.engine).scan(index, None, ("source.key",))
    }
    chosen = random.Random(5).sample(sorted(ids), QUICK_PICTURES if stand.quick else PICTURES)
    for intent in ("same_look", "same_product"):
        same: list[float] = []
        both: list[float] = []
        for ident in chosen:
            own = truth[ids[ident].removesuffix(".jpg")]
            page = service.similar(SimilarRequest(asset=ident, intent=intent, size=DEPTH), ANYONE)
            near = [truth[hit.document.source.key.removesuffix(".jpg")] for hit in page.hits]
            same.append(sum(one.type == own.type for one in near) / DEPTH)
            both.append(sum((one.type, one.colour) == (own.type, own.colour) for one in near) / DEPTH)
        yield Measured(
            WORKLOAD,
            f"fashion, picture to pictures, {intent}: share of the ten nearest of one type",
            statistics.fmean(same),
            detail=f"{len(chosen)} pictures; of one type and colour {statistics.fmean(both):.3f}",
        )


def _known_items(stand: Stand) -> Iterator[Measured]:
    """Look for each of luma's products by its name, as it is and misspelt."""
    name = data.LUMA
    catalogue = stand.catalogue(name, stand.embedder().recipe)
    source = data.luma_products()
    index_products(source.name, open_product_source(source).items(), catalogue, stand.settings(name))
    service = stand.search(name)
    index = catalogue.names.products
    rows = Reader(stand.engine).scan(
        index, {"term": {"source.variant": False}}, ("source.sku", "source.title")
    )
    names = {hit["_source"]["source"]["sku"]: hit["_source"]["source"]["title"] for hit in rows}
    spellings: Mapping[str, Callable[[str], str]] = {"as it is": str, "misspelt": misspelt}
    for how, spell in spellings.items():
        ranks = [_rank(service, spell(title), sku) for sku, title in sorted(names.items())]
        yield Measured(
            WORKLOAD,
            f"luma, a product by its name {how}: mean reciprocal rank",
            statistics.fmean(1 / rank if rank else 0.0 for rank in ranks),
            detail=f"{len(ranks)} products; first in {_within(ranks, 1):.3f}, "
            f"among ten in {_within(ranks, 10):.3f}",
        )
    stand.drop(name)


def _rank(service: SearchService, text: str, sku: str) -> int:
    """Return the place of a product or of one of its variants among the first ten, 0 where it is in none."""
    page = service.search(SearchRequest(side="products", q=text, size=DEPTH), ANYONE)
    found = [hit.document for hit in page.hits if not isinstance(hit.document, AssetDocument)]
    right = (place for place, one in enumerate(found, 1) if sku in (one.source.sku, one.source.parent))
    return next(right, 0)


def _within(ranks: Sequence[int], depth: int) -> float:
    return sum(1 <= rank <= depth for rank in ranks) / len(ranks)


def misspelt(text: str) -> str:
    """Return ``text`` with two neighbouring letters of its longest word exchanged."""
    longest = max(text.split(), key=len)
    middle = len(longest) // 2
    wrong = longest[: middle - 1] + longest[middle] + longest[middle - 1] + longest[middle + 1 :]
    return text.replace(longest, wrong, 1)
