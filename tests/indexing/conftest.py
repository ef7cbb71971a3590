"""A catalogue of its own for each test, on the real engine."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from discovery.config import EngineSettings, IndexSettings, ModelSettings, Settings
from discovery.engine.client import Engine
from indexers.lifecycle import Lifecycle
from indexers.migration import Migration
from tests.indexing.stage import CountingEmbedder, Stage
from tests.vision.conftest import clip as clip
from tests.vision.conftest import clip_folder as clip_folder


@pytest.fixture
def settings(prefix: str, tmp_path: Path) -> Settings:
    return Settings(
        engine=EngineSettings(prefix=prefix),
        model=ModelSettings(batch_size=4),
        index=IndexSettings(workers=2, bulk_documents=50, retries=1),
        home=tmp_path / "home",
    )


@pytest.fixture
def lifecycle(engine: Engine, settings: Settings) -> Lifecycle:
    return Lifecycle(engine, settings)


@pytest.fixture
def migration(engine: Engine, lifecycle: Lifecycle, settings: Settings) -> Migration:
    return Migration(engine, lifecycle, settings)


@pytest.fixture
def stage(lifecycle: Lifecycle, settings: Settings) -> Stage:
    embedder = CountingEmbedder()
    return Stage(lifecycle.ensure(embedder.recipe), settings, embedder)


@pytest.fixture
def other_stage(engine: Engine, settings: Settings, tmp_path: Path) -> Stage:
    """A second, separate catalogue: what an undisturbed run comes to."""
    apart = dataclasses.replace(
        settings,
        engine=dataclasses.replace(settings.engine, prefix=f"{settings.engine.prefix}-apart"),
        home=tmp_path / "apart",
    )
    embedder = CountingEmbedder()
    return Stage(Lifecycle(engine, apart).ensure(embedder.recipe), apart, embedder)
