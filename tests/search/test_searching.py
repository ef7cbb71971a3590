"""What words, identifiers and filters find in a shop, and what is said about it."""

from __future__ import annotations

from typing import Any

import pytest

from discovery.errors import InputInvalid
from discovery.search.request import Condition, Filters, Mode, SearchPage
from tests.search.catalogue import ASSET_LIST, PRODUCT_LIST
from tests.search.conftest import Ask

MODES = (Mode.TEXT, Mode.VISUAL, Mode.HYBRID)


def skus(page: SearchPage) -> list[str]:
    return [hit.id for hit in page.hits]


def files(page: SearchPage) -> list[str]:
    return [hit.document.source.filename for hit in page.hits]  # type: ignore[union-attr]


def where(*conditions: Condition) -> Filters:
    return Filters(conditions=conditions)


def facet(page: SearchPage, name: str) -> dict[Any, int]:
    return {value.value: value.count for value in page.facets[name]}


def test_without_words_everything_is_found_newest_first(ask: Ask) -> None:
    page = ask("products", size=50)
    assert page.total == len(PRODUCT_LIST)
    assert skus(page) == [p.id for p in sorted(PRODUCT_LIST, key=lambda p: p.source.modified, reverse=True)]  # type: ignore[arg-type,return-value]
    assert (page.mode, page.fallback_reason, page.next) == (Mode.TEXT, None, None)


def test_a_whole_sku_comes_first_and_its_variants_follow(ask: Ask) -> None:
    page = ask("products", "WJ05")
    assert skus(page) == ["WJ05", "WJ05-S-Green", "WJ05-S-Red"]
    assert page.mode is Mode.TEXT
    assert page.hits[0].signals["identifier"] > page.hits[1].signals["identifier"] > 1


@pytest.mark.parametrize("spelling", ["WJ05-S-Red", "wj05-s-red", "wj05 s red", "WJ05SRED", " wj05_s_red "])
def test_a_sku_is_the_same_whatever_its_case_and_punctuation(ask: Ask, spelling: str) -> None:
    assert skus(ask("products", spelling))[0] == "WJ05-S-Red"


def test_of_two_skus_spelt_alike_the_very_one_comes_first(ask: Ask) -> None:
    assert skus(ask("products", "MUG-1"))[0] == "MUG-1"


def test_an_ean_finds_its_product(ask: Ask) -> None:
    page = ask("products", "4006381333931")
    assert skus(page) == ["24-WB04"]
    assert page.mode is Mode.TEXT


@pytest.mark.parametrize("name", ["IMG_2041.png", "IMG_2041", "img 2041", "img-2041.PNG"])
def test_a_file_name_comes_first_with_or_without_its_ending(ask: Ask, name: str) -> None:
    page = ask("assets", name)
    assert files(page)[0] == "IMG_2041.png"
    assert page.hits[0].signals["identifier"] >= 6


def test_a_sku_finds_the_pictures_that_show_its_product(ask: Ask) -> None:
    assert set(files(ask("assets", "WJ05"))) == {
        "wj05-red_main.png",
        "wj05-red_copy.png",
        "wj05-green_main.png",
    }


def test_the_beginning_of_a_sku_finds_what_begins_with_it(ask: Ask) -> None:
    assert set(skus(ask("products", "WJ0", mode=Mode.TEXT))) == {
        "WJ05",
        "WJ05-S-Red",
        "WJ05-S-Green",
        "WJ06-Purple",
    }


@pytest.mark.parametrize("form", ["t-shirt", "tshirt", "t shirt", "T-Shirts", "tshirts", "t\u2011shirt"])
def test_every_form_of_tshirt_finds_every_other(ask: Ask, form: str) -> None:
    assert set(skus(ask("products", form))) == {"MS01", "MS02", "MS03"}
    assert files(ask("assets", form))[0] == "t-shirts.png"


@pytest.mark.parametrize("mode", [Mode.TEXT, Mode.AUTO, Mode.HYBRID])
def test_words_dominate_purple_jackets_come_before_other_purple_things(ask: Ask, mode: Mode) -> None:
    assert skus(ask("products", "purple jacket", mode=mode))[0] == "WJ06-Purple"
    assert files(ask("assets", "purple jacket", mode=mode))[0] == "wj06-purple_main.png"


