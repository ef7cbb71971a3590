"""What one side carries of the other, whichever comes first, whatever changes."""

from __future__ import annotations

import contextlib
import itertools

import pytest

from discovery.errors import SourceShrank
from indexers.projection import Projection
from indexers.records import Problem
from mappings.documents import asset_id
from tests.indexing.stage import Files, Stage, picture, product


def shop_files() -> Files:
    return Files(
        "studio",
        {
            "w/jacket-front.png": picture("red"),
            "w/jacket-back.png": picture("blue"),
            "w/bag.png": picture("green"),
            "w/nothing.png": picture("white"),
        },
    )


JACKET = product(
    "WJ01", "/w/jacket-front.png", "/w/jacket-back.png", name="Rain jacket", brand="Luma", family="Jackets",
    categories=("Women/Jackets",), status="active",
    attributes={"colour": ("Purple",), "waterproof": ("Yes",)},
)  # fmt: skip
VARIANT = product("WJ01-S", "w/jacket-front.png", name="Rain jacket S", parent="WJ01", variant=True)
BAG = product("B1", "w/bag.png", name="Duffle bag", image_source="studio")
PLAIN = product("P1", name="Nothing to see")


@pytest.fixture
def linked(stage: Stage) -> Stage:
    stage.index(shop_files())
    stage.index_products(VARIANT, JACKET, BAG, PLAIN)
    return stage


def test_an_asset_carries_the_products_that_name_it_parents_first(linked: Stage) -> None:
    front = linked.assets()["w/jacket-front.png"].product
    assert front.linked
    assert front.sku == ("WJ01", "WJ01-S")
    assert front.name == ("Rain jacket", "Rain jacket S")
    assert front.brand == ("Luma",)
    assert front.category_paths == ("Women", "Women/Jackets")
    assert front.attributes == ("colour\x1fPurple", "waterproof\x1fYes")
    assert front.attribute_text == ("Purple", "waterproof")
    assert [(link.sku, link.role, link.method, link.confidence) for link in front.links] == [
        ("WJ01", "hero", "declared", 1.0),
        ("WJ01-S", "hero", "declared", 1.0),
    ]
    assert not linked.assets()["w/nothing.png"].product.linked


def test_a_product_carries_its_pictures_in_the_order_of_its_catalogue(linked: Stage) -> None:
    front = asset_id("studio", "w/jacket-front.png")
    back = asset_id("studio", "w/jacket-back.png")
    jacket = linked.products()["WJ01"].assets
    assert (jacket.ids, jacket.count, jacket.linked) == ((front, back), 2, True)
    assert [link.role for link in jacket.links] == ["hero", "alternate"]
    assert jacket.status == ("unreviewed",)
    assert jacket.vector == linked.assets()["w/jacket-front.png"].media.vector
    assert jacket.recipe == linked.embedder.recipe.digest
    assert not linked.products()["P1"].assets.linked


def test_nothing_stays_pending(linked: Stage) -> None:
    runs = [document.run for document in linked.assets().values()]
    runs += [document.run for document in linked.products().values()]
    assert all(run is not None and not run.pending for run in runs)


@pytest.mark.parametrize("order", list(itertools.permutations(["files", "jacket", "others"]))[1:])
def test_every_order_of_arrival_comes_to_the_same(
    linked: Stage, other_stage: Stage, order: tuple[str, ...]
) -> None:
    steps = {
        "files": lambda: other_stage.index(shop_files()),
        "jacket": lambda: other_stage.index_products(JACKET, source="shop", accept_shrink=True),
        "others": lambda: other_stage.index_products(VARIANT, BAG, PLAIN, JACKET),
    }
    for step in order:
        steps[step]()
    if order.index("others") < order.index("jacket"):
        other_stage.index_products(VARIANT, BAG, PLAIN, JACKET)
    assert other_stage.everything() == linked.everything()


def test_a_products_change_reaches_its_assets_in_the_same_run(linked: Stage) -> None:
    renamed = product("B1", "w/bag.png", name="Overnight bag", image_source="studio")
    linked.index_products(VARIANT, JACKET, renamed, PLAIN)
    assert linked.assets()["w/bag.png"].product.name == ("Overnight bag",)


def test_a_pictures_change_reaches_its_products_in_the_same_run(linked: Stage) -> None:
    files = shop_files()
    before = linked.products()["B1"].assets
    files.files["w/bag.png"] = picture("black")
    linked.index(files)
    after = linked.products()["B1"].assets
    assert after.vector == linked.assets()["w/bag.png"].media.vector != before.vector
    assert after.ids == before.ids


def test_a_product_that_turns_to_another_picture_leaves_the_old_one(linked: Stage) -> None:
    moved = product("B1", "w/nothing.png", name="Duffle bag", image_source="studio")
    linked.index_products(VARIANT, JACKET, moved, PLAIN)
    assets = linked.assets()
    assert not assets["w/bag.png"].product.linked
    assert assets["w/nothing.png"].product.sku == ("B1",)
    assert linked.products()["B1"].assets.ids == (asset_id("studio", "w/nothing.png"),)


def test_a_product_that_loses_its_pictures_carries_nothing(linked: Stage) -> None:
    linked.index_products(VARIANT, JACKET, product("B1", name="Duffle bag"), PLAIN)
    bag = linked.products()["B1"].assets
    assert (bag.linked, bag.count, bag.ids, bag.vector, bag.recipe) == (False, 0, (), None, None)
    assert not linked.assets()["w/bag.png"].product.linked


