"""A generation beside the serving one: no write is lost, no search notices, nothing unfit serves."""

from __future__ import annotations

import dataclasses
import json
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from discovery.config import Settings, WebSettings
from discovery.engine.client import Engine
from discovery.engine.indices import Indices
from discovery.engine.reader import Reader
from discovery.engine.writer import Update, Writer
from discovery.errors import GenerationUnfit, IndexMissing, RunInProgress
from discovery.web.app import create_app
from discovery.web.server import Server
from discovery.wiring import Service
from indexers.catalogue import Catalogue
from indexers.lifecycle import Lifecycle
from indexers.locks import migration_lock
from indexers.migration import Migration
from indexers.progress import Silent
from mappings.documents import AssetDocument, ProductDocument, asset_id
from tests.indexing.stage import CountingEmbedder, Files, Stage, picture, product
from tests.indexing.test_crashes import ROOT

RED, BLUE = "bags/TB-1001_front.png", "bags/TB-2002_front.png"
SHOWN = {f"TB-{1000 + n}": f"shown-{n}.png" for n in range(5, 35)}


@pytest.fixture
def files() -> Files:
    named = {RED: picture("red"), BLUE: picture("blue", spot=1)}
    return Files(
        "studio", {**named, **{key: picture("green", spot=n) for n, key in enumerate(SHOWN.values())}}
    )


@pytest.fixture
def shop(stage: Stage, files: Files) -> Stage:
    fill(stage, files)
    return stage


def fill(stage: Stage, files: Files) -> None:
    stage.index(files)
    stage.index_products(
        product("TB-1001", name="Harbour Tote"),
        product("TB-2002", name="Field Satchel"),
        *(product(sku, key, name=f"Bag {sku}", family="Bag") for sku, key in SHOWN.items()),
    )


def filling(shop: Stage, files: Files, *meanwhile: Callable[[], None]) -> Callable[[Catalogue], None]:
    """Fill a generation; ``meanwhile`` happens when it has been filled."""

    def filled(catalogue: Catalogue) -> None:
        fill(Stage(catalogue, shop.settings, shop.embedder), files)
        for happens in meanwhile:
            happens()

    return filled


def held(engine: Engine, index: str) -> dict[str, dict[str, Any]]:
    """All documents of one index, without when they were indexed."""
    Indices(engine).refresh(index)
    found = {}
    for hit in Reader(engine).scan(index):
        document = AssetDocument if "media" in hit["_source"] else ProductDocument
        found[hit["_id"]] = source = document.from_source(hit["_source"]).to_source()
        del source["run"]["indexed"]
    return found


@dataclasses.dataclass
class Served:
    """The service over real HTTP, as the catalogue's searchers and deciders meet it."""

    service: Service
    address: str

    def decide(self, key: str, sku: str) -> None:
        body = {"asset": asset_id("studio", key), "sku": sku, "decision": "accept"}
        told = requests.post(f"{self.address}/api/v1/links/decisions", json=body, timeout=60)
        assert told.status_code == 200, told.text


@pytest.fixture
def served(engine: Engine, shop: Stage, settings: Settings) -> Iterator[Served]:
    settings = dataclasses.replace(settings, web=WebSettings(port=0))
    service = Service(settings, progress=False)
    service.__dict__["engine"] = engine
    service._embedder = shop.embedder
    server = Server(create_app(service.web_services(), settings), settings.web)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    yield Served(service, server.address)
    server.stop()
    thread.join(10)


def in_another_process(engine: Engine, stage: Stage, folder: Path, files: Files, **more: Any) -> int:
    """Index in a process of its own; return its exit code."""
    paths = {}
    for number, (key, data) in enumerate(sorted(files.files.items())):
        path = folder / f"{number}.bin"
        path.write_bytes(data)
        paths[key] = str(path)
    told = {
        "prefix": stage.settings.engine.prefix,
        "home": str(stage.settings.home),
        "url": engine.url,
        "files": paths,
        "products": {"TB-1001": [], "TB-2002": [], "TB-9009": ["new.png"]}
        | {s: [k] for s, k in SHOWN.items()},
        **more,
    }
    command = [sys.executable, "-m", "tests.indexing.victim", json.dumps(told)]
    return subprocess.run(command, cwd=ROOT, check=False, capture_output=True, timeout=120).returncode


def write_all_sorts(engine: Engine, shop: Stage, served: Served, folder: Path, files: Files) -> None:
    """What people, sources and jobs do to a catalogue in an hour."""
    changed = Files("studio", {**files.files, "new.png": picture("white", spot=99)})
    changed.files[RED] = picture("red", spot=77)
    del changed.files[BLUE]
    assert in_another_process(engine, shop, folder, changed) == 0
    served.decide(RED, "TB-2002")
    used = {"asset": asset_id("studio", RED), "action": "download", "at": "2026-01-05T10:00:00Z", "id": "one"}
    assert served.service.usage.take("shop", [used]).taken == 1
    assert served.service.usage.roll_up().written == 1
    writer = Writer(engine)
    approved = {"curation": {"status": "approved"}, "run": {"pending": True}}
    list(writer.write([Update(shop.catalogue.names.assets, asset_id("studio", "shown-9.png"), approved)]))


