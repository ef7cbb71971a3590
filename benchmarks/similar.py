"""Pictures to pictures: what finds the same product and the same look of products that were not fitted on."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks import data
from benchmarks.measured import Measured, Target
from benchmarks.stand import Stand
from discovery.search.vectors import LOOK_SHARE
from discovery.vision.adapter import Features, Matrix
from discovery.vision.colours import REACHED
from discovery.vision.embedder import Recipe, unit
from indexers.adaptation import CaptionVectors, gathered
from indexers.casting import features_of
from indexers.catalogue import Catalogue
from indexers.fitting import Fitted, Pairs, try_fit
from indexers.open_world import OpenWorld, open_world
from indexers.pipeline import index_assets, index_products
from indexers.sources.protocol import open_asset_source, open_product_source

WORKLOAD = "similar"
FOLDS = 5
DEPTH = 10
LUMA_TARGETS = {"R@1": Target(least=0.70), "R@10": Target(least=0.97)}


@dataclass(frozen=True, slots=True, eq=False)
class Ways:
    """The same pictures as they are compared: by features alone, by the model's own look, and fitted."""

    features: Matrix
    own: Matrix
    fitted: Matrix

    def each(self) -> Mapping[str, Matrix]:
        """Return the similarities' factors by name."""
        return {"features alone": self.features, "own look": self.own, "fitted": self.fitted}


def measure(stand: Stand) -> Iterator[Measured]:
    """Yield luma's other views and colours, and fashion's types and colours."""
    yield from _luma(stand)
    stand.fashion()
    yield from _fashion(stand)


def _luma(stand: Stand) -> Iterator[Measured]:
    """Look for each photograph's product among all photographs; five times a fifth is held out of the fit."""
    name, embedder = data.LUMA, stand.embedder()
    catalogue, settings = stand.catalogue(name, embedder.recipe), stand.settings(name)
    pictures, products = data.luma_pictures(), data.luma_products()
    index_assets(name, open_asset_source(pictures, data.MAX_BYTES).items(), catalogue, embedder, settings)
    index_products(name, open_product_source(products).items(), catalogue, settings)
    pairs, strangers = gathered(catalogue), _others(catalogue)
    texts, world = CaptionVectors(embedder, settings.home), open_world(embedder, settings.home)
    every = _joined(pairs.features, strangers)
    groups = np.array([one.group for one in pairs.shown] + [f"\0{n}" for n in range(len(strangers))])
    folds = _folds(groups[: len(pairs.shown)])
    found: dict[tuple[str, str, str], list[NDArray[np.bool_]]] = {}
    for fold in range(FOLDS):
        held = np.flatnonzero(folds == fold)
        fitted = _fitted(pairs.rows(np.flatnonzero(folds != fold)), embedder.recipe, texts, world)
        ways = _ways(every, fitted, embedder.recipe)
        meanings = (every.bases, every.bases, fitted.adapter.vectors(every))
        for (way, looks), meaning in zip(ways.each().items(), meanings, strict=True):
            alike = {
                "look": looks[held] @ looks.T,
                "look and meaning": LOOK_SHARE * (looks[held] @ looks.T)
                + (1 - LOOK_SHARE) * (meaning[held] @ meaning.T),
            }
            for signal, scores in alike.items():
                for among, chosen in (("all", np.arange(len(groups))), ("the held-out", held)):
                    hits = _same_product(scores, held, groups, chosen)
                    found.setdefault((among, signal, way), []).append(hits)
    for among in ("all", "the held-out"):
        for signal in ("look", "look and meaning"):
            for place, figure in ((0, "R@1"), (1, "R@10")):
                told = {
                    way: float(np.concatenate(found[among, signal, way])[:, place].mean())
                    for way in ("features alone", "own look", "fitted")
                }
                asked = sum(len(hits) for hits in found[among, signal, "fitted"])
                yield Measured(
                    WORKLOAD,
                    f"luma, same product among {among} pictures, {signal}: {figure}",
                    told["fitted"],
                    LUMA_TARGETS[figure] if signal == "look and meaning" else None,
                    f"own look {told['own look']:.3f}, features alone {told['features alone']:.3f}; "
                    f"{asked} of {len(groups)} pictures ask",
                )
    stand.drop(name)


