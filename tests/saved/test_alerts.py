"""Owners are told once what their searches find that they did not, what left, and which broke."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from discovery.config import ImageSettings
from discovery.errors import ModelUnavailable
from discovery.saved import searches as saved
from discovery.saved.model import Alert
from discovery.search.pictures import EmbedderModel
from discovery.search.request import Viewer
from mappings.documents import AssetDocument
from mappings.registry import COLLECTIONS
from tests.saved.conftest import ANA, BEN, Desk
from tests.search.catalogue import (
    ASSET_LIST,
    FAKE,
    GREEN_FRONT,
    PRODUCT_LIST,
    RED_COPY,
    RED_FRONT,
    Document,
    asset,
)

RED: dict[str, Any] = {"q": "", "filters": {"colour": {"any": ["red"]}}}
REQUESTS: tuple[dict[str, Any], ...] = (
    {},
    {"q": "jacket"},
    {"q": "riona", "mode": "text", "filters": {"keyword": {"none": ["studio"]}}},
    {"q": '"riona, front"', "mode": "text"},
    {"q": "-studio colour:red"},
    {"q": "wj05-red_main.png"},
    {"q": "red", "mode": "visual"},
    {"q": "woool", "mode": "text"},
    {"mode": "hybrid", "filters": {"colour": {"any": ["red"]}}},
    {"filters": {"or": [{"colour": {"any": ["red"]}}, {"linked": {"any": [False]}}], "width": {"gte": 800}}},
    {"filters": {"product.colour": {"any": ["Green"]}}},
    {"in": "products", "q": "jacket", "mode": "text"},
    {"in": "products", "q": "red jacket under 80"},
    {"in": "products", "filters": {"price": {"lt": 70}, "has_asset": {"any": [True]}}},
)


def test_what_comes_and_what_leaves_is_told_once(desk: Desk) -> None:
    desk.fill(RED_FRONT)
    one = desk.save(**RED)
    assert desk.round().changed == 0
    desk.fill(RED_COPY, GREEN_FRONT)
    desk.lose(RED_FRONT)
    done = desk.round()
    assert (done.changed, [d.reason for d in done.deliveries]) == (1, [None])
    ((to, subject, text),) = desk.letters()
    assert (to, subject) == (ANA, "Saved searches: Saved changed")
    assert "It finds 1 now; 1 on 2026-06-15 06:00 UTC." in text
    assert f"New (1): {RED_COPY.source.filename}" in text
    assert f"No longer (1): {RED_FRONT.id}, which is gone" in text
    assert desk.round().changed == 0
    assert desk.letters() == []
    seen = desk.get(one).seen
    assert seen is not None
    assert seen.ids == frozenset({RED_COPY.id})


def test_an_owner_gets_one_letter_a_day_of_all_that_is_theirs(desk: Desk) -> None:
    desk.save(Alert.DAILY, name="Reds", **RED)
    desk.save(Alert.DAILY, name="All")
    desk.save(Alert.DAILY, BEN, name="Ben's")
    desk.save(Alert.OFF, name="Quiet")
    desk.fill(RED_FRONT)
    assert desk.round().due == 0
    desk.clock.forward(days=1)
    assert desk.round().changed == 3
    told = {to: text for to, _, text in desk.letters()}
    assert set(told) == {ANA, BEN}
    assert "Reds" in told[ANA]
    assert "All" in told[ANA]
    assert "Quiet" not in told[ANA]
    desk.fill(RED_COPY)
    assert desk.round().due == 0
    desk.clock.forward(days=1)
    desk.round()
    assert len(desk.letters()) == 2


def test_what_a_server_refused_is_told_by_the_next_round(desk: Desk) -> None:
    desk.save(**RED)
    desk.fill(RED_FRONT)
    assert [d.reason for d in desk.round(host="").deliveries] == ["mail.host is not set"]
    desk.fill(RED_COPY)
    desk.round()
    ((_, _, text),) = desk.letters()
    assert "New (2)" in text


@pytest.mark.parametrize("request_", REQUESTS, ids=str)
def test_the_percolator_misses_nothing_that_a_search_finds(desk: Desk, request_: dict[str, Any]) -> None:
    desk.fill(*ASSET_LIST, *PRODUCT_LIST)
    asked = desk.searches.read(request_)
    settled = desk.service.settled(asked, Viewer())
    assert settled.fallback_reason is None
    found = settled.ids()
    assert found is not None
    everything: tuple[Document, ...] = (*ASSET_LIST, *PRODUCT_LIST)
    documents = [one for one in everything if isinstance(one, AssetDocument) == (asked.side == "assets")]
    with desk.percolator(asked.side) as percolator:
        assert percolator.load({"it": settled.standing()}) == ()
        places = percolator.matching([_light(one.to_source()) for one in documents]).get("it", ())
    proposed = {documents[place].id for place in places}
    assert set(found) <= proposed
    assert settled.among(proposed) == set(found)
    page = desk.service.search(dataclasses.replace(asked, size=100), Viewer())
    assert {hit.id for hit in page.hits} == set(found)


def _light(source: dict[str, Any]) -> dict[str, Any]:
    block = source["media"] if "media" in source else source["assets"]
    return source | {
        ("media" if "media" in source else "assets"): {
            name: value
            for name, value in block.items()
            if name not in ("vector", "look", "histogram", "base")
        }
    }


def test_a_search_that_broke_is_kept_and_told_to_its_owner_once(desk: Desk) -> None:
    desk.fill(*ASSET_LIST)
    one = desk.save(Alert.OFF, filters={"product.material": {"any": ["Nylon"]}})
    assert desk.round().broken == 0
    desk.lose(*(each for each in ASSET_LIST if each.product.linked))
    assert desk.round().broken == 1
    ((to, subject, text),) = desk.letters()
    assert (to, subject) == (ANA, "Saved searches: 1 can no longer be run")
    assert "filters.product.material: no item has a value of it any more" in text
    broken = desk.get(one).broken
    assert broken is not None
    assert broken.problems[0].field == "filters.product.material"
    assert desk.round().broken == 1
    assert desk.letters() == []
    desk.fill(*ASSET_LIST)
    assert desk.round().broken == 0
    assert desk.get(one).broken is None


def test_a_field_that_no_version_knows_any_more_is_named(desk: Desk) -> None:
    one = desk.save(**RED)
    index = COLLECTIONS.write_alias(desk.prefix)
    stored = desk.records.get(index, one)
    assert stored is not None
    desk.records.put(index, one, {**stored.source, "request": {"filters": {"hue": {"any": ["red"]}}}}, stored)
    broken = desk.get(one).broken
    assert broken is not None
    assert broken.problems[0].field == "filters.hue"
    desk.round()
    ((_, _, text),) = desk.letters()
    assert "filters.hue: unknown field of assets" in text
    desk.searches.change(one, {"request": RED})
    assert desk.round().broken == 0


def test_what_a_collection_or_a_rule_changes_is_told_though_no_item_changed(desk: Desk) -> None:
    desk.fill(RED_FRONT, RED_COPY)
    spring = desk.collections.create("Spring", None, None, [("asset", RED_FRONT.id)], "ana").id
    one = desk.save(filters={"collection": {"any": ["Spring"]}})
    desk.collections.arrange(spring, [("asset", RED_COPY.id)], [("asset", RED_FRONT.id)], None, "ana")
    assert desk.round().changed == 1
    seen = desk.get(one).seen
    assert seen is not None
    assert seen.ids == frozenset({RED_COPY.id})
    desk.collections.delete(spring)
    assert desk.round().broken == 1


def test_a_picture_that_is_like_the_words_is_told(desk: Desk) -> None:
    desk.fill(GREEN_FRONT)
    one = desk.save(q="red", mode="visual")
    desk.fill(asset("nameless.png", "red"), asset("sheet.pdf"))
    found = desk.searches.changes(one)
    assert desk.round().changed == 1
    assert found.entered == (asset("nameless.png", "red").id,)


def test_nothing_is_told_of_a_search_that_cannot_be_done_as_it_was(desk: Desk) -> None:
    desk.fill(RED_FRONT)
    one = desk.save(q="red", mode="visual")
    before = desk.get(one).seen

    def broken() -> Any:
        raise ModelUnavailable("no weights")

    desk.over(model=EmbedderModel(broken, ImageSettings()))
    done = desk.round()
    assert (done.changed, done.unsure[0][0]) == (0, "Saved")
    assert desk.searches.changes(one).listed is False
    assert desk.get(one).seen == before
    desk.over(model=EmbedderModel(lambda: FAKE, ImageSettings()))
    assert desk.round().changed == 0


def test_of_too_many_the_number_is_told(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(saved, "MOST_LISTED", 1)
    desk.fill(RED_FRONT, RED_COPY)
    desk.save(**RED)
    desk.fill(asset("more.png", "red"))
    assert desk.round().changed == 1
    ((_, _, text),) = desk.letters()
    assert "It finds 3 now; 2 on" in text
    assert "too many to tell" in text
    assert desk.round().changed == 0
