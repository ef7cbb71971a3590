"""Usage over HTTP: told, and recorded on the way, without ever being in the way."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from discovery.config import Settings
from discovery.usage.model import Action
from discovery.web.app import create_app
from mappings.documents import AssetDocument
from tests.api import catalogue
from tests.api.standin import MemorySearch, MemoryUsage, services_over

MUG = catalogue.ASSETS[0].id
EVENT = {"id": "1", "action": "view", "asset": MUG, "at": "2026-03-01T10:00:00Z"}


@pytest.fixture
def usage() -> MemoryUsage:
    return MemoryUsage()


@pytest.fixture
def client(
    search: MemorySearch,
    settings: Settings,
    originals: Callable[[AssetDocument], Path],
    usage: MemoryUsage,
) -> FlaskClient:
    return create_app(services_over(search, originals=originals, usage=usage), settings).test_client()


def tell(client: FlaskClient, **body: Any) -> Any:
    return client.post("/api/v1/usage", json=body)


def test_events_are_taken_once_and_bad_ones_named(client: FlaskClient) -> None:
    bad = {**EVENT, "id": "2", "action": "stolen", "count": 0}
    reply = tell(client, feed="shop", events=[EVENT, bad, EVENT])
    assert reply.status_code == 200
    assert (reply.json["taken"], reply.json["known"]) == (1, 1)
    (refused,) = reply.json["refused"]
    assert refused["row"] == 1
    assert {problem["field"] for problem in refused["errors"]} == {"action", "count"}


def test_a_feed_is_complete_only_if_nothing_was_refused(client: FlaskClient, usage: MemoryUsage) -> None:
    whole = {"feed": "shop", "since": "2026-01-01T00:00:00Z", "complete_until": "2026-03-02T00:00:00Z"}
    assert tell(client, **whole, events=[{**EVENT, "at": "soon"}]).json["feed"] is None
    assert usage.declared == {}
    assert tell(client, **whole, events=[EVENT]).json["feed"] == {
        "name": "shop",
        "since": "2026-01-01T00:00:00Z",
        "complete_until": "2026-03-02T00:00:00Z",
    }
    assert client.get("/api/v1/usage/feeds").json["feeds"][0]["name"] == "shop"  # type: ignore[index]
    assert client.post("/api/v1/usage/feeds", json={"feed": "shop", "retired": True}).status_code == 200
    assert client.post("/api/v1/usage/feeds", json={"feed": "shop", "retired": True}).status_code == 404


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"events": []}, "feed"),
        ({"feed": "shop"}, "events"),
        ({"feed": "shop", "events": {}}, "events"),
        ({"feed": "shop", "events": [], "who": "me"}, "who"),
        ({"feed": "x" * 201, "events": []}, "feed"),
        ({"feed": "shop", "events": [], "complete_until": "2026-03-02"}, "since"),
    ],
)
def test_a_body_that_is_none_is_refused(client: FlaskClient, body: dict[str, Any], field: str) -> None:
    reply = tell(client, **body)
    assert reply.status_code == 422
    assert {problem["field"] for problem in reply.json["errors"]} == {field} or field == "since"


def test_looking_and_downloading_are_recorded_and_nothing_else(
    client: FlaskClient, usage: MemoryUsage
) -> None:
    address = f"/api/v1/assets/{MUG}"
    client.get(address)
    client.get(f"/assets/{MUG}")
    assert usage.recorded == [(Action.VIEW, MUG)] * 2
    usage.recorded.clear()
    with client.get(f"{address}/file") as first:
        tag = first.headers["ETag"]
    client.get(f"{address}/file", headers={"Range": "bytes=0-3"}).close()
    assert usage.recorded == [(Action.DOWNLOAD, MUG)] * 2
    usage.recorded.clear()
    client.head(address)
    client.head(f"{address}/file").close()
    client.get(f"{address}/file", headers={"Range": "bytes=4-"}).close()
    client.get(f"{address}/file", headers={"If-None-Match": tag}).close()
    client.get("/api/v1/assets/none")
    client.get(f"{address}/thumbnail")
    client.get("/api/v1/search?q=mug")
    assert usage.recorded == []