def test_what_is_written_meanwhile_is_in_both_and_outlives_promotion_and_rollback(
    engine: Engine, shop: Stage, files: Files, served: Served, tmp_path: Path
) -> None:
    migration = served.service.migration(Silent())
    embedded = shop.embedder.embedded
    change = migration.rebuild(
        shop.embedder.recipe,
        filling(shop, files, lambda: write_all_sorts(engine, shop, served, tmp_path, files)),
    )
    old, new = ([held(engine, name) for name in names] for names in (change.retired, change.serving))
    assert new == old
    assets, products = new
    red = assets[asset_id("studio", RED)]
    assert red["product"]["sku"] == ["TB-2002"]
    assert red["usage"]["used"] == 1
    assert assets[asset_id("studio", "shown-9.png")]["curation"]["status"] == "approved"
    assert asset_id("studio", BLUE) not in assets
    assert products["TB-9009"]["assets"]["vector"] == assets[asset_id("studio", "new.png")]["media"]["vector"]
    assert not any(one["run"]["pending"] for one in (*assets.values(), *products.values()))
    assert shop.embedder.embedded == embedded, "what another process embedded was copied"

    # What is written from now on outlives going back, and going forth again.
    served.decide(RED, "TB-1001")
    shop.index(Files("studio", {k: v for k, v in files.files.items() if k != "shown-9.png"}))
    after = [held(engine, name) for name in change.serving]
    back = migration.rollback()
    assert (back.serving, back.retired) == (change.retired, change.serving)
    assert [held(engine, name) for name in back.serving] == after
    assert sorted(after[0][asset_id("studio", RED)]["product"]["sku"]) == ["TB-1001", "TB-2002"]
    forth = migration.promote()
    assert forth.serving == change.serving
    assert [held(engine, name) for name in forth.serving] == after
    migration.prune(1)
    with pytest.raises(IndexMissing):
        migration.rollback()


def test_searches_are_whole_while_generations_come_and_go(shop: Stage, files: Files, served: Served) -> None:
    stop, asked, wrong = threading.Event(), [0], list[Any]()
    expected = served.service.search  # built before the loop begins
    assert expected is not None

    def loop() -> None:
        with requests.Session() as session:
            while not stop.is_set():
                for side, total in (("assets", 1), ("products", 1)):
                    asking = {"in": side, "q": "TB-1007", "mode": "hybrid"}
                    told = session.post(f"{served.address}/api/v1/search", json=asking, timeout=60)
                    page = told.json()
                    if told.status_code != 200 or page["total"] < total or page["fallback_reason"]:
                        wrong.append(page)
                asked[0] += 1

    thread = threading.Thread(target=loop)
    thread.start()
    migration = served.service.migration(Silent())
    for _ in range(2):
        migration.rebuild(shop.embedder.recipe, filling(shop, files))
        migration.rollback()
        migration.promote()
    stop.set()
    thread.join()
    assert wrong == []
    assert asked[0] > 10


def test_another_models_pictures_are_looked_at_again_however_late_they_come(
    migration: Migration, lifecycle: Lifecycle, shop: Stage, files: Files
) -> None:
    other = CountingEmbedder()
    other._recipe = dataclasses.replace(other.recipe, weights="sha256:00")
    came: list[bool] = []

    def filled(catalogue: Catalogue) -> None:
        fill(Stage(catalogue, shop.settings, other), files)
        if not came:
            came.append(True)
            files.files["late.png"] = picture("white", spot=99)
            shop.index(files)

    migration.rebuild(other.recipe, filled)
    late = shop.assets()["late.png"]
    assert (late.media.recipe, late.run and late.run.version != "") == (other.recipe.digest, True)
    # Going back, pictures that came since are found by words, and by sight after the next run.
    files.files["later.png"] = picture("black", spot=98)
    Stage(lifecycle.serving(), shop.settings, other).index(files)
    back = migration.rollback()
    assert back.without_vectors == 1
    later = shop.assets()["later.png"]
    assert (later.media.recipe, later.media.vector, later.media.look) == (None, None, None)
    assert shop.assets()["late.png"].media.recipe == shop.embedder.recipe.digest
    assert shop.index(files).embedded == 1
    assert shop.assets()["later.png"].media.recipe == shop.embedder.recipe.digest


