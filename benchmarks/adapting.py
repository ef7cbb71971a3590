"""The catalogue adapter: what it finds among products it was not fitted on, what it costs, what it keeps."""

from __future__ import annotations

import csv
import itertools
import statistics
import time
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from benchmarks import data
from benchmarks.judged import Judged, judged_queries, ndcg
from benchmarks.measured import Measured, Target
from benchmarks.stand import Stand
from discovery.config import ImageSettings
from discovery.vision.adapter import Adapter, Features, Matrix, features_of
from discovery.vision.embedder import Embedder
from discovery.vision.images import open_picture
from indexers.adaptation import Adapting, CaptionVectors, gathered
from indexers.enrich import decode_target
from indexers.fitting import Fitted, Pairs, try_fit
from indexers.lifecycle import Lifecycle
from indexers.open_world import open_world

WORKLOAD = "adapting"
FOLDS, SHUFFLES = 4, 3
"""One shuffle has 124 queries for a type: two of its first hits are the noise of the figure."""

DEPTH = 10
EMBEDDED = 400
KINDS = ("nDCG@10", "types", "types and colours", "first of type", "first of type and colour")


def measure(stand: Stand) -> Iterator[Measured]:
    """Yield text to picture on held-out garments, words of another world, and the time of it all."""
    stand.fashion()
    settings, embedder = stand.settings(data.FASHION), stand.embedder()
    lifecycle = Lifecycle(stand.engine, settings)
    pairs = gathered(lifecycle.serving())
    texts = CaptionVectors(embedder, settings.home)
    yield from _held_out(stand, pairs, texts)
    yield from _timed(stand, lifecycle)


def _held_out(stand: Stand, pairs: Pairs, texts: CaptionVectors) -> Iterator[Measured]:
    """Fit on three quarters of the garments, look for the others; in each shuffle each is sought once."""
    truth = {one.sku: one for one in stand.garments()}
    embedder = stand.embedder()
    world = open_world(embedder, stand.settings(data.FASHION).home)
    orders = [np.random.default_rng(seed).permutation(len(pairs.shown)) for seed in range(SHUFFLES)]
    before: list[list[float | None]] = []
    after: list[list[float | None]] = []
    fitted: Fitted | str = "nothing was fitted"
    for order, fold in itertools.product(orders, range(FOLDS)):
        held = order[fold::FOLDS]
        fitted = try_fit(
            pairs.rows(np.sort(np.setdiff1d(order, held))),
            embedder.recipe,
            texts,
            world,
        )
        if isinstance(fitted, str):
            raise RuntimeError(fitted)
        features = pairs.features.rows(held)
        skus = [pairs.shown[place].group for place in held]
        garments = [truth[sku] for sku in skus]
        queries = judged_queries(garments)
        asked = texts([query.text for query in queries])

        before.append(_scored(asked @ features.bases.T, queries, skus))
        after.append(_scored(asked @ fitted.adapter.vectors(features).T, queries, skus))
    was, now = _folded(before), _folded(after)
    full = not stand.quick
    targets = {
        "nDCG@10": Target(least=0.70) if full else None,
        "first of type": Target(least=0.93) if full else None,
        "first of type and colour": Target(least=0.78) if full else None,
    }
    for name in KINDS:
        yield Measured(
            WORKLOAD,
            f"fashion, garments not fitted on, words to pictures: {name}",
            now[name],
            targets.get(name),
            f"unadapted {was[name]:.3f}; mean of {FOLDS} folds of {SHUFFLES} shuffles",
        )
    yield Measured(
        WORKLOAD,
        "the same, adapted ÷ unadapted",
        now["nDCG@10"] / was["nDCG@10"],
        Target(least=6) if full else None,
        f"{now['nDCG@10']:.3f} ÷ {was['nDCG@10']:.3f}",
    )
    assert not isinstance(fitted, str)
    yield from _other_world(embedder, fitted.adapter)


