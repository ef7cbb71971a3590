"""What happens when the model, the index or a right is missing: less is found, and it is said."""

from __future__ import annotations

import dataclasses

import pytest

from discovery.config import ImageSettings
from discovery.engine.client import Engine
from discovery.engine.indices import Indices
from discovery.errors import DiscoveryError, IndexMismatch, IndexMissing, ModelUnavailable, NotFound
from discovery.search.clauses import Clause
from discovery.search.pictures import EmbedderModel
from discovery.search.request import Mode, SearchRequest, SimilarRequest, Viewer
from discovery.search.service import SearchService
from discovery.search.vectors import Region
from discovery.vision.embedder import Embedding, Recipe, Vector
from mappings.fields import Side
from mappings.registry import ASSETS, PRODUCTS
from tests.search.catalogue import ASSET_LIST, FAKE, PRODUCT_LIST, SEA, create, fill, painted
from tests.search.conftest import ANYONE, Serve


class AbsentModel:
    @property
    def recipe(self) -> Recipe:
        raise ModelUnavailable("the weights are not there")

    def text(self, text: str) -> Vector:
        raise ModelUnavailable(f"the weights are not there for {text!r}")

    def picture(self, data: bytes, region: Region | None) -> Embedding:
        raise ModelUnavailable(f"the weights are not there for {len(data)} bytes, {region}")


class BrokenModel(EmbedderModel):
    def text(self, text: str) -> Vector:
        raise RuntimeError(f"out of memory at {text!r}")


@pytest.mark.parametrize("mode", [Mode.AUTO, Mode.HYBRID, Mode.VISUAL])
def test_without_a_model_words_still_find_things_and_the_answer_says_why(
    shop: str, serve: Serve, mode: Mode
) -> None:
    page = serve(shop, model=AbsentModel()).search(SearchRequest("products", "purple jacket", mode), ANYONE)
    assert page.hits[0].id == "WJ06-Purple"
    assert page.mode is Mode.TEXT
    assert page.fallback_reason == "the model did not answer: the weights are not there"


def test_a_model_that_breaks_is_a_model_that_does_not_answer(shop: str, serve: Serve) -> None:
    broken = serve(shop, model=BrokenModel(lambda: FAKE, ImageSettings()))
    page = broken.search(SearchRequest("products", "mug"), ANYONE)
    assert (page.total, page.mode) == (2, Mode.TEXT)
    assert "RuntimeError: out of memory" in (page.fallback_reason or "")


def test_later_pages_tell_the_same_reason(shop: str, serve: Serve) -> None:
    service = serve(shop, model=AbsentModel())
    asked = SearchRequest("products", "jacket", size=1)
    first = service.search(asked, ANYONE)
    second = service.search(dataclasses.replace(asked, after=first.next), ANYONE)
    assert (second.mode, second.fallback_reason) == (first.mode, first.fallback_reason)
    assert second.fallback_reason


def test_a_search_by_words_alone_degrades_nothing(shop: str, serve: Serve) -> None:
    page = serve(shop, model=AbsentModel()).search(SearchRequest("products", "mug", Mode.TEXT), ANYONE)
    assert page.fallback_reason is None


def test_a_picture_search_without_words_says_that_there_is_nothing_to_compare(
    service: SearchService,
) -> None:
    page = service.search(SearchRequest("products", "", Mode.VISUAL), ANYONE)
    assert (page.mode, page.total) == (Mode.TEXT, len(PRODUCT_LIST))
    assert "no words" in (page.fallback_reason or "")


def test_an_index_of_another_model_is_searched_by_words_and_the_answer_says_what_to_run(
    engine: Engine, prefix: str, serve: Serve
) -> None:
    create(engine, prefix, recipe=dataclasses.replace(FAKE.recipe, weights="sha256:other"))
    fill(engine, prefix, PRODUCT_LIST)
    page = serve(prefix).search(SearchRequest("products", "purple jacket"), ANYONE)
    assert page.mode is Mode.TEXT
    assert page.hits[0].id == "WJ06-Purple"
    assert "another model" in (page.fallback_reason or "")
    assert "discovery index rebuild" in (page.fallback_reason or "")


def test_an_index_of_another_mapping_is_not_searched(engine: Engine, prefix: str, serve: Serve) -> None:
    create(engine, prefix, mapping="0123456789abcdef")
    with pytest.raises(IndexMismatch, match="discovery index rebuild"):
        serve(prefix).search(SearchRequest("products"), ANYONE)


