"""Usage told, counted onto documents, and how far that can be trusted; on a real engine."""

from __future__ import annotations

import dataclasses
from datetime import timedelta
from typing import Any

import pytest

from discovery.engine.writer import Update, Writer
from discovery.errors import EngineRejected, IndexMissing, InputInvalid, NotFound
from discovery.scheduler.model import SUCCEEDED, Turn
from discovery.search.request import SearchRequest, Viewer
from discovery.usage import rollup
from discovery.usage.service import UsageService
from discovery.vision.fake import FakeEmbedder
from discovery.web.app import create_app
from indexers.lifecycle import Lifecycle
from mappings.documents import Usage
from mappings.registry import ASSETS
from tests.audit.making import asset
from tests.usage.conftest import BOWL, CUP, Shelf


def test_what_is_told_is_counted_once_and_sorts(shelf: Shelf) -> None:
    began = shelf.clock()
    rows = [
        shelf.event("1", "view", BOWL, count=400),
        shelf.event("2", "download", CUP, product="MG-1"),
        shelf.event("3", "publication", CUP, product="MG-1", channel="webshop"),
        shelf.event("4", "publication", CUP, channel="print"),
        shelf.event("4", "publication", CUP, channel="print"),
        {**shelf.event("5", "view", CUP), "asset": "nothing-here"},
    ]
    taken = shelf.usage.take("shop", rows)
    assert (taken.taken, taken.known, taken.refused) == (5, 1, ())
    assert taken.unknown_assets == ("nothing-here",)
    again = shelf.usage.take("shop", rows)
    assert (again.taken, again.known) == (0, 6)
    assert shelf.usage.take("dam", [shelf.event("1", "view", BOWL)]).taken == 1, "another feed's own 1"

    shelf.clock.forward(hours=1)
    done = shelf.usage.roll_up()
    assert (done.counted, done.written, done.unplaced) == (4, 3, 1)
    assert shelf.asset(BOWL).usage == Usage(viewed=401, last_viewed=began)
    expected = Usage(used=3, last_used=began, downloaded=1, published=2, channels=("print", "webshop"))
    assert shelf.asset(CUP).usage == expected
    assert shelf.product("MG-1").usage.used == 2
    shelf.usage.take("shop", [shelf.event("6", "withdrawal", CUP, channel="print")])
    done = shelf.usage.roll_up()
    assert (done.everything, done.counted, done.written) == (False, 1, 1)
    assert shelf.asset(CUP).usage == dataclasses.replace(expected, channels=("webshop",))
    assert shelf.usage.roll_up().written == 0
    hits = shelf.service.search.search(SearchRequest(side="assets", sort="most_used"), Viewer()).hits
    assert [hit.id for hit in hits] == [CUP.id, BOWL.id]


def test_a_roll_up_that_dies_comes_to_the_same_when_it_is_run_again(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rollup, "PAGE", 1)
    shelf.usage.take("shop", [shelf.event("1", "download", BOWL), shelf.event("2", "download", CUP)])
    shelf.usage.roll_up()
    shelf.clock.forward(days=1)
    shelf.usage.take("shop", [shelf.event("3", "download", BOWL), shelf.event("4", "download", CUP)])
    write, calls = Writer.write, []

    def dying(self: Writer, operations: Any) -> Any:
        calls.append(1)
        if len(calls) == 2:
            raise EngineRejected("the power went")
        return write(self, operations)

    with monkeypatch.context() as patched:
        patched.setattr(Writer, "write", dying)
        with pytest.raises(EngineRejected):
            shelf.usage.roll_up()
    assert sorted(shelf.asset(one).usage.used for one in (BOWL, CUP)) == [1, 2]
    shelf.usage.roll_up()
    assert [shelf.asset(one).usage.used for one in (BOWL, CUP)] == [2, 2]


def test_counts_survive_a_rebuild_and_reach_what_is_indexed_later(shelf: Shelf) -> None:
    late = asset("late.jpg")
    shelf.usage.take("shop", [shelf.event("1", "download", late), shelf.event("2", "download", BOWL)])
    assert shelf.usage.roll_up().unplaced == 1
    shelf.clock.forward(days=2)
    shelf.put(late)
    shelf.indexed()
    assert shelf.usage.roll_up().everything
    assert shelf.asset(late).usage.used == 1
    # A new generation, filled by somebody who forgot the counts.
    shelf.clock.forward(days=2)
    lifecycle = Lifecycle(shelf.engine, shelf.settings)
    lifecycle.swap(lifecycle.prepare(FakeEmbedder().recipe))
    shelf.put(BOWL, late)
    assert shelf.asset(BOWL).usage.used == 0
    assert shelf.usage.roll_up().everything
    assert [shelf.asset(one).usage.used for one in (BOWL, late)] == [1, 1]
    # One projection lost, such as a document that a run has overwritten.
    reset = {"usage": {"used": 0, "last_used": None}}
    list(Writer(shelf.engine).write([Update(ASSETS.write_alias(shelf.prefix), BOWL.id, reset)]))
    assert shelf.usage.roll_up(everything=True).written == 1
    assert shelf.asset(BOWL).usage.used == 1


