"""What words say of attributes: from the catalogue's own values, never at the price of an empty result."""

from __future__ import annotations

import pytest

from discovery.engine.client import Engine
from discovery.search.request import Condition, Filters, Mode, SearchRequest, Understood
from discovery.search.understanding import Vocabulary, from_stored, key, stored, understand
from discovery.search.wordforms import form
from tests.search.catalogue import ASSET_LIST, PRODUCT_LIST, create, fill, product
from tests.search.conftest import ANYONE, Ask, Serve
from tests.search.test_searching import files, skus

VOCABULARY = Vocabulary(
    {
        key("red"): ("attribute.colour", ("red",)),
        key("navy blue"): ("attribute.colour", ("navy blue",)),
        key("blue"): ("attribute.colour", ("blue",)),
        key("women"): ("category", ("women",)),
        key("jackets"): ("category", ("men/jackets", "women/jackets")),
    },
    priced=True,
)


def parts(words: str, *leaving: str) -> list[tuple[str, str]]:
    return [(part.text, part.field) for part in understand("products", words, VOCABULARY, leaving).parts]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Women's", "women"),
        ("women\u2019s", "WOMEN"),
        ("Jackets", "jacket"),
        ("dresses", "dress"),
        ("watches", "Watch"),
        ("bodies", "body"),
        ("T-Shirts", "t shirt"),
        ("café", "Cafe"),
    ],
)
def test_word_forms_are_compared_without_plural_and_possessive(one: str, other: str) -> None:
    assert form(one) == form(other)


@pytest.mark.parametrize("word", ["glass", "bus", "tennis", "gas", "is"])
def test_not_every_s_is_a_plural(word: str) -> None:
    assert form(word) == (word,)


def test_a_query_becomes_colour_categories_and_price() -> None:
    whole = understand("products", "red women's jackets under 80", VOCABULARY)
    assert whole.words == ""
    assert whole.parts == (
        Understood("under 80", "price", (), (("lt", 80),)),
        Understood("red", "attribute.colour", ("red",)),
        Understood("women's", "category", ("women",)),
        Understood("jackets", "category", ("men/jackets", "women/jackets")),
    )
    assert from_stored(stored(whole.parts)) == whole.parts


def test_the_longest_value_counts_and_other_words_stay_words() -> None:
    assert parts("navy blue jackets") == [("navy blue", "attribute.colour"), ("jackets", "category")]
    assert understand("products", "hooded red jackets", VOCABULARY).words == "hooded"


def test_what_somebody_took_off_stays_words() -> None:
    assert parts("red jackets under 80", "Red", "under 80") == [("jackets", "category")]


@pytest.mark.parametrize(
    ("words", "bounds"),
    [
        ("under $80", (("lt", 80),)),
        ("below 79.90 eur", (("lt", 79.9),)),
        ("up to 80€", (("lte", 80),)),
        ("over 20", (("gt", 20),)),
        ("at least 20 dollars", (("gte", 20),)),
        ("under 80 with hood", (("lt", 80),)),
        ("between 20 and 40", (("gte", 20), ("lte", 40))),
        ("between 40 and 20", (("gte", 20), ("lte", 40))),
    ],
)
def test_prices_are_read(words: str, bounds: tuple[tuple[str, float], ...]) -> None:
    assert [part.bounds for part in understand("products", f"bag {words}", VOCABULARY).parts] == [bounds]


@pytest.mark.parametrize(
    "words", ["under 10 mm", "over 2 kg", "under 20cm", "under armour", "over 20-30", "from 4K"]
)
def test_measures_are_no_prices(words: str) -> None:
    assert parts(words) == []


def test_assets_have_no_prices() -> None:
    assert understand("assets", "bag under 80", VOCABULARY).parts == ()


# In the engine


def test_words_become_filters_that_the_reply_names(ask: Ask) -> None:
    page = ask("products", "red jackets under 70", facets=("attribute.colour",))
    assert set(skus(page)) == {"WJ05", "WJ05-S-Red"}
    assert {(part.text, part.field, part.applied) for part in page.understood} == {
        ("under 70", "price", True),
        ("red", "attribute.colour", True),
        ("jackets", "category", True),
    }
    assert page.total == 2
    chosen = [value.value for value in page.facets["attribute.colour"] if value.selected]
    assert chosen == ["red"]


