"""A model fitted to a catalogue over an open_clip base: a tiny one of random weights, which knows no word."""

from __future__ import annotations

import dataclasses

import numpy as np

from discovery.config import Settings
from discovery.engine.client import Engine
from discovery.vision.embedder import Embedder
from indexers.adaptation import Adapting
from indexers.lifecycle import Lifecycle
from indexers.models import FittedModels
from indexers.pipeline import index_assets, index_products
from tests.indexing.stage import Files, picture, product
from tests.indexing.test_adapting import COLOURS, EACH


def test_an_open_clip_base_learns_words_is_searched_by_them_and_can_be_had_back(
    engine: Engine, lifecycle: Lifecycle, settings: Settings, clip: Embedder
) -> None:
    settings = dataclasses.replace(settings, model=dataclasses.replace(settings.model, adapt_least=40))
    catalogue = lifecycle.ensure(clip.recipe)
    names = {f"{family}-{n}": colour for family, colour in COLOURS.items() for n in range(EACH)}
    files = Files("studio", {f"{sku}.png": picture(c, spot=n) for n, (sku, c) in enumerate(names.items())})
    index_assets("studio", files.items(), catalogue, clip, settings)
    products = [
        product(sku, f"{sku}.png", name=sku.replace("-", " "), family=sku.partition("-")[0]) for sku in names
    ]
    index_products("shop", products, catalogue, settings)

    adapting = Adapting(engine, lifecycle, settings, clip)
    came = adapting.adapt()
    assert came.outcome == "adopted", came.reason
    assert came.fitted is not None
    assert (came.fitted.adapted.first_kind or 0) >= 0.9 > (came.fitted.base.first_kind or 0)

    fitted = FittedModels(lambda: engine, settings.engine.prefix, settings.home, lambda: clip)
    assert fitted.serving().recipe.digest == came.recipe
    vectors = {
        hit["_source"]["source"]["key"]: hit["_source"]["media"]
        for hit in catalogue.reader.scan(catalogue.names.assets)
    }
    for family in COLOURS:
        asked = fitted.serving().embed_text(family)
        best = max(vectors, key=lambda key: float(np.dot(vectors[key]["vector"], asked)))
        assert best.startswith(family)
    # Such a model has one vector for both spaces; only that of words is fitted.
    media = vectors["sofa-1.png"]
    assert media["base"] == media["look"] != media["vector"]
    adapting.use("base")
    assert fitted.serving().recipe == clip.recipe
    back = next(iter(catalogue.reader.scan(catalogue.names.assets)))["_source"]["media"]
    assert back["vector"] == back["look"]
    assert "base" not in back