def test_a_killed_rebuild_leaves_the_old_one_serving_and_the_next_goes_on(
    engine: Engine, migration: Migration, lifecycle: Lifecycle, shop: Stage, files: Files, tmp_path: Path
) -> None:
    before = shop.everything()
    serving = [family.generation for family in lifecycle.status()]
    assert in_another_process(engine, shop, tmp_path, files, rebuild=True, die_before=60) == -signal.SIGKILL
    assert shop.everything() == before
    assert [family.generation for family in lifecycle.status()] == serving
    half = lifecycle.waiting()
    assert half is not None
    with pytest.raises(GenerationUnfit, match=r"not filled to its end.*discovery index rebuild"):
        migration.promote()
    change = migration.rebuild(shop.embedder.recipe, filling(shop, files))
    assert change.serving == (half.assets, half.products)
    assert shop.everything() == before


def test_two_migrations_at_once_are_refused_by_name(
    migration: Migration, shop: Stage, files: Files, settings: Settings
) -> None:
    tried: list[str] = []

    def meanwhile() -> None:
        attempts: list[Callable[[], object]] = [
            lambda: migration.rebuild(shop.embedder.recipe, filling(shop, files)),
            migration.promote,
            migration.rollback,
        ]
        for attempt in attempts:
            with pytest.raises(RunInProgress, match="a rebuild is under way since") as refused:
                attempt()
            tried.append(refused.value.detail)

    migration.rebuild(shop.embedder.recipe, filling(shop, files, meanwhile))
    assert len(tried) == 3
    with migration_lock(settings.home, settings.engine.prefix, "a test"):
        pass


def test_what_the_gate_does_not_pass_waits_and_can_be_forced(
    engine: Engine, shop: Stage, files: Files, served: Served, tmp_path: Path
) -> None:
    judged = tmp_path / "judged.toml"
    judged.write_text('[tuning]\n"field satchel" = ["TB-2002"]\n')
    service = served.service
    service.settings = dataclasses.replace(
        service.settings, index=dataclasses.replace(service.settings.index, judged_queries=str(judged))
    )
    migration = service.migration(Silent())
    change = migration.rebuild(shop.embedder.recipe, filling(shop, files), promote=False)
    assert change.serving == ()
    passed = migration.compare()
    assert passed is not None
    assert passed.findings == ()
    assert passed.figures["judged queries, products nDCG@10"] == 1.0
    assert passed.figures["identifiers nDCG@10"] == 1.0
    assert passed.figures["assets media.look recall@10"] > 0.9

    _, products = change.waiting
    writer = Writer(engine)
    titles = {"source": {"title": "nothing", "identifiers": []}}
    list(writer.write([Update(products, sku, titles) for sku in ("TB-2002", *SHOWN)]))
    writer.refresh(products)
    with pytest.raises(GenerationUnfit, match=r"judged queries, products: nDCG@10 falls.*--force") as refused:
        migration.promote()
    assert "titles" in refused.value.detail
    compared = migration.compare()
    assert compared is not None
    assert {one.check for one in compared.findings} == {"relevance", "document"}
    assert service.migration(Silent()).promote(force=True).serving == change.waiting
    # One that follows nothing that serves lacks what was written since.
    stray = service.lifecycle.prepare(shop.embedder.recipe)
    with pytest.raises(GenerationUnfit, match=r"does not follow the serving generation"):
        migration.promote([stray.assets, stray.products])


def test_documents_far_fewer_than_served_are_not_let_through(
    engine: Engine, migration: Migration, lifecycle: Lifecycle, shop: Stage, files: Files
) -> None:
    [family, *_] = lifecycle.status()

    def robbed(catalogue: Catalogue) -> None:
        filling(shop, files)(catalogue)
        for ident in list(held(engine, catalogue.names.assets))[:25]:
            engine.client.delete(index=catalogue.names.assets, id=ident, refresh=True)

    with pytest.raises(GenerationUnfit, match=r"it has 7 of the 32 documents that serve"):
        migration.rebuild(shop.embedder.recipe, robbed)
    assert lifecycle.status()[0].generation == family.generation


def test_a_generation_of_another_version_is_followed_but_not_written_to(
    engine: Engine, migration: Migration, lifecycle: Lifecycle, shop: Stage, files: Files
) -> None:
    leader = lifecycle.serving_generation()
    assert leader is not None
    for name in leader.sides().values():
        Indices(engine).restamp(name, {"mapping": "older"})

    def meanwhile() -> None:
        changed = {"usage": {"used": 3}, "run": {"pending": True}}
        list(Writer(engine).write([Update(leader.products, "TB-1007", changed)]))

    change = migration.rebuild(shop.embedder.recipe, filling(shop, files, meanwhile))
    assert held(engine, leader.products)["TB-1007"]["run"]["pending"]
    here = held(engine, change.serving[1])["TB-1007"]
    assert (here["usage"]["used"], here["run"]["pending"]) == (3, False)
    lifecycle.ensure(shop.embedder.recipe)