def test_words_may_lie_scattered_over_the_fields_of_both_sides(ask: Ask) -> None:
    assert files(ask("assets", "fleece studio", mode=Mode.TEXT)) == ["wj06-purple_main.png"]


def test_inflections_find_each_other(ask: Ask) -> None:
    assert skus(ask("products", "mugs", mode=Mode.TEXT)) == skus(ask("products", "mug", mode=Mode.TEXT))
    assert (
        "24-WB04" in skus(ask("products", "carrying", mode=Mode.TEXT)) or skus(ask("products", "carry")) != []
    )


def test_words_that_any_text_has_are_not_asked_for(ask: Ask) -> None:
    assert skus(ask("products", "a mug for the office", mode=Mode.TEXT)) == skus(
        ask("products", "mug office", mode=Mode.TEXT)
    )
    assert skus(ask("products", "the mug", mode=Mode.TEXT)) == skus(ask("products", "mug", mode=Mode.TEXT))


def test_a_misspelling_finds_what_was_meant_and_says_so(ask: Ask) -> None:
    page = ask("products", "purpel jaket")
    assert page.corrected == "purple jacket"
    assert skus(page)[0] == "WJ06-Purple"


def test_words_that_find_something_are_never_respelt(ask: Ask) -> None:
    page = ask("products", "mug", mode=Mode.TEXT)
    assert page.corrected is None
    assert set(skus(page)) == {"MUG-1", "MUG1X"}


@pytest.mark.parametrize("mode", MODES)
def test_nothing_is_an_honest_answer(ask: Ask, mode: Mode) -> None:
    page = ask("products", "zeppelin hangar", mode=mode, facets=("brand",))
    assert (page.total, page.hits, page.next, page.corrected) == (0, (), None, None)
    assert page.facets["brand"] == ()


def test_a_hybrid_search_finds_by_words_and_by_pictures_and_tells_which(ask: Ask) -> None:
    page = ask("assets", "purple")
    assert page.mode is Mode.HYBRID
    by_file = {hit.document.source.filename: hit for hit in page.hits}  # type: ignore[union-attr]
    assert set(by_file["wj06-purple_main.png"].signals) == {"text", "visual"}
    assert all(hit.score == pytest.approx(sum(hit.signals.values()), abs=1e-5) for hit in page.hits)


def test_a_visual_search_finds_what_no_word_names(ask: Ask) -> None:
    page = ask("assets", "blue", mode=Mode.VISUAL)
    assert page.mode is Mode.VISUAL
    assert set(files(page)) == {"IMG_2041.png", "IMG_2042.png"}
    assert set(page.hits[0].signals) == {"visual"}


def test_marks_are_the_only_markup_of_a_highlight(ask: Ask) -> None:
    hit = ask("assets", "sea sky", mode=Mode.TEXT).hits[0]
    assert hit.highlight["title"] == ("<mark>Sea</mark> &lt;b&gt;&amp; <mark>sky</mark>&lt;&#x2F;b&gt;",)
    described = ask("assets", "blue shop", mode=Mode.TEXT).hits[0].highlight["description"][0]
    assert "<script>" not in described
    assert "<mark>blue</mark>" in described


def test_vectors_are_not_fetched_with_hits(ask: Ask) -> None:
    for hit in ask("assets", size=50).hits:
        assert (hit.document.media.vector, hit.document.media.look) == (None, None)  # type: ignore[union-attr]


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("q", ["", "purple", "jacket", "blue sea", "red"])
@pytest.mark.parametrize("side", ["assets", "products"])
def test_the_total_is_what_the_pages_walk_and_what_a_single_valued_facet_sums_to(
    ask: Ask, side: Any, q: str, mode: Mode
) -> None:
    whole = ask(side, q, mode=mode, size=50, facets=("source",))
    walked, after = [], None
    while True:
        page = ask(side, q, mode=mode, size=2, after=after)
        assert page.total == whole.total
        walked += skus(page)
        after = page.next
        if after is None:
            break
    assert walked == skus(whole)
    assert len(walked) == whole.total == sum(facet(whole, "source").values())


def test_a_chosen_value_keeps_its_siblings_and_narrows_everything_else(ask: Ask) -> None:
    free = ask("products", "jacket", mode=Mode.TEXT, facets=("attribute.colour", "family"))
    chosen = ask(
        "products",
        "jacket",
        mode=Mode.TEXT,
        facets=("attribute.colour", "family"),
        filters=where(Condition("attribute.colour", any=("Red",))),
    )
    assert facet(chosen, "attribute.colour") == facet(free, "attribute.colour")
    assert {v.value: v.selected for v in chosen.facets["attribute.colour"]}["red"] is True
    assert facet(chosen, "family") == {"top": 2}
    assert chosen.total == 2


