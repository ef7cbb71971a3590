from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient

from discovery.config import Settings
from discovery.web.app import create_app
from tests.api import catalogue
from tests.api.standin import MemoryRules, MemorySearch, services_over

AT = "/api/v1/search/rules"
PIN = {"action": "pin", "queries": ["mugs"], "in": "products", "items": ["TIDE/1"], "until": "2026-12-31"}


@pytest.fixture
def client() -> FlaskClient:
    services = services_over(MemorySearch(catalogue.ASSETS, catalogue.PRODUCTS), rules=MemoryRules())
    return create_app(services, Settings()).test_client()


def test_a_rule_is_kept_told_listed_and_taken_away(client: FlaskClient) -> None:
    kept = client.put(f"{AT}/autumn", json={**PIN, "by": "shop team"})
    assert kept.status_code == 200
    assert kept.json == {
        "id": "autumn",
        "origin": "record",
        "by": "shop team",
        "at": "2026-06-15T12:00:00Z",
        "rule": {**PIN, "match": "whole"},
    }
    assert client.get(f"{AT}/autumn").json == kept.json
    assert client.get(AT).json == {"rules": [kept.json]}
    assert client.delete(f"{AT}/autumn").json == kept.json
    assert client.get(AT).json == {"rules": []}
    gone = client.get(f"{AT}/autumn")
    assert (gone.status_code, client.delete(f"{AT}/autumn").status_code) == (404, 404)


def test_what_is_told_of_a_rule_can_be_put_again(client: FlaskClient) -> None:
    told = client.put(f"{AT}/autumn", json=PIN).json
    assert told is not None
    assert client.put(f"{AT}/autumn", json=told["rule"]).json == told


@pytest.mark.parametrize(
    ("change", "field", "words"),
    [
        ({"action": "pinn"}, "action", "did you mean pin"),
        ({"action": None}, "action", "is required"),
        ({"from": "2027-01-01"}, "until", "2026-12-31 is before from, 2027-01-01"),
        ({"from": "soon"}, "from", "expected a day"),
        ({"items": []}, "items", "expected 1 to 50 texts"),
        ({"queries": "mugs"}, "queries", "expected 1 to 50 texts"),
        ({"queries": ["\ud800"]}, "queries", "expected 1 to 50 texts"),
        ({"in": "people"}, "in", "expected assets or products"),
        ({"match": "some"}, "match", "expected whole or contains"),
        ({"colour": "red"}, "colour", "unknown key"),
        ({"by": 3}, "by", "expected a text"),
    ],
)
def test_what_is_wrong_with_a_rule_is_named(
    client: FlaskClient, change: dict[str, Any], field: str, words: str
) -> None:
    refused = client.put(f"{AT}/autumn", json={**PIN, **change})
    assert refused.status_code == 422
    assert refused.json is not None
    found = {problem["field"]: problem["message"] for problem in refused.json["errors"]}
    assert words in found[field], found


def test_an_id_that_cannot_be_one_is_refused(client: FlaskClient) -> None:
    assert client.put(f"{AT}/a%20b", json=PIN).status_code == 422


def test_a_loop_of_synonyms_is_refused_with_its_words(client: FlaskClient) -> None:
    one_way = {"action": "synonyms", "queries": ["sofa"], "words": ["couch"]}
    assert client.put(f"{AT}/a", json=one_way).status_code == 200
    refused = client.put(f"{AT}/b", json={"action": "synonyms", "queries": ["couch"], "words": ["sofas"]})
    assert refused.status_code == 422
    assert refused.json is not None
    assert "sofa → couch → sofa" in refused.json["detail"]


def test_a_search_takes_and_tells_what_is_understood(client: FlaskClient) -> None:
    asked = client.get("/api/v1/search?q=mug&understand=false&as_words=red,blue")
    assert asked.status_code == 200
    assert asked.json is not None
    assert (asked.json["understood"], asked.json["rules"], asked.json["redirect"]) == ([], [], None)
    assert all(hit["matched"] == [] and hit["rule"] is None for hit in asked.json["hits"])
    for wrong in ({"understand": "perhaps"}, {"understand": 1}, {"as_words": "red"}, {"as_words": [1]}):
        assert client.post("/api/v1/search", json=wrong).status_code == 422, wrong
