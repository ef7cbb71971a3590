"""Sources, index, thumbnails and decisions compared on a real engine, and what mends them."""

from __future__ import annotations

import csv
import json
import os
import shutil
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from discovery.audit.listing import FindingsQuery
from discovery.audit.model import Outcome
from discovery.audit.runner import Terms
from discovery.cli.main import main
from discovery.config import (
    AssetSourceSettings,
    EngineSettings,
    ModelSettings,
    ProductSourceSettings,
    Settings,
    SourcesSettings,
)
from discovery.curation.words import LinkWord, Word
from discovery.engine.client import Engine
from discovery.engine.writer import Delete, Put, Update, Writer
from discovery.scheduler.model import PROBLEMS, SUCCEEDED, Turn
from discovery.wiring import Service
from indexers.locks import source_lock
from indexers.progress import Silent
from indexers.reconcile import Differences, Reconciliation
from mappings.documents import asset_id
from mappings.registry import ASSETS, DECISIONS, LINKS, PRODUCTS
from tests.indexing.stage import picture

TABLE = "sku,name,images\nMG-1,Red mug,red.png\nMG-2,Blue mug,blue.png\nMG-3,Green mug,\n"


class Shop:
    """A folder of pictures and a table of products, indexed by a service of its own."""

    def __init__(self, engine: Engine, prefix: str, folder: Path) -> None:
        self.pictures, self.table = folder / "pictures", folder / "products.csv"
        self.pictures.mkdir()
        self.table.write_text(TABLE, encoding="utf-8")
        for number, name in enumerate(("red", "blue", "green", "grey", "white", "black")):
            (self.pictures / f"{name}.png").write_bytes(picture(name, spot=number))
        self.file = folder / "config.toml"
        self.file.write_text(
            f'[engine]\nurl = "{engine.url}"\nprefix = "{prefix}"\n[model]\nname = "fake"\n'
            f'[[sources.assets]]\nname = "studio"\nuri = "{self.pictures}"\n'
            f'[[sources.products]]\nname = "shop"\npath = "{self.table}"\n'
            'options = { assets = "studio" }\n',
            encoding="utf-8",
        )
        self.settings = Settings(
            engine=EngineSettings(url=engine.url, prefix=prefix),
            model=ModelSettings(name="fake"),
            sources=SourcesSettings(
                assets=(AssetSourceSettings("studio", str(self.pictures)),),
                products=(ProductSourceSettings("shop", str(self.table), options={"assets": "studio"}),),
            ),
            home=folder / "home",
        )
        self.engine = engine
        self.prefix = prefix
        self.service = Service(self.settings)

    def index(self) -> None:
        for assets in self.settings.sources.assets:
            self.service.index_assets(assets, Silent())
        for products in self.settings.sources.products:
            self.service.index_products(products, Silent())

    def write(self, *operations: Put | Update | Delete) -> None:
        writer = Writer(self.engine)
        assert {outcome.status for outcome in writer.write(operations)} <= {"written", "gone"}
        for operation in operations:
            writer.refresh(operation.index)

    def compare(self, **how: Any) -> tuple[Reconciliation, list[tuple[str, str, str]]]:
        with Differences() as differences:
            found = self.service.reconcile(Silent(), differences, **how)
            return found, sorted((one.side, one.kind, one.key) for one in differences.each())

    def command(self, *arguments: str, code: int = 0) -> Result:
        environment = {"DISCOVERY_HOME": str(self.settings.home)}
        given = ["--config", str(self.file), *arguments]
        result = CliRunner().invoke(main, given, env=environment)
        assert result.exit_code == code, result.output
        return result

    def thumbnail(self, name: str) -> Path:
        asset = self.service.lifecycle.serving().assets.light([asset_id("studio", name)])
        return self.service.thumbnail(next(iter(asset.values())), min(self.settings.images.thumbnail_sizes))


@pytest.fixture
def shop(engine: Engine, prefix: str, tmp_path: Path) -> Iterator[Shop]:
    made = Shop(engine, prefix, tmp_path)
    made.index()
    yield made
    made.service.engine.close()


def test_what_agrees_is_clean(shop: Shop) -> None:
    found, differences = shop.compare()
    assert (found.clean, differences) == (True, [])
    assert {(one.source, one.listed, one.stored) for one in found.sources} == {
        ("studio", 6, 6),
        ("shop", 3, 3),
    }


