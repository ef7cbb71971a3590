"""Saved searches and collections as a client and a command line meet them, over the demo catalogue."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from click.testing import CliRunner

from discovery.cli.main import main
from discovery.config import Settings, WebSettings
from discovery.engine.client import Engine
from discovery.web.app import create_app
from discovery.web.server import Server
from discovery.wiring import Service
from tests.demo.indexed import settings_at

MUGS = {"q": "mug", "mode": "text", "facets": ["collection"], "size": 3}


@pytest.fixture(scope="module")
def address(engine: Engine, demo: Settings) -> Iterator[str]:
    service = Service(settings_at(demo, engine))
    web = WebSettings(port=0, threads=2)
    server = Server(create_app(service.web_services(), service.settings), web)
    thread = threading.Thread(target=server.run, name="service")
    thread.start()
    yield f"{server.address}/api/v1"
    server.stop()
    thread.join(10)
    assert not thread.is_alive(), "the service did not stop"
    service.close()


Command = Callable[..., Any]


@pytest.fixture
def discovery(engine: Engine, demo: Settings) -> Command:
    environment = {
        "DISCOVERY_ENGINE__URL": engine.url,
        "DISCOVERY_ENGINE__PREFIX": demo.engine.prefix,
        "DISCOVERY_HOME": str(demo.home),
    }

    def run(*arguments: str) -> Any:
        result = CliRunner().invoke(main, [*arguments, "--json"], env=environment)
        assert result.exit_code == 0, result.output
        return json.loads(result.stdout)

    return run


def test_a_search_is_saved_and_answers_like_any_other(address: str) -> None:
    found = requests.post(f"{address}/search", json=MUGS, timeout=60).json()
    made = requests.post(f"{address}/searches", json={"name": "Mugs", "request": MUGS}, timeout=60)
    assert made.status_code == 201, made.text
    at = f"{address}/searches/{made.json()['id']}"
    assert made.json()["seen"]["total"] == found["total"]
    told = requests.post(f"{at}/run", timeout=60).json()
    assert [hit["id"] for hit in told["hits"]] == [hit["id"] for hit in found["hits"]]
    changes = requests.get(f"{at}/changes", timeout=60).json()
    assert (changes["entered"], changes["left"], changes["listed"]) == ([], [], True)
    etag = {"If-Match": made.headers["ETag"]}
    assert requests.patch(at, json={"name": "All mugs"}, headers=etag, timeout=60).status_code == 200
    assert requests.delete(at, headers=etag, timeout=60).status_code == 409
    assert requests.delete(at, timeout=60).status_code == 200


def test_a_collection_is_filled_searched_and_shared(address: str) -> None:
    ids = [hit["id"] for hit in requests.post(f"{address}/search", json=MUGS, timeout=60).json()["hits"]]
    body = {"name": "Mugs to show", "items": [{"asset": one} for one in ids]}
    made = requests.post(f"{address}/collections", json=body, timeout=60).json()
    at = f"{address}/collections/{made['id']}"
    asked = {"filters": {"collection": {"any": ["mugs to show"]}}, "facets": ["collection", "colour"]}
    page = requests.post(f"{address}/search", json=asked, timeout=60).json()
    assert {hit["id"] for hit in page["hits"]} == set(ids)
    assert page["facets"]["collection"] == [
        {"value": made["id"], "label": "Mugs to show", "count": len(ids), "selected": True}
    ]
    by_address = requests.get(f"{address}/search?filter.collection={made['id']}", timeout=60).json()
    assert by_address["total"] == page["total"] == len(ids)
    share = requests.post(f"{at}/shares", json={}, timeout=60).json()
    read = requests.get(f"{address}/shared/{share['token']}", timeout=60).json()
    assert [item["asset"]["id"] for item in read["items"]] == ids
    assert requests.delete(at, timeout=60).status_code == 200
    assert requests.get(f"{address}/shared/{share['token']}", timeout=60).status_code == 404
    gone = requests.post(f"{address}/search", json=asked, timeout=60)
    assert gone.json()["errors"][0]["field"] == "filters.collection.any.0"


def test_both_are_kept_on_the_command_line_and_a_search_is_part_of_a_report(
    discovery: Command, tmp_path: Path
) -> None:
    request = json.dumps(MUGS)
    one = discovery("searches", "add", "Mugs", "--request", request, "--note", "for the window")
    assert one["id"] in [each["id"] for each in discovery("searches", "list")["searches"]]
    hits = discovery("searches", "run", one["id"])["hits"]
    assert discovery("searches", "changes", one["id"])["entered_total"] == 0
    report = tmp_path / "report.html"
    discovery("audit", "report", "--search", one["id"], "-o", str(report))
    page = report.read_text(encoding="utf-8")
    assert f'id="search-{one["id"]}"' in page
    assert f"/assets/{hits[0]['id']}" in page
    assert "data:image/webp" in page
    assert "for the window" in page
    made = discovery("collections", "add", "Hits", "--asset", hits[0]["id"])
    discovery("collections", "put", made["id"], "--asset", hits[1]["id"], "--at", "0")
    shown = discovery("collections", "show", made["id"])["items"]
    assert [(item["id"], item["gone"]) for item in shown] == [(hits[1]["id"], False), (hits[0]["id"], False)]
    assert discovery("collections", "delete", made["id"])["count"] == 2
    discovery("searches", "delete", one["id"])
