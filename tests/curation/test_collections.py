"""Collections in a real engine: what is in them is found and counted at once, also through merges."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from discovery.curation.collections import Collections
from discovery.engine.client import Engine
from discovery.engine.indices import AliasChange, Indices
from discovery.engine.reader import Reader
from discovery.engine.records import Records
from discovery.engine.writer import Delete, Writer
from discovery.errors import InputInvalid
from discovery.search.request import (
    Condition,
    Filters,
    Mode,
    SearchPage,
    SearchRequest,
    SimilarRequest,
    Viewer,
)
from discovery.search.service import SearchService
from mappings.registry import ASSETS, COLLECTIONS, body
from tests.search.catalogue import ASSET_LIST, PRODUCT_LIST, create, fill
from tests.search.conftest import serve_over

PICTURED = [one.id for one in ASSET_LIST if one.media.vector is not None]
FIRST, SECOND, THIRD = PICTURED[:3]
SKU = PRODUCT_LIST[0].id


@dataclass(frozen=True)
class Desk:
    collections: Collections
    service: SearchService

    def find(self, *conditions: Condition, **given: object) -> SearchPage:
        asked = {"filters": Filters(conditions), "size": 100, "facets": ("collection",), **given}
        return self.service.search(SearchRequest(**asked), Viewer())  # type: ignore[arg-type]

    def ids(self, *conditions: Condition, **given: object) -> set[str]:
        page = self.find(*conditions, **given)
        assert page.total == len(page.hits)
        return {hit.id for hit in page.hits}

    def make(self, name: str, *assets: str) -> str:
        return self.collections.create(name, None, None, [("asset", one) for one in assets], "ana").id

    def order(self, id: str) -> list[str]:
        return [item.id for item in self.collections.get(id).items]


@pytest.fixture
def desk(engine: Engine, prefix: str) -> Desk:
    create(engine, prefix)
    fill(engine, prefix, (*ASSET_LIST, *PRODUCT_LIST))
    indices = Indices(engine)
    name = COLLECTIONS.generation(prefix, "1")
    indices.create(
        name, body(COLLECTIONS, shards=1, replicas=0, vectors=None, created="2026-01-01T00:00:00Z")
    )
    indices.swap_aliases([AliasChange("add", COLLECTIONS.write_alias(prefix), name)])
    collections = Collections(Records(engine), Reader(engine), prefix)
    return Desk(collections, serve_over(engine, prefix, collections=collections.names))


def test_a_collection_is_a_filter_and_a_facet_as_soon_as_it_is_filled(desk: Desk) -> None:
    spring, empty = desk.make("Spring looks", FIRST, SECOND), desk.make("Empty")
    autumn = desk.make("Autumn", SECOND, THIRD)
    in_spring = Condition("collection", any=("spring LOOKS",))
    assert desk.ids(in_spring) == {FIRST, SECOND}
    desk.collections.arrange(spring, [("asset", THIRD)], [("asset", FIRST)], None, "ana")
    assert desk.ids(in_spring) == {SECOND, THIRD}
    assert desk.ids(Condition("collection", all=(spring, autumn))) == {SECOND, THIRD}
    assert desk.ids(Condition("collection", any=(spring,), none=(autumn,))) == set()
    assert desk.ids(Condition("collection", exists=True)) == {SECOND, THIRD}
    everything = desk.find()
    assert desk.find(Condition("collection", exists=False)).total == everything.total - 2
    told = {value.value: (value.label, value.count) for value in everything.facets["collection"]}
    assert told == {spring: ("Spring looks", 2), autumn: ("Autumn", 2)}
    chosen = desk.find(Condition("collection", any=(empty,))).facets["collection"]
    assert [(one.label, one.count, one.selected) for one in chosen] == [
        ("Autumn", 2, False),
        ("Spring looks", 2, False),
        ("Empty", 0, True),
    ]


def test_where_there_are_no_collections_nothing_is_in_one(desk: Desk) -> None:
    everything = desk.find()
    assert everything.total == len(ASSET_LIST)
    assert everything.facets == {"collection": ()}
    assert desk.find(Condition("collection", exists=True)).total == 0
    outside = desk.find(Condition("collection", exists=False), facets=("collection", "colour"))
    assert outside.total == everything.total
    assert outside.facets["collection"] == ()
    assert outside.facets["colour"]


def test_a_new_name_changes_nothing_but_the_name(desk: Desk) -> None:
    spring = desk.make("Spring", FIRST)
    desk.collections.change(spring, {"name": "Summer"})
    assert desk.ids(Condition("collection", any=("summer",))) == {FIRST}
    with pytest.raises(InputInvalid, match=r"filters.collection.any.0: there is no collection 'Spring'"):
        desk.find(Condition("collection", any=("Spring",)))


def test_pictures_are_looked_for_within_a_collection(desk: Desk) -> None:
    spring = desk.make("Spring", FIRST, SECOND)
    within = Condition("collection", any=(spring,))
    visual = desk.ids(within, q="red", mode=Mode.VISUAL)
    assert visual <= {FIRST, SECOND}
    filters = Filters((within,))
    alike = desk.service.similar(SimilarRequest(asset=FIRST, filters=filters, min_similarity=0.0), Viewer())
    assert {hit.id for hit in alike.hits} == {SECOND}
    assert alike.total == 1


def test_products_are_in_collections_too(desk: Desk) -> None:
    both = desk.collections.create("Both", None, None, [("asset", FIRST), ("product", SKU)], "ana")
    within = Condition("collection", any=(both.id,))
    assert desk.ids(within, side="products") == {SKU}
    assert desk.ids(within) == {FIRST}


def test_an_asset_that_became_another_stands_for_it_until_it_is_undone(desk: Desk) -> None:
    alone, shared = desk.make("Alone", THIRD, FIRST), desk.make("Shared", FIRST, SECOND)
    desk.collections.change(alone, {"cover": FIRST})
    assert desk.collections.repoint(FIRST, SECOND, "ana") == 2
    assert desk.collections.repoint(FIRST, SECOND, "ana") == 0
    assert (desk.order(alone), desk.order(shared)) == ([THIRD, SECOND], [SECOND])
    assert desk.collections.get(alone).cover == SECOND
    assert desk.ids(Condition("collection", any=(alone,))) == {THIRD, SECOND}
    desk.collections.arrange(alone, [("asset", THIRD)], [], 1, "ana")
    assert desk.collections.point_back(FIRST, SECOND) == 2
    assert (desk.order(alone), desk.order(shared)) == ([FIRST, THIRD], [FIRST, SECOND])
    assert desk.collections.point_back(FIRST, SECOND) == 0


def test_two_that_became_one_come_back_one_by_one(desk: Desk) -> None:
    one = desk.make("Two", FIRST, SECOND)
    desk.collections.repoint(FIRST, THIRD, "ana")
    desk.collections.repoint(SECOND, THIRD, "ana")
    assert desk.order(one) == [THIRD]
    desk.collections.point_back(FIRST, THIRD)
    assert desk.order(one) == [FIRST, THIRD]
    desk.collections.point_back(SECOND, THIRD)
    assert desk.order(one) == [FIRST, SECOND]


def test_what_is_gone_stays_listed_and_is_not_counted(engine: Engine, prefix: str, desk: Desk) -> None:
    spring = desk.make("Spring", FIRST, SECOND)
    writer = Writer(engine)
    list(writer.write([Delete(ASSETS.read_alias(prefix), FIRST)]))
    writer.refresh(ASSETS.read_alias(prefix))
    assert desk.order(spring) == [FIRST, SECOND]
    assert desk.ids(Condition("collection", any=(spring,))) == {SECOND}
    assert [one.count for one in desk.find().facets["collection"]] == [1]
