"""Query rules and synonyms: how they are read, refused, and what they do to a result."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from discovery.config import SearchSettings, Settings
from discovery.errors import ConfigurationInvalid, CursorExpired, EngineUnavailable
from discovery.search.request import Applied, Condition, Filters, Mode, SearchPage, SearchRequest
from discovery.search.rule_book import RuleBook
from discovery.search.rules import Rule, fire, loop, other_words, read_rule, rules_of_file, written
from discovery.search.service import SearchService
from discovery.wiring import Service
from tests.search.catalogue import PURPLE_FRONT
from tests.search.conftest import ANYONE, Serve
from tests.search.test_searching import files, skus

TODAY = date(2026, 6, 15)
Ruled = Callable[..., SearchPage]


def rule(id: str = "r", **table: Any) -> Rule:
    made, problems = read_rule(table, id)
    assert made is not None, problems
    return made


@pytest.fixture
def ruled(serve: Serve, shop: str) -> Ruled:
    """Search the shop under rules: ``ruled([rule(...)], "products", "jacket")``."""

    def search(rules: list[Rule], side: Any, q: str, **given: Any) -> SearchPage:
        service: SearchService = serve(shop, rules=lambda: rules, today=lambda: TODAY)
        return service.search(SearchRequest(side=side, q=q, **given), ANYONE)

    return search


# Reading


GOOD = """
[[synonyms]]
words = ["mug", "cup", "drinking vessel"]

[[synonyms]]
id = "sofas"
queries = ["sofa"]
words = ["couch"]

[[rules]]
id = "spring"
action = "pin"
queries = ["jackets"]
in = "products"
items = ["WJ06-Purple"]
from = 2026-03-01
until = "2026-06-30"

