"""Colours as a query: hexadecimal or by name, within a tolerance, alone and beside words."""

from __future__ import annotations

import itertools

import pytest

from discovery.engine.client import Engine
from discovery.errors import InputInvalid
from discovery.search.palette import palette_of
from discovery.search.request import SearchPage, SearchRequest
from discovery.search.service import SearchService
from discovery.vision.colours import lab_of, packed
from mappings.documents import AssetsSide, Colour
from tests.search.catalogue import ASSET_LIST, GREEN_FRONT, PURPLE_FRONT, create, fill, hexadecimal, product
from tests.search.conftest import ANYONE, Ask, Serve
from tests.search.test_searching import files


def found(page: SearchPage) -> set[str]:
    return {hit.id for hit in page.hits}


def having(*names: str) -> set[str]:
    return {asset.id for asset in ASSET_LIST if set(names) <= set(asset.media.colour)}


@pytest.mark.parametrize(
    ("colour", "lab"),
    [("#ffffff", (100, 0, 0)), ("#000000", (0, 0, 0)), ("#ff0000", (53.24, 80.09, 67.2))],
)
def test_colours_lie_where_the_standard_has_them(colour: str, lab: tuple[float, float, float]) -> None:
    assert lab_of(colour) == pytest.approx(lab, abs=0.05)


def test_a_colour_is_kept_as_one_number_with_its_share() -> None:
    (number,) = packed([Colour("white", "#ffffff", 0.5)])
    assert (number >> 24, number >> 16 & 255, number >> 8 & 255, number & 255) == (128, 255, 128, 128)


@pytest.mark.parametrize("name", ["red", "green", "purple", "blue"])
def test_a_colour_finds_exactly_the_pictures_that_have_it(ask: Ask, name: str) -> None:
    page = ask("assets", palette=(hexadecimal(name),), tolerance=5, facets=("colour",))
    assert found(page) == having(name)
    assert page.total == len(page.hits)
    assert {value.value: value.count for value in page.facets["colour"]}[name] == page.total
    assert all(hit.signals["colour"] > 0 for hit in page.hits)


def test_all_colours_of_a_palette_must_be_there(ask: Ask) -> None:
    both = next(asset for asset in ASSET_LIST if len(set(asset.media.colour)) > 1)
    names = tuple(dict.fromkeys(both.media.colour))
    page = ask("assets", palette=tuple(map(hexadecimal, names)), tolerance=5)
    assert found(page) == having(*names)


def test_a_wider_tolerance_never_finds_less(ask: Ask) -> None:
    sets = [found(ask("assets", palette=("#c02828",), tolerance=wide)) for wide in (1, 5, 15, 50)]
    assert all(narrow <= wide for narrow, wide in itertools.pairwise(sets))
    assert sets[0] < sets[-1]


def test_what_covers_more_comes_first(ask: Ask) -> None:
    page = ask("assets", palette=("purple",))
    shares = [dict.fromkeys(hit.document.media.colour) for hit in page.hits]  # type: ignore[union-attr]
    assert [len(share) for share in shares] == sorted(len(share) for share in shares)
    assert page.hits[0].id == PURPLE_FRONT.id


def test_words_and_colours_are_asked_together(ask: Ask) -> None:
    words = ask("assets", "jacket")
    both = ask("assets", "jacket", palette=("green",))
    assert found(both) == {GREEN_FRONT.id} < found(words)


def test_products_are_found_by_the_colours_of_their_pictures(
    engine: Engine, prefix: str, serve: Serve
) -> None:

    create(engine, prefix)
    red = AssetsSide(linked=True, colour=("red",), palette=packed([Colour("red", hexadecimal("red"), 0.9)]))
    fill(engine, prefix, (product("A", "Red thing", assets=red), product("B", "Bare thing")))
    page = serve(prefix).search(SearchRequest(side="products", palette=("red",)), ANYONE)
    assert [hit.id for hit in page.hits] == ["A"]


def test_pages_of_a_palette_join(service: SearchService) -> None:
    asked = SearchRequest(palette=("#888888",), tolerance=50)
    whole = service.search(asked, ANYONE)
    first = service.search(SearchRequest(palette=("#888888",), tolerance=50, size=1), ANYONE)
    second = service.search(
        SearchRequest(palette=("#888888",), tolerance=50, size=50, after=first.next), ANYONE
    )
    assert [*files(first), *files(second)] == files(whole)


@pytest.mark.parametrize(
    ("palette", "tolerance", "field"),
    [
        (("#12345",), None, "palette.0"),
        (("blue", "mauvish"), None, "palette.1"),
        (("blue",) * 6, None, "palette"),
        (("blue",), 0.5, "tolerance"),
        ((), 10.0, "tolerance"),
    ],
)
def test_what_a_palette_has_wrong_is_named(
    palette: tuple[str, ...], tolerance: float | None, field: str
) -> None:
    with pytest.raises(InputInvalid) as told:
        palette_of(palette, tolerance)
    assert told.value.problems[0].field == field
