"""Search by a picture: an indexed one, a product's, one that is brought along, or a part of one."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from discovery.config import ImageSettings
from discovery.engine.client import Engine
from discovery.engine.indices import Indices
from discovery.engine.writer import Delete, Writer
from discovery.errors import (
    CursorExpired,
    ImageUnreadable,
    IndexMismatch,
    InputInvalid,
    ModelUnavailable,
    NotFound,
)
from discovery.search.pictures import EmbedderModel
from discovery.search.request import Condition, ExamplePicture, Filters, Mode, SearchPage, SimilarRequest
from discovery.search.service import SearchService
from discovery.search.vectors import Region
from discovery.vision.embedder import Embedding, Recipe
from mappings.registry import ASSETS
from tests.search.catalogue import (
    BAG_FRONT,
    FAKE,
    GUIDE,
    PURPLE_FRONT,
    RED_COPY,
    RED_FRONT,
    SEA,
    SEA_WIDE,
    create,
    fill,
    painted,
)
from tests.search.conftest import ANYONE, Serve
from tests.search.test_degrading import AbsentModel


def like(service: SearchService, **given: Any) -> SearchPage:
    return service.similar(SimilarRequest(**given), ANYONE)


def ids(page: SearchPage) -> list[str]:
    return [hit.id for hit in page.hits]


def test_an_assets_exact_duplicate_is_a_hit_of_similarity_one_and_itself_is_none(
    service: SearchService,
) -> None:
    page = like(service, asset=RED_FRONT.id)
    assert ids(page) == [RED_COPY.id]
    assert page.hits[0].signals == {"visual": 1.0}
    assert (page.total, page.mode, page.hits[0].score) == (1, Mode.VISUAL, 1.0)


def test_a_lower_floor_finds_more_and_the_total_counts_them(service: SearchService) -> None:
    few = like(service, asset=SEA.id, min_similarity=0.9)
    many = like(service, asset=SEA.id, min_similarity=0.0)
    assert few.total < many.total == len(many.hits)
    assert all(hit.signals["visual"] >= 0.0 for hit in many.hits)
    assert [hit.score for hit in many.hits] == sorted((hit.score for hit in many.hits), reverse=True)
    assert set(ids(few)) <= set(ids(many))


def test_the_highest_floor_finds_duplicates_only(service: SearchService) -> None:
    assert ids(like(service, asset=RED_FRONT.id, min_similarity=1.0)) == [RED_COPY.id]
    assert like(service, asset=PURPLE_FRONT.id, min_similarity=1.0).total == 0


@pytest.mark.parametrize("floor", [-0.3, 0.0, 0.35, 0.8])
def test_the_set_is_that_of_the_cosines(service: SearchService, floor: float) -> None:
    import numpy as np

    from tests.search.catalogue import ASSET_LIST

    asked = np.array(SEA.media.look)
    cosines = {
        a.id: float(np.dot(asked, a.media.look)) for a in ASSET_LIST if a.media.look and a.id != SEA.id
    }
    page = like(service, asset=SEA.id, min_similarity=floor)
    assert set(ids(page)) == {one for one, cosine in cosines.items() if cosine >= floor}
    for hit in page.hits:
        assert hit.signals["visual"] == pytest.approx(cosines[hit.id], abs=2e-5)


def test_a_product_finds_products_and_assets_by_its_main_picture(service: SearchService) -> None:
    assert ids(like(service, side="products", product="WJ05")) == ["WJ05-S-Red"]
    assert set(ids(like(service, side="assets", product="wj05"))) == {RED_FRONT.id, RED_COPY.id}


def test_an_asset_finds_products_that_look_like_it(service: SearchService) -> None:
    assert ids(like(service, side="products", asset=PURPLE_FRONT.id)) == ["WJ06-Purple"]


def test_an_uploaded_picture_finds_those_that_look_like_it(service: SearchService) -> None:
    page = like(service, image=painted("purple"))
    assert ids(page)[0] == PURPLE_FRONT.id
    assert page.hits[0].signals["visual"] == pytest.approx(1.0, abs=1e-4)


class Narrow(EmbedderModel):
    """A model that was fitted to pictures of other kinds than any it is given."""

    @property
    def recipe(self) -> Recipe:
        return dataclasses.replace(super().recipe, stranger_floor=0.9999)

    def picture(self, data: bytes, region: Region | None) -> Embedding:
        return dataclasses.replace(super().picture(data, region), familiar=False)


def test_a_picture_of_a_strange_kind_must_be_more_alike_and_a_part_of_one_need_not(
    shop: str, serve: Serve
) -> None:
    fitted = serve(shop, model=Narrow(lambda: FAKE, ImageSettings()))
    strange = painted("purple", "green")
    assert like(serve(shop), image=strange, min_similarity=0.5).total
    assert like(fitted, image=strange).total == 0
    assert like(fitted, image=strange, min_similarity=0.5).total
    assert like(fitted, image=strange, region=(0.0, 0.0, 0.5, 1.0)).total
    assert like(fitted, image=painted(*PURPLE_FRONT.media.colour)).total
    both = (ExamplePicture(image=strange), ExamplePicture(asset=PURPLE_FRONT.id))
    assert like(fitted, examples=both, min_similarity=None).total == like(serve(shop), examples=both).total


def test_a_region_of_an_uploaded_picture_is_looked_for_alone(service: SearchService) -> None:
    page = like(service, image=painted("red", "purple"), region=(0.5, 0.0, 0.5, 1.0))
    assert ids(page)[0] == PURPLE_FRONT.id


def test_a_region_of_an_asset_is_cut_from_its_original(service: SearchService) -> None:
    page = like(service, asset=BAG_FRONT.id, region=(0.0, 0.0, 0.5, 1.0))
    assert ids(page)[0] == PURPLE_FRONT.id
    assert BAG_FRONT.id not in ids(like(service, asset=BAG_FRONT.id, region=(0, 0, 1, 1), min_similarity=-1))


def test_a_region_of_a_product_is_cut_from_its_main_picture(service: SearchService) -> None:
    page = like(service, product="24-WB04", region=(0.0, 0.0, 0.5, 1.0))
    assert ids(page)[0] == PURPLE_FRONT.id


def test_the_same_product_is_ordered_by_look_and_meaning_within_the_set_of_the_look(
    service: SearchService,
) -> None:
    look = like(service, asset=SEA.id, min_similarity=-1)
    both = like(service, asset=SEA.id, min_similarity=-1, intent="same_product")
    assert set(ids(look)) == set(ids(both))
    for hit in both.hits:
        expected = 0.7 * hit.signals["visual"] + 0.3 * hit.signals["meaning"]
        assert hit.score == pytest.approx(expected, abs=1e-4)
    assert [h.score for h in both.hits] == sorted((h.score for h in both.hits), reverse=True)


def test_filters_and_facets_hold_for_pictures_too(service: SearchService) -> None:
    approved = Filters((Condition("status", any=("approved",)),))
    page = like(service, asset=SEA.id, min_similarity=-1, filters=approved, facets=("status", "colour"))
    assert ids(page) == [BAG_FRONT.id]
    assert {v.value: v.count for v in page.facets["colour"]} == {"purple": 1, "white": 1}
    assert sum(v.count for v in page.facets["status"]) == like(service, asset=SEA.id, min_similarity=-1).total


def test_pages_of_a_picture_join(service: SearchService) -> None:
    asked = SimilarRequest(asset=SEA.id, min_similarity=-1, size=50)
    whole = service.similar(asked, ANYONE)
    walked, after = [], None
    while True:
        page = service.similar(dataclasses.replace(asked, size=2, after=after), ANYONE)
        walked += ids(page)
        after = page.next
        if after is None:
            break
    assert walked == ids(whole)
    assert len(walked) == whole.total


def test_a_cursor_of_one_picture_is_none_of_another(service: SearchService) -> None:
    first = like(service, asset=SEA.id, min_similarity=-1, size=1)
    with pytest.raises(CursorExpired):
        like(service, asset=SEA_WIDE.id, min_similarity=-1, size=1, after=first.next)


def test_stored_vectors_need_no_model(shop: str, serve: Serve) -> None:
    without = serve(shop, model=AbsentModel())
    assert ids(like(without, asset=RED_FRONT.id)) == [RED_COPY.id]
    with pytest.raises(ModelUnavailable):
        like(without, image=painted("red"))


@pytest.mark.parametrize(
    ("given", "error", "field"),
    [
        ({"asset": "none such"}, NotFound, "asset"),
        ({"product": "none such"}, NotFound, "product"),
        ({"asset": "\ud800"}, NotFound, "asset"),
        ({"asset": GUIDE.id}, InputInvalid, "asset"),
        ({"product": "MUG-1"}, InputInvalid, "product"),
        ({"product": "MUG-1", "region": (0, 0, 1, 1)}, InputInvalid, "product"),
        ({}, InputInvalid, "asset"),
        ({"asset": SEA.id, "product": "WJ05"}, InputInvalid, "asset"),
        ({"asset": SEA.id, "min_similarity": 1.5}, InputInvalid, "min_similarity"),
        ({"asset": SEA.id, "region": (0.5, 0, 0.9, 1)}, InputInvalid, "region"),
        ({"asset": SEA.id, "side": "pictures"}, InputInvalid, "in"),
        ({"asset": SEA.id, "facets": ("width",)}, InputInvalid, "facets"),
        (
            {"asset": SEA.id, "filters": Filters((Condition("colour", gt="red"),))},
            InputInvalid,
            "filters.colour.gt",
        ),
    ],
    ids=str,
)
def test_what_is_wrong_with_a_picture_search_is_named(
    service: SearchService, given: dict[str, Any], error: type[Exception], field: str
) -> None:
    with pytest.raises(error) as refused:
        like(service, **given)
    assert [p.field for p in refused.value.problems] == [field]  # type: ignore[attr-defined]


@pytest.mark.parametrize("data", [b"", b"<html>", painted("red")[:100]])
def test_bytes_that_are_no_picture_are_refused(service: SearchService, data: bytes) -> None:
    with pytest.raises(ImageUnreadable):
        like(service, image=data)


def test_a_picture_is_never_compared_with_vectors_of_another_model(
    engine: Any, prefix: str, serve: Serve
) -> None:
    from tests.search.catalogue import ASSET_LIST, FAKE, create, fill

    other = dataclasses.replace(FAKE.recipe, weights="sha256:other")
    create(engine, prefix, recipe=other)
    fill(engine, prefix, ASSET_LIST)
    with pytest.raises(IndexMismatch, match="rebuild"):
        like(serve(prefix), image=painted("red"))
    with pytest.raises(IndexMismatch, match="rebuild"):
        like(serve(prefix), asset=SEA.id)


def test_a_changed_picture_is_compared_as_it_is_now(engine: Engine, prefix: str, serve: Serve) -> None:
    create(engine, prefix)
    fill(engine, prefix, (RED_FRONT, RED_COPY, SEA, SEA_WIDE))
    service = serve(prefix)
    assert ids(like(service, asset=RED_FRONT.id))[0] == RED_COPY.id
    assert ids(like(service, asset=RED_FRONT.id))[0] == RED_COPY.id
    changed = dataclasses.replace(
        RED_FRONT,
        media=dataclasses.replace(RED_FRONT.media, vector=SEA.media.vector, look=SEA.media.look),
    )
    fill(engine, prefix, (changed,))
    assert ids(like(service, asset=RED_FRONT.id))[0] == SEA.id
    gone = Delete(ASSETS.read_alias(prefix), RED_FRONT.id)
    assert [o.status for o in Writer(engine).write([gone])] == ["gone"]
    Indices(engine).refresh(ASSETS.read_alias(prefix))
    with pytest.raises(NotFound):
        like(service, asset=RED_FRONT.id)
