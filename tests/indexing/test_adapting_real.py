"""The catalogue adapter on real photographs: floors a little below what was measured."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from discovery.config import AssetSourceSettings, ProductSourceSettings, Settings
from discovery.engine.client import Engine
from discovery.vision.starter import load_starter
from indexers.adaptation import CaptionVectors, gathered
from indexers.fitting import try_fit
from indexers.lifecycle import Lifecycle
from indexers.open_world import open_world
from indexers.pipeline import index_assets, index_products
from indexers.sources.protocol import open_asset_source, open_product_source

PICTURES = 800
DATA = Path(__file__).parents[3] / "shared" / "data"
COLUMNS = {
    "sku": "id",
    "name": "productDisplayName",
    "images": "{id}.jpg",
    "assets": "fashion",
    "family": "articleType",
    "category": "{masterCategory}/{subCategory}/{articleType}",
    "attributes": "*",
}


@pytest.mark.realdata
def test_the_starter_learns_what_a_fashion_shop_calls_its_things(
    engine: Engine, settings: Settings, parts_home: Path
) -> None:
    if not (DATA / "fashion").is_dir():
        pytest.skip(f"there is no {DATA / 'fashion'}")
    settings = dataclasses.replace(settings, model=dataclasses.replace(settings.model, batch_size=32))
    starter = load_starter(parts_home / "model")
    catalogue = Lifecycle(engine, settings).ensure(starter.recipe)
    pictures = AssetSourceSettings(name="fashion", uri=str(DATA / "fashion" / "images"))
    listed = list(open_asset_source(pictures, 10_000_000).items())[:PICTURES]
    index_assets("fashion", listed, catalogue, starter, settings)
    table = ProductSourceSettings(name="fashion", path=str(DATA / "fashion" / "catalog.csv"), options=COLUMNS)
    index_products("fashion", open_product_source(table).items(), catalogue, settings)

    pairs = gathered(catalogue)
    assert len(pairs.shown) == PICTURES
    texts, world = CaptionVectors(starter, parts_home), open_world(starter, parts_home)
    fitted = try_fit(pairs, starter.recipe, texts, world)
    texts.keep()
    assert not isinstance(fitted, str)
    assert fitted.adopt, fitted.reason
    assert fitted.words.kind == "family"
    assert "colour" in fitted.words.traits
    assert fitted.adapted.queries >= 2 * fitted.base.queries
    assert (fitted.adapted.kinds or 0) >= 0.75
    assert (fitted.adapted.first_kind or 0) >= 0.8
    assert fitted.adapted.open_world >= 0.9 * fitted.base.open_world
