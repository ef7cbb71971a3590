from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.api.standin import MemorySearch

AT = "/api/v1/searches"
RED = {"q": "mug", "filters": {"colour": {"any": ["red"]}}}


def saved(client: FlaskClient, **given: Any) -> dict[str, Any]:
    reply = client.post(AT, json={"name": "Red mugs", "request": RED, **given})
    assert reply.status_code == 201, reply.json
    assert reply.headers["Location"] == reply.json["links"]["self"]  # type: ignore[index]
    told: dict[str, Any] = reply.get_json()
    return told


def test_a_search_is_kept_told_listed_and_taken_away(client: FlaskClient) -> None:
    one = saved(client, owner="ana@example.com", alert="daily", by="ana")
    assert one["request"] == RED
    assert one["seen"]["total"] == 2
    got = client.get(one["links"]["self"])
    assert got.json == one
    assert got.headers["ETag"] == f'"{one["version"]}"'
    assert client.get(AT).json == {"total": 1, "searches": [one]}
    assert client.get(f"{AT}?owner=somebody").json == {"total": 0, "searches": []}
    assert client.delete(one["links"]["self"]).json == one
    assert client.get(one["links"]["self"]).status_code == 404


def test_it_answers_as_the_search_does(client: FlaskClient) -> None:
    one = saved(client, request={"facets": ["colour"], "size": 1})
    told, asked = (
        client.post(one["links"]["run"]).json,
        client.post("/api/v1/search", json=one["request"]).json,
    )
    assert told is not None
    assert asked is not None
    for reply in (told, asked):
        reply.pop("request_id")
    assert told == asked
    second = client.post(one["links"]["run"], json={"size": 2, "after": told["next"]}).json
    assert second is not None
    assert len(second["hits"]) == 2


def test_changes_are_told_until_they_are_seen(client: FlaskClient, search: MemorySearch) -> None:
    one = saved(client, request={"in": "assets"})
    gone, *others = search.held["assets"]
    search.held["assets"] = tuple(others)
    told = client.get(one["links"]["changes"]).json
    assert told is not None
    assert (told["total_before"], told["total"]) == (len(others) + 1, len(others))
    assert told["left"] == [{"id": gone.id, "gone": True, "asset": None, "product": None}]
    assert (told["entered"], told["listed"]) == ([], True)
    assert client.post(f"{one['links']['self']}/seen").json["seen"]["total"] == len(others)  # type: ignore[index]
    assert client.get(one["links"]["changes"]).json["left_total"] == 0  # type: ignore[index]


def test_a_change_over_what_somebody_else_changed_is_refused(client: FlaskClient) -> None:
    one = saved(client)
    at, mine = one["links"]["self"], {"If-Match": f'"{one["version"]}"'}
    assert client.patch(at, json={"note": "theirs"}).status_code == 200
    assert client.patch(at, json={"note": "mine"}, headers=mine).status_code == 409
    assert client.delete(at, headers=mine).status_code == 409
    now = client.get(at)
    assert now.json is not None
    assert now.json["note"] == "theirs"
    changed = client.patch(at, json={"request": {"q": "bowl"}}, headers={"If-Match": now.headers["ETag"]})
    assert changed.json is not None
    assert (changed.json["request"], changed.json["seen"]["total"]) == ({"q": "bowl"}, 1)


@pytest.mark.parametrize(
    ("body", "field", "words"),
    [
        ({"request": {"filters": {"hue": {"any": ["red"]}}}}, "request.filters.hue", "unknown field"),
        ({"request": {"sort": "price"}}, "request.sort", "assets have the sorts"),
        ({"request": {"after": "x"}}, "request.after", "begins at its first page"),
        ({"request": {"mood": "good"}}, "request.mood", "unknown field"),
        ({"request": []}, "request", "expected an object"),
        ({"alert": "hourly"}, "alert", "expected one of"),
        ({"alert": "daily"}, "owner", "e-mail address"),
        ({"alert": "daily", "owner": "the studio"}, "owner", "e-mail address"),
        ({"name": ""}, "name", "not blank"),
    ],
)
def test_what_is_wrong_with_a_search_is_named(
    client: FlaskClient, body: dict[str, Any], field: str, words: str
) -> None:
    refused = client.post(AT, json={"name": "Mine", "request": RED, **body})
    assert refused.status_code == 422
    assert refused.json is not None
    found = {problem["field"]: problem["message"] for problem in refused.json["errors"]}
    assert words in found[field], found
    one = saved(client)
    assert client.patch(one["links"]["self"], json=body).status_code == 422


@pytest.mark.parametrize(
    ("address", "page"),
    [
        ("q=mug&filter.colour=red", "/?q=mug&filter.colour=red"),
        ("in=products&filter.variant=false&filter.price.gte=10", "/?in=products&filter.price.gte=10"),
        ("in=products&sort=name", "/?in=products&sort=name&variants=show"),
        (
            "not.keyword=studio&or.1.colour=red&or.2.linked=false&filter.creator.exists=true",
            "/?filter.creator.exists=true&not.keyword=studio&or.0.colour=red&or.1.linked=false",
        ),
    ],
)
def test_a_search_is_kept_by_its_address_and_leads_back_to_its_page(
    client: FlaskClient, address: str, page: str
) -> None:
    one = client.post(AT, json={"name": "one", "address": address}).get_json()
    again = client.post(AT, json={"name": "again", "request": one["request"]}).get_json()
    for told in (one, again):
        assert sorted(told["links"]["page"][2:].split("&")) == sorted(page[2:].split("&"))


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"name": "a"}, "request"),
        ({"name": "a", "request": RED, "address": "q=a"}, "request"),
        ({"name": "a", "address": "after=x"}, "after"),
        ({"name": "a", "address": "q=a&q=b"}, "q"),
    ],
)
def test_an_address_that_cannot_be_kept_is_named(
    client: FlaskClient, body: dict[str, Any], field: str
) -> None:
    reply = client.post(AT, json=body)
    assert reply.status_code == 422
    assert [one["field"] for one in reply.get_json()["errors"]] == [field]