def test_before_anything_is_indexed_the_answer_says_what_to_run(prefix: str, serve: Serve) -> None:
    service = serve(prefix)
    with pytest.raises(IndexMissing, match="discovery index run"):
        service.search(SearchRequest("assets", "red"), ANYONE)
    with pytest.raises(IndexMissing):
        service.similar(SimilarRequest(image=painted("red")), ANYONE)
    with pytest.raises(IndexMissing):
        service.suggest("assets", "re")
    with pytest.raises(IndexMissing):
        service.asset("x", ANYONE)


def test_a_promotion_in_another_process_is_noticed(engine: Engine, prefix: str, serve: Serve) -> None:
    now = [0.0]
    service = serve(prefix, clock=lambda: now[0])
    create(engine, prefix)
    fill(engine, prefix, PRODUCT_LIST)
    assert service.search(SearchRequest("products"), ANYONE).total == len(PRODUCT_LIST)
    create(engine, prefix, stamp="2")
    fill(engine, prefix, PRODUCT_LIST[:3], stamp="2")
    now[0] += 1.1
    assert service.search(SearchRequest("products"), ANYONE).total == 3


def test_an_index_that_was_pruned_a_moment_ago_is_looked_up_again(
    engine: Engine, prefix: str, serve: Serve
) -> None:
    service = serve(prefix, clock=lambda: 0.0)
    create(engine, prefix)
    fill(engine, prefix, PRODUCT_LIST)
    service.search(SearchRequest("products"), ANYONE)
    create(engine, prefix, stamp="2")
    fill(engine, prefix, PRODUCT_LIST[:3], stamp="2")
    Indices(engine).delete([PRODUCTS.generation(prefix, "1"), ASSETS.generation(prefix, "1")])
    assert service.search(SearchRequest("products", facets=("brand",)), ANYONE).total == 3


def only_luma(viewer: Viewer, side: Side) -> Clause | None:
    if viewer.account == "ana":
        return None
    return {"term": {"source.brand" if side == "products" else "product.brand": "luma"}}


def test_rights_hold_in_every_question_and_never_eat_into_a_count(shop: str, serve: Serve) -> None:
    service = serve(shop, access=only_luma)
    luma = [p for p in PRODUCT_LIST if p.source.brand == "Luma"]
    for mode in Mode:
        page = service.search(
            SearchRequest("products", "jacket purple", mode, facets=("brand",), size=1), ANYONE
        )
        assert {v.value for v in page.facets["brand"]} == {"luma"}
        assert page.total == sum(v.count for v in page.facets["brand"])
    assert service.search(SearchRequest("products"), ANYONE).total == len(luma)
    assert service.search(SearchRequest("products"), Viewer("ana")).total == len(PRODUCT_LIST)
    with pytest.raises(NotFound):
        service.product("MUG-1", ANYONE)
    with pytest.raises(NotFound):
        service.asset(SEA.id, ANYONE)
    with pytest.raises(NotFound):
        service.similar(SimilarRequest(asset=SEA.id), ANYONE)
    assert service.suggest("products", "Stone").suggestions == ()
    assert service.asset(SEA.id, Viewer("ana")).id == SEA.id


def test_items_are_returned_without_their_vectors(service: SearchService) -> None:
    found = service.asset(SEA.id, ANYONE)
    assert found.source == SEA.source
    assert (found.media.vector, found.media.look) == (None, None)


def test_a_product_is_found_by_its_very_sku_first_then_by_one_spelt_alike(service: SearchService) -> None:
    assert service.product("MUG1X", ANYONE).id == "MUG1X"
    assert service.product("wj05", ANYONE).id == "WJ05"
    assert service.product("24 wb04", ANYONE).id == "24-WB04"
    with pytest.raises(NotFound) as missing:
        service.product("4006381333931x", ANYONE)
    assert [p.field for p in missing.value.problems] == ["sku"]


def test_a_products_assets_come_with_its_main_picture_first(service: SearchService) -> None:
    names = [a.source.filename for a in service.product_assets("WJ05", ANYONE)]
    assert names == ["wj05-red_main.png", "wj05-green_main.png", "wj05-red_copy.png"]
    assert service.product_assets("MUG-1", ANYONE) == ()


@pytest.mark.parametrize("id", ["", " ", "x" * 5000, "\ud800", "\0", "../..", "*"])
def test_ids_that_cannot_exist_do_not_exist(service: SearchService, id: str) -> None:
    with pytest.raises(NotFound):
        service.asset(id, ANYONE)
    with pytest.raises(DiscoveryError):
        service.product(id, ANYONE)


def test_the_shop_holds_what_the_tests_name() -> None:
    assert len({one.id for one in ASSET_LIST}) == len(ASSET_LIST)
    assert len({one.id for one in PRODUCT_LIST}) == len(PRODUCT_LIST)