def test_understanding_is_the_same_as_the_filters_it_names(ask: Ask) -> None:
    understood = ask("products", "purple jackets")
    named = tuple(Condition(part.field, any=part.values) for part in understood.understood)
    assert ask("products", filters=Filters(named)).total == understood.total == 1


def test_a_part_can_be_taken_off_and_so_can_all(ask: Ask) -> None:
    some = ask("products", "red jackets", as_words=("red",))
    assert [part.text for part in some.understood] == ["jackets"]
    assert ask("products", "red jackets", understand=False).understood == ()


@pytest.mark.parametrize("mode", [Mode.TEXT, Mode.VISUAL, Mode.HYBRID])
def test_other_modes_take_words_as_words_unless_asked(ask: Ask, mode: Mode) -> None:
    assert ask("products", "red jackets", mode=mode).understood == ()
    assert len(ask("products", "red jackets", mode=mode, understand=True).understood) == 2


def test_filters_that_would_find_nothing_give_way_to_words(ask: Ask) -> None:
    page = ask("products", "fleece bag")
    assert {part.applied for part in page.understood} == {False}
    assert [part.text for part in page.understood] == ["fleece", "bag"]
    assert page.total == ask("products", "fleece bag", understand=False).total


def test_where_filters_contradict_each_other_only_one_gives_way(
    engine: Engine, prefix: str, serve: Serve
) -> None:
    create(engine, prefix)
    red = [
        product(f"J-{n}", f"Red jacket {n}", family="Jacket", price=60.0, attributes={"hue": ("Crimson",)})
        for n in range(3)
    ]
    fill(
        engine,
        prefix,
        (*red, product("B-1", "Ball", family="Ball", price=9.0, attributes={"colour": ("Red",)})),
    )
    page = serve(prefix).search(SearchRequest(side="products", q="red jackets under 70"), ANYONE)
    assert {part.text: part.applied for part in page.understood} == {
        "red": False,
        "jackets": True,
        "under 70": True,
    }
    assert set(skus(page)) == {one.id for one in red}
    assert page.total == len(red)


def test_words_that_were_not_understood_must_be_found_as_ever(ask: Ask) -> None:
    page = ask("products", "full zip jacket red")
    assert set(skus(page)) == {"WJ05", "WJ05-S-Red"}
    nowhere = ask("products", "zeppelin jacket")
    assert {part.applied for part in nowhere.understood} == {False}


def test_filters_that_would_hide_what_bears_the_name_give_way_to_words(
    engine: Engine, prefix: str, serve: Serve
) -> None:
    create(engine, prefix)
    named = product("A-1", "Ariel Fleece Roll", attributes={"material": ("Cotton",)})
    other = product("A-2", "Ariel Blanket", attributes={"material": ("Fleece",)}, description="Can roll.")
    fill(engine, prefix, (named, other))
    asked = SearchRequest(side="products", q="ariel fleece roll")
    page = serve(prefix).search(asked, ANYONE)
    assert skus(page)[0] == "A-1"
    assert [(part.text, part.applied) for part in page.understood] == [("fleece", False)]


def test_a_whole_identifier_is_never_understood(ask: Ask) -> None:
    page = ask("products", "WJ05-S-Red")
    assert (page.understood, skus(page)[0]) == ((), "WJ05-S-Red")


def test_pages_of_what_was_understood_join(ask: Ask) -> None:
    whole = ask("products", "red jackets", size=50)
    first = ask("products", "red jackets", size=1)
    second = ask("products", "red jackets", size=1, after=first.next)
    assert [*skus(first), *skus(second)] == skus(whole)
    assert second.understood == first.understood == whole.understood


def test_assets_are_understood_by_products_only_where_nearly_all_show_one(
    ask: Ask, engine: Engine, prefix: str, serve: Serve
) -> None:
    assert ask("assets", "purple jackets").understood == ()
    create(engine, prefix)
    fill(engine, prefix, [one for one in ASSET_LIST if one.product.linked])
    page = serve(prefix).search(SearchRequest(q="purple jackets"), ANYONE)
    assert files(page) == ["wj06-purple_main.png"]
    assert {part.field for part in page.understood} == {"product.colour", "product.category"}