@pytest.mark.parametrize("mode", MODES)
def test_siblings_are_counted_within_the_other_filters_in_every_mode(ask: Ask, mode: Mode) -> None:
    both = where(Condition("colour", any=("purple",)), Condition("linked", any=(True,)))
    page = ask("assets", "purple", mode=mode, facets=("colour", "linked"), filters=both)
    for value in page.facets["colour"]:
        single = where(Condition("colour", any=(value.value,)), Condition("linked", any=(True,)))
        assert ask("assets", "purple", mode=mode, filters=single).total == value.count


def test_a_chosen_value_without_hits_is_still_there(ask: Ask) -> None:
    page = ask(
        "products", "mug", facets=("brand",), filters=where(Condition("brand", any=("Luma", "Nobody")))
    )
    assert [(v.value, v.count, v.selected) for v in page.facets["brand"]] == [
        ("luma", 0, True),
        ("nobody", 0, True),
    ]


def test_a_facet_shows_how_people_spell_its_values(ask: Ask) -> None:
    page = ask("assets", facets=("keyword", "product.brand", "category", "linked", "product.colour"))
    assert {v.value: (v.label, v.count) for v in page.facets["keyword"]}["studio"][1] == 3
    assert {v.value: v.label for v in page.facets["product.brand"]} == {"luma": "Luma", "bole": "Bolé"}
    assert {v.value: v.label for v in page.facets["category"]}["campaigns/summer"] == "Campaigns/Summer"
    assert {v.value: v.label for v in page.facets["linked"]} == {True: "yes", False: "no"}
    assert {v.value: v.label for v in page.facets["product.colour"]}["purple"] == "Purple"


def test_percentages_are_counted_as_numbers(ask: Ask) -> None:
    chosen = where(Condition("completeness.web_shop", any=(100.0,)))
    page = ask("products", facets=("completeness", "completeness.web_shop", "hero_usable"), filters=chosen)
    assert [(v.value, v.label, v.count, v.selected) for v in page.facets["completeness.web_shop"]] == [
        (9, "9", 4, False),
        (100, "100", 1, True),
    ]
    assert [(v.value, v.count) for v in page.facets["completeness"]] == [(100, 1)]
    assert [(v.value, v.count) for v in page.facets["hero_usable"]] == [(True, 1)]


def test_facet_values_come_most_frequent_first_then_by_value(ask: Ask) -> None:
    values = [
        (v.count, v.value) for v in ask("products", facets=("attribute.colour",)).facets["attribute.colour"]
    ]
    assert values == sorted(values, key=lambda value: (-value[0], value[1]))


@pytest.mark.parametrize("name", ["aardvark", "zither"], ids=["before all others", "after all others"])
def test_an_attribute_that_nothing_has_is_a_facet_without_values(ask: Ask, name: str) -> None:
    assert ask("products", facets=(f"attribute.{name}",)).facets == {f"attribute.{name}": ()}
    assert ask("assets", facets=(f"product.{name}",)).facets == {f"product.{name}": ()}


def test_a_facet_has_as_many_values_as_the_settings_allow(serve: Any, shop: str) -> None:
    from discovery.search.request import SearchRequest
    from tests.search.conftest import ANYONE

    few = serve(shop, settings={"facet_values": 2})
    page = few.search(
        SearchRequest(
            "products",
            facets=("attribute.colour",),
            filters=where(Condition("attribute.colour", any=("Ecru",))),
        ),
        ANYONE,
    )
    assert [(v.value, v.selected) for v in page.facets["attribute.colour"]] == [
        ("white", False),
        ("green", False),
        ("ecru", True),
    ]


