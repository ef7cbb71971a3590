"""The brakes, tried for real: a folder that is emptied, a clock a year ahead."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from discovery.audit.model import SELF, AuditRun, Finding, Outcome
from discovery.audit.runner import Terms
from discovery.audit.service import AuditService
from discovery.config import (
    AssetSourceSettings,
    EngineSettings,
    ModelSettings,
    ProductSourceSettings,
    Settings,
    SourcesSettings,
)
from discovery.engine.client import Engine
from discovery.errors import SourceShrank
from discovery.wiring import Service
from indexers.progress import Silent
from indexers.reconcile import Differences
from tests.indexing.stage import picture

FILES = 60
"""More than the fewest of which a share says anything."""


class House:
    """Sixty pictures, half of them named by products, indexed, linked and audited."""

    def __init__(self, engine: Engine, prefix: str, folder: Path) -> None:
        self.engine, self.prefix = engine, prefix
        self.pictures, table = folder / "pictures", folder / "products.csv"
        self.pictures.mkdir()
        for number in range(FILES):
            (self.pictures / f"{number:02}.png").write_bytes(picture("grey", (24, 24), number))
        rows = [f"MG-{number},Mug {number},{number:02}.png" for number in range(FILES // 2)]
        table.write_text("sku,name,images\n" + "\n".join(rows), encoding="utf-8")
        self.settings = Settings(
            engine=EngineSettings(url=engine.url, prefix=prefix, shards=3),
            model=ModelSettings(name="fake"),
            sources=SourcesSettings(
                assets=(AssetSourceSettings("studio", str(self.pictures)),),
                products=(ProductSourceSettings("shop", str(table), options={"assets": "studio"}),),
            ),
            home=folder / "home",
        )
        self.service = Service(self.settings)
        self.index()
        self.service.index_products(self.settings.sources.products[0], Silent())
        self.service.links.run()
        assert self.audit().outcome is Outcome.FINISHED

    def index(self) -> None:
        self.service.index_assets(self.settings.sources.assets[0], Silent())

    def audit(self, terms: Terms | None = None) -> AuditRun:
        return self.service.audit.run(terms)

    def found(self) -> dict[str, Finding]:
        """Every finding but the audit's own about itself."""
        found = self.service.audit.all_findings()
        return {finding.id: finding for finding in found if finding.rule != SELF}


@pytest.fixture
def house(engine: Engine, prefix: str, tmp_path: Path) -> Iterator[House]:
    made = House(engine, prefix, tmp_path)
    yield made
    made.service.engine.close()


def test_an_emptied_folder_is_removed_by_nobody_and_flagged_by_nobody(house: House) -> None:
    before = house.found()
    kept = house.pictures.rename(house.pictures.with_name("elsewhere"))
    house.pictures.mkdir()
    with pytest.raises(SourceShrank, match="0 of the 60 items"):
        house.index()
    with Differences() as differences:
        compared = house.service.reconcile(Silent(), differences)
    assert (compared.total, [one.outcome for one in compared.unreadable]) == (0, ["shrunken"])
    done = house.audit()
    assert done.outcome is Outcome.STOPPED
    assert "assets/studio" in done.reasons[0]
    assert house.found() == before
    house.pictures.rmdir()
    kept.rename(house.pictures)
    house.index()
    assert house.audit().outcome is Outcome.FINISHED
    assert house.found().keys() == before.keys()


def test_a_clock_a_year_ahead_flags_nothing(house: House) -> None:
    before = house.found()
    ahead = AuditService(house.engine, house.settings, clock=lambda: datetime.now(UTC) + timedelta(days=366))
    done = ahead.run()
    assert done.outcome is Outcome.STOPPED
    assert "the clock is ahead" in done.reasons[0]
    assert house.found() == before
    assert house.audit().outcome is Outcome.FINISHED
    assert house.found().keys() == before.keys()