def _fashion(stand: Stand) -> Iterator[Measured]:
    """Hold a fifth of the garments out of the fit, and look for the like of each among all."""
    embedder, settings = stand.embedder(), stand.settings(data.FASHION)
    truth = {one.sku: one for one in stand.garments()}
    pairs = gathered(stand.catalogue(data.FASHION, embedder.recipe))
    texts, world = CaptionVectors(embedder, settings.home), open_world(embedder, settings.home)
    shown = [truth[one.group] for one in pairs.shown]
    folds = _folds(np.array([one.group for one in pairs.shown]))
    held = np.flatnonzero(folds == 0)
    fitted = _fitted(pairs.rows(np.flatnonzero(folds != 0)), embedder.recipe, texts, world)
    texts.keep()
    shares = {
        way: _same_labels(looks, held, [one.type for one in shown], [one.colour for one in shown])
        for way, looks in _ways(pairs.features, fitted, embedder.recipe).each().items()
    }
    for place, what in enumerate(("type", "type and colour")):
        yield Measured(
            WORKLOAD,
            f"fashion, garments not fitted on: share of the ten nearest of one {what}",
            shares["fitted"][place],
            None if stand.quick else Target(least=round(shares["features alone"][place], 3)),
            f"own look {shares['own look'][place]:.3f}, features alone "
            f"{shares['features alone'][place]:.3f}; {len(held)} of {len(shown)} pictures ask",
        )
    for kind, one in fitted.thresholds.items():
        yield Measured(
            WORKLOAD,
            f"fashion, floor of {kind}: share of wrong answers that pass",
            one.wrong or 0.0,
            detail=f"cosine {one.floor}; of right answers "
            + ("none known" if one.right is None else f"{one.right:.3f} pass"),
        )


def _fitted(pairs: Pairs, recipe: Recipe, texts: CaptionVectors, world: OpenWorld) -> Fitted:
    came = try_fit(pairs, recipe, texts, world)
    if isinstance(came, str):
        raise RuntimeError(came)
    return came


def _ways(features: Features, fitted: Fitted, recipe: Recipe) -> Ways:
    own = features.looks
    alone = unit(own[:, : recipe.look_dimension - len(REACHED)])
    return Ways(alone, own, fitted.adapter.fitted_looks(features))


def _others(catalogue: Catalogue) -> Features:
    """Return the features of pictures that show no product, which products are looked for among too."""
    linked = {"term": {"product.linked": True}}
    query = {"bool": {"filter": [{"exists": {"field": "media.recipe"}}], "must_not": [linked]}}
    parts = ("media.vector", "media.look", "media.histogram")
    hits = catalogue.reader.scan(catalogue.names.assets, query, parts)
    return features_of([hit["_source"]["media"] for hit in hits])


def _joined(one: Features, other: Features) -> Features:
    return Features(
        np.concatenate([one.looks, other.looks]),
        np.concatenate([one.histograms, other.histograms]),
        np.concatenate([one.bases, other.bases]),
    )


def _folds(groups: NDArray[np.str_]) -> NDArray[np.intp]:
    names, places = np.unique(groups, return_inverse=True)
    folds: NDArray[np.intp] = (np.random.default_rng(0).permutation(len(names)) % FOLDS)[places]
    return folds


def _same_product(
    scores: Matrix, asking: NDArray[np.intp], groups: NDArray[np.str_], among: NDArray[np.intp]
) -> NDArray[np.bool_]:
    """Return, of each picture with another of its product, if the first and if any of ten shows that."""
    several = np.array([(groups[among] == groups[one]).sum() > 1 for one in asking])
    left = scores[several][:, among].copy()
    left[among[None, :] == asking[several][:, None]] = -np.inf
    near = among[np.argsort(-left, axis=1, kind="stable")[:, :DEPTH]]
    same = groups[near] == groups[asking[several]][:, None]
    return np.stack([same[:, 0], same.any(axis=1)], axis=1)


def _same_labels(
    looks: Matrix, asking: NDArray[np.intp], types: Sequence[str], colours: Sequence[str]
) -> tuple[float, float]:
    alike = looks[asking] @ looks.T
    alike[np.arange(len(asking)), asking] = -np.inf
    near = np.argpartition(-alike, DEPTH, axis=1)[:, :DEPTH]
    same, both = [], []
    for one, row in zip(asking, near, strict=True):
        same += [types[place] == types[one] for place in row]
        both += [(types[place], colours[place]) == (types[one], colours[one]) for place in row]
    return statistics.fmean(same), statistics.fmean(both)