PICTURED = {"WJ05", "WJ05-S-Red", "WJ05-S-Green", "WJ06-Purple", "24-WB04"}
PRODUCT_FILTERS: list[tuple[Condition, set[str]]] = [
    (Condition("sku", any=("wj05", "mug 1")), {"WJ05", "MUG-1"}),
    (Condition("parent", any=("WJ05",)), {"WJ05-S-Red", "WJ05-S-Green"}),
    (Condition("attribute.colour", any=("PURPLE", "ecru")), {"WJ06-Purple", "24-WB04", "MS03"}),
    (Condition("attribute.color", any=("Purple",)), {"WJ06-Purple", "24-WB04"}),
    (Condition("attribute.colour", all=("Red", "Green")), {"WJ05"}),
    (Condition("attribute.size", none=("s",), exists=True), set()),
    (Condition("attribute.strap", exists=True), {"24-WB04"}),
    (Condition("brand", none=("luma", "bole")), {"MS01", "MS02", "MS03", "MUG-1", "MUG1X", "TRAP"}),
    (Condition("brand", any=("Bole",)), {"24-WB04"}),
    (Condition("price", gte=45, lt=60), {"24-WB04"}),
    (Condition("price", gt=60), {"WJ06-Purple"}),
    (Condition("price", lte=9.0), {"MUG-1"}),
    (Condition("price", any=(12, 14.0)), {"MS01", "MS02"}),
    (Condition("price", exists=False), {"MUG1X", "TRAP"}),
    (Condition("variant", any=(True,)), {"WJ05-S-Red", "WJ05-S-Green"}),
    (Condition("category", any=("gear",)), {"24-WB04"}),
    (Condition("asset.count", gte=3), {"WJ05"}),
    (Condition("asset.colour", any=("white",)), {"24-WB04"}),
    (Condition("asset.role", any=("alternate",)), {"WJ05"}),
    (Condition("hero_usable", any=(True,)), {"WJ05"}),
    (Condition("hero_problem", any=("Too small",)), PICTURED - {"WJ05"}),
    (Condition("lacking", all=("back", "detail")), PICTURED - {"WJ05"}),
    (Condition("completeness", gt=0, lt=100), PICTURED - {"WJ05"}),
    (Condition("completeness", any=(100,)), {"WJ05"}),
    (Condition("completeness.web_shop", gte=9.5), {"WJ05"}),
    (Condition("completeness.Web shop", lt=100), PICTURED - {"WJ05"}),
    (Condition("completeness.web shop", any=(9.0,)), PICTURED - {"WJ05"}),
    (Condition("completeness.web_shop", any=(9.5, 101)), set()),
    (Condition("completeness.web_shop", gt=100), set()),
    (Condition("completeness.web_shop", lt=0), set()),
    (Condition("completeness.print", lte=0), PICTURED),
    (Condition("completeness.print", exists=True), PICTURED),
    (Condition("completeness.nowhere", gte=0), set()),
    (Condition("modified", gte="2026-03-12"), {"TRAP"}),
    (Condition("modified", any=("2026-03-11",)), {"MUG1X"}),
    (Condition("modified", lt="2026-03-03"), {"WJ05"}),
    (Condition("modified", gt="2026-03-11T00:00:00Z"), {"TRAP"}),
    (Condition("modified", gt="2026-03-11"), {"TRAP"}),
    (Condition("has_asset", any=(False,)), {"MS01", "MS02", "MS03", "MUG-1", "MUG1X", "TRAP"}),
]


@pytest.mark.parametrize(
    ("condition", "expected"), PRODUCT_FILTERS, ids=[repr(condition)[:70] for condition, _ in PRODUCT_FILTERS]
)
def test_a_condition_finds_exactly_what_meets_it(ask: Ask, condition: Condition, expected: set[str]) -> None:
    page = ask("products", filters=where(condition), size=50)
    assert set(skus(page)) == expected
    assert page.total == len(expected)


@pytest.mark.parametrize("mode", MODES)
def test_a_filter_means_the_same_in_every_mode(ask: Ask, mode: Mode) -> None:
    page = ask("assets", "purple", mode=mode, filters=where(Condition("status", any=("approved",))))
    assert files(page) == ["wb04-purple.png"]


def test_one_of_several_groups_is_enough(ask: Ask) -> None:
    groups = (
        (Condition("sku", any=("MUG-1",)),),
        (Condition("price", gte=70), Condition("brand", any=("Luma",))),
    )
    assert set(skus(ask("products", filters=Filters((), groups)))) == {"MUG-1", "WJ06-Purple"}
    narrowed = Filters((Condition("family", any=("mug",)),), groups)
    assert set(skus(ask("products", filters=narrowed))) == {"MUG-1"}


