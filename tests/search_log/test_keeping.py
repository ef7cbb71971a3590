"""The log in a real engine: what is kept, for how long, and what it adds up to."""

from __future__ import annotations

from datetime import timedelta

from discovery.search_log.log import SearchLog
from discovery.search_log.model import Opened
from mappings.registry import SEARCH_LOG, read
from tests.search_log.conftest import NOON, Log, search

OF_A_SEARCH = {
    "kind", "request", "side", "by", "q", "form", "filters", "narrowed", "mode", "total", "took_ms",
    "look_only", "understood", "corrected", "account", "again", "first", "clicked", "refined", "passed", "at",
}  # fmt: skip
OF_A_CLICK = {"item", "position"}


def opened(request: str, item: str = "item", position: int = 1) -> Opened:
    return Opened(request, item, position, NOON)


def rolled_up(log: Log) -> dict[str, tuple[int, int, int, int, int, int]]:
    rows = SearchLog(log.service.engine, log.settings.engine.prefix).rolled_up(50).rows
    return {r.form: (r.asked, r.accounts, r.empty, r.by_look, r.opened, r.refined) for r in rows}


def test_a_record_has_no_room_for_anything_of_a_person_but_an_account() -> None:
    assert set(read(SEARCH_LOG)["mappings"]["properties"]) == OF_A_SEARCH | OF_A_CLICK


def test_searches_and_clicks_are_kept_once_however_often_they_are_told(log: Log) -> None:
    mug = search("mug jane@example.org", total=4, account="a-1", filters=("colour.any=red",), narrowed=True)
    for _ in range(2):
        log.recorder.record(mug)
        log.recorder.record(opened(mug.request, "front", 3))
        assert log.recorder.flush()
    (kept,) = log.kept()
    assert kept == {
        "kind": "search",
        "request": mug.request,
        "side": "assets",
        "by": "words",
        "q": "mug [e-mail]",
        "form": "e mail mug",
        "filters": ["colour.any=red"],
        "narrowed": True,
        "mode": "hybrid",
        "total": 4,
        "took_ms": 9,
        "look_only": False,
        "account": "a-1",
        "clicked": True,
        "at": NOON.isoformat(),
    }
    (click,) = log.kept("click")
    assert (click["item"], click["position"], click["form"]) == ("front", 3, "e mail mug")


def test_a_click_of_a_search_that_is_not_known_is_not_kept(log: Log) -> None:
    log.recorder.record(opened("nobody-searched-so"))
    log.recorder.flush()
    log.now += timedelta(minutes=5)
    assert log.recorder.flush()
    assert (log.recorder.unknown, log.kept("click")) == (1, [])


def test_the_log_adds_up_by_the_words_forms(log: Log) -> None:
    vase = search("purple vases", account="a-1")
    again = search("vase, purple", 20, continues=vase.request, filters=("width.gte=9",), narrowed=True)
    for one in (
        vase,
        again,
        search("Purple Vase", 400, account="a-2"),
        search("purple vase", 500, total=3, look_only=True, account="a-1"),
        search("purple vase", 600, filters=("colour.any=red",), narrowed=True),
    ):
        log.recorder.record(one)
    assert log.recorder.flush()
    mug = search("mug", 0, total=9)
    log.recorder.record(mug)
    log.recorder.record(search("cup", 60, total=0, side="products", continues=mug.request))
    log.recorder.record(search("", 61, total=2, by="picture", side="products"))
    log.recorder.record(opened(again.request))
    assert log.recorder.flush()
    assert rolled_up(log) == {
        "purple vase": (4, 2, 2, 1, 1, 0),
        "cup": (1, 0, 1, 0, 0, 0),
        "mug": (1, 0, 0, 0, 0, 1),
    }


def test_what_was_typed_on_the_way_is_taken_back_after_it_was_kept(log: Log) -> None:
    first = search("pur", 0)
    log.recorder.record(first)
    assert log.recorder.flush()
    log.recorder.record(search("purple", 2, continues=first.request))
    assert log.recorder.flush()
    assert set(rolled_up(log)) == {"purple"}


def test_what_is_older_than_it_may_be_goes(log: Log) -> None:
    days = log.settings.search_log.retention_days
    for age in (0, days - 1, days + 1):
        one = search(f"{age} days", -86_400 * age)
        log.recorder.record(one)
    assert log.recorder.flush()
    log.now = NOON
    assert log.log.clean_up() == 1
    assert [one["q"] for one in log.kept()] == [f"{days - 1} days", "0 days"]
