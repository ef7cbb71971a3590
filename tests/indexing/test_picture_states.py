"""How products stand with their pictures, after everything that may change it."""

from __future__ import annotations

import dataclasses
import json
from contextlib import AbstractContextManager, nullcontext
from datetime import UTC, datetime, timedelta

import pytest

from discovery.config import AuditSettings, PictureSetSettings
from discovery.curation.link_decisions import LinkDecisions
from discovery.curation.words import LinkWord, Word
from discovery.engine.client import Engine
from discovery.engine.reader import Reader
from discovery.engine.records import Records
from discovery.engine.writer import Update
from discovery.picture_sets.standing import SetJudge
from indexers.link_run import LinkRun
from indexers.projection import Projection
from mappings.documents import AssetsSide, asset_id
from tests.indexing.stage import Files, Stage, picture, product

FRONT, BACK = "mug_front.png", "mug_back.png"
NEXT_YEAR = datetime.now(UTC) + timedelta(days=365)
WANTED = AuditSettings(least_long_edge=30, picture_sets=(PictureSetSettings(views=("front", "back")),))
MUG = product("MG-1", FRONT, BACK, name="Mug")


@pytest.fixture
def shop(stage: Stage) -> Stage:
    stage.settings = dataclasses.replace(stage.settings, audit=WANTED)
    return stage


@pytest.fixture
def files() -> Files:
    return Files("studio", {FRONT: picture("red"), BACK: picture("blue", spot=1)})


def expiring(ends: datetime) -> tuple[bytes, str]:
    return json.dumps({"licence_ends": ends.date().isoformat()}).encode(), "json"


def state(stage: Stage, sku: str = "MG-1") -> tuple[bool, tuple[str, ...], int, tuple[str, ...]]:
    side: AssetsSide = stage.products()[sku].assets
    return side.hero_usable, side.hero_problems, side.completeness, side.lacking


def settle(stage: Stage, *, audit: AuditSettings = WANTED, now: datetime | None = None) -> int:
    def unlocked() -> AbstractContextManager[None]:
        return nullcontext()

    moment = now or datetime.now(UTC)
    return Projection(stage.catalogue, unlocked, SetJudge(audit), clock=lambda: moment).settle()


def test_a_whole_set_is_complete_and_a_product_without_pictures_lacks_all(shop: Stage, files: Files) -> None:
    shop.index(files)
    shop.index_products(MUG, product("MG-2", name="Bare mug"))
    assert state(shop) == (True, (), 100, ())
    assert shop.products()["MG-1"].assets.roles == ("hero", "alternate")
    assert shop.assets()[FRONT].product.role == ("hero",)
    assert state(shop, "MG-2") == (False, ("no main picture",), 0, ("front", "back"))
    assert settle(shop) == 0


def test_a_picture_that_comes_and_one_that_goes_tell(shop: Stage, files: Files) -> None:
    back = files.files.pop(BACK)
    shop.index_products(MUG)
    assert state(shop) == (False, ("not there",), 0, ("front", "back"))
    shop.index(files)
    assert state(shop) == (True, (), 50, ("back",))
    files.files[BACK] = back
    shop.index(files)
    assert state(shop) == (True, (), 100, ())
    del files.files[FRONT]
    shop.index(files, accept_shrink=True)
    assert state(shop) == (False, ("not there",), 50, ("front",))


def test_a_licence_that_changes_tells(shop: Stage, files: Files) -> None:
    shop.index(files)
    shop.index_products(MUG)
    files.sidecars[FRONT] = expiring(datetime(2020, 1, 1, tzinfo=UTC))
    shop.index(files)
    assert state(shop)[:2] == (False, ("licence ended",))
    files.sidecars[FRONT] = expiring(NEXT_YEAR)
    shop.index(files)
    assert state(shop)[:2] == (True, ())


def test_a_licence_that_ends_with_the_days_tells_at_the_next_step(shop: Stage, files: Files) -> None:
    files.sidecars[FRONT] = expiring(NEXT_YEAR)
    shop.index(files)
    shop.index_products(MUG, product("MG-2", name="Bare mug"))
    assert settle(shop, now=NEXT_YEAR - timedelta(days=1)) == 0
    late = NEXT_YEAR + timedelta(days=2)
    assert settle(shop, now=late) == 1
    assert state(shop)[:2] == (False, ("licence ended",))
    assert settle(shop, now=late) == 0


def test_other_settings_judge_all_products_anew_once(shop: Stage, files: Files) -> None:
    shop.index(files)
    shop.index_products(MUG, product("MG-2", name="Bare mug"))
    strict = dataclasses.replace(WANTED, least_long_edge=100)
    assert settle(shop, audit=strict) == 2
    assert state(shop)[:2] == (False, ("too small",))
    assert settle(shop, audit=strict) == 0
    assert len(shop.products()["MG-1"].assets.vector or ()) > 0


def test_a_link_that_a_person_decides_tells(shop: Stage, engine: Engine) -> None:
    shop.index(Files("studio", {"DSC_1.png": picture("red")}))
    shop.index_products(product("MG-1", name="Mug"))
    prefix = shop.settings.engine.prefix
    run = LinkRun(shop.catalogue, shop.settings, lambda ids: decisions.of(ids))
    decisions = LinkDecisions(Records(engine), Reader(engine), prefix, run.reconsider)
    ident = asset_id("studio", "DSC_1.png")
    decisions.decide([LinkWord(ident, "MG-1", Word.ACCEPT, role="hero")], "a librarian")
    assert state(shop) == (True, (), 50, ("back",))
    decisions.decide([LinkWord(ident, "MG-1", Word.REFUSE)], "a librarian")
    assert state(shop) == (False, ("no main picture",), 0, ("front", "back"))


def test_a_run_that_begins_finishes_what_time_has_changed(shop: Stage, files: Files) -> None:
    shop.index(files)
    shop.index_products(MUG)
    passed = {"assets": {"hero_usable": False, "changes": "2020-01-01T00:00:00Z"}}
    shop.catalogue.write([Update(shop.catalogue.names.products, "MG-1", passed)])
    shop.index(files)
    assert state(shop)[:2] == (True, ())
