"""The demo catalogue in a real engine, seen through the starter model."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from discovery.config import (
    AssetSourceSettings,
    EngineSettings,
    ImageSettings,
    ModelSettings,
    ProductSourceSettings,
    Settings,
)
from discovery.demo import CATALOGUE
from discovery.engine.client import Engine
from discovery.vision.loading import load_embedder
from indexers.lifecycle import Lifecycle
from indexers.pipeline import index_assets, index_products
from indexers.sources.protocol import open_asset_source, open_product_source

DEMO = "demo"


def settings_at(settings: Settings, engine: Engine) -> Settings:
    """Return settings whose engine is the one that runs already."""
    return dataclasses.replace(settings, engine=dataclasses.replace(settings.engine, url=engine.url))


def indexed_demo(engine: Engine, prefix: str, home: Path) -> Settings:
    """Index the demo catalogue and return the settings by which it was."""
    settings = Settings(engine=EngineSettings(prefix=prefix), home=home)
    embedder = load_embedder(ModelSettings(precision="fp32"), home)
    catalogue = Lifecycle(engine, settings).ensure(embedder.recipe)
    pictures = AssetSourceSettings(name=DEMO, uri=str(CATALOGUE / "assets"))
    table = ProductSourceSettings(name=DEMO, path=str(CATALOGUE / "products.csv"), options={"assets": DEMO})
    files = open_asset_source(pictures, ImageSettings().max_bytes).items()
    index_assets(DEMO, files, catalogue, embedder, settings)
    index_products(DEMO, open_product_source(table).items(), catalogue, settings)
    return settings
