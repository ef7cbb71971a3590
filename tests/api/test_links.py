from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest
from flask.testing import FlaskClient

from discovery.config import Settings
from discovery.curation.words import LinkWord, Word
from discovery.errors import EngineConflict, EngineUnavailable, FieldProblem, IndexMissing
from discovery.web.app import create_app
from tests.api.catalogue import BOWL, MUG_FRONT
from tests.api.standin import MemoryLinks, MemorySearch, services_over

ADDRESS = "/api/v1/links/decisions"
ACCEPT = {"asset": MUG_FRONT.id, "sku": "TIDE/1", "decision": "accept"}


@pytest.fixture
def links(search: MemorySearch) -> MemoryLinks:
    return MemoryLinks(search)


@pytest.fixture
def desk(search: MemorySearch, links: MemoryLinks, settings: Settings) -> FlaskClient:
    return create_app(services_over(search, links=links), settings).test_client()


def test_one_decision_stands_by_itself(desk: FlaskClient, links: MemoryLinks) -> None:
    reply = desk.post(ADDRESS, json={**ACCEPT, "role": "hero", "why": "seen", "by": " a.moreau "})
    assert reply.status_code == 200
    word = LinkWord(MUG_FRONT.id, "TIDE/1", Word.ACCEPT, None, "hero", "seen")
    assert links.decided == [(word, "a.moreau")]
    assert reply.json is not None
    assert [one["sku"] for one in reply.json["decisions"]] == ["TIDE/1"]


def test_several_go_together_and_nobody_named_is_the_api(desk: FlaskClient, links: MemoryLinks) -> None:
    move = {"asset": BOWL.id, "sku": "TIDE/1", "decision": "move", "to": "HOSTILE"}
    assert desk.post(ADDRESS, json={"decisions": [ACCEPT, move]}).status_code == 200
    assert [(word.word, by) for word, by in links.decided] == [(Word.ACCEPT, "api"), (Word.MOVE, "api")]


LONG = "x" * 600
BAD: list[tuple[str, Any, str]] = [
    ("nothing", {}, "asset"),
    ("no word", {"asset": "a", "sku": "s"}, "decision"),
    ("an unknown word", {**ACCEPT, "decision": "maybe"}, "decision"),
    ("an unknown role", {**ACCEPT, "role": "portrait"}, "role"),
    ("an unknown field", {**ACCEPT, "colour": "red"}, "colour"),
    ("a number for an asset", {**ACCEPT, "asset": 1}, "asset"),
    ("a lone surrogate", {**ACCEPT, "sku": "\ud800"}, "sku"),
    ("a very long SKU", {**ACCEPT, "decision": "refuse", "sku": LONG}, "sku"),
    ("a very long why", {**ACCEPT, "why": "x" * 3000}, "why"),
    ("a very long name", {**ACCEPT, "by": LONG}, "by"),
    ("an asset that is none", {**ACCEPT, "asset": "no\0asset"}, "asset"),
    ("an empty list", {"decisions": []}, "decisions"),
    ("no list", {"decisions": "all"}, "decisions"),
    ("null", {"decisions": None}, "decisions"),
    ("no object in the list", {"decisions": [ACCEPT, 1]}, "decisions.1"),
    ("one wrong among right ones", {"decisions": [ACCEPT, {**ACCEPT, "asset": "none"}]}, "decisions.1.asset"),
    ("a decision beside a list", {**ACCEPT, "decisions": [ACCEPT]}, "asset"),
]


@pytest.mark.parametrize(("body", "field"), [case[1:] for case in BAD], ids=[case[0] for case in BAD])
def test_a_wrong_decision_is_named_and_nothing_is_kept(
    desk: FlaskClient, links: MemoryLinks, body: Any, field: str
) -> None:
    reply = desk.post(ADDRESS, json=body)
    assert (reply.status_code, reply.mimetype) == (422, "application/problem+json")
    assert reply.json is not None
    assert field in [error["field"] for error in reply.json["errors"]]
    assert links.decided == []