ASSET_FILTERS: list[tuple[Condition, set[str]]] = [
    (Condition("filename", any=("img 2041",)), {"IMG_2041.png"}),
    (Condition("width", gt=800), {"IMG_2041.png"}),
    (Condition("orientation", any=("Portrait",)), {"wj06-purple_main.png"}),
    (Condition("keyword", all=("studio", "spring")), {"wj05-green_main.png"}),
    (Condition("licence_ends", lte="2026-12-31"), {"IMG_2041.png"}),
    (Condition("created", gt="2025-07-14", exists=True), set()),
    (Condition("created", any=("2025-07-14",)), {"IMG_2041.png"}),
    (Condition("product.sku", any=("WJ06 purple",)), {"wj06-purple_main.png"}),
    (Condition("product.strap", exists=True), {"wb04-purple.png"}),
    (Condition("media_type", any=("document",)), {"care-guide.pdf"}),
    (Condition("creator", any=("ana linden",)), {"IMG_2041.png"}),
]


@pytest.mark.parametrize(("condition", "expected"), ASSET_FILTERS, ids=lambda value: repr(value)[:70])
def test_an_asset_condition_finds_exactly_what_meets_it(
    ask: Ask, condition: Condition, expected: set[str]
) -> None:
    assert set(files(ask("assets", filters=where(condition), size=50))) == expected


@pytest.mark.parametrize(
    ("side", "sort", "first"),
    [
        ("assets", "newest", "care-guide.pdf"),
        ("assets", "oldest", "wj05-red_main.png"),
        ("assets", "name", "care-guide.pdf"),
        ("assets", "size", "wj06-purple_main.png"),
        ("assets", "most_used", "care-guide.pdf"),
        ("products", "price", "MUG-1"),
        ("products", "name", "MS01"),
        ("products", "newest", "TRAP"),
    ],
)
def test_every_sort_puts_first_what_it_says(ask: Ask, side: Any, sort: str, first: str) -> None:
    page = ask(side, sort=sort)
    assert (files(page) if side == "assets" else skus(page))[0] == first


@pytest.mark.parametrize("sort", ["newest", "oldest", "name", "most_used", "price"])
def test_pages_join_in_every_order_also_where_values_are_missing(ask: Ask, sort: str) -> None:
    whole = skus(ask("products", sort=sort, size=50))
    walked: list[str] = []
    after = None
    while len(walked) < len(whole):
        page = ask("products", sort=sort, size=3, after=after)
        walked += skus(page)
        after = page.next
    assert (walked, after) == (whole, None)
    if sort == "price":
        assert whole[-2:] == ["MUG1X", "TRAP"]


@pytest.mark.parametrize(
    ("given", "field", "hint"),
    [
        ({"filters": where(Condition("colur", any=("red",)))}, "filters.colur", "colour"),
        ({"filters": where(Condition("colour", gte="red"))}, "filters.colour.gte", "numbers and dates"),
        ({"filters": where(Condition("width", any=("wide",)))}, "filters.width.any", "a number"),
        ({"filters": where(Condition("created", gte="soon"))}, "filters.created.gte", "a date"),
        ({"filters": where(Condition("linked", any=("yes",)))}, "filters.linked.any", "true or false"),
        ({"filters": where(Condition("width", lt=float("nan")))}, "filters.width.lt", "2^53"),
        ({"filters": Filters((), ((Condition("kolour"),),))}, "filters.or.0.kolour", "unknown"),
        ({"facets": ("colur",)}, "facets", "colour"),
        ({"facets": ("width",)}, "facets", "no facet"),
        ({"sort": "newst"}, "sort", "newest"),
        ({"size": -1}, "size", "0 to 200"),
        ({"size": 201}, "size", "0 to 200"),
        ({"q": "x" * 1001}, "q", "1000 characters"),
        ({"q": "x " * 200}, "q", "100 words"),
    ],
)
def test_what_is_wrong_with_a_request_is_named(
    ask: Ask, given: dict[str, Any], field: str, hint: str
) -> None:
    with pytest.raises(InputInvalid) as refused:
        ask("assets", **given)
    (problem,) = refused.value.problems
    assert problem.field == field
    assert hint in problem.message


def test_the_shop_is_what_the_tests_think(ask: Ask) -> None:
    assert ask("assets", size=0).total == len(ASSET_LIST)
    assert ask("assets", size=0).hits == ()
