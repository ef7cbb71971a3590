"""What an event may say, and what is refused by name."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from discovery.usage.model import Action, Event, Feed, read_event, read_feed
from mappings.documents import asset_id

NOW = datetime(2026, 6, 15, 12, tzinfo=UTC)
GOOD = {"id": "1", "action": "download", "asset": "a1", "at": "2026-06-01T10:00:00+02:00"}


def refused(**changes: Any) -> dict[str, str]:
    row = {name: value for name, value in {**GOOD, **changes}.items() if value is not ...}
    read = read_event(row, "shop", NOW)
    assert isinstance(read, tuple), read
    return {problem.field: problem.message for problem in read}


def test_an_event_is_read_in_utc() -> None:
    read = read_event({**GOOD, "product": "MG-1", "by": "u17", "count": 3}, "shop", NOW)
    at = datetime(2026, 6, 1, 8, tzinfo=UTC)
    assert read == Event("1", "shop", Action.DOWNLOAD, "a1", at, "MG-1", None, "u17", 3)
    naive = read_event({**GOOD, "at": "2026-06-01"}, "shop", NOW)
    assert isinstance(naive, Event)
    assert naive.at == datetime(2026, 6, 1, tzinfo=UTC)


def test_an_asset_may_be_named_by_its_place() -> None:
    row = {name: value for name, value in GOOD.items() if name != "asset"}
    read = read_event({**row, "source": "studio", "key": "mugs/red.jpg"}, "shop", NOW)
    assert isinstance(read, Event)
    assert read.asset == asset_id("studio", "mugs/red.jpg")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"id": ...}, "id"),
        ({"id": ""}, "id"),
        ({"id": "x" * 201}, "id"),
        ({"id": 7}, "id"),
        ({"asset": ...}, "asset"),
        ({"asset": ..., "source": "studio"}, "asset"),
        ({"source": "studio", "key": "a.jpg"}, "asset"),
        ({"asset": "\ud800"}, "asset"),
        ({"action": ...}, "action"),
        ({"action": "stolen"}, "action"),
        ({"action": "publication"}, "channel"),
        ({"action": "withdrawal"}, "channel"),
        ({"at": ...}, "at"),
        ({"at": "yesterday"}, "at"),
        ({"at": 1_780_000_000}, "at"),
        ({"at": "2027-06-15T12:00:00Z"}, "at"),
        ({"at": "0001-01-01T00:00:00+14:00"}, "at"),
        ({"at": "1970-01-01T00:00:00Z"}, "at"),
        ({"count": 0}, "count"),
        ({"count": True}, "count"),
        ({"count": "3"}, "count"),
        ({"count": 10**10}, "count"),
        ({"email": "ann@example.org"}, "email"),
        ({"by": ["ann"]}, "by"),
    ],
)
def test_what_is_wrong_is_named(changes: dict[str, Any], field: str) -> None:
    assert set(refused(**changes)) == {field}


def test_everything_that_is_wrong_is_named_at_once() -> None:
    assert set(refused(id=..., action="stolen", at="soon", count=0)) == {"id", "action", "at", "count"}


def test_a_feed_keeps_its_beginning_and_may_not_end_before_it() -> None:
    first = read_feed("shop", "2026-01-01", "2026-06-14", NOW, None)
    assert isinstance(first, Feed)
    later = read_feed("shop", None, "2026-06-15", NOW, first)
    assert isinstance(later, Feed)
    assert (later.since, later.complete_until) == (first.since, datetime(2026, 6, 15, tzinfo=UTC))

    def fields(name: str, since: str | None, until: str | None) -> set[str]:
        read = read_feed(name, since, until, NOW, None)
        assert isinstance(read, tuple)
        return {problem.field for problem in read}

    assert fields("shop", None, "2026-06-14") == {"since"}
    assert fields("shop", "2026-06-14", "2026-06-13") == {"complete_until"}
    assert fields("shop", "2026-06-14", (NOW + timedelta(days=1)).isoformat()) == {"complete_until"}
    assert fields(" ", "2026-06-14", None) == {"feed", "complete_until"}
