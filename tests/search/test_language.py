"""The query language: phrases, words that must not be there, ``field:value``; and text that only looks so."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from discovery.engine.client import Engine
from discovery.search.language import Reading, read
from discovery.search.request import Condition, Filters, Mode, SearchRequest
from tests.search.catalogue import SEA, asset, create, fill
from tests.search.conftest import ANYONE, Ask, Serve
from tests.search.test_searching import files, skus


@pytest.mark.parametrize(
    ("typed", "reading"),
    [
        ('red "full zip" jacket', Reading("red jacket", ("full zip",), marked='"full zip"')),
        ("jacket -red", Reading("jacket", without=("red",), marked="-red")),
        ('jacket NOT "full zip"', Reading("jacket", without=("full zip",), marked='NOT "full zip"')),
        ("colour:red", Reading("", conditions=(Condition("colour", any=("red",)),), marked="colour:red")),
        (
            'colour:"navy blue" colour:red',
            Reading(
                "",
                conditions=(Condition("colour", any=("navy blue", "red")),),
                marked='colour:"navy blue" colour:red',
            ),
        ),
        (
            "width:>=800 width:<2000",
            Reading("", conditions=(Condition("width", gte=800, lt=2000),), marked="width:>=800 width:<2000"),
        ),
        (
            "created:2025-01-01..",
            Reading("", conditions=(Condition("created", gte="2025-01-01"),), marked="created:2025-01-01.."),
        ),
        (
            "-keyword:studio linked:no",
            Reading(
                "",
                conditions=(Condition("keyword", none=("studio",)), Condition("linked", any=(False,))),
                marked="-keyword:studio linked:no",
            ),
        ),
        (
            "creator:* -title",
            Reading(
                "",
                without=("title",),
                conditions=(Condition("creator", exists=True),),
                marked="creator:* -title",
            ),
        ),
        (
            "Product.Colour:red",
            Reading("", conditions=(Condition("product.colour", any=("red",)),), marked="Product.Colour:red"),
        ),
        ("“full zip”", Reading("", ("full zip",), marked='"full zip"')),
    ],
)
def test_marks_are_read(typed: str, reading: Reading) -> None:
    assert read("assets", typed) == reading


@pytest.mark.parametrize(
    "pasted",
    [
        '27" monitor, 24" wide',
        "Note: see https://example.org/a:b?c=d",
        "10:30 at C:\\photos",
        "a full-zip jacket - red -5 degrees",
        "DO NOT BEND",
        '"an unclosed phrase',
        "width:wide created:yesterday linked:perhaps",
        "colour: red",
        "nothing:known shade:red",
        "collection:spring",
        "price:<80",
        '""',
        "-",
    ],
)
def test_what_is_pasted_is_nothing_but_words(pasted: str) -> None:
    reading = read("assets", pasted)
    assert (reading.phrases, reading.without, reading.conditions) == ((), (), ())


@given(q=st.text(st.sampled_from('ab "-:.<>=*NOT colour width“”\\/'), max_size=60))
def test_any_heap_of_marks_is_read_and_its_words_are_kept(q: str) -> None:
    reading = read("assets", " ".join(q.split()))
    assert read("assets", reading.respelt(reading.words)).conditions == reading.conditions


@settings(max_examples=60)
@given(q=st.text(st.sampled_from('ajackt "-:<>=*NOT colourwidth'), max_size=40))
def test_no_heap_of_marks_is_refused_by_the_engine(ask: Ask, q: str) -> None:
    assert ask("assets", q, mode=Mode.TEXT, size=1).total >= 0


def test_a_phrase_must_be_there_as_it_stands(ask: Ask) -> None:
    assert set(skus(ask("products", '"full zip"'))) == {"WJ05", "WJ05-S-Red", "WJ05-S-Green"}
    assert ask("products", '"zip full"').total == 0
    assert skus(ask("products", '"messenger bag" purple')) == ["24-WB04"]


@pytest.mark.parametrize("mode", [Mode.TEXT, Mode.HYBRID])
def test_a_phrase_holds_for_what_pictures_bring_in_too(ask: Ask, mode: Mode) -> None:
    assert files(ask("assets", '"wide"', mode=mode)) == ["IMG_2042.png"]


def test_what_must_not_be_there_is_in_no_hit(ask: Ask) -> None:
    jackets = set(skus(ask("products", "jacket")))
    kept = set(skus(ask("products", "jacket -purple")))
    assert "WJ06-Purple" in jackets - kept
    assert kept == set(skus(ask("products", "jacket NOT purple")))
    assert "24-WB04" not in kept
    assert set(skus(ask("products", 'jacket -"full zip"', understand=False))) == {"WJ06-Purple", "24-WB04"}


def test_a_query_of_nothing_but_what_must_not_be_there_finds_everything_else(ask: Ask) -> None:
    everything = ask("products", size=50).total
    assert (
        ask("products", "-jacket", size=50).total
        == everything - ask("products", "jacket", mode=Mode.TEXT).total
    )


@pytest.mark.parametrize("mode", [Mode.AUTO, Mode.TEXT, Mode.HYBRID, Mode.VISUAL])
def test_a_field_in_the_query_means_the_same_as_a_filter(ask: Ask, mode: Mode) -> None:
    written = ask("assets", "jacket keyword:studio", mode=mode, facets=("keyword",))
    filtered = ask(
        "assets",
        "jacket",
        mode=mode,
        facets=("keyword",),
        filters=Filters((Condition("keyword", any=("studio",)),)),
    )
    assert (files(written), written.facets, written.total) == (
        files(filtered),
        filtered.facets,
        filtered.total,
    )
    assert next(v for v in written.facets["keyword"] if v.value == "studio").selected


def test_bounds_in_the_query_narrow_by_number(ask: Ask) -> None:
    assert set(skus(ask("products", "price:<15"))) == {"MS01", "MS02", "MUG-1"}
    assert skus(ask("products", "jacket price:>70")) == ["WJ06-Purple"]


def test_a_misspelling_beside_marks_is_corrected_and_the_marks_stay(ask: Ask) -> None:
    page = ask("products", "jaket -purple")
    assert page.corrected == "jacket -purple"
    assert "WJ06-Purple" not in skus(page)
    assert page.total


def test_pages_of_a_query_with_marks_join(ask: Ask) -> None:
    q = 'jacket -bag price:>50 "jacket"'
    whole = ask("products", q, size=50)
    walked: list[str] = []
    after = None
    while True:
        page = ask("products", q, size=1, after=after)
        walked += skus(page)
        assert page.total == whole.total == len(whole.hits)
        after = page.next
        if after is None:
            break
    assert walked == skus(whole)


def test_a_file_whose_name_looks_like_marks_is_found_by_it(engine: Engine, prefix: str, serve: Serve) -> None:
    named = asset("poster -draft.png", "red", title="Poster")
    coloned = asset("colour:red.png", "blue", title="Chart")
    create(engine, prefix)
    fill(engine, prefix, (named, coloned, SEA))
    service = serve(prefix)
    for name in ("poster -draft.png", "colour:red.png"):
        page = service.search(SearchRequest(q=name), ANYONE)
        assert files(page)[0] == name
        assert "identifier" in page.hits[0].signals
