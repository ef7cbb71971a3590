"""People's word over real HTTP, on a real engine: decisions on links, audits asked for, findings waived."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from discovery.config import EngineSettings, IndexSettings, ModelSettings, Settings, WebSettings
from discovery.engine.client import Engine
from discovery.web.app import create_app
from discovery.web.server import Server
from discovery.wiring import Service
from indexers.lifecycle import Lifecycle
from indexers.progress import Silent
from mappings.documents import asset_id
from tests.indexing.stage import CountingEmbedder, Files, Stage, picture, product

RED = "bags/TB-1001_front.png"
BOTH = "bags/TB-1001_TB-2002.png"
OTHER = "misc/DSC_1.png"
TOTE, SATCHEL = product("TB-1001", name="Harbour Tote"), product("TB-2002", name="Field Satchel")


class Served:
    """A service over real HTTP, on a catalogue that a test can change."""

    def __init__(self, stage: Stage, engine: Engine, settings: Settings) -> None:
        self.stage = stage
        self.lifecycle = Lifecycle(engine, settings)
        self.service = Service(settings, progress=False)
        self.service.__dict__["engine"] = engine
        self.files = Files(
            "studio",
            {RED: picture("red"), BOTH: picture("blue", spot=1), OTHER: picture("green", spot=2)},
        )
        self.server = Server(create_app(self.service.web_services(), settings), settings.web)
        self.fill(stage)
        self.link()

    def link(self) -> None:
        """Judge all links, and let searches see what came of it."""
        self.service.links.run()
        self.stage.catalogue.refresh()

    def fill(self, stage: Stage) -> None:
        stage.index(self.files)
        stage.index_products(TOTE, SATCHEL)

    def get(self, path: str, **how: Any) -> requests.Response:
        return requests.get(f"{self.server.address}{path}", timeout=60, **how)

    def json(self, path: str, **how: Any) -> Any:
        reply = self.get(path, **how)
        assert reply.status_code == 200, reply.text
        return reply.json()

    def send(self, method: str, path: str, body: Any, **how: Any) -> requests.Response:
        return requests.request(method, f"{self.server.address}{path}", json=body, timeout=60, **how)

    def decide(self, key: str, sku: str, decision: str, **more: str) -> requests.Response:
        body = {"asset": asset_id("studio", key), "sku": sku, "decision": decision, **more}
        return self.send("POST", "/api/v1/links/decisions", body)

    def skus(self, key: str) -> list[str]:
        told = self.json(f"/api/v1/assets/{asset_id('studio', key)}")
        return [link["sku"] for link in told["products"]]

    def audited(self, **body: Any) -> Any:
        """Ask for an audit and return it when it is over."""
        accepted = self.send("POST", "/api/v1/audits/runs", body)
        assert accepted.status_code == 202, accepted.text
        for _ in range(600):
            run = self.json(accepted.headers["Location"])
            if run["state"] not in ("queued", "running"):
                return run
            threading.Event().wait(0.05)
        raise AssertionError(f"the run is still {run['state']}")


@pytest.fixture
def people(engine: Engine, prefix: str, tmp_path: Path) -> Iterator[Served]:
    settings = Settings(
        engine=EngineSettings(prefix=prefix),
        model=ModelSettings(batch_size=4),
        index=IndexSettings(workers=2, bulk_documents=50, retries=1),
        web=WebSettings(port=0, threads=4),
        home=tmp_path / "home",
    )
    embedder = CountingEmbedder()
    stage = Stage(Lifecycle(engine, settings).ensure(embedder.recipe), settings, embedder)
    running = Served(stage, engine, settings)
    thread = threading.Thread(target=running.server.run)
    thread.start()
    with running.service.audit_worker:
        yield running
    running.server.stop()
    running.service.close()
    thread.join(10)


def test_a_wrong_link_is_refused_and_stays_so_over_runs_and_rebuilds(people: Served) -> None:
    assert people.skus(RED) == ["TB-1001"]
    told = people.json(f"/api/v1/assets/{asset_id('studio', RED)}")["products"][0]
    assert told["method"] == "filename"
    assert any("TB-1001" in reason for reason in told["reasons"])
    assert people.decide(RED, "TB-1001", "refuse", why="another bag", by="a.moreau").status_code == 200
    assert people.skus(RED) == []
    product_ = people.json("/api/v1/products/TB-1001")
    assert asset_id("studio", RED) not in [link["id"] for link in product_["assets"]]
    people.link()
    assert people.skus(RED) == []
    embedder = people.stage.embedder
    people.service.migration(Silent()).rebuild(
        embedder.recipe, lambda catalogue: people.fill(Stage(catalogue, people.stage.settings, embedder))
    )
    people.link()
    assert people.skus(RED) == []
    explained = people.json(f"/api/v1/assets/{asset_id('studio', RED)}/links/explain")
    assert explained["refused"] == ["TB-1001"]
    [said] = explained["decisions"]
    assert (said["by"], said["why"], said["decision"]) == ("a.moreau", "another bag", "refuse")
    assert explained["proposals"][0]["sku"] == "TB-1001", "the evidence is still told"


def test_a_conflict_waits_until_somebody_decides(people: Served) -> None:
    queue = people.json("/api/v1/links/review")
    [entry] = [one for one in queue["entries"] if one["asset"]["name"] == BOTH]
    assert entry["state"] == "conflict"
    assert entry["reason"]
    assert {one["sku"] for one in entry["proposals"]} == {"TB-1001", "TB-2002"}
    assert people.get(entry["asset"]["thumbnail"]).status_code == 200
    found = people.json("/api/v1/search?filter.link.state=conflict&facets=link.state")
    assert [hit["asset"]["source"]["key"] for hit in found["hits"]] == [BOTH]
    assert found["hits"][0]["asset"]["link_state"] == "conflict"
    assert {one["value"]: one["count"] for one in found["facets"]["link.state"]} == {
        "auto": 1,
        "conflict": 1,
        "none": 1,
    }
    assert people.json("/api/v1/links/review?state=conflict")["total"] == queue["total"]
    assert people.json("/api/v1/links/review?state=review")["total"] == 0
    assert people.json("/api/v1/links/review?source=nowhere")["total"] == 0
    assert people.json("/api/v1/links/review?min_probability=1")["total"] == 0
    assert people.decide(BOTH, "TB-2002", "accept", role="detail").status_code == 200
    assert people.skus(BOTH) == ["TB-2002"]
    left = people.json("/api/v1/links/review")
    assert BOTH not in [one["asset"]["name"] for one in left["entries"]]
    assert people.decide(BOTH, "TB-2002", "withdraw").status_code == 200
    again = people.json("/api/v1/links/review")
    assert BOTH in [one["asset"]["name"] for one in again["entries"]]


def test_the_queue_is_walked_by_cursor(people: Served) -> None:
    for number in range(4):
        people.files.files[f"pairs/TB-1001_TB-2002_{number}.png"] = picture("white", spot=10 + number)
    people.stage.index(people.files)
    people.link()
    total = people.json("/api/v1/links/review")["total"]
    assert total >= 5
    seen: list[str] = []
    after: str | None = None
    while True:
        page = people.json("/api/v1/links/review", params={"size": 2, **({"after": after} if after else {})})
        assert page["total"] == total
        seen += [entry["asset"]["id"] for entry in page["entries"]]
        after = page["next"]
        if after is None:
            break
    assert len(seen) == len(set(seen)) == total


def test_bulk_decisions_are_all_kept_or_none(people: Served) -> None:
    red, other = asset_id("studio", RED), asset_id("studio", OTHER)
    wrong = [
        {"asset": red, "sku": "TB-1001", "decision": "refuse"},
        {"asset": other, "sku": "TB-9999", "decision": "refuse"},
        {"asset": "0" * 24, "sku": "TB-1001", "decision": "accept"},
        {"asset": other, "sku": "TB-1001", "decision": "move", "to": "TB-8888"},
        {"asset": other, "sku": "TB-2002", "decision": "withdraw"},
        {"asset": red, "sku": "TB-1001", "decision": "accept"},
    ]
    refused = people.send("POST", "/api/v1/links/decisions", {"decisions": wrong})
    assert refused.status_code == 422
    assert [error["field"] for error in refused.json()["errors"]] == [
        "decisions.1.sku",
        "decisions.2.asset",
        "decisions.3.to",
        "decisions.4.sku",
        "decisions.5.sku",
    ]
    assert people.skus(RED) == ["TB-1001"]
    right = [wrong[0], {"asset": other, "sku": "TB-2002", "decision": "accept", "role": "detail"}]
    assert people.send("POST", "/api/v1/links/decisions", {"decisions": right}).status_code == 200
    assert (people.skus(RED), people.skus(OTHER)) == ([], ["TB-2002"])


@pytest.mark.parametrize("id", ["none", "%00", "x" * 3000, "%F0%9F%A6%8A", "..%2F..", "%2e%2e"])
def test_odd_ids_are_not_found(people: Served, id: str) -> None:
    paths = [f"assets/{id}/links/explain", f"audits/runs/{id}", f"audits/findings/{id}"]
    for path in paths:
        assert people.get(f"/api/v1/{path}").status_code == 404, path
    reply = people.send("POST", "/api/v1/links/decisions", {"asset": "\0", "sku": "🦊", "decision": "refuse"})
    assert reply.status_code == 422
    assert people.get("/api/v1/audits/findings?subject=%00&owner=%F0%9F%A6%8A").json()["total"] == 0


def test_an_audit_a_waiver_and_a_mended_cause(people: Served) -> None:
    first = people.audited(by="a.moreau")
    assert (first["state"], first["by"]) == ("finished", "a.moreau"), first["reasons"]
    assert first["counts"]["new"] == first["counts"]["flagged"] > 0
    listed = people.json("/api/v1/audits/findings", params={"rule": "asset-unlinked", "state": "open"})
    [finding] = [one for one in listed["findings"] if one["subject"]["name"] == OTHER]
    page = people.get(finding["links"]["subject"], headers={"Accept": "text/html"})
    assert (page.status_code, page.headers["Content-Type"]) == (200, "text/html; charset=utf-8")

    address = finding["links"]["self"]
    etag = people.get(address).headers["ETag"]
    waiver = {"waived_until": "2099-12-31", "owner": "studio@example.org", "by": "a.moreau"}
    waived = people.send("PATCH", address, waiver, headers={"If-Match": etag})
    assert (waived.status_code, waived.json()["state"]) == (200, "waived")
    late = people.send("PATCH", address, {"note": "too late"}, headers={"If-Match": etag})
    assert late.status_code == 409
    past = people.send("PATCH", address, {"waived_until": "2020-01-01"})
    assert [error["field"] for error in past.json()["errors"]] == ["waived_until"]
    report = people.get("/api/v1/audits/report.html").text
    assert "waived until 2099-12-31" in report
    assert "studio@example.org" in people.get("/api/v1/audits/report.json").text
    assert people.json("/api/v1/audits/findings?owner=studio@example.org")["total"] == 1
    counted = people.json("/api/v1/audits/summary")
    assert (counted["waived"], counted["pending"]) == (1, first["counts"]["new"] - 1)
    for name in ("rule", "severity"):
        kinds = {"rule": "rules", "severity": "severities"}[name]
        for one in counted[kinds]:
            asked = f"/api/v1/audits/findings?state=pending&{name}={one['value']}"
            assert people.json(asked)["total"] == one["count"]
    nobody = people.json("/api/v1/audits/findings?state=pending&assigned=false")["total"]
    assert nobody == counted["unassigned"] == counted["pending"]

    second = people.audited()
    assert (second["counts"]["new"], second["counts"]["settled"]) == (0, 0)
    assert people.json(address)["state"] == "waived"

    people.decide(OTHER, "TB-2002", "accept")
    third = people.audited()
    assert third["counts"]["settled"] >= 1
    mended = people.json(address)
    assert (mended["state"], mended["history"][-1]["what"]) == ("resolved", "settled")
    runs = people.json("/api/v1/audits/runs")["runs"]
    assert [run["id"] for run in runs] == [third["id"], second["id"], first["id"]]


def test_a_dry_run_tells_and_keeps_nothing(people: Served) -> None:
    planned = people.audited(dry_run=True, rules=["asset-unlinked"])
    assert (planned["state"], planned["rules"]) == ("planned", ["asset-unlinked"])
    assert planned["counts"]["new"] > 0
    assert people.json("/api/v1/audits/findings")["total"] == 0


def test_a_run_that_a_brake_stops_says_why(people: Served) -> None:
    people.audited()
    people.files.files.clear()
    people.stage.index(people.files, accept_shrink=True)
    stopped = people.audited()
    assert stopped["state"] == "stopped"
    assert stopped["reasons"]
    assert people.json("/api/v1/audits/findings?rule=audit-stopped")["total"] == 1


def test_a_link_that_the_catalogue_declares_says_so(people: Served) -> None:
    people.stage.index_products(
        product("TB-1001", OTHER, name="Harbour Tote"), product("TB-2002", name="Field Satchel")
    )
    people.stage.catalogue.refresh()
    told = people.json(f"/api/v1/assets/{asset_id('studio', OTHER)}")
    [link] = told["products"]
    assert (link["method"], told["link_state"]) == ("declared", "auto")
    assert link["reasons"] == ["the catalogue names this file for TB-1001"]

    assert people.decide(OTHER, "TB-1001", "refuse").status_code == 200
    assert people.audited()["state"] == "finished"
    assert people.json("/api/v1/audits/findings?rule=link-dead")["total"] == 0, "it is there, and refused"