def test_new_values_are_understood_once_the_index_has_them(engine: Engine, prefix: str, serve: Serve) -> None:
    now = [0.0]
    create(engine, prefix)
    fill(engine, prefix, PRODUCT_LIST)
    service = serve(prefix, clock=lambda: now[0])
    asked = SearchRequest(side="products", q="teal mug")
    assert [part.text for part in service.search(asked, ANYONE).understood] == ["mug"]
    fill(engine, prefix, [product("MUG-2", "Sea Mug", family="Mug", attributes={"colour": ("Teal",)})])
    now[0] += 10
    page = service.search(asked, ANYONE)
    assert [part.text for part in page.understood if part.applied] == ["teal", "mug"]
    assert skus(page) == ["MUG-2"]


def test_filters_that_would_hide_most_of_what_says_the_words_give_way_to_words(
    engine: Engine, prefix: str, serve: Serve
) -> None:
    create(engine, prefix)
    bag = product("B-1", "Voyage Bag", attributes={"activity": ("Yoga",)})
    clothes = [product(f"C-{n}", f"Tights {n}", description="Made for yoga.") for n in range(3)]
    fill(engine, prefix, (bag, *clothes))
    page = serve(prefix).search(SearchRequest(side="products", q="yoga"), ANYONE)
    assert page.total == 4
    assert [(part.text, part.applied) for part in page.understood] == [("yoga", False)]
    narrowed = SearchRequest(side="products", q="yoga", filters=Filters((Condition("sku", any=("B-1",)),)))
    assert [part.applied for part in serve(prefix).search(narrowed, ANYONE).understood] == [True]


def test_a_kind_does_not_hide_what_another_catalogue_files_elsewhere(
    engine: Engine, prefix: str, serve: Serve
) -> None:
    create(engine, prefix)
    filed = [product(f"B-{n}", f"Backpack {n}", family="Backpacks") for n in range(8)]
    fill(engine, prefix, (*filed, product("D-1", "Driven Backpack", family="Bags")))
    page = serve(prefix).search(SearchRequest(side="products", q="backpacks"), ANYONE)
    assert [(part.text, part.applied) for part in page.understood] == [("backpacks", False)]
    assert "D-1" in skus(page)


@pytest.mark.parametrize("words", ["t-shirts", "T Shirt", "tshirt"])
def test_compound_words_are_understood_however_they_are_written(words: str) -> None:
    vocabulary = Vocabulary({key("Tshirts"): ("family", ("tshirts",))})
    (part,) = understand("products", words, vocabulary).parts
    assert (part.text, part.values) == (words, ("tshirts",))


def test_each_part_is_judged_by_itself(engine: Engine, prefix: str, serve: Serve) -> None:
    create(engine, prefix)
    shoes = [product(f"S-{n}", f"Shoe {n}", family="Shoe", description="Good for running.") for n in range(4)]
    racer = product("R-1", "Racer", family="Shoe", attributes={"activity": ("Running",)})
    fill(engine, prefix, (*shoes, racer, product("W-1", "Watch", description="Good for running.")))
    service = serve(prefix)
    page = service.search(SearchRequest(side="products", q="running shoes"), ANYONE)
    assert {part.text: part.applied for part in page.understood} == {"running": False, "shoes": True}
    assert set(skus(page)) == {"R-1", *(one.id for one in shoes)}
    first = service.search(SearchRequest(side="products", q="running shoes", size=2), ANYONE)
    rest = service.search(
        SearchRequest(side="products", q="running shoes", size=50, after=first.next), ANYONE
    )
    assert [*skus(first), *skus(rest)] == skus(page)


def test_attributes_are_facets_where_they_tell_items_apart(engine: Engine, prefix: str, serve: Serve) -> None:
    create(engine, prefix)
    lamps = [
        {"maker": ("Same",), "serial": (f"No {n}",), "light": (("Warm", "Cold")[n % 2],)} for n in range(6)
    ]
    dimmed = [{"maker": ("Same",), "dimmable": ("Yes",), "fit": ("E27", "E14")} for _ in range(9)]
    fill(
        engine,
        prefix,
        [product(f"LAMP-{n}", "Lamp", attributes=one) for n, one in enumerate([*lamps, *dimmed])],
    )
    assert serve(prefix).attributes("products") == ("attribute.fit", "attribute.dimmable", "attribute.light")
    assert serve(prefix).attributes("assets") == ()
