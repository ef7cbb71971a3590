"""Cursors: every page follows the one before, whatever happens to the index meanwhile."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from discovery.engine.client import Engine
from discovery.engine.indices import Indices
from discovery.engine.reader import Reader
from discovery.engine.writer import Delete, Put, Writer
from discovery.errors import CursorExpired
from discovery.search import paging
from discovery.search.paging import Cursor
from discovery.search.request import Condition, Filters, Mode, SearchPage, SearchRequest, Viewer
from discovery.search.service import SearchService
from mappings.registry import ASSETS, PRODUCTS
from tests.search.catalogue import create, fill, product
from tests.search.conftest import ANYONE, Ask, Serve

KEY = b"k" * 32
START = Cursor("request", "text", None, None, frozenset())


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def ids(page: SearchPage) -> list[str]:
    return [hit.id for hit in page.hits]


def walk(service: SearchService, request: SearchRequest) -> Iterator[SearchPage]:
    page = service.search(request, ANYONE)
    yield page
    while page.next is not None:
        page = service.search(dataclasses.replace(request, after=page.next), ANYONE)
        yield page


def cards(count: int, word: str = "card") -> list[Any]:
    return [product(f"C{n:05}", f"Post {word} {n}", price=float(n % 7), day=n % 5) for n in range(count)]


def test_a_walk_past_ten_thousand_hits_meets_each_once(engine: Engine, prefix: str, serve: Serve) -> None:
    create(engine, prefix)
    fill(engine, prefix, cards(10_100))
    service = serve(prefix, settings={"max_size": 1000})
    pages = list(walk(service, SearchRequest("products", "card", mode=Mode.TEXT, size=1000)))
    met = [one for page in pages for one in ids(page)]
    assert {page.total for page in pages} == {10_100}
    assert len(met) == len(set(met)) == 10_100
    assert [len(page.hits) for page in pages] == [1000] * 10 + [100]


@pytest.mark.parametrize("sort", ["relevance", "price", "newest"])
def test_documents_that_come_change_and_go_cause_neither_repeats_nor_gaps(
    engine: Engine, prefix: str, serve: Serve, sort: str
) -> None:
    create(engine, prefix)
    fill(engine, prefix, cards(90))
    service = serve(prefix)
    writer, index = Writer(engine), PRODUCTS.generation(prefix, "1")
    request = SearchRequest("products", "card", mode=Mode.TEXT, sort=sort, size=20)
    met: list[str] = []
    for number, page in enumerate(walk(service, request)):
        met += ids(page)
        # Those shown first are rewritten to come last, those that would come last to come first.
        changed = [product(one, "Post card", price=99.0, day=0) for one in met[:3]]
        changed += [product(f"C{n:05}", "Card card card", price=-1.0, day=9) for n in range(80, 90)]
        changed += [product(f"NEW{number}{n}", "Card", price=-2.0, day=9) for n in range(7)]
        list(writer.write([Put(index, one.id, one.to_source()) for one in changed]))
        writer.refresh(index)
    assert len(met) == len(set(met))
    assert {f"C{n:05}" for n in range(90)} <= set(met)


def test_what_is_deleted_during_a_walk_is_no_gap_for_the_rest(
    engine: Engine, prefix: str, serve: Serve
) -> None:
    create(engine, prefix)
    fill(engine, prefix, cards(30))
    service, index = serve(prefix), PRODUCTS.generation(prefix, "1")
    first = service.search(SearchRequest("products", size=10), ANYONE)
    writer = Writer(engine)
    list(writer.write([Delete(index, one) for one in ids(first)[:5]]))
    writer.refresh(index)
    rest = list(walk(service, SearchRequest("products", size=10, after=first.next)))
    met = [*ids(first), *(one for page in rest for one in ids(page))]
    assert len(met) == len(set(met)) == 30


def test_a_thousand_first_pages_leave_nothing_open(shop: str, engine: Engine, serve: Serve) -> None:
    opened = CountingReader(engine)
    service = SearchService(opened, *_settings_of(serve(shop), shop))
    for _ in range(1000):
        assert service.search(SearchRequest("products", size=1), ANYONE).next is not None
    assert opened.points == 0


def test_many_walks_share_few_points_in_time(shop: str, engine: Engine, serve: Serve) -> None:
    opened, clock = CountingReader(engine), Clock()
    service = SearchService(opened, *_settings_of(serve(shop), shop), clock=clock)
    for n in range(100):
        clock.now = n / 2
        assert len(list(walk(service, SearchRequest("products", "", size=5)))) == 3
    assert opened.points == 2


class CountingReader(Reader):
    def __init__(self, engine: Engine) -> None:
        super().__init__(engine)
        self.points = 0

    def open_point_in_time(self, index: str, keep_alive_seconds: int) -> str:
        self.points += 1
        return super().open_point_in_time(index, keep_alive_seconds)


def _settings_of(service: SearchService, prefix: str) -> tuple[Any, ...]:
    return service._settings, prefix, service._fitted(None), service._read_original


def test_a_walk_survives_a_shared_point_in_time_that_the_engine_lost(shop: str, serve: Serve) -> None:
    service = serve(shop)
    first = service.search(SearchRequest("products", size=3), ANYONE)
    list(walk(service, SearchRequest("products", size=3, after=first.next)))
    ((_, pit),) = service._snapshots._held.values()
    service._reader.close_point_in_time(pit)  # type: ignore[attr-defined]
    second = service.search(SearchRequest("products", size=3, after=first.next), ANYONE)
    assert len(second.hits) == 3


def test_a_cursor_whose_point_in_time_is_gone_says_so(shop: str, serve: Serve) -> None:
    service = serve(shop)
    first = service.search(SearchRequest("products", size=3), ANYONE)
    second = service.search(SearchRequest("products", size=3, after=first.next), ANYONE)
    ((_, pit),) = service._snapshots._held.values()
    service._reader.close_point_in_time(pit)  # type: ignore[attr-defined]
    with pytest.raises(CursorExpired) as gone:
        service.search(SearchRequest("products", size=3, after=second.next), ANYONE)
    assert [problem.field for problem in gone.value.problems] == ["after"]


def test_a_promotion_between_two_pages_is_followed(engine: Engine, prefix: str, serve: Serve) -> None:
    clock = Clock()
    create(engine, prefix)
    fill(engine, prefix, cards(30))
    service = serve(prefix, clock=clock)
    first = service.search(SearchRequest("products", size=10), ANYONE)
    create(engine, prefix, stamp="2")
    fill(engine, prefix, cards(40), stamp="2")
    Indices(engine).delete([PRODUCTS.generation(prefix, "1"), ASSETS.generation(prefix, "1")])
    rest = list(walk(service, SearchRequest("products", size=10, after=first.next)))
    met = [*ids(first), *(one for page in rest for one in ids(page))]
    assert len(met) == len(set(met)) == 40


def test_facets_and_totals_of_later_pages_are_those_of_the_whole(ask: Ask) -> None:
    red = Filters((Condition("attribute.colour", any=("red", "white")),))
    asked = {"filters": red, "facets": ("attribute.colour", "family"), "size": 2}
    first = ask("products", **asked)
    second = ask("products", **asked, after=first.next)
    assert (second.total, second.facets) == (first.total, first.facets)


def test_a_page_may_have_another_size_than_the_one_before(ask: Ask) -> None:
    first = ask("products", size=2)
    second = ask("products", size=50, after=first.next)
    assert ids(first) + ids(second) == ids(ask("products", size=50))


@pytest.mark.parametrize(
    "other",
    [
        {"q": "mug"},
        {"sort": "name"},
        {"mode": Mode.TEXT},
        {"filters": Filters((Condition("brand", exists=True),))},
    ],
    ids=str,
)
def test_a_cursor_belongs_to_one_search(ask: Ask, other: dict[str, Any]) -> None:
    first = ask("products", size=2)
    with pytest.raises(CursorExpired, match="another search"):
        ask("products", **({"size": 2, "after": first.next} | other))


def test_a_cursor_belongs_to_one_viewer(service: SearchService) -> None:
    first = service.search(SearchRequest("products", size=2), Viewer("ana"))
    with pytest.raises(CursorExpired):
        service.search(SearchRequest("products", size=2, after=first.next), Viewer("ben"))


@settings(max_examples=200)
@given(token=st.text(max_size=300))
def test_no_text_passes_for_a_cursor(token: str) -> None:
    with pytest.raises(CursorExpired):
        paging.decode(token, KEY, "request")


@settings(max_examples=200)
@given(data=st.data())
def test_a_changed_cursor_is_refused(data: st.DataObject) -> None:
    token = paging.encode(dataclasses.replace(START, shown=frozenset({paging.mark("a")})), KEY)
    place = data.draw(st.integers(0, len(token) - 1))
    letter = data.draw(st.sampled_from("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"))
    changed = token[:place] + letter + token[place + 1 :]
    if changed[:-1] != token[:-1]:
        with pytest.raises(CursorExpired):
            paging.decode(changed, KEY, "request")


@given(
    pit=st.none() | st.text(),
    after=st.none()
    | st.tuples(st.integers() | st.text() | st.none() | st.floats(allow_nan=False), st.text()),
    shown=st.frozensets(st.binary(min_size=5, max_size=5)),
    q=st.none() | st.text(),
)
def test_a_cursor_comes_back_as_it_was(
    pit: str | None, after: Any, shown: frozenset[bytes], q: str | None
) -> None:
    cursor = Cursor("request", "hybrid", q, "why", shown, pit, after)
    assert paging.decode(paging.encode(cursor, KEY), KEY, "request") == cursor


@given(
    before=st.lists(st.integers(0, 40), unique=True, max_size=30),
    after=st.lists(st.integers(0, 40), unique=True, max_size=30),
    size=st.integers(1, 7),
)
def test_however_the_order_changed_after_the_first_page_all_is_met_once(
    before: list[int], after: list[int], size: int
) -> None:
    def hits(numbers: list[int]) -> list[dict[str, Any]]:
        return [{"_id": str(n), "sort": [place]} for place, n in enumerate(numbers)]

    step = paging.first_step(START, hits(before)[:size], len(before))
    met = [hit["_id"] for hit in step.hits]
    shown = list(met)
    began = step.next is not None
    while step.next is not None:
        cursor = step.next
        place = -1 if cursor.after is None else cursor.after[0]
        fetched = [hit for hit in hits(after) if hit["sort"][0] > place][: paging.fetch_size(cursor, size)]
        step = paging.next_step(cursor, fetched, size, "pit")
        met += [hit["_id"] for hit in step.hits]
    assert len(met) == len(set(met))
    if began:
        assert set(met) == {str(n) for n in after} | set(shown)
