"""A shelf of documents in a real engine, and usage told of them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from discovery.config import EngineSettings, ModelSettings, Settings
from discovery.engine.client import Engine
from discovery.engine.writer import Put, Writer
from discovery.usage.service import UsageService
from discovery.vision.fake import FakeEmbedder
from discovery.wiring import Service
from mappings.documents import AssetDocument, ProductDocument
from mappings.registry import ASSETS, PRODUCTS, RUNS
from tests.audit.making import asset, product

BOWL, CUP, MUG = asset("bowl.jpg"), asset("cup.jpg"), product("MG-1")


class Clock:
    def __init__(self) -> None:
        self.now = datetime.now(UTC).replace(microsecond=0)

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **by: float) -> datetime:
        self.now += timedelta(**by)
        return self.now


class Shelf:
    """Documents that a test puts there itself, and the service over them."""

    def __init__(self, engine: Engine, settings: Settings, clock: Clock) -> None:
        self.service = Service(settings)
        self.service.lifecycle.ensure(FakeEmbedder().recipe)
        self.engine, self.settings, self.clock = engine, settings, clock
        self.prefix = settings.engine.prefix
        self.usage = UsageService(engine, settings, clock)

    def put(self, *documents: AssetDocument | ProductDocument) -> None:
        writer = Writer(self.engine)
        families = [ASSETS if isinstance(one, AssetDocument) else PRODUCTS for one in documents]
        puts = [
            Put(family.write_alias(self.prefix), one.id, one.to_source())
            for family, one in zip(families, documents, strict=True)
        ]
        assert all(outcome.status == "written" for outcome in writer.write(puts))
        for family in set(families):
            writer.refresh(family.write_alias(self.prefix))

    def indexed(self, source: str = "studio") -> None:
        """Record an indexing run, as of now."""
        now = self.clock().isoformat()
        record = {"kind": "run", "source": source, "side": "assets", "started": now, "finished": now,
                  "outcome": "finished", "counts": {}}  # fmt: skip
        writer, runs = Writer(self.engine), RUNS.write_alias(self.prefix)
        assert all(o.status == "written" for o in writer.write([Put(runs, f"run-{now}", record)]))
        writer.refresh(runs)

    def asset(self, one: AssetDocument) -> AssetDocument:
        return self.service.lifecycle.serving().assets.light([one.id])[one.id]

    def product(self, sku: str) -> ProductDocument:
        return self.service.lifecycle.serving().products.light([sku])[sku]

    def event(self, id: str, action: str, one: AssetDocument, **more: Any) -> dict[str, Any]:
        return {"id": id, "action": action, "asset": one.id, "at": self.clock().isoformat(), **more}


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def shelf(engine: Engine, prefix: str, tmp_path: Path, clock: Clock) -> Iterator[Shelf]:
    settings = Settings(
        engine=EngineSettings(url=engine.url, prefix=prefix),
        model=ModelSettings(name="fake"),
        home=tmp_path / "home",
    )
    made = Shelf(engine, settings, clock)
    made.put(BOWL, CUP, MUG)
    yield made
    made.service.engine.close()
