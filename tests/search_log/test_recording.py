"""What is recorded of searches: each question once, nothing of a person, and never in the way."""

from __future__ import annotations

from datetime import timedelta

import pytest

from discovery.config import SearchLogSettings
from discovery.errors import EngineUnavailable
from discovery.search.request import Condition, Filters, Hit, Mode, SearchPage, SearchRequest
from discovery.search_log.masking import masked
from discovery.search_log.model import Asked, Opened, asked, key
from discovery.search_log.recorder import Batch, Kept, SearchRecorder
from tests.api.catalogue import MUG_FRONT
from tests.search_log.conftest import NOON, search


class Keeper:
    """Keeps batches unless it is down."""

    def __init__(self) -> None:
        self.down = False
        self.batches: list[Batch] = []

    def __call__(self, batch: Batch) -> Kept:
        if self.down:
            raise EngineUnavailable("the engine is not there")
        self.batches.append(batch)
        return Kept()

    @property
    def last(self) -> Batch:
        return self.batches[-1]


def recorder_of(keeper: Keeper, buffer: int = 100) -> SearchRecorder:
    return SearchRecorder(keeper, SearchLogSettings(flush_seconds=3600, buffer=buffer), lambda: NOON)


def questions(*searches: Asked) -> list[tuple[str, bool]]:
    """The queries that are kept as questions of their own, each with whether other words followed."""
    keeper = Keeper()
    recorder = recorder_of(keeper)
    for one in searches:
        recorder.record(one)
    assert recorder.flush()
    recorder.close()
    kept = (one for one in keeper.last.searches.values() if not (one.get("passed") or one.get("again")))
    return [(one["q"], one.get("refined", False)) for one in kept]


def chain(*queries: tuple[str, float]) -> list[Asked]:
    """Searches at these seconds, each going on from the one before it."""
    made: list[Asked] = []
    for q, second in queries:
        made.append(search(q, second, continues=made[-1].request if made else None))
    return made


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ([("re", 0), ("red", 1), ("red ja", 2), ("red jacket", 3)], [("red jacket", False)]),
        ([("mug", 0), ("mu", 4), ("m", 5), ("c", 6), ("cup", 7)], [("mug", True), ("cup", False)]),
        ([("vase", 0), ("purple vase", 60)], [("vase", True), ("purple vase", False)]),
        ([("vase", 0), ("vase blue", 60)], [("vase", True), ("vase blue", False)]),
        ([("vase", 0), ("Vases", 60)], [("vase", False)]),
        ([("vase", 0), ("mug", 600)], [("vase", False), ("mug", False)]),
    ],
)
def test_what_is_typed_on_the_way_is_no_question_and_other_words_are_noticed(
    typed: list[tuple[str, float]], kept: list[tuple[str, bool]]
) -> None:
    assert questions(*chain(*typed)) == kept


def test_the_order_in_which_answers_are_ready_does_not_matter() -> None:
    first, second = chain(("purple", 0), ("purple vase", 1))
    assert questions(second, first) == [("purple vase", False)]


def test_what_is_searched_by_strangers_is_not_put_together() -> None:
    assert questions(search("red", 0), search("red jacket", 1)) == [("red", False), ("red jacket", False)]


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("invoice jane.doe@example.org 2026", "invoice [e-mail] 2026"),
        ("call +49 (30) 1234-5678 now", "call [number] now"),
        ("card 4111 1111 1111 1111", "card [number]"),
        ("4006381333931", "4006381333931"),
        ("4006381333932", "[number]"),
        ("img_20240131_123456789.jpg WJ01-XS-20240131001", "img_20240131_123456789.jpg WJ01-XS-20240131001"),
        ("chair @ 1920x1080 under 80", "chair @ 1920x1080 under 80"),
    ],
)
def test_addresses_and_long_numbers_are_masked_and_trade_items_are_not(text: str, kept: str) -> None:
    assert masked(text) == kept


def test_queries_that_ask_for_the_same_share_a_key_and_marks_keep_theirs_apart() -> None:
    assert key("Red women's Jackets") == key("jacket, red WOMENS") == "jacket red women"
    assert len({key(q) for q in ("jacket red", "jacket -red", '"jacket red"', "jacket colour:red")}) == 4


def answer(*signals: dict[str, float], mode: Mode = Mode.HYBRID) -> SearchPage:
    hits = tuple(Hit(str(n), MUG_FRONT, 0.1, one, {}) for n, one in enumerate(signals))
    return SearchPage(len(hits), 7, mode, None, hits, {}, None)


def noted(request: SearchRequest, page: SearchPage) -> Asked | None:
    return asked(request, page, id="r", at=NOON, account=None, continues=None)


def test_a_search_is_noted_with_names_and_values_of_its_filters() -> None:
    filters = Filters((Condition("colour", any=("red", "teal")), Condition("width", gte=800)))
    one = noted(SearchRequest(q="  re\u0301d \n mug ", filters=filters), answer())
    assert one is not None
    assert (one.q, one.total, one.narrowed) == ("r\u00e9d mug", 0, True)
    assert one.filters == ("colour.any=red", "colour.any=teal", "width.gte=800")
    folded = noted(
        SearchRequest("products", "mug", filters=Filters((Condition("variant", any=(False,)),))), answer()
    )
    assert folded is not None
    assert not folded.narrowed


def test_hits_that_no_word_brought_are_told_apart() -> None:
    by_look = noted(SearchRequest(q="mug"), answer({"visual": 0.2}, {"visual": 0.1}))
    by_word = noted(SearchRequest(q="mug"), answer({"visual": 0.2}, {"text": 0.1, "visual": 0.1}))
    assert [one is not None and one.look_only for one in (by_look, by_word)] == [True, False]


def test_further_pages_and_looking_at_everything_are_no_searches() -> None:
    assert noted(SearchRequest(q="mug", after="cursor"), answer()) is None
    assert noted(SearchRequest(), answer()) is None


def test_what_the_engine_does_not_take_waits_as_it_is_and_the_bound_holds() -> None:
    keeper = Keeper()
    recorder = recorder_of(keeper, buffer=3)
    keeper.down = True
    recorder.record(search("one", request="a"))
    assert not recorder.flush()
    assert not recorder.flush()
    for q in ("two", "three", "four", "five"):
        recorder.record(search(q))
    assert (recorder.waiting, recorder.lost) == (3, 2)
    keeper.down = False
    assert recorder.flush()
    assert [one["q"] for one in keeper.last.searches.values()] == ["one", "two", "three"]
    assert recorder.waiting == 0
    recorder.close()


def test_clicks_of_unknown_searches_are_waited_for_and_then_counted() -> None:
    times = [NOON]
    given: list[int] = []

    def keep(batch: Batch) -> Kept:
        given.append(len(batch.clicks))
        return Kept(tuple(batch.clicks))

    recorder = SearchRecorder(keep, SearchLogSettings(flush_seconds=3600), lambda: times[-1])
    recorder.record(Opened("nobody", "item", 1, NOON))
    assert not recorder.flush()
    times.append(NOON + timedelta(minutes=2))
    assert recorder.flush()
    assert (given, recorder.unknown, recorder.waiting) == ([1, 1], 1, 0)
    recorder.close()