def test_a_product_that_is_gone_leaves_its_pictures(linked: Stage) -> None:
    summary = linked.index_products(VARIANT, JACKET, PLAIN)
    assert summary.gone == 1
    assert "B1" not in linked.products()
    assert not linked.assets()["w/bag.png"].product.linked


def test_a_picture_that_is_gone_leaves_its_products(linked: Stage) -> None:
    files = shop_files()
    del files.files["w/jacket-front.png"]
    linked.index(files)
    products = linked.products()
    assert products["WJ01"].assets.ids == (asset_id("studio", "w/jacket-back.png"),)
    assert products["WJ01"].assets.vector == linked.assets()["w/jacket-back.png"].media.vector
    assert not products["WJ01-S"].assets.linked


def test_a_picture_that_comes_back_is_linked_again(linked: Stage) -> None:
    before = linked.everything()
    files = shop_files()
    front = files.files.pop("w/jacket-front.png")
    linked.index(files)
    files.files["w/jacket-front.png"] = front
    linked.index(files)
    assert linked.everything() == before


def test_a_path_finds_a_key_in_other_case_only_where_no_exact_one_is(stage: Stage) -> None:
    files = Files("studio", {"w/Bag.PNG": picture("green")})
    stage.index(files)
    stage.index_products(BAG)
    assert stage.products()["B1"].assets.ids == (asset_id("studio", "w/Bag.PNG"),)
    files.files["w/bag.png"] = picture("black")
    stage.index(files)
    assert stage.products()["B1"].assets.ids == (asset_id("studio", "w/bag.png"),)
    assert not stage.assets()["w/Bag.PNG"].product.linked
    del files.files["w/bag.png"]
    stage.index(files)
    assert stage.assets()["w/Bag.PNG"].product.sku == ("B1",)


def test_a_catalogue_that_names_no_source_finds_its_pictures_in_any(stage: Stage) -> None:
    stage.index(Files("one", {"bag.png": picture("green")}))
    stage.index(Files("two", {"bag.png": picture("black")}))
    stage.index_products(product("ANY", "bag.png"), product("TWO", "bag.png", image_source="two"))
    products = stage.products()
    assert products["ANY"].assets.ids == (asset_id("one", "bag.png"), asset_id("two", "bag.png"))
    assert products["TWO"].assets.ids == (asset_id("two", "bag.png"),)


def test_a_sku_of_another_catalogue_is_refused_not_overwritten(stage: Stage) -> None:
    stage.index_products(BAG)
    summary = stage.index_products(product("B1", name="Another", source="market"), source="market")
    assert (summary.failed, summary.written) == (1, 0)
    assert "'shop'" in summary.failures[0].reason
    assert stage.products()["B1"].source.title == "Duffle bag"


def test_the_first_of_rows_that_repeat_a_sku_is_kept_whenever_the_others_are_told(stage: Stage) -> None:
    again = Problem("shop", "shop.csv:3", "repeats 'P1' of row 2; the first one is kept", "sku", sku="P1")
    for _ in range(2):
        summary = stage.index_products(again, product("P1"))
        assert (summary.failed, summary.gone, list(stage.products())) == (1, 0, ["P1"])


def test_products_keep_what_others_own(linked: Stage) -> None:
    before = linked.products()["B1"]
    linked.index_products(VARIANT, JACKET, product("B1", "w/bag.png", name="New name"), PLAIN)
    after = linked.products()["B1"]
    assert after.assets == before.assets
    assert after.source.title == "New name"


def test_a_catalogue_that_shrinks_stops_the_run(linked: Stage) -> None:
    with pytest.raises(SourceShrank):
        linked.index_products(JACKET)
    assert len(linked.products()) == 4


def test_an_unchanged_catalogue_writes_nothing(linked: Stage) -> None:
    before = linked.products()
    summary = linked.index_products(VARIANT, JACKET, BAG, PLAIN)
    assert (summary.unchanged, summary.written, summary.connected) == (4, 0, 0)
    assert linked.products() == before


def test_a_picture_of_very_many_products_carries_as_many_as_fit(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("indexers.associate.MOST_PRODUCTS", 5)
    monkeypatch.setattr("indexers.catalogue.MOST_PRODUCTS", 5)
    monkeypatch.setattr("indexers.projection.PAGE", 3)
    stage.index(Files("studio", {"none.png": picture("white")}))
    variants = [product(f"A{n}", "none.png", variant=True) for n in range(6)]
    parents = [product(f"B{n}", "none.png") for n in range(4)]
    stage.index_products(*variants, *parents)
    assert stage.assets()["none.png"].product.sku == ("B0", "B1", "B2", "B3", "A0")
    assert all(document.assets.count == 1 for document in stage.products().values())


@pytest.mark.parametrize("at", range(0, 8, 2))
def test_a_projection_that_dies_anywhere_is_finished_by_the_next_run(
    linked: Stage, other_stage: Stage, monkeypatch: pytest.MonkeyPatch, at: int
) -> None:
    class DiedError(Exception):
        pass

    writes = itertools.count()
    write = Projection._write

    def dying(self: Projection, updates: object) -> None:
        if next(writes) >= at:
            raise DiedError
        write(self, updates)  # type: ignore[arg-type]

    files = shop_files()
    other_stage.index(files)
    other_stage.index_products(VARIANT, JACKET, BAG, PLAIN)
    del files.files["w/jacket-front.png"]
    files.files["w/bag.png"] = picture("black")
    files.files["w/nothing.png"] = picture("yellow")
    other_stage.index(files)
    with monkeypatch.context() as patched:
        patched.setattr(Projection, "_write", dying)
        with contextlib.suppress(DiedError):
            linked.index(files)
    linked.index(files)
    assert linked.everything() == other_stage.everything()
