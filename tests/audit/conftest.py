"""The demo catalogue in a real engine, seen through the starter model, and an audit of it."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from discovery.audit.service import AuditService
from discovery.config import (
    AssetSourceSettings,
    AuditSettings,
    EngineSettings,
    ImageSettings,
    IndexSettings,
    ModelSettings,
    ProductSourceSettings,
    Settings,
)
from discovery.demo import CATALOGUE
from discovery.engine.client import Engine
from discovery.engine.indices import Indices
from discovery.vision.loading import load_embedder
from discovery.wiring import Service
from indexers.lifecycle import Lifecycle
from indexers.pipeline import index_assets, index_products
from indexers.sources.protocol import open_asset_source, open_product_source

DEMO = "demo"
Serve = Callable[..., AuditService]


class Clock:
    """A clock that stands where it is put; at first, where the machine's is."""

    def __init__(self) -> None:
        self.now = datetime.now(UTC)

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **by: float) -> None:
        self.now += timedelta(**by)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="session")
def demo(engine: Engine, session_prefix: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """Settings of a home and prefix under which the demo catalogue is indexed."""
    settings = indexed_demo(engine, f"{session_prefix}-audit-demo", tmp_path_factory.mktemp("audit-demo"))
    yield settings
    Indices(engine).close_leftovers(settings.engine.prefix)


@pytest.fixture(scope="session")
def linked_demo(
    engine: Engine, session_prefix: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Settings]:
    """The same once more, with links looked for, as `discovery demo` does it."""
    settings = indexed_demo(engine, f"{session_prefix}-linked-demo", tmp_path_factory.mktemp("linked-demo"))
    assert Service(settings_at(settings, engine)).links.run().outcome == "finished"
    yield settings
    Indices(engine).close_leftovers(settings.engine.prefix)


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


@pytest.fixture
def settings(prefix: str, tmp_path: Path) -> Settings:
    return Settings(
        engine=EngineSettings(prefix=prefix),
        model=ModelSettings(batch_size=4),
        index=IndexSettings(workers=2, bulk_documents=50, retries=1),
        home=tmp_path / "home",
    )


@pytest.fixture
def serve(engine: Engine, settings: Settings, clock: Clock) -> Serve:
    """Return an audit over this test's own catalogue: ``serve(most_new_share=1.0)``."""

    def service(**given: Any) -> AuditService:
        audit = dataclasses.replace(AuditSettings(), **given)
        return AuditService(engine, dataclasses.replace(settings, audit=audit), clock=clock)

    return service