def test_everything_that_differs_is_named_mended_and_clean_after_that(shop: Shop, tmp_path: Path) -> None:
    (shop.pictures / "new.png").write_bytes(picture("pink"))
    (shop.pictures / "blue.png").write_bytes(picture("navy", (60, 50)))
    (shop.pictures / "grey.png").unlink()
    shop.table.write_text(TABLE.replace("Green mug", "Greener mug") + "MG-4,Cup,\n", encoding="utf-8")
    shop.thumbnail("white.png").unlink()
    orphan = shop.settings.home / "thumbnails" / "aa" / f"aa{'0' * 62}-256.webp"
    orphan.parent.mkdir(exist_ok=True)
    orphan.write_bytes(b"old")
    os.utime(orphan, (time.time() - 200_000,) * 2)
    red = asset_id("studio", "red.png")
    shop.write(Update(ASSETS.write_alias(shop.prefix), red, {"product": {"linked": False, "sku": []}}))
    shop.write(Update(PRODUCTS.write_alias(shop.prefix), "MG-3", {"assets": {"linked": True, "count": 9}}))
    expected = [
        ("assets", "extra", "grey.png"),
        ("assets", "missing", "new.png"),
        ("assets", "outdated", "blue.png"),
        ("assets", "projection", "red.png"),
        ("products", "missing", "MG-4"),
        ("products", "outdated", "MG-3"),
        ("products", "projection", "MG-3"),
        ("thumbnails", "extra", orphan.name),
        ("thumbnails", "missing", "white.png"),
    ]
    list_file = tmp_path / "differences.csv"
    told = json.loads(shop.command("index", "reconcile", "--json", "-o", str(list_file), code=1).stdout)
    assert sorted((one["side"], one["kind"], one["key"]) for one in told["differences"]) == expected
    with list_file.open(encoding="utf-8", newline="") as file:
        assert sorted((row["side"], row["kind"], row["key"]) for row in csv.DictReader(file)) == expected
    words = shop.command("index", "reconcile", code=1).stdout
    assert "assets studio: 1 missing: new.png" in words

    mended = shop.command("index", "reconcile", "--repair").stdout
    assert "repaired: 9 of 9" in mended
    assert "reconcile: clean" in mended
    found, differences = shop.compare()
    assert (found.clean, differences) == (True, [])
    assert not orphan.exists()
    shop.command("index", "reconcile")


def test_a_source_that_is_down_or_emptied_is_said_and_nothing_is_extra(shop: Shop) -> None:
    kept = shop.pictures.with_name("elsewhere")
    shop.pictures.rename(kept)
    shop.table.rename(shop.table.with_suffix(".gone"))
    found, differences = shop.compare()
    assert {(one.source, one.outcome) for one in found.sources} == {
        ("studio", "unreachable"),
        ("shop", "unreachable"),
    }
    assert differences == []
    assert not found.clean
    assert "cannot be listed" in shop.command("index", "reconcile", code=1).stdout
    shop.table.with_suffix(".gone").rename(shop.table)

    shop.pictures.mkdir()
    found, differences = shop.compare()
    assert differences == []
    (studio,) = found.unreadable
    assert (studio.outcome, studio.listed, studio.stored) == ("shrunken", 0, 6)
    shop.command("index", "reconcile", "--repair", code=1)
    assert len(shop.service.lifecycle.serving().assets.existing([asset_id("studio", "red.png")])) == 1

    (shop.pictures / "red.png").write_bytes((kept / "red.png").read_bytes())
    meant, differences = shop.compare(accept_shrink=True)
    assert not meant.unreadable
    assert [one for one in differences if one[1] == "extra"] == [
        ("assets", "extra", f"{name}.png") for name in ("black", "blue", "green", "grey", "white")
    ]
    shop.command("index", "reconcile", "--repair", "--accept-shrink")


def test_a_source_that_is_being_indexed_is_compared_another_time(shop: Shop) -> None:
    (shop.pictures / "new.png").write_bytes(picture("pink"))
    with source_lock(shop.settings.home, shop.prefix, "assets", "studio"):
        found, differences = shop.compare()
    assert differences == []
    assert {one.source: one.outcome for one in found.sources} == {"studio": "indexing", "shop": "compared"}
    assert found.clean