def _scored(scores: Matrix, queries: Sequence[Judged], skus: Sequence[str]) -> list[float | None]:
    found = np.argsort(-scores, axis=1, kind="stable")[:, :DEPTH]
    answers = [[skus[place] for place in row] for row in found]
    gains = [ndcg(row, query.right, DEPTH) for query, row in zip(queries, answers, strict=True)]
    first = [float(row[0] in query.right) for query, row in zip(queries, answers, strict=True)]

    def of(values: Sequence[float], coloured: bool) -> float | None:
        return _mean([v for v, query in zip(values, queries, strict=True) if query.coloured is coloured])

    return [_mean(gains), of(gains, False), of(gains, True), of(first, False), of(first, True)]


def _other_world(embedder: Embedder, adapter: Adapter) -> Iterator[Measured]:
    """Look for photographs of gadgets by their names, with the model as fitted to fashion."""
    names, features = _gadgets(embedder)
    asked = embedder.embed_texts(names)
    places = np.arange(len(names))

    def rank(vectors: Matrix) -> float:
        scores = asked @ vectors.T
        return float((1 / (1 + (scores > scores[places, places][:, None]).sum(axis=1))).mean())

    before, after = rank(features.bases), rank(adapter.vectors(features))
    yield Measured(
        WORKLOAD,
        "gadgets by name, fitted to fashion: mean reciprocal rank ÷ unadapted",
        after / before,
        Target(least=0.9),
        f"{after:.3f} ÷ {before:.3f}, {len(names)} names and photographs",
    )


def _gadgets(embedder: Embedder) -> tuple[list[str], Features]:
    folder, limits = data.folder("gadgets"), ImageSettings()
    with (folder / "products.csv").open(encoding="utf-8", newline="") as file:
        rows = [{k.strip(): (v or "").strip() for k, v in row.items() if k} for row in csv.DictReader(file)]
    pictured = [
        (row["name"], folder / "media" / row["assets"].split("|")[0]) for row in rows if row["assets"]
    ]
    known = [(name, path) for name, path in pictured if name and path.is_file()]
    inputs = [
        embedder.prepare(open_picture(path.read_bytes(), limits, target=decode_target(limits)))
        for _, path in known
    ]
    return [name for name, _ in known], features_of(embedder.embed_pictures(inputs))


def _timed(stand: Stand, lifecycle: Lifecycle) -> Iterator[Measured]:
    """Adapt the whole catalogue, let it serve, and go back."""
    embedder, settings = stand.embedder(), stand.settings(data.FASHION)
    adapting = Adapting(stand.engine, lifecycle, settings, embedder)
    came = adapting.adapt()
    if came.outcome != "adopted":
        raise RuntimeError(came.reason)
    adapting.use("base")
    limits = ImageSettings()
    records = data.records_of(data.fashion_pictures())[:EMBEDDED]
    began = time.perf_counter()
    for start in range(0, len(records), 32):
        opened = [
            open_picture(record.read(), limits, target=decode_target(limits))
            for record in records[start : start + 32]
        ]
        embedder.embed_pictures([embedder.prepare(picture) for picture in opened])
    embedding = time.perf_counter() - began
    steps = came.seconds
    told = ", ".join(f"{name} {seconds:.1f} s" for name, seconds in steps.items())
    yield Measured(
        WORKLOAD,
        f"fitting and judging {came.pictures} pictures ÷ embedding {EMBEDDED}",
        steps["fitting"] / embedding,
        Target(most=1),
        f"{steps['fitting']:.1f} ÷ {embedding:.1f} s",
    )
    yield Measured(
        WORKLOAD,
        f"adapting {came.pictures} pictures whole, until the new generation serves, ÷ embedding {EMBEDDED}",
        sum(steps.values()) / embedding,
        Target(most=1),
        told,
    )


def _folded(folds: Sequence[Sequence[float | None]]) -> Mapping[str, float]:
    return {
        name: statistics.fmean(known) if (known := [v for v in column if v is not None]) else 0.0
        for name, column in zip(KINDS, zip(*folds, strict=True), strict=True)
    }


def _mean(values: Sequence[float]) -> float | None:
    return statistics.fmean(values) if values else None
