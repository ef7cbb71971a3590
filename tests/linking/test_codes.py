"""Check digits, words, and the book's look-ups."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from discovery.config import LONGEST_NAME
from discovery.linking.book import ProductBook, code_strength
from discovery.linking.gtin import check_digit, gtin
from discovery.linking.words import squeezed, stem, words
from tests.linking.makers import JACKET_EAN, jacket, mugs, product, shop


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("4006381333931", "04006381333931"),
        ("400 6381-333931", "04006381333931"),
        ("036000291452", "00036000291452"),
        ("73513537", "00000073513537"),
        ("10614141000415", "10614141000415"),
        ("4006381333932", None),
        ("40063813339310", None),
        ("00000000", None),
        ("٤٠٠٦٣٨١٣٣٣٩٣١", None),
        ("", None),
        ("20411", None),
    ],
)
def test_a_gtin_is_told_by_its_length_and_check_digit(text: str, expected: str | None) -> None:
    assert gtin(text) == expected


@given(st.from_regex(r"[1-9][0-9]{11}", fullmatch=True), st.integers(0, 12), st.integers(1, 9))
def test_one_wrong_digit_never_passes(payload: str, place: int, shift: int) -> None:
    number = payload + str(check_digit(payload))
    assert gtin(number) == number.zfill(14)
    wrong = number[:place] + str((int(number[place]) + shift) % 10) + number[place + 1 :]
    assert gtin(wrong) is None


@given(st.text(max_size=400))
def test_words_are_letters_and_digits_without_case(text: str) -> None:
    assert all(word.isalnum() or word for word in words(text))
    assert squeezed(text) == squeezed(text.upper()) or not text.isascii()
    assert len(stem(text)) <= LONGEST_NAME


def test_a_name_in_wide_or_decomposed_letters_is_the_same_name() -> None:
    assert squeezed("\uff37\uff2a\uff10\uff11\uff0d\uff32\uff45\uff44") == "wj01red"
    assert words("Kaffeebecher_GRÜN") == words("kaffeebecher_gru\u0308n")


def test_letters_with_digits_are_strong_and_short_numbers_are_weak() -> None:
    assert code_strength("wj01") == 1.0
    assert code_strength("4006381333931") == 1.0
    assert code_strength("2041") < code_strength("20411") < code_strength("2041198")
    assert code_strength("red") < 0.5


def test_variants_of_one_colour_are_one_look_and_their_parent_stands_for_all() -> None:
    family = ProductBook(jacket()).family("WJ01")
    assert family.umbrella == family.root == "WJ01"
    assert {look.colour: look.members for look in family.looks.values()} == {
        "Blue": ("WJ01-S-Blue", "WJ01-M-Blue"),
        "Red": ("WJ01-S-Red", "WJ01-M-Red"),
    }


def test_a_parent_with_a_colour_of_its_own_is_a_look_of_its_own() -> None:
    family = ProductBook(mugs()).family("MG-101")
    assert family.umbrella is None
    assert family.root == "MG-101"
    assert sorted(look.colour for look in family.looks.values()) == ["Ink Blue", "Sage Green", "Terracotta"]


def test_variants_without_colours_look_like_their_parent() -> None:
    laptop = [product("L1", "Laptop"), product("L1-13", "Laptop", parent="L1"), product("L1-15", parent="L1")]
    family = ProductBook(laptop).family("L1")
    only = family.only_look
    assert only is not None
    assert family.umbrella == "L1"
    assert set(only.members) == {"L1-13", "L1-15"}


def test_products_without_a_parent_share_the_style_their_skus_begin_with() -> None:
    shirts = [
        product("TS01-RED-M", "Tern Shirt red M", colours=("Red",)),
        product("TS01-BLU-L", "Tern Shirt blue L", colours=("Blue",)),
        product("TS02-RED-M", "Gull Shirt red M", colours=("Red",)),
        product("MG-104", "Holm Cup"),
        product("MG-105", "Holm Bowl"),
    ]
    book = ProductBook(shirts)
    style = book.by_code("ts01")
    assert [(named.family, named.sku) for named in style] == [("TS01", None)]
    assert set(book.family("TS01").members) == {"TS01-RED-M", "TS01-BLU-L"}
    assert book.by_code("ts02") == ()
    assert book.by_code("mg") == ()
    assert book.family("TS01").words == {"tern", "shirt"}


def test_a_parent_that_is_missing_still_holds_its_variants_together() -> None:
    book = ProductBook([one for one in jacket() if one.source.sku != "WJ01"])
    family = book.family("WJ01")
    assert family.root is None
    assert len(family.members) == 4
    assert book.by_code("wj01")[0].sku is None


def test_parents_in_a_circle_end() -> None:
    circle = [product("A-1", parent="B-1"), product("B-1", parent="A-1"), product("C-1", parent="C-1")]
    book = ProductBook(circle)
    assert len(book) == 3
    assert {book.named(sku) is not None for sku in ("A-1", "B-1", "C-1")} == {True}


def test_an_ean_is_found_however_it_is_padded() -> None:
    book = ProductBook(shop())
    found = book.by_gtin(gtin("0" + JACKET_EAN) or "")
    assert [named.sku for named in found] == ["WJ01-S-Red"]


def test_the_order_of_products_does_not_matter() -> None:
    products = shop()
    random.Random(4).shuffle(products)
    first, second = ProductBook(shop()), ProductBook(products)
    for key in ("WJ01", "MG-101", "TB-802"):
        assert first.family(key) == second.family(key)
    assert first.by_code("wj01") == second.by_code("wj01")
