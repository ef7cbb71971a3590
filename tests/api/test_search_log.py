"""The log of searches over HTTP: what a search and a click leave behind, and that they wait for nothing."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient

from discovery.config import Settings
from discovery.search_log.model import Asked, Opened
from discovery.web.app import create_app
from tests.api.catalogue import MUG_FRONT
from tests.api.standin import MemorySearch, MemorySearchLog, services_over

CLICKS = "/api/v1/search/clicks"
CLICK = {"request_id": "r-1", "id": "item", "position": 3}


@pytest.fixture
def log() -> MemorySearchLog:
    return MemorySearchLog()


@pytest.fixture
def client(search: MemorySearch, settings: Settings, log: MemorySearchLog) -> FlaskClient:
    return create_app(services_over(search, search_log=log), settings).test_client()


def test_a_search_leaves_its_words_filters_and_outcome(client: FlaskClient, log: MemorySearchLog) -> None:
    headers = {
        "X-Search-Continues": "r-0",
        "User-Agent": "somebody's browser",
        "X-Forwarded-For": "192.0.2.7",
    }
    reply = client.get("/api/v1/search?q=tide&filter.colour=teal", headers=headers).json
    assert reply is not None
    (one,) = log.recorded
    assert isinstance(one, Asked)
    assert (one.request, one.continues, one.q) == (reply["request_id"], "r-0", "tide")
    assert (one.side, one.filters, one.total) == ("assets", ("colour.any=teal",), reply["total"])
    assert one.account is None
    assert "browser" not in repr(one)
    assert "192.0.2" not in repr(one)


def test_the_page_and_pictures_are_searches_too_and_completion_is_none(
    client: FlaskClient, log: MemorySearchLog
) -> None:
    assert client.get("/").status_code == 200
    assert client.get("/api/v1/suggest?q=tide").status_code == 200
    assert client.get("/api/v1/search?q=tide&sort=odd").status_code == 422
    assert log.recorded == []
    assert client.get("/?q=tide").status_code == 200
    assert client.post("/api/v1/similar", json={"asset": MUG_FRONT.id}).status_code == 200
    assert [one.by for one in log.recorded if isinstance(one, Asked)] == ["words", "picture"]


def test_a_click_is_taken_at_once(client: FlaskClient, log: MemorySearchLog) -> None:
    reply = client.post(CLICKS, json=CLICK)
    assert (reply.status_code, reply.json) == (202, {"recorded": True})
    (one,) = log.recorded
    assert isinstance(one, Opened)
    assert (one.request, one.item, one.position) == ("r-1", "item", 3)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"request_id": "no id"}, "request_id"),
        ({"request_id": None}, "request_id"),
        ({"id": ""}, "id"),
        ({"id": "x" * 513}, "id"),
        ({"position": 0}, "position"),
        ({"position": True}, "position"),
        ({"account": "me"}, "account"),
    ],
)
def test_a_click_that_is_none_is_refused(client: FlaskClient, change: dict[str, Any], field: str) -> None:
    reply = client.post(CLICKS, json={**CLICK, **change})
    assert reply.status_code == 422
    assert reply.json is not None
    assert [problem["field"] for problem in reply.json["errors"]] == [field]


def test_switched_off_nothing_is_recorded_and_the_page_tells_nothing(
    search: MemorySearch, settings: Settings
) -> None:
    log = MemorySearchLog(enabled=False)
    client = create_app(services_over(search, search_log=log), settings).test_client()
    page = client.get("/?q=tide")
    assert "&#34;enabled&#34;: false" in page.text
    assert client.get("/api/v1/search?q=tide").status_code == 200
    assert client.post(CLICKS, json=CLICK).json == {"recorded": False}
    assert log.recorded == []
