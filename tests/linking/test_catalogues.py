"""Links in whole catalogues: the demo with its planted troubles, and a real shop by its file names."""

from __future__ import annotations

import dataclasses
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from discovery.config import (
    AssetSourceSettings,
    AuditSettings,
    ImageSettings,
    LinkingSettings,
    ProductSourceSettings,
)
from discovery.linking.book import ProductBook
from discovery.linking.linker import Linker
from discovery.linking.outcome import settle
from discovery.linking.sightings import Declared
from discovery.linking.verdict import State, Verdict
from discovery.picture_sets.standing import SetJudge
from discovery.vision.colours import dominant_colours
from discovery.vision.images import open_picture
from indexers.associate import path_key
from indexers.build import asset_document, product_document
from indexers.enrich import metadata_of
from indexers.records import AssetRecord, ProductRecord
from indexers.sources.protocol import open_asset_source, open_product_source
from mappings.documents import AssetDocument, Media, ProductDocument

DEMO = Path(__file__).parents[2] / "discovery" / "demo" / "catalogue"
FIRST_DAY = datetime(2026, 1, 1, tzinfo=UTC)
NOTHING = Media("image", "", "", 0, "")

Truth = Mapping[str, Mapping[str, str]]


def read_assets(folder: Path, *, inside: bool) -> dict[str, AssetDocument]:
    source = AssetSourceSettings(name=folder.name, uri=str(folder))
    records = [r for r in open_asset_source(source, 10**9).items() if isinstance(r, AssetRecord)]
    return {
        record.key: asset_document(
            record,
            NOTHING,
            metadata_of(record.read() if inside else b"", None),
            None,
            build="",
            started=FIRST_DAY,
        )
        for record in records
    }


def read_products(path: Path, format: str = "table") -> list[ProductDocument]:
    items = open_product_source(ProductSourceSettings(name="shop", path=str(path), format=format)).items()
    return [
        product_document(item, None, build="", started=FIRST_DAY, judge=SetJudge(AuditSettings()))
        for item in items
        if isinstance(item, ProductRecord)
    ]


def truth_of(products: Iterable[ProductDocument]) -> Truth:
    truth: dict[str, dict[str, str]] = defaultdict(dict)
    for product in products:
        for image in product.source.images:
            truth[path_key(image.path)][product.source.sku] = image.role
    return truth


class Demo:
    def __init__(self) -> None:
        self.assets = read_assets(DEMO / "assets", inside=True)
        products = read_products(DEMO / "products.csv")
        self.truth = truth_of(products)
        self.troubles: dict[str, list[dict[str, Any]]] = {
            kind: found
            for kind, found in json.loads((DEMO / "troubles.json").read_text(encoding="utf-8")).items()
            if isinstance(found, list)
        }
        self.linker = Linker(ProductBook(products), LinkingSettings())

    def declared(self, key: str) -> list[Declared]:
        return [Declared(sku, role) for sku, role in self.truth.get(key, {}).items()]

    def judge(self, key: str, *, declared: bool = True, seen: bool = False) -> Verdict:
        asset = self.assets[key]
        if seen:
            picture = open_picture((DEMO / "assets" / key).read_bytes(), ImageSettings(), target=256)
            media = dataclasses.replace(asset.media, colours=dominant_colours(picture))
            asset = dataclasses.replace(asset, media=media)
        return self.linker.judge(asset, declared=self.declared(key) if declared else ())


@pytest.fixture(scope="module")
def demo() -> Demo:
    return Demo()


def test_the_planted_link_conflict_is_the_only_one(demo: Demo) -> None:
    conflicts = [key for key in demo.assets if demo.judge(key).state is State.CONFLICT]
    assert conflicts == [one["asset"] for one in demo.troubles["link_conflict"]]
    said = demo.judge(conflicts[0])
    planted = demo.troubles["link_conflict"][0]
    assert {planted["sku"], planted["belongs_to"]} <= set(said.claims)
    assert said.proposals[0].sku == planted["belongs_to"]


def test_unlinked_pictures_are_proposed_for_what_they_show_and_wait_for_somebody(demo: Demo) -> None:
    for one in demo.troubles["unlinked"]:
        said = demo.judge(one["asset"], seen=True)
        assert (said.state, said.proposals[0].sku) == (State.REVIEW, one["shows"]), one
        assert settle(said, (), (), auto=LinkingSettings().auto).links == ()