def test_counts_are_trusted_only_while_every_feed_is_complete(shelf: Shelf) -> None:
    usage, clock = shelf.usage, shelf.clock
    assert (usage.coverage().complete, usage.coverage().since) == (False, None)
    usage.declare("shop", (clock() - timedelta(days=400)).isoformat(), clock().isoformat())
    (why,) = usage.coverage().missing
    assert "never rolled up" in why
    usage.roll_up()
    assert usage.coverage().complete
    since = (clock() - timedelta(days=300)).isoformat()
    usage.declare("cdn", since, (clock() - timedelta(days=9)).isoformat())
    (why,) = usage.coverage().missing
    assert "'cdn'" in why
    assert usage.coverage().since == clock() - timedelta(days=300)
    usage.retire("cdn")
    assert usage.coverage().complete
    with pytest.raises(NotFound):
        usage.retire("cdn")
    clock.forward(minutes=1)
    usage.take("shop", [shelf.event("1", "download", BOWL)])
    assert "not counted yet" in usage.coverage().missing[0]
    clock.forward(minutes=1)
    usage.roll_up()
    assert usage.coverage().complete
    clock.forward(minutes=1)
    shelf.indexed()
    assert "since the last indexing" in usage.coverage().missing[0]
    clock.forward(minutes=1)
    usage.roll_up()
    assert usage.coverage().complete
    clock.forward(days=366)
    assert not usage.coverage().complete, "a clock a year ahead finds every feed late"


def test_one_bad_event_is_refused_alone(shelf: Shelf) -> None:
    good = shelf.event("1", "view", BOWL)
    taken = shelf.usage.take("shop", [good, {**good, "id": "2", "action": "stolen"}, "words", 7])
    assert taken.taken == 1
    assert [one.row for one in taken.refused] == [1, 2, 3]
    with pytest.raises(InputInvalid):
        shelf.usage.take("", [good])
    with pytest.raises(InputInvalid):
        shelf.usage.take("shop", [good] * 10_001)


def test_what_is_done_over_http_is_shown_there_after_the_job(shelf: Shelf) -> None:
    client = create_app(shelf.service.web_services(), shelf.service.settings).test_client()
    address = f"/api/v1/assets/{BOWL.id}"
    for _ in range(3):
        assert client.get(address).status_code == 200
    event = {"id": "1", "action": "publication", "channel": "webshop", "source": "studio", "key": "bowl.jpg"}
    body = {"feed": "shop", "events": [{**event, "at": shelf.clock().isoformat()}]}
    assert client.post("/api/v1/usage", json=body).json["taken"] == 1  # type: ignore[index]
    shelf.service.close()
    (job,) = (one for one in shelf.service.jobs() if one.id == "usage")
    done = job.call(Turn("usage", shelf.clock(), 1))
    assert (done.outcome, done.figures["written"]) == (SUCCEEDED, 1)
    told = client.get(address).json["usage"]  # type: ignore[index]
    assert (told["viewed"], told["used"], told["channels"]) == (3, 1, ["webshop"])
    found = client.get("/api/v1/search?filter.channel=webshop&filter.used.gte=1&sort=most_used").json
    assert [hit["id"] for hit in found["hits"]] == [BOWL.id]  # type: ignore[index]
    assert "discovery_usage_lost_total 0.0" in client.get("/metrics").text
    assert client.get("/api/v1/usage/feeds").json["complete"] is False  # type: ignore[index]
    shelf.service.recorder.close()


def test_before_anything_is_indexed_it_is_said(shelf: Shelf) -> None:
    elsewhere = dataclasses.replace(shelf.settings.engine, prefix=f"{shelf.prefix}-none")
    usage = UsageService(shelf.engine, dataclasses.replace(shelf.settings, engine=elsewhere))
    assert usage.feeds() == ()
    assert not usage.coverage().complete
    for call in (lambda: usage.take("shop", [shelf.event("1", "view", BOWL)]), usage.roll_up):
        with pytest.raises(IndexMissing):
            call()
