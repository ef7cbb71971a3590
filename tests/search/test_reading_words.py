"""How words are read: by us before a search, by the engine's analysers in it, and that the two agree."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from discovery.engine.client import Engine
from discovery.engine.reader import Reader
from discovery.errors import InputInvalid
from discovery.search.facets import escape, folded
from discovery.search.identifiers import looks_like_identifier
from discovery.search.text import corrected, is_slip, normalise
from mappings.registry import ASSETS, PRODUCTS


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("  red   jacket ", "red jacket"),
        ("red\x00\tjacket\n", "red jacket"),
        ("cafe\u0301", "café"),
        ("a\u2028b", "a b"),
        ("x\ud800y", "x y"),
        ("", ""),
    ],
)
def test_a_query_is_read_without_what_cannot_be_seen(typed: str, read: str) -> None:
    assert normalise(typed, 1000) == read


def test_a_query_is_as_long_as_the_settings_allow_before_it_is_tidied() -> None:
    with pytest.raises(InputInvalid):
        normalise(" " * 11, 10)


@given(q=st.text(max_size=90))
def test_reading_twice_is_reading_once(q: str) -> None:
    once = normalise(q, 100)
    assert normalise(once, 1000) == once


@pytest.mark.parametrize(
    "q", ["WJ05", "24-WB04", "4006381333931", "wj05 s red", "hero_red", "mug.png", "IMG_2041.JPG"]
)
def test_codes_and_file_names_look_like_identifiers(q: str) -> None:
    assert looks_like_identifier(q)


@pytest.mark.parametrize(
    "q", ["", "yoga", "purple jacket", "t-shirt", "---", "a 2024 summer dress for the beach", "Dr. Who"]
)
def test_words_do_not_look_like_identifiers(q: str) -> None:
    assert not looks_like_identifier(q)


def test_each_unknown_word_is_replaced_where_it_stands() -> None:
    def entry(offset: int, length: int, *options: str) -> dict[str, object]:
        text = "purpel wooly jaket"[offset : offset + length]
        return {
            "text": text,
            "offset": offset,
            "length": length,
            "options": [{"text": option} for option in options],
        }

    suggested = {"spelling": [entry(0, 6, "purple"), entry(7, 5, "dolly"), entry(13, 5, "basket", "jacket")]}
    assert corrected("purpel wooly jaket", suggested) == "purple wooly jacket"
    assert corrected("purpel", {"spelling": [entry(0, 6)]}) is None
    assert corrected("purpel", None) is None


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("jaket", "jacket"),
        ("purpel", "purple"),
        ("mugg", "mug"),
        ("hoddie", "hoodie"),
        ("sweetshrit", "sweatshirt"),
    ],
)
def test_a_slip_of_the_hand_is_one(typed: str, meant: str) -> None:
    assert is_slip(typed, meant)


@pytest.mark.parametrize(
    ("typed", "other"),
    [("shirt", "short"), ("shoes", "short"), ("boat", "coat"), ("kayak", "jacket"), ("volcano", "balcony")],
)
def test_another_word_is_no_slip(typed: str, other: str) -> None:
    assert not is_slip(typed, other)


def test_every_form_of_tshirt_is_one_token(engine: Engine, shop: str) -> None:
    reader, index = Reader(engine), PRODUCTS.read_alias(shop)
    for form in ("t-shirt", "tshirt", "t shirt", "T-Shirt", "T Shirts", "t_shirt"):
        for analyzer in ("english", "english_search"):
            assert reader.analyze(index, form, analyzer=analyzer) == ["tshirt"], (form, analyzer)


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("a mug", {"a", "mug"}),
        ("I like mugs", {"i", "like", "mug"}),
        ("V-neck tee", {"vneck", "tee"}),
        ("wrap-around skirt", {"wrap", "around", "wraparound", "skirt"}),
        ("Women's jackets", {"women", "jacket"}),
        ("café crème", {"cafe", "creme"}),
        ("1/4 zip", {"1", "4", "zip"}),
        ("Zip Jacket-S-Red", {"zip", "jacket", "s", "red", "jacketsre"}),
        ("size M blue", {"size", "m", "blue"}),
    ],
)
def test_words_are_taken_apart_as_people_mean_them(
    engine: Engine, shop: str, text: str, tokens: set[str]
) -> None:
    assert set(Reader(engine).analyze(PRODUCTS.read_alias(shop), text, analyzer="english")) == tokens


def test_values_are_folded_as_the_engine_folds_them(engine: Engine, shop: str) -> None:
    reader, index = Reader(engine), ASSETS.read_alias(shop)
    letters = [chr(code) for code in range(0x20, 0x17F)] + list("ȘșŞşẞ")
    ours = [folded(f"x{letter}y") for letter in letters]
    theirs = [reader.analyze(index, f"x{letter}y", field="media.colour")[0] for letter in letters]
    differing = {letter for letter, one, other in zip(letters, ours, theirs, strict=True) if one != other}
    assert differing <= set(
        "\u00ab\u00b2\u00b3\u00b9\u00bb\u0130\u0131\u0132\u0133\u0138\u013f\u0140\u0149\u014a\u014b\u0166\u0167\u00a0\u00a8\u00aa\u00af\u00b4\u00b5\u00b8\u00ba\u00bc\u00bd\u00be"
    )


@given(text=st.text(max_size=30))
def test_an_escaped_text_keeps_its_letters(text: str) -> None:
    assert escape(text).replace("\\", "") == text.replace("\\", "")