def test_what_shows_no_product_is_proposed_for_none(demo: Demo) -> None:
    assert demo.judge("unsorted/mood-board-spring.jpg").state is State.NONE


def test_a_wrong_colour_in_the_table_is_told_and_the_link_stays(demo: Demo) -> None:
    for one in demo.troubles["colour_conflict"]:
        for key in one["assets"]:
            said = demo.judge(key, seen=True)
            best = said.proposals[0]
            against = {piece.feature for piece in best.evidence if piece.contribution < 0}
            assert (said.state, best.sku) == (State.AUTO, one["sku"])
            assert against & {"name_colour_differs", "caption_colour_differs", "colour_differs"}, key


def test_every_declared_picture_is_sure_by_the_catalogues_word(demo: Demo) -> None:
    planted = {one["asset"] for one in demo.troubles["link_conflict"]}
    declared = [key for key in demo.assets if key in demo.truth and key not in planted]
    assert {demo.judge(key).state for key in declared} == {State.AUTO}
    for key in declared:
        links = settle(demo.judge(key), demo.declared(key), (), auto=LinkingSettings().auto).links
        assert {link.sku for link in links if link.method == "declared"} == set(demo.truth[key])


def test_without_the_catalogues_word_names_and_captions_find_each_product(demo: Demo) -> None:
    held = [key for key in demo.assets if key in demo.truth]
    right = [key for key in held if skus_first(demo.judge(key, declared=False)) in demo.truth[key]]
    assert len(right) >= 0.99 * len(held)


def test_newer_versions_and_copies_lead_to_the_products_of_the_originals(demo: Demo) -> None:
    for one in demo.troubles["superseded_in_use"]:
        assert skus_first(demo.judge(one["newer"])) == one["sku"]
    for one in demo.troubles["near_duplicate"]:
        assert skus_first(demo.judge(one["asset"], seen=True)) in demo.truth[one["original"]]


def skus_first(verdict: Verdict) -> str | None:
    return verdict.proposals[0].sku if verdict.proposals else None


@pytest.mark.realdata
def test_a_real_shop_is_linked_by_its_file_names(real_data: Path) -> None:
    products = read_products(real_data / "luma" / "catalog" / "products.csv", "magento")
    truth = truth_of(products)
    hidden = [
        dataclasses.replace(one, source=dataclasses.replace(one.source, images=(), image_paths=()))
        for one in products
    ]
    settings = LinkingSettings()
    linker = Linker(ProductBook(hidden), settings)
    verdicts = {
        key: linker.judge(asset)
        for key, asset in read_assets(real_data / "luma" / "media", inside=False).items()
    }
    links = [
        link.sku in truth.get(key, {})
        for key, said in verdicts.items()
        for link in settle(said, (), (), auto=settings.auto).links
    ]
    assert len(links) > 1000
    assert sum(links) / len(links) >= 0.99
    asked = {State.AUTO, State.REVIEW}
    found = [verdicts[key].state in asked and skus_first(verdicts[key]) in truth[key] for key in truth]
    assert sum(found) / len(found) >= 0.95
    roles = [
        verdicts[key].proposals[0].role in ({"hero"} if "hero" in told.values() else told.values())
        for key, told in truth.items()
    ]
    assert sum(roles) / len(roles) >= 0.95


@pytest.mark.realdata
def test_a_shop_whose_skus_are_numbers_is_not_linked_to_strangers(real_data: Path) -> None:
    options = {"sku": "id", "name": "productDisplayName", "attributes": "*"}
    source = ProductSourceSettings(
        name="fashion", path=str(real_data / "fashion" / "catalog.csv"), options=options
    )
    products = [
        product_document(item, None, build="", started=FIRST_DAY, judge=SetJudge(AuditSettings()))
        for item in open_product_source(source).items()
        if isinstance(item, ProductRecord)
    ]
    linker = Linker(ProductBook(products), LinkingSettings())
    strangers = read_assets(real_data / "gadgets" / "media", inside=False)
    sure = [key for key, asset in strangers.items() if linker.judge(asset).state is State.AUTO]
    assert sure == []
    own = read_assets(real_data / "fashion" / "images", inside=False)
    some = dict(sorted(own.items())[:300])
    right = [skus_first(linker.judge(asset)) == key.removesuffix(".jpg") for key, asset in some.items()]
    assert all(right)
