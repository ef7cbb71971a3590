"""Each kind of evidence by itself: what it finds, what it leaves, and in which words."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from discovery.config import LinkingSettings
from discovery.linking.book import ProductBook
from discovery.linking.captions import caption_colour_evidence, caption_evidence, name_words_evidence
from discovery.linking.colours import agreement, names_of
from discovery.linking.evidence import Evidence
from discovery.linking.metadata import metadata_evidence
from discovery.linking.naming import name_evidence, path_evidence
from discovery.linking.patterns import Patterns
from discovery.linking.roles import caption_role, name_role, plain_role
from discovery.linking.sightings import (
    Declared,
    LookScale,
    Neighbour,
    barcode_evidence,
    colour_evidence,
    declared_evidence,
    visual_evidence,
)
from discovery.vision.colours import NAMES
from mappings.documents import Colour
from tests.linking.makers import BLUE, JACKET_EAN, RED, asset, product, shop

BOOK = ProductBook(shop())
PATTERNS = Patterns(LinkingSettings().patterns)


def named(key: str, patterns: Patterns = PATTERNS, book: ProductBook = BOOK) -> dict[str, Evidence]:
    return {piece.feature: piece for piece in name_evidence(key, book, patterns)}


def test_the_name_of_a_packshot_tells_style_colour_and_view() -> None:
    found = named("w/j/wj01-red_main.jpg")
    assert found["name_style"].family == "WJ01"
    assert found["name_colour"].look == "red"
    assert found["name_colour"].reason == "the file name carries the SKU WJ01 and the colour red"
    assert "main" in found["name_view"].reason
    assert "name_unexplained" not in found


@pytest.mark.parametrize(
    ("key", "sku"),
    [
        ("mg-102-ink-blue_detail.jpg", "MG-102"),
        ("MG_102.JPG", "MG-102"),
        ("final mg.102 (2).png", "MG-102"),
        ("WJ01-S-Red.jpg", "WJ01-S-Red"),
        ("20411.jpg", "20411"),
        ("x/\uff2d\uff27\uff0d\uff11\uff10\uff12.jpg", "MG-102"),
    ],
)
def test_a_whole_sku_is_found_however_it_is_written(key: str, sku: str) -> None:
    found = named(key)
    assert found["name_identifier"].sku == sku


@pytest.mark.parametrize("key", ["DSC_20411.jpg", "IMG-20411.jpg", "img 20411 copy.png"])
def test_what_a_camera_counts_is_no_sku(key: str) -> None:
    assert named(key) == {}


def test_an_ean_in_a_name_needs_its_check_digit() -> None:
    assert named(f"{JACKET_EAN}_front.jpg")["name_gtin"].sku == "WJ01-S-Red"
    assert named(f"shoot-{JACKET_EAN}.jpg")["name_gtin"].sku == "WJ01-S-Red"
    assert named(f"{JACKET_EAN[:-1]}2_front.jpg") == {}


def test_a_colour_that_the_product_does_not_come_in_speaks_against_it() -> None:
    found = named("wj01-green_main.jpg")
    assert found["name_colour_differs"].reason == (
        "the file name says green, but Stellar Running Jacket comes in Blue, Red"
    )


def test_words_that_nobody_can_place_are_told() -> None:
    assert "quarterly, figures" in named("wj01 quarterly figures.jpg")["name_unexplained"].reason


def test_a_folder_named_by_a_code_speaks_for_what_lies_in_it() -> None:
    found = list(path_evidence("shoots/MG-102/IMG_0001.jpg", BOOK))
    assert [(piece.feature, piece.sku) for piece in found] == [("path_identifier", "MG-102")]
    assert list(path_evidence("IMG_0001.jpg", BOOK)) == []


def test_own_patterns_come_first_and_may_read_the_path() -> None:
    own = Patterns([r"^(?P<view>[a-z]+)__(?P<sku>.+)$", r"articles/(?P<sku>[^/]+)/"])
    assert named("back__MG102.jpg", own)["name_identifier"].sku == "MG-102"
    assert "back" in named("back__MG102.jpg", own)["name_view"].reason
    assert named("articles/mg-103/one.jpg", own)["name_identifier"].sku == "MG-103"


def test_a_pattern_that_runs_away_is_stopped() -> None:
    hostile = Patterns([r"^(?P<sku>(a|aa)+)$"])
    began = time.perf_counter()
    assert named("a" * 190 + "!.jpg", hostile) == {}
    assert time.perf_counter() - began < 5


def test_metadata_names_products_by_sku_ean_and_keyword() -> None:
    source = asset("x.jpg", identifiers=(JACKET_EAN,), keywords=("MG-103", "red", "mug")).source
    found = {(piece.feature, piece.sku) for piece in metadata_evidence(source, BOOK)}
    assert found == {("metadata_gtin", "WJ01-S-Red"), ("metadata_identifier", "MG-103")}


def test_the_name_of_the_file_is_not_its_metadata() -> None:
    assert list(metadata_evidence(asset("MG-103.jpg").source, BOOK)) == []


def test_a_code_in_the_title_counts_as_metadata() -> None:
    found = list(metadata_evidence(asset("x.jpg", title="Shooting WJ01, day two").source, BOOK))
    assert [(piece.feature, piece.family) for piece in found] == [("metadata_style", "WJ01")]


def test_a_caption_names_a_product_by_the_words_of_its_name() -> None:
    source = asset("x.jpg", title="The Toadstool Lamp on a desk").source
    found = list(caption_evidence(source, BOOK))
    assert [piece.family for piece in found] == ["LP-500"]
    assert found[0].reason == "title or caption name “Toadstool Lamp”"


def test_a_longer_name_takes_the_caption_from_a_shorter_one_inside_it() -> None:
    source = asset("x.jpg", title="Orbit Coffee Table by the window").source
    found = {piece.family: piece.value for piece in caption_evidence(source, BOOK)}
    assert found["TB-802"] > 1.5 * found["TB-900"]


def test_a_common_word_alone_names_nothing() -> None:
    assert list(caption_evidence(asset("x.jpg", title="A mug").source, BOOK)) == []


def test_file_names_and_folders_may_spell_a_name() -> None:
    found = {piece.feature: piece.family for piece in name_words_evidence("press/toadstool-lamp.jpg", BOOK)}
    assert found == {"name_words": "LP-500"}
    found = {piece.feature: piece.family for piece in name_words_evidence("toadstool-lamp/1.jpg", BOOK)}
    assert found == {"path_words": "LP-500"}


def test_a_title_tells_which_look_it_is() -> None:
    family = BOOK.family("MG-101")
    source = asset("x.jpg", title="Skerry Mug in Ink Blue on linen").source
    found = list(caption_colour_evidence(source, family))
    assert [(piece.feature, piece.look) for piece in found] == [("caption_colour", "inkblue")]


def test_every_colour_a_picture_may_have_is_a_colour_products_may_be_called() -> None:
    for name in NAMES:
        assert name in names_of(name)
        assert names_of(name) <= NAMES.keys()


@pytest.mark.parametrize(
    ("colour", "seen", "fits"),
    [
        ("Ink Blue", "navy", True),
        ("Bottle Green", "green", True),
        ("gray", "charcoal", True),
        ("Poppy Red", "red", True),
        ("Cobalt Blue", "red", False),
        ("Forest Green", "pink", False),
    ],
)
def test_retail_colours_are_read_as_picture_colours(colour: str, seen: str, fits: bool) -> None:
    said = agreement([Colour(seen, "#000000", 0.5)], colour)
    assert said == (1.0 if fits else 0.0)


def test_colours_nobody_knows_say_nothing() -> None:
    assert agreement([RED], "Terrazzo") is None
    assert agreement([], "Red") is None
    assert list(colour_evidence([RED], BOOK.family("20411"))) == []


def test_the_colours_of_a_picture_speak_for_one_look_and_against_the_other() -> None:
    found = {piece.look: piece.feature for piece in colour_evidence([BLUE], BOOK.family("WJ01"))}
    assert found == {"blue": "colour_agrees", "red": "colour_differs"}


def test_barcodes_and_declarations_name_a_member() -> None:
    assert [piece.sku for piece in barcode_evidence([JACKET_EAN, "nonsense"], BOOK)] == ["WJ01-S-Red"]
    assert [piece.sku for piece in declared_evidence([Declared("MG-103", "hero")], BOOK)] == ["MG-103"]
    assert list(declared_evidence([Declared("GONE", "hero")], BOOK)) == []


def test_the_nearest_pictures_speak_for_their_product() -> None:
    near = [
        Neighbour("a", "LP-500", 0.95, "hero"),
        Neighbour("b", "LP-500", 0.9, "back"),
        Neighbour("c", "MG-102", 0.7, "hero"),
        Neighbour("d", "GONE", 0.99, "hero"),
        Neighbour("e", "TB-802", 0.3, "hero"),
    ]
    found = {(piece.feature, piece.family): piece.value for piece in visual_evidence(near, BOOK)}
    assert found["visual_copy", "LP-500"] == pytest.approx(0.5)
    assert found["visual_lead", "LP-500"] == 1.0
    assert ("visual_lead", "MG-101") not in found
    assert ("visual_near", "TB-802") not in found
    assert found["visual_share", "LP-500"] > found["visual_share", "MG-101"]


def test_likeness_is_weighed_on_one_scale_whatever_model_measured_it() -> None:
    own, fitted = LookScale(), LookScale(similar=0.2, same=0.7)
    for cosine in (-1.0, 0.1, 0.45, 0.8, 0.9, 1.0):
        assert own.similarity(cosine) == pytest.approx(cosine)
    told = [fitted.similarity(cosine) for cosine in (-1.0, 0.2, 0.45, 0.7, 0.85, 1.0)]
    assert told == pytest.approx([-1.0, 0.45, 0.7, 0.95, 0.975, 1.0])


@pytest.mark.parametrize(
    ("said", "role"),
    [
        (["wj01", "red", "main"], "hero"),
        (["wj01", "alt1"], "alternate"),
        (["chair", "back", "2"], "back"),
        (["box", "pack1"], "packaging"),
        (["wp06", "outfit"], "lifestyle"),
        (["swatch"], "swatch"),
        (["wj01", "closeup"], "detail"),
        (["wj01"], None),
    ],
)
def test_view_words_tell_the_role(said: list[str], role: str | None) -> None:
    assert name_role(said) == role


def test_without_words_plain_facts_tell_the_role() -> None:
    assert caption_role(["a", "packshot", "detail"]) == "detail"
    assert plain_role(120, 120, None) == "swatch"
    assert plain_role(1200, 1200, None) == "hero"
    assert plain_role(None, None, 1) == "hero"
    assert plain_role(1200, 800, 3) == "alternate"


@settings(max_examples=200)
@given(st.text(max_size=3000), st.text(max_size=300))
def test_no_name_and_no_text_breaks_the_reading(key: str, title: str) -> None:
    source = asset(key, title=title, keywords=(title[:40],), identifiers=(key[:60],)).source
    pieces = [
        *name_evidence(key, BOOK, PATTERNS),
        *path_evidence(key, BOOK),
        *metadata_evidence(source, BOOK),
        *caption_evidence(source, BOOK),
        *name_words_evidence(key, BOOK),
    ]
    assert all(0 < piece.value <= 1 and piece.reason for piece in pieces)


def test_a_very_long_name_takes_no_longer_than_a_long_one() -> None:
    began = time.perf_counter()
    for _ in range(20):
        list(name_evidence("wj01-red_" * 100_000 + ".jpg", BOOK, PATTERNS))
        list(path_evidence("mg-102/" * 100_000, BOOK))
    assert time.perf_counter() - began < 2


def test_one_sku_of_two_catalogues_speaks_for_both_its_products() -> None:
    book = ProductBook([product("AB-12 X", "Auk Basket"), product("AB12-X", "Auk Bench")])
    pieces = list(name_evidence("ab12x.jpg", book, PATTERNS))
    assert {piece.sku for piece in pieces if piece.feature == "name_identifier"} == {"AB-12 X", "AB12-X"}
