"""What holds for every request, whatever it asks."""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from discovery.engine.client import Engine
from discovery.errors import DiscoveryError
from discovery.search.request import (
    Condition,
    Filters,
    Mode,
    SearchPage,
    SearchRequest,
    SimilarRequest,
    Suggestions,
)
from discovery.search.service import SearchService
from mappings.fields import FIELDS, Kind, Side
from tests.search.catalogue import ASSET_LIST, PRODUCT_LIST, Document, create, fill
from tests.search.conftest import ANYONE, Serve

WORDS = ["", "red", "purple jacket", "jacket", "mug", "blue sea", "wj05", "t shirt", "studio", "zeppelin"]
ASSET_CONDITIONS = [
    Condition("colour", any=("red", "purple")),
    Condition("colour", none=("white",)),
    Condition("keyword", exists=True),
    Condition("linked", any=(True,)),
    Condition("width", gte=700),
    Condition("product.colour", all=("red",)),
    Condition("product.family", any=("Top",)),
    Condition("modified", lt="2026-03-05"),
    Condition("media_type", none=("document",)),
]
conditions = st.lists(st.sampled_from(ASSET_CONDITIONS), max_size=3).map(tuple)
engine_backed = settings(max_examples=15)


def refused_fields(call: Callable[[], Any]) -> list[str]:
    """The inputs that an answer refuses, none where it is given; every other error fails the test."""
    try:
        call()
    except DiscoveryError as error:
        if error.kind.status != 422:
            raise
        return [problem.field for problem in error.problems]
    return []


def ids(page: SearchPage) -> list[str]:
    return [hit.id for hit in page.hits]


@engine_backed
@given(
    q=st.sampled_from(WORDS),
    mode=st.sampled_from(Mode),
    some=conditions,
    more=conditions,
    groups=st.lists(conditions.filter(bool), max_size=2).map(tuple),
)
def test_a_filter_more_never_adds_a_hit(
    service: SearchService,
    q: str,
    mode: Mode,
    some: tuple[Condition, ...],
    more: tuple[Condition, ...],
    groups: tuple[tuple[Condition, ...], ...],
) -> None:
    asked = SearchRequest("assets", q, mode, Filters(some), size=50)
    wide = service.search(asked, ANYONE)
    if wide.corrected:
        return
    narrow = service.search(dataclasses.replace(asked, filters=Filters((*some, *more), groups)), ANYONE)
    if narrow.corrected is None and narrow.mode is wide.mode:
        assert set(ids(narrow)) <= set(ids(wide))


@engine_backed
@given(
    q=st.sampled_from(WORDS),
    mode=st.sampled_from(Mode),
    some=conditions,
    size=st.integers(1, 5),
    sort=st.sampled_from(["relevance", "newest", "oldest", "name", "size", "most_used"]),
)
def test_pages_joined_are_one_large_page(
    service: SearchService, q: str, mode: Mode, some: tuple[Condition, ...], size: int, sort: str
) -> None:
    asked = SearchRequest("assets", q, mode, Filters(some), ("source", "media_type"), sort, size=50)
    whole = service.search(asked, ANYONE)
    walked, after = [], None
    while True:
        page = service.search(dataclasses.replace(asked, size=size, after=after), ANYONE)
        assert (page.total, page.facets, page.mode) == (whole.total, whole.facets, whole.mode)
        walked += ids(page)
        after = page.next
        if after is None:
            break
    assert walked == ids(whole)
    narrowed = {condition.field for condition in some}  # such a facet counts its other values too
    for name, facet in whole.facets.items():
        assert name in narrowed or sum(value.count for value in facet) == whole.total


@engine_backed
@given(q=st.sampled_from(WORDS), mode=st.sampled_from(Mode), some=conditions)
def test_a_facets_count_is_what_choosing_the_value_finds(
    service: SearchService, q: str, mode: Mode, some: tuple[Condition, ...]
) -> None:
    asked = SearchRequest("assets", q, mode, Filters(some), ("colour", "product.colour", "linked"), size=1)
    page = service.search(asked, ANYONE)
    for name, values in page.facets.items():
        own = {"product.colour": ("product.colour",)}.get(name, (name,))
        others = tuple(c for c in some if c.field not in own)
        for value in values[:2]:
            chosen = Filters((*others, Condition(name, any=(value.value,))))
            found = service.search(dataclasses.replace(asked, filters=chosen, facets=()), ANYONE)
            if found.corrected == page.corrected and found.mode is page.mode:
                assert found.total == value.count