def test_a_word_that_a_crash_kept_from_the_links_is_found_and_carried_out(shop: Shop) -> None:
    grey, red = asset_id("studio", "grey.png"), asset_id("studio", "red.png")
    decisions = shop.service.decisions
    decisions.decide([LinkWord(grey, "MG-3", Word.ACCEPT), LinkWord(red, "MG-1", Word.REFUSE)], "ann")
    assert shop.compare()[1] == []
    links = LINKS.write_alias(shop.prefix)
    shop.write(Delete(links, grey), Delete(links, red))
    _, differences = shop.compare()
    assert [one for one in differences if one[0] == "links"] == [
        ("links", "decision", "grey.png"),
        ("links", "decision", "red.png"),
    ]
    assert ("assets", "projection", "grey.png") in differences
    shop.command("index", "reconcile", "--repair")
    assert shop.compare()[1] == []
    serving = shop.service.lifecycle.serving()
    assert serving.assets.light([grey])[grey].product.sku == ("MG-3",)
    assert serving.assets.light([red])[red].product.sku == ()
    # And the other way round: links by a word that nobody holds to any more.
    hits = list(serving.reader.scan(DECISIONS.write_alias(shop.prefix)))
    shop.write(*(Delete(DECISIONS.write_alias(shop.prefix), hit["_id"]) for hit in hits))
    assert ("links", "decision", "grey.png") in shop.compare()[1]


def test_a_file_that_is_known_to_fail_is_no_difference(shop: Shop) -> None:
    (shop.pictures / "broken.png").write_bytes(picture("pink")[:60])
    shop.index()
    found, differences = shop.compare()
    assert (found.clean, differences) == (True, [])
    assert sum(one.failed for one in found.sources) == 1


def test_bytes_that_changed_behind_the_same_size_and_date_are_outdated_and_read_again(shop: Shop) -> None:
    file = shop.pictures / "red.png"
    there = file.stat()
    data = bytearray(file.read_bytes())
    data[-1] ^= 1  # a bit of the last checksum, which decoders overlook
    file.write_bytes(bytes(data))
    os.utime(file, ns=(there.st_atime_ns, there.st_mtime_ns))
    _, differences = shop.compare()
    assert differences == [("assets", "outdated", "red.png")]
    shop.command("index", "reconcile", "--repair")
    assert shop.compare()[1] == []


def test_figures_and_the_audit_go_by_the_record_of_the_last_comparison(shop: Shop) -> None:
    def readings() -> dict[tuple[str, ...], float]:
        found = shop.service.web_services().readings()
        return {(one.name, *one.labels.values()): one.value for one in found if "reconcile" in one.name}

    def missing() -> list[str]:
        audited = shop.service.audit.run(Terms(rules=("asset-file-missing",)))
        assert audited.outcome is Outcome.FINISHED, audited.reasons
        found = shop.service.audit.findings(FindingsQuery(rule="asset-file-missing", state="open"))
        return [one.subject.name for one in found.findings]

    assert not any(name[0].endswith("timestamp_seconds") for name in readings())
    assert missing() == []
    (shop.pictures / "grey.png").unlink()
    assert missing() == []
    found, _ = shop.compare()
    told = readings()
    assert told["discovery_reconcile_last_timestamp_seconds",] == pytest.approx(found.finished.timestamp())
    assert told["discovery_reconcile_differences", "assets", "studio", "extra"] == 1
    assert told["discovery_reconcile_clean",] == 0
    assert missing() == ["grey.png"]
    # Put back and indexed: the run has listed the source after the comparison.
    (shop.pictures / "grey.png").write_bytes(picture("grey", spot=3))
    shop.index()
    assert missing() == []


def test_the_job_tells_in_figures_what_differs(shop: Shop) -> None:
    (job,) = (one for one in shop.service.jobs() if one.id == "reconcile")
    turn = Turn("reconcile", datetime.now(UTC), 1)
    assert job.call(turn).outcome == SUCCEEDED
    (shop.pictures / "grey.png").unlink()
    done = job.call(turn)
    assert done.outcome == PROBLEMS
    assert (done.figures["extra"], done.figures["listed"]) == (1, 8)
    assert done.reason == "assets studio: 1 extra"


def test_an_emptied_folder_makes_no_missing_files(shop: Shop) -> None:
    shutil.rmtree(shop.pictures)
    shop.pictures.mkdir()
    shop.compare()
    done = shop.service.audit.run(Terms(rules=("asset-file-missing",)))
    assert done.rules["asset-file-missing"].flagged == 0


def test_a_list_that_cannot_be_written_is_refused(shop: Shop, tmp_path: Path) -> None:
    said = shop.command("index", "reconcile", "-o", str(tmp_path / "no" / "list.jsonl"), code=2).output
    assert "list.jsonl" in said