[[rules]]
id = "own-brand"
action = "boost"
queries = ["bag"]
match = "contains"
in = "products"
where = { brand = "Bolé" }
weight = 0.5
"""


def test_a_file_is_read_and_written_back() -> None:
    rules, problems = rules_of_file(GOOD, "rules.toml")
    assert problems == []
    assert [(one.id, one.action) for one in rules] == [
        ("synonyms-1", "synonyms"),
        ("sofas", "synonyms"),
        ("spring", "pin"),
        ("own-brand", "boost"),
    ]
    assert (rules[2].starts, rules[2].ends) == (date(2026, 3, 1), date(2026, 6, 30))
    for one in rules:
        again, wrong = read_rule(json.loads(json.dumps(written(one))), one.id)
        assert (again, wrong) == (one, [])


@pytest.mark.parametrize(
    ("text", "field", "words"),
    [
        ('[[rules]]\naction = "pinn"\nqueries = ["a"]', "rules.toml: rules[1].action", "did you mean pin"),
        (
            (
                '[[rules]]\naction = "pin"\nqueries = ["a"]\nitems = ["b"]\n[[rules]]\naction = "pin"\n'
                'queries = ["a"]\nitems = ["b"]\nfrom = 2026-03-02\nuntil = 2026-03-01'
            ),
            "rules.toml: rules[2].until",
            "2026-03-01 is before from, 2026-03-02",
        ),
        ('[[rules]]\nqueries = ["a"]', "rules.toml: rules[1].action", "is required"),
        (
            '[[rules]]\naction = "pin"\nqueries = ["a"]',
            "rules.toml: rules[1].items",
            "expected 1 to 50 texts",
        ),
        (
            '[[rules]]\naction = "pin"\nqueries = ["a"]\nitems = ["b"]\ncolour = 1',
            "rules.toml: rules[1].colour",
            "unknown key",
        ),
        (
            '[[rules]]\naction = "bury"\nqueries = ["a"]\nin = "products"\nwhere = { brnd = "x" }',
            "rules.toml: rules[1].where.brnd",
            "did you mean brand",
        ),
        (
            '[[rules]]\naction = "bury"\nqueries = ["a"]\nwhere = { brand = "x" }',
            "rules.toml: rules[1].in",
            "is required with where",
        ),
        (
            '[[rules]]\naction = "redirect"\nqueries = ["a"]\nto = "javascript:alert(1)"',
            "rules.toml: rules[1].to",
            "expected an address",
        ),
        (
            '[[rules]]\naction = "replace"\nqueries = ["Jackets"]\nto = "jacket"',
            "rules.toml: rules[1].to",
            "replaced by itself",
        ),
        (
            '[[rules]]\naction = "pin"\nqueries = ["a"]\nitems = ["b"]\nuntil = "31.3.2026"',
            "rules.toml: rules[1].until",
            "expected a day",
        ),
        ('[[synonyms]]\nwords = ["one"]', "rules.toml: synonyms[1].words", "at least two"),
        ('[[synonym]]\nwords = ["a", "b"]', "rules.toml: synonym", "unknown table"),
        ("rules = 3", "rules.toml: rules", "expected [[rules]]"),
        ("[[rules", "rules.toml", "is no TOML"),
        (
            (
                '[[rules]]\nid = "x"\naction = "pin"\nqueries = ["a"]\nitems = ["b"]\n'
                '[[rules]]\nid = "x"\naction = "pin"\nqueries = ["a"]\nitems = ["b"]'
            ),
            "rules.toml: rules[2].id",
            "used twice",
        ),
        (
            (
                '[[synonyms]]\nqueries = ["sofa"]\nwords = ["couch"]\n[[synonyms]]\nqueries = ["couch"]\n'
                'words = ["settee"]\n[[synonyms]]\nqueries = ["settee"]\nwords = ["Sofas"]'
            ),
            "rules.toml",
            "synonyms go round in a loop: sofa → couch → settee → sofa",
        ),
        (
            (
                '[[rules]]\naction = "replace"\nqueries = ["a1"]\nto = "b2"\n'
                '[[rules]]\naction = "replace"\nqueries = ["b2"]\nto = "a1"'
            ),
            "rules.toml",
            "replace go round in a loop: a1 → b2 → a1",
        ),
    ],
)
def test_what_is_wrong_with_a_file_is_named_by_file_row_and_field(text: str, field: str, words: str) -> None:
    rules, problems = rules_of_file(text, "rules.toml")
    assert rules == ()
    assert (problems[0].field, words in problems[0].message) == (field, True), problems


def test_words_that_all_mean_the_same_are_no_loop() -> None:
    same = [
        rule("a", action="synonyms", words=["mug", "cup"]),
        rule("b", action="synonyms", words=["cup", "mug"]),
    ]
    assert loop(same, "synonyms") == ()


# Matching


def pins(q: str, **table: Any) -> tuple[str, ...]:
    made = rule(action="pin", items=["x"], **{"queries": ["winter jackets"], **table})
    return tuple(item for item, _ in fire([made], "products", q, TODAY).pins)


def test_a_rule_is_for_the_whole_query_or_what_contains_it() -> None:
    assert pins("Winter jacket") == ("x",)
    assert pins("red winter jackets") == ()
    assert pins("red winter jackets", match="contains") == ("x",)
    assert pins("winter red jackets", match="contains") == ()
    assert pins("") == ()


def test_a_rule_holds_on_its_days_both_included_and_on_its_side() -> None:
    assert pins("winter jackets", **{"from": "2026-06-15", "until": "2026-06-15"}) == ("x",)
    assert pins("winter jackets", until="2026-06-14") == ()
    assert pins("winter jackets", **{"from": "2026-06-16"}) == ()
    assert pins("winter jackets", **{"in": "assets"}) == ()


def test_synonyms_of_several_words_stand_in_for_them_and_for_one_another() -> None:
    same = [rule(action="synonyms", words=["sneakers", "running shoes", "trainers"])]
    assert other_words(same, "products", "red running shoes", TODAY) == ("red sneakers", "red trainers")
    assert other_words(same, "products", "running", TODAY) == ()
    one_way = [rule(action="synonyms", queries=["sofa"], words=["couch"])]
    assert other_words(one_way, "products", "big sofas", TODAY) == ("big couch",)
    assert other_words(one_way, "products", "big couch", TODAY) == ()


def test_of_very_many_synonyms_a_few_are_looked_for() -> None:
    same = [rule(action="synonyms", words=[f"w{letter}" for letter in "abcdefghijkl"])]
    assert len(other_words(same, "products", "wa wb wc", TODAY)) == 8


# In the engine


def test_a_pin_comes_first_in_its_order_and_says_so(ruled: Ruled) -> None:
    plain = ruled([], "products", "jacket", mode=Mode.TEXT)
    pinned = rule("spring", action="pin", queries=["jackets"], items=["TRAP", "WJ06-Purple"])
    page = ruled([pinned], "products", "jacket", mode=Mode.TEXT, facets=("family",))
    assert skus(page)[:2] == ["TRAP", "WJ06-Purple"]
    assert page.hits[0].rule == Applied("spring", "pin")
    assert page.hits[0].signals["rule"] > 0
    assert page.hits[2].rule is None
    assert page.rules == (Applied("spring", "pin"),)
    assert set(skus(page)) == set(skus(plain)) | {"TRAP"}
    assert page.total == plain.total + 1
    assert sum(value.count for value in page.facets["family"]) == page.total


@pytest.mark.parametrize("mode", [Mode.TEXT, Mode.VISUAL, Mode.HYBRID])
def test_the_sum_of_signals_is_the_score_whatever_rules_do(ruled: Ruled, mode: Mode) -> None:
    rules = [
        rule("p", action="pin", queries=["jacket"], items=[PURPLE_FRONT.id]),
        rule("b", action="bury", queries=["jacket"], items=["wj05-red_main.png"]),
        rule("l", action="boost", queries=["jacket"], **{"in": "assets", "where": {"keyword": ["spring"]}}),
    ]
    page = ruled(rules, "assets", "jacket", mode=mode, size=50)
    assert files(page)[0] == "wj06-purple_main.png"
    for hit in page.hits:
        assert hit.score == pytest.approx(sum(hit.signals.values()), abs=1e-5)


def test_a_pin_does_not_pass_filters(ruled: Ruled) -> None:
    pinned = rule(action="pin", queries=["jacket"], items=["TRAP"])
    top = Filters((Condition("family", any=("Top",)),))
    assert "TRAP" not in skus(ruled([pinned], "products", "jacket", filters=top))


def test_pages_of_a_pinned_result_join(changing: tuple[SearchService, list[Rule]]) -> None:
    service, rules = changing
    rules.append(rule(action="pin", queries=["jacket"], items=["TRAP", "MUG-1"]))
    whole = service.search(SearchRequest(side="products", q="jacket", size=50), ANYONE)
    assert skus(whole)[:2] == ["TRAP", "MUG-1"]
    walked, after = [], None
    while True:
        asked = SearchRequest(side="products", q="jacket", size=1, after=after)
        page = service.search(asked, ANYONE)
        walked += skus(page)
        after = page.next
        if after is None:
            break
    assert walked == skus(whole)
    assert len(walked) == whole.total


@pytest.fixture
def changing(serve: Serve, shop: str) -> tuple[SearchService, list[Rule]]:
    rules: list[Rule] = []
    return serve(shop, rules=lambda: list(rules), today=lambda: TODAY), rules


def test_rules_that_change_between_pages_end_the_walk(changing: tuple[SearchService, list[Rule]]) -> None:
    service, rules = changing
    first = service.search(SearchRequest(side="products", q="jacket", size=1), ANYONE)
    rules.append(rule(action="pin", queries=["jacket"], items=["TRAP"]))
    with pytest.raises(CursorExpired, match="rules have changed"):
        service.search(SearchRequest(side="products", q="jacket", size=1, after=first.next), ANYONE)


def test_a_buried_hit_comes_last_and_stays_in_the_result(ruled: Ruled) -> None:
    plain = ruled([], "products", "jacket", mode=Mode.TEXT)
    first = skus(plain)[0]
    page = ruled(
        [rule("low", action="bury", queries=["jacket"], items=[first])], "products", "jacket", mode=Mode.TEXT
    )
    assert skus(page)[-1] == first
    assert page.hits[-1].rule == Applied("low", "bury")
    assert page.hits[-1].signals["rule"] < 0
    assert page.total == plain.total


def test_a_boost_lifts_what_is_found_and_brings_nothing_in(ruled: Ruled) -> None:
    plain = ruled([], "products", "jacket", mode=Mode.TEXT)
    last = skus(plain)[-1]
    lifted = rule(
        "bole",
        action="boost",
        queries=["jacket"],
        weight=1.0,
        **{"in": "products", "where": {"brand": "Bolé"}},
    )
    page = ruled([lifted], "products", "jacket", mode=Mode.TEXT)
    assert last == "24-WB04"
    assert skus(page)[0] == "24-WB04"
    assert page.hits[0].rule == Applied("bole", "boost")
    assert page.total == plain.total


def test_a_whole_identifier_stays_before_every_rule(ruled: Ruled) -> None:
    rules = [
        rule("p", action="pin", queries=["wj05"], items=["TRAP"]),
        rule("b", action="bury", queries=["wj05"], items=["WJ05"]),
        rule("l", action="boost", queries=["wj05"], items=["MUG-1"], weight=1.0),
    ]
    for mode in (Mode.AUTO, Mode.TEXT, Mode.HYBRID):
        assert skus(ruled(rules, "products", "WJ05", mode=mode))[0] == "WJ05"
    own = [rule("p", action="pin", queries=["4006381333931"], items=["TRAP", "WJ05"])]
    assert skus(ruled(own, "products", "4006381333931"))[:3] == ["24-WB04", "TRAP", "WJ05"]


def test_a_replacement_is_searched_for_instead(ruled: Ruled) -> None:
    instead = rule("cups", action="replace", queries=["chalice"], to="mug")
    page = ruled([instead], "products", "chalice", mode=Mode.TEXT)
    assert set(skus(page)) == {"MUG-1", "MUG1X"}
    assert page.rules == (Applied("cups", "replace"),)


def test_a_redirect_is_told_and_the_search_is_done_all_the_same(ruled: Ruled) -> None:
    page = ruled([rule(action="redirect", queries=["returns"], to="/help/returns")], "products", "returns")
    assert page.redirect == "/help/returns"


def test_a_synonym_finds_and_marks_what_it_means(ruled: Ruled) -> None:
    same = [rule(action="synonyms", words=["mug", "drinking vessel"])]
    page = ruled(same, "products", "drinking vessels", mode=Mode.TEXT)
    assert set(skus(page)) == {"MUG-1", "MUG1X"}
    assert "<mark>Mug</mark>" in page.hits[0].highlight["title"][0]
    assert page.corrected is None
    assert ruled(same, "products", "enamel drinking vessel", mode=Mode.TEXT).total == 1


def test_a_hit_names_the_fields_that_matched(ruled: Ruled) -> None:
    page = ruled([], "products", "purple luma", mode=Mode.TEXT)
    assert set(page.hits[0].matched) == {"brand", "attribute"}
    assert ruled([], "products", "WJ05").hits[0].matched[0] == "identifier"


# While the service runs


def test_a_file_is_read_again_when_it_changes_and_holds_on_when_it_goes_wrong(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    now = [0.0]
    file = tmp_path / "rules.toml"
    file.write_text(GOOD, encoding="utf-8")
    book = RuleBook(file, lambda: (), lambda: now[0])
    assert len(book.rules()) == 4
    file.write_text('[[synonyms]]\nwords = ["a", "b"]\n', encoding="utf-8")
    now[0] += 2
    assert [one.id for one in book.rules()] == ["synonyms-1"]
    file.write_text('[[rules]]\naction = "pinn"\n', encoding="utf-8")
    now[0] += 2
    assert [one.id for one in book.rules()] == ["synonyms-1"]
    assert "rules.toml: rules[1].action" in caplog.text


def test_a_file_that_is_wrong_from_the_start_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "rules.toml"
    book = RuleBook(file, lambda: (), lambda: 0.0)
    with pytest.raises(ConfigurationInvalid, match="cannot be read"):
        book.rules()
    file.write_text('[[rules]]\naction = "pinn"\n', encoding="utf-8")
    with pytest.raises(ConfigurationInvalid, match="unknown action"):
        book.of_file()


def test_a_service_does_not_start_with_a_file_that_is_wrong(tmp_path: Path) -> None:
    file = tmp_path / "rules.toml"
    file.write_text('[[rules]]\naction = "pinn"\n', encoding="utf-8")
    service = Service(Settings(search=SearchSettings(rules_file=str(file)), home=tmp_path))
    with pytest.raises(ConfigurationInvalid, match=r"rules\.toml: rules\[1\]\.action"):
        _ = service.rule_book


def test_a_query_that_something_is_pinned_to_is_not_understood(ruled: Ruled) -> None:
    pinned = [rule(action="pin", queries=["purple jackets"], items=["TRAP"])]
    page = ruled(pinned, "products", "purple jackets")
    assert (skus(page)[0], page.understood) == ("TRAP", ())


def test_records_that_cannot_be_read_leave_the_rules_as_they_were() -> None:
    now = [0.0]
    kept: list[Any] = [{"id": "k", **written(rule(action="synonyms", words=["a", "b"]))}]

    def read() -> list[Any]:
        if not kept:
            raise EngineUnavailable("gone")
        return kept

    book = RuleBook(None, read, lambda: now[0])
    assert [one.id for one in book.rules()] == ["k"]
    kept.clear()
    now[0] += 5
    assert [one.id for one in book.rules()] == ["k"]