def test_the_order_of_indexing_changes_no_score(engine: Engine, prefix: str, serve: Serve) -> None:
    shuffled: list[Document] = [*ASSET_LIST, *PRODUCT_LIST]
    answers = []
    for seed in range(2):
        create(engine, f"{prefix}-{seed}")
        random.Random(seed).shuffle(shuffled)
        fill(engine, f"{prefix}-{seed}", shuffled)
        service = serve(f"{prefix}-{seed}")
        pages = [
            service.search(SearchRequest(side, q, mode, size=50), ANYONE)
            for side in ("assets", "products")
            for q in WORDS
            for mode in Mode
        ]
        answers.append([[(hit.id, hit.score, dict(hit.signals)) for hit in page.hits] for page in pages])
    assert answers[0] == answers[1]


ODD = st.text(
    alphabet=st.one_of(
        st.characters(),
        st.sampled_from(
            "\"\\/:*?~^[]{}()<>&|!+-=.,_'\x00\x1f\t\n\u2028\ud800\U0001f98aß\u0130\u0131æ漢字ไทย٣"
        ),
    ),
    max_size=60,
)


@settings(max_examples=60)
@given(q=ODD, mode=st.sampled_from(Mode), side=st.sampled_from(["assets", "products"]))
def test_any_text_gets_a_page_or_an_error_that_names_what_is_wrong(
    service: SearchService, q: str, mode: Mode, side: Any
) -> None:
    page = service.search(SearchRequest(side, q, mode, size=3), ANYONE)
    assert isinstance(page, SearchPage)
    assert isinstance(service.suggest(side, q), Suggestions)


@pytest.mark.parametrize(
    "q",
    [
        "a-" * 499,
        "x" * 1000,
        "漢字" * 49,
        "漢" * 1000,
        "1.2.3.4." * 100,
        "wj-" * 300,
        " ".join(f"word{n}" for n in range(100)),
        " ".join(f"w{n}-x{n}" for n in range(60)),
        "_" * 1000,
        "(" * 1000,
        "*" * 500,
        "ไทย" * 300,
        "\u0301" * 900,
        "a" + "\u0300" * 900,
        "AbCdEf" * 160,
    ],
    ids=lambda q: repr(q)[:20],
)
@pytest.mark.parametrize("mode", [Mode.AUTO, Mode.TEXT])
def test_the_longest_and_strangest_texts_never_overload_the_engine(
    service: SearchService, q: str, mode: Mode
) -> None:
    sides: tuple[Side, ...] = ("assets", "products")
    for side in sides:
        fields = refused_fields(partial(service.search, SearchRequest(side, q, mode), ANYONE))
        assert fields in ([], ["q"])
        assert refused_fields(partial(service.suggest, side, q)) == fields


values = st.one_of(st.text(max_size=40), st.integers(), st.floats(), st.booleans())


@settings(max_examples=60)
@given(data=st.data(), side=st.sampled_from(["assets", "products"]))
def test_any_condition_gets_a_page_or_an_error_that_names_it(
    service: SearchService, data: st.DataObject, side: Any
) -> None:
    name = data.draw(
        st.sampled_from([*FIELDS[side], "attribute.colour", "product.x y", "attribute.", "none"])
    )
    operator = data.draw(st.sampled_from(["any", "all", "none", "gt", "gte", "lt", "lte", "exists"]))
    if operator in ("any", "all", "none"):
        operand: Any = tuple(data.draw(st.lists(values, min_size=1, max_size=3)))
    elif operator == "exists":
        operand = data.draw(st.booleans())
    else:
        operand = data.draw(values)
    filters = Filters((Condition(name, **{operator: operand}),))
    asked = SearchRequest(side, filters=filters, facets=_facets(side, name))
    fields = refused_fields(lambda: service.search(asked, ANYONE))
    at = f"filters.{name}.{operator}"
    assert all(field in (at, f"filters.{name}") or field.startswith(f"{at}.") for field in fields)


def _facets(side: Any, name: str) -> tuple[str, ...]:
    field = FIELDS[side].get(name)
    return (name,) if field is not None and field.facet and field.kind is not Kind.NUMBER else ()


@settings(max_examples=25)
@given(token=st.text(max_size=200), similar=st.booleans())
def test_any_text_as_a_cursor_is_an_error_that_names_it(
    service: SearchService, token: str, similar: bool
) -> None:
    alike, words = SimilarRequest(asset=ASSET_LIST[0].id, after=token), SearchRequest(after=token)
    fields = refused_fields(
        lambda: service.similar(alike, ANYONE) if similar else service.search(words, ANYONE)
    )
    assert fields == ["after"]
