"""Words, pictures and both, side by side, with the model as it comes and as fitted to other garments."""

from __future__ import annotations

import dataclasses
import random
import statistics
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from benchmarks import data
from benchmarks.judged import Judged, judged_queries, judgements, mean_gain, ndcg
from benchmarks.measured import Measured, Target
from benchmarks.noisy import fill
from benchmarks.stand import Stand
from discovery.config import AssetSourceSettings, ImageSettings, ProductSourceSettings
from discovery.demo import CATALOGUE
from discovery.engine.reader import Reader
from discovery.search.request import Mode, SearchRequest, Viewer
from discovery.search.service import SearchService
from discovery.vision.adapter import AdaptedEmbedder, Matrix
from discovery.vision.embedder import Embedder
from indexers.adaptation import CaptionVectors, gathered
from indexers.fitting import try_fit
from indexers.lifecycle import Lifecycle
from indexers.open_world import open_world
from indexers.pipeline import index_assets, index_products
from indexers.sources.protocol import open_asset_source, open_product_source
from mappings.documents import AssetDocument, ProductSide
from mappings.fields import Side

WORKLOAD = "hybrid"
FOLDS = 4
DEPTH = 10
DEMO = "demo"
UNLINKED: Mapping[str, float] = {
    "linked to their products": 0.0,
    "half of them unlinked": 0.5,
    "unlinked": 1.0,
}
MODES = (Mode.TEXT, Mode.VISUAL, Mode.HYBRID)
DECIMALS = 6
ANYONE = Viewer()


def measure(stand: Stand) -> Iterator[Measured]:
    """Yield hybrid results beside those of words and of pictures alone, for each set and model."""
    yield from _demo(stand)
    yield from _fashion(stand)


def _beside(name: str, scores: Mapping[Mode, float]) -> Measured:
    best = max(scores[Mode.TEXT], scores[Mode.VISUAL])
    return Measured(
        WORKLOAD,
        f"{name}: nDCG@{DEPTH} of words and pictures together",
        scores[Mode.HYBRID],
        Target(least=round(0.99 * best, 4)),
        f"words alone {scores[Mode.TEXT]:.3f}, pictures alone {scores[Mode.VISUAL]:.3f}",
    )


def _demo(stand: Stand) -> Iterator[Measured]:
    settings, embedder = stand.settings(DEMO), stand.embedder()
    catalogue = stand.catalogue(DEMO, embedder.recipe)
    pictures = AssetSourceSettings(name=DEMO, uri=str(CATALOGUE / "assets"))
    table = ProductSourceSettings(name=DEMO, path=str(CATALOGUE / "products.csv"), options={"assets": DEMO})
    files = open_asset_source(pictures, ImageSettings().max_bytes).items()
    index_assets(DEMO, files, catalogue, embedder, settings)
    index_products(DEMO, open_product_source(table).items(), catalogue, settings)
    service, judged = stand.search(DEMO), judgements()
    sides: tuple[Side, ...] = ("products", "assets")
    for side in sides:
        for which, queries in (("tuning", judged.tuning), ("holdout", judged.holdout)):
            scores = {mode: mean_gain(service, side, queries, mode) for mode in MODES}
            yield _beside(f"demo, {side}, {len(queries)} judged queries ({which})", scores)
    stand.drop(DEMO)


def _fashion(stand: Stand) -> Iterator[Measured]:
    """Fit on three quarters of the garments, and search among the others alone."""
    stand.fashion()
    embedder, home = stand.embedder(), stand.settings(data.FASHION).home
    serving = Lifecycle(stand.engine, stand.settings(data.FASHION)).serving()
    pairs = gathered(serving)
    order = np.random.default_rng(0).permutation(len(pairs.shown))
    held = order[::FOLDS]
    fitted = try_fit(
        pairs.rows(np.sort(np.setdiff1d(order, held))),
        embedder.recipe,
        CaptionVectors(embedder, home),
        open_world(embedder, home),
    )
    if isinstance(fitted, str):
        raise RuntimeError(fitted)
    garments = {one.sku: one for one in stand.garments()}
    skus = [pairs.shown[place].group for place in held]
    queries = judged_queries([garments[sku] for sku in skus])
    features = pairs.features.rows(held)
    models: Mapping[str, tuple[Embedder, Matrix]] = {
        "as it comes": (embedder, features.bases),
        "fitted": (
            AdaptedEmbedder(embedder, dataclasses.replace(fitted.adapter, looks=None), fitted.floors),
            fitted.adapter.vectors(features),
        ),
    }
    sources = [hit["_source"] for hit in Reader(stand.engine).scan(serving.names.assets)]
    documents = {one["source"]["key"].removesuffix(".jpg"): one for one in sources}
    for linked, share in UNLINKED.items():
        for model, (made_by, vectors) in models.items():
            drawn = random.Random(3)
            name = f"hybrid-{len(linked)}-{len(model)}"
            fill(
                stand,
                stand.catalogue(name, made_by.recipe).names.assets,
                (
                    _copy(documents[sku], vector, unlinked=drawn.random() < share)
                    for sku, vector in zip(skus, vectors, strict=True)
                ),
            )
            scores = {mode: _found(stand.search(name, embedder=made_by), queries, mode) for mode in MODES}
            stand.drop(name)
            yield _beside(f"fashion, {len(skus)} garments not fitted on, {linked}, model {model}", scores)


def _copy(source: Mapping[str, object], vector: Matrix, *, unlinked: bool) -> AssetDocument:
    document = AssetDocument.from_source(source)
    media = dataclasses.replace(document.media, vector=tuple(round(float(n), DECIMALS) for n in vector))
    product = ProductSide() if unlinked else document.product
    return dataclasses.replace(document, media=media, product=product)


def _found(service: SearchService, queries: Sequence[Judged], mode: Mode) -> float:
    scores = []
    for query in queries:
        page = service.search(SearchRequest(q=query.text, mode=mode, size=DEPTH), ANYONE)
        found = [
            hit.document.source.key.removesuffix(".jpg")
            for hit in page.hits
            if isinstance(hit.document, AssetDocument)
        ]
        scores.append(ndcg(found, query.right, DEPTH))
    return statistics.fmean(scores)