@pytest.mark.parametrize(
    ("parameters", "field"),
    [
        ("state=auto", "state"),
        ("min_probability=2", "min_probability"),
        ("min_probability=x", "min_probability"),
        ("size=0", "size"),
        ("size=100000", "size"),
        ("after=%21", "after"),
        ("after=WzAuNV0", "after"),
        ("luck=1", "luck"),
    ],
)
def test_a_wrong_filter_of_the_queue_is_named(desk: FlaskClient, parameters: str, field: str) -> None:
    reply = desk.get(f"/api/v1/links/review?{parameters}")
    assert reply.status_code == 422
    assert reply.json is not None
    assert [error["field"] for error in reply.json["errors"]] == [field]


def test_the_queue_tells_the_asset_what_is_proposed_and_why(desk: FlaskClient) -> None:
    reply = desk.get("/api/v1/links/review?state=review&min_probability=0.5").json
    assert reply is not None
    [entry] = reply["entries"]
    assert reply["total"] == 1
    assert entry["asset"]["thumbnail"].startswith(f"/api/v1/assets/{entry['asset']['id']}/thumbnail")
    assert [one["sku"] for one in entry["proposals"]] == ["TIDE-MUG-SEA", "TIDE-MUG-SAND"]
    assert entry["proposals"][0]["reasons"]
    assert entry["reason"]


def test_an_explanation_tells_evidence_scores_and_decisions(desk: FlaskClient) -> None:
    told = desk.get(f"/api/v1/assets/{MUG_FRONT.id}/links/explain").json
    assert told is not None
    assert told["asset"]["id"] == MUG_FRONT.id
    assert told["proposals"][0]["evidence"][0]["contribution"] == 2.4
    assert told["decisions"][0]["by"] == "a.moreau"
    assert [(one["by"], one["decision"], one["last"]) for one in told["history"]] == [
        ("j.okafor", "refuse", False),
        ("a.moreau", "accept", True),
    ]
    assert told["links"][0]["method"] == "decided"
    assert desk.get("/api/v1/assets/none/links/explain").status_code == 404


def test_the_history_of_a_product_tells_who_said_what_of_which_asset(desk: FlaskClient) -> None:
    sku = "TIDE/1"
    told = desk.get(f"/api/v1/products/{quote(sku, safe='')}/links/history").json
    assert told is not None
    assert [(one["by"], one["decision"], one["sku"]) for one in told["history"]] == [
        ("j.okafor", "refuse", sku),
        ("a.moreau", "accept", sku),
    ]
    assert all(one["asset"] for one in told["history"])
    assert desk.get("/api/v1/products/none/links/history").status_code == 404


def test_what_another_person_changes_meanwhile_is_a_conflict(desk: FlaskClient, links: MemoryLinks) -> None:
    links.failure = EngineConflict("the link is being decided by others; try again")
    reply = desk.post(ADDRESS, json=ACCEPT)
    assert (reply.status_code, reply.headers["Retry-After"]) == (409, "1")


@pytest.mark.parametrize(("body", "field"), [(ACCEPT, "(body)"), ({"decisions": [ACCEPT]}, "decisions.0")])
def test_what_an_engine_that_fails_in_the_middle_did_not_keep_is_named(
    desk: FlaskClient, links: MemoryLinks, body: Any, field: str
) -> None:
    problem = FieldProblem("decisions.0", "is not known to be kept")
    links.failure = EngineUnavailable("it went away; send it again", (problem,))
    reply = desk.post(ADDRESS, json=body)
    assert (reply.status_code, reply.headers["Retry-After"]) == (503, "5")
    assert reply.json is not None
    assert reply.json["errors"] == [{"field": field, "message": "is not known to be kept"}]
    assert "send it again" in reply.json["detail"]


def test_with_nothing_indexed_the_queue_says_so(desk: FlaskClient, links: MemoryLinks) -> None:
    links.failure = IndexMissing("no such index; index something first")
    assert desk.get("/api/v1/links/review").status_code == 503


def test_an_asset_tells_why_its_links_hold(desk: FlaskClient) -> None:
    told = desk.get(f"/api/v1/assets/{MUG_FRONT.id}").json
    assert told is not None
    [link] = told["products"]
    assert (link["method"], link["role"], link["reasons"]) == (
        "filename",
        "hero",
        ["its name carries TIDE/1"],
    )
