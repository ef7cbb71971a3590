from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Any

import pytest
import requests
from flask.testing import FlaskClient

from discovery.errors import (
    EngineUnavailable,
    IndexMissing,
    InputInvalid,
    ModelUnavailable,
    error_table,
)
from tests.api.catalogue import BOWL, MUG_FRONT
from tests.api.standin import PIXEL, MemorySearch

JSON = {"Content-Type": "application/json"}


@dataclass(frozen=True)
class Bad:
    name: str
    method: str
    path: str
    status: int
    field: str | None = None
    data: Any = None
    json: Any = None
    files: Any = None
    headers: Any = None


def body(name: str, status: int, data: bytes, field: str | None = None) -> list[Bad]:
    return [
        Bad(f"{name} to {path}", "POST", f"/api/v1/{path}", status, field, data, headers=JSON)
        for path in ("search", "similar")
    ]


def search(name: str, json: Any, field: str) -> Bad:
    return Bad(f"body with {name}", "POST", "/api/v1/search", 422, field, json=json)


def query(text: str, field: str, path: str = "search") -> Bad:
    return Bad(f"{path}?{text[:60]}", "GET", f"/api/v1/{path}?{text}", 422, field)


def picture(name: str, fields: dict[str, str], field: str, image: Any = PIXEL, status: int = 422) -> Bad:
    files = {"image": ("photo.webp", image)}
    return Bad(f"form with {name}", "POST", "/api/v1/similar", status, field, fields, files=files)


BAD = [
    *body("cut JSON", 400, b'{"q": "re'),
    *body("no JSON", 400, b"q=red"),
    *body("nothing", 400, b""),
    *body("a list", 422, b"[]", "(body)"),
    *body("a text", 422, b'"red"', "(body)"),
    *body("invalid UTF-8", 400, b'{"q": "\xff\xfe"}'),
    *body("UTF-16", 400, '{"q": "red"}'.encode("utf-16")),
    *body("a nesting bomb", 400, b'{"filters":' + b"[" * 20_000),
    *body("a closed nesting bomb", 400, b"[" * 20_000 + b"]" * 20_000),
    *body("NaN", 400, b'{"size": NaN}'),
    *body("Infinity", 400, b'{"size": -Infinity}'),
    *body("an infinite exponent", 400, b'{"size": 1e999}'),
    *body("a number of 5,000 digits", 400, b'{"size": ' + b"9" * 5000 + b"}"),
    *body("an unknown field", 422, b'{"colour": "red"}', "colour"),
    Bad("form to search", "POST", "/api/v1/search", 415, data={"q": "red"}),
    Bad("XML to search", "POST", "/api/v1/search", 415, data="<q/>", headers={"Content-Type": "text/xml"}),
    Bad("no type to search", "POST", "/api/v1/search", 415, data=b"{}"),
    Bad("multipart to search", "POST", "/api/v1/search", 415, files={"image": ("a.jpg", PIXEL)}),
    Bad("text to similar", "POST", "/api/v1/similar", 415, data="x", headers={"Content-Type": "text/plain"}),
    Bad("body and address at once", "POST", "/api/v1/search?q=red", 422, "q", json={}),
    search("q null", {"q": None}, "q"),
    search("q a number", {"q": 1}, "q"),
    search("q too long", {"q": "x" * 10_000}, "q"),
    search("q a lone surrogate", {"q": "\ud800"}, "q"),
    search("size a text", {"size": "5"}, "size"),
    search("size true", {"size": True}, "size"),
    search("size 0", {"size": 0}, "size"),
    search("size too large", {"size": 100_000}, "size"),
    search("size a fraction", {"size": 1.5}, "size"),
    search("unknown side", {"in": "people"}, "in"),
    search("unknown mode", {"mode": "magic"}, "mode"),
    search("unknown sort", {"sort": "luck"}, "sort"),
    search("sort of the other side", {"sort": "price"}, "sort"),
    search("facets a text", {"facets": "colour"}, "facets"),
    search("unknown facet", {"facets": ["colour", "luck"]}, "facets.1"),
    search("facet that is none", {"facets": ["width"]}, "facets.0"),
    search("too many facets", {"facets": ["colour"] * 100}, "facets"),
    search("filters a list", {"filters": []}, "filters"),
    search("unknown field", {"filters": {"luck": {"any": ["x"]}}}, "filters.luck"),
    search("field of the other side", {"filters": {"price": {"gt": 1}}}, "filters.price"),
    search("attribute with a dot", {"filters": {"product.a.b": {"any": ["x"]}}}, "filters.product.a.b"),
    search("value without operator", {"filters": {"colour": "red"}}, "filters.colour"),
    search("no operator", {"filters": {"colour": {}}}, "filters.colour"),
    search("unknown operator", {"filters": {"colour": {"like": "r"}}}, "filters.colour.like"),
    search("any not a list", {"filters": {"colour": {"any": "red"}}}, "filters.colour.any"),
    search("empty any", {"filters": {"colour": {"any": []}}}, "filters.colour.any"),
    search("too many values", {"filters": {"colour": {"any": ["x"] * 1000}}}, "filters.colour.any"),
    search("a number for a text", {"filters": {"colour": {"any": [1]}}}, "filters.colour.any.0"),
    search("a text for a flag", {"filters": {"linked": {"any": ["true"]}}}, "filters.linked.any.0"),
    search("a text for a number", {"filters": {"width": {"gte": "800"}}}, "filters.width.gte"),
    search("true for a number", {"filters": {"width": {"gte": True}}}, "filters.width.gte"),
    search("a huge number", {"filters": {"width": {"gte": 10**30}}}, "filters.width.gte"),
    search("a range on texts", {"filters": {"colour": {"gte": "a"}}}, "filters.colour.gte"),
    search("no date", {"filters": {"created": {"lt": "tomorrow"}}}, "filters.created.lt"),
    search("no such day", {"filters": {"created": {"lt": "2025-02-30"}}}, "filters.created.lt"),
    search("exists a text", {"filters": {"colour": {"exists": "yes"}}}, "filters.colour.exists"),
    search("or an object", {"filters": {"or": {}}}, "filters.or"),
    search("or empty", {"filters": {"or": []}}, "filters.or"),
    search("an empty group", {"filters": {"or": [{}]}}, "filters.or.0"),
    search("or in or", {"filters": {"or": [{"or": [{"linked": {"any": [True]}}]}]}}, "filters.or.0.or"),
    search("too many groups", {"filters": {"or": [{"linked": {"any": [True]}}] * 99}}, "filters.or"),
    search("cursor a number", {"after": 5}, "after"),
    search("cursor not ours", {"after": "abc"}, "after"),
    query("colour=red", "colour"),
    query("q=a&q=b", "q"),
    query("sort=luck", "sort"),
    query("in=people", "in"),
    query("mode=magic", "mode"),
    query("size=ten", "size"),
    query("size=1e3", "size"),
    query("size=" + "9" * 4000, "size"),
    query("facets=colour,luck", "facets.1"),
    query("filter.luck=1", "filter.luck"),
    query("filter.=1", "filter."),
    query("filter.colour=", "filter.colour"),
    query("filter.width.gte=wide", "filter.width.gte"),
    query("filter.width.gte=1&filter.width.gte=2", "filter.width.gte"),
    query("filter.linked=yes", "filter.linked"),
    query("filter.colour.like=r", "filter.colour.like"),
    query("filter.colour.exists=1", "filter.colour.exists"),
    query("not.luck=1", "not.luck"),
    query("or.colour=red", "or.colour"),
    query("or.1.luck=red", "or.1.luck"),
    query("after=abc", "after"),
    query("q=" + "x" * 10_000, "q"),
    query("size=5", "size", "suggest"),
    query("in=people", "in", "suggest"),
    query("in=people", "in", "facets"),
    query("q=mug", "q", "facets"),
    query("q=tide", "asset", "similar"),
    query("in=assets", "asset", "similar"),
    query("asset=a&product=b", "asset", "similar"),
    query(f"asset={MUG_FRONT.id}&region=0,0,2,2", "region", "similar"),
    query(f"asset={MUG_FRONT.id}&region=0,0,1", "region", "similar"),
    query(f"asset={MUG_FRONT.id}&region=a,b,c,d", "region.0", "similar"),
    query(f"asset={MUG_FRONT.id}&min_similarity=2", "min_similarity", "similar"),
    query(f"asset={MUG_FRONT.id}&intent=both", "intent", "similar"),
    query("size=0", "size", f"assets/{MUG_FRONT.id}/thumbnail"),
    query("size=big", "size", f"assets/{MUG_FRONT.id}/thumbnail"),
    query("colour=red", "colour", f"assets/{MUG_FRONT.id}"),
    Bad("bytes that are no UTF-8", "GET", "/api/v1/search?q=%ff%fe", 400),
    Bad("2,000 parameters", "GET", "/api/v1/search?" + "&".join(["filter.colour=a"] * 2000), 400),
    Bad("similar to nothing", "POST", "/api/v1/similar", 422, "asset", json={}),
    Bad("similar to two", "POST", "/api/v1/similar", 422, "asset", json={"asset": "a", "product": "b"}),
    Bad("similar to no asset", "POST", "/api/v1/similar", 404, "id", json={"asset": "none"}),
    Bad("similar to no product", "POST", "/api/v1/similar", 404, "sku", json={"product": "none"}),
    Bad(
        "region as an object", "POST", "/api/v1/similar", 422, "region",
        json={"asset": MUG_FRONT.id, "region": {"x": 0, "y": 0, "width": 1, "height": 1}},
    ),
    Bad(
        "region of texts", "POST", "/api/v1/similar", 422, "region.0",
        json={"asset": MUG_FRONT.id, "region": ["0", 0, 1, 1]},
    ),
    Bad(
        "region with NaN", "POST", "/api/v1/similar", 400,
        data=b'{"asset": "a", "region": [NaN, 0, 1, 1]}', headers=JSON,
    ),
    picture("a picture that is HTML", {}, "image", b"<html>"),
    picture("an empty picture", {}, "image", b""),
    picture("an unknown field", {"colour": "red"}, "colour"),
    picture("an asset as well", {"asset": MUG_FRONT.id}, "asset"),
    picture("filters that are a list", {"filters": "[]"}, "filters"),
    picture("filters that name no field", {"filters": '{"luck": {"any": [1]}}'}, "filters.luck"),
    picture("filters in two ways", {"filters": "{}", "filter.colour": "red"}, "filters"),
    picture("a size that is no number", {"size": "ten"}, "size"),
    Bad(
        "form with filters that are no JSON", "POST", "/api/v1/similar", 400,
        data={"filters": "{"}, files={"image": ("a.webp", PIXEL)},
    ),
    Bad("form without a picture", "POST", "/api/v1/similar", 422, "image", files={"size": (None, "5")}),
    Bad("form with a text as image", "POST", "/api/v1/similar", 422, "image", files={"image": (None, "x")}),
    Bad("form with another file", "POST", "/api/v1/similar", 422, "photo", files={"photo": ("a.jpg", PIXEL)}),
    Bad(
        "form with an empty second picture", "POST", "/api/v1/similar", 422, "image",
        files=[("image", ("a.webp", PIXEL)), ("image", ("b.webp", b""))],
    ),
    Bad(
        "form without a boundary", "POST", "/api/v1/similar", 422, "image",
        data=b"x", headers={"Content-Type": "multipart/form-data"},
    ),
    Bad(
        "form that ends early", "POST", "/api/v1/similar", 422, "image",
        data=b'--b\r\nContent-Disposition: form-data; name="image"; filename="a"\r\n\r\nxx',
        headers={"Content-Type": "multipart/form-data; boundary=b"},
    ),
    Bad("no such asset", "GET", "/api/v1/assets/none", 404, "id"),
    Bad("no such asset's thumbnail", "GET", "/api/v1/assets/none/thumbnail", 404, "id"),
    Bad("no such asset's file", "GET", "/api/v1/assets/none/file", 404, "id"),
    Bad("an asset whose file is gone", "GET", f"/api/v1/assets/{BOWL.id}/file", 404),
    Bad("no such product", "GET", "/api/v1/products/none", 404, "sku"),
    Bad("no such product's assets", "GET", "/api/v1/products/none/assets", 404, "sku"),
    Bad("an asset id that is no UTF-8", "GET", "/api/v1/assets/%ff", 404),
    Bad("an asset id with a zero", "GET", "/api/v1/assets/%00", 404),
    Bad("no such address", "GET", "/api/v1/nothing", 404),
    Bad("no such page", "GET", "/nothing", 404),
    Bad("no such file", "GET", "/static/../app.py", 404),
    Bad("DELETE of an asset", "DELETE", f"/api/v1/assets/{MUG_FRONT.id}", 405),
    Bad("PUT to search", "PUT", "/api/v1/search", 405),
    Bad("POST to the page", "POST", "/", 405),
    Bad("foreign host", "GET", "/api/v1/search", 421, headers={"Host": "rebound.example"}),
]  # fmt: skip


@pytest.mark.parametrize("bad", BAD, ids=[bad.name for bad in BAD])
def test_bad_input_gets_a_problem_that_names_it(address: str, bad: Bad) -> None:
    reply = requests.request(
        bad.method,
        address + bad.path,
        data=bad.data,
        json=bad.json,
        files=bad.files,
        headers=bad.headers,
        timeout=10,
    )
    assert_problem(reply, bad.status)
    if bad.field is not None:
        fields = [error["field"] for error in reply.json().get("errors", [])]
        assert bad.field in fields, reply.text


def assert_problem(reply: requests.Response, status: int) -> None:
    assert reply.status_code == status, reply.text
    assert reply.headers["Content-Type"] == "application/problem+json"
    told = reply.json()
    assert told["status"] == status
    assert told["type"] == f"/api/v1/docs#error-{told['code']}"
    assert told["code"] in {kind.code for kind in error_table()}
    assert told["title"]
    assert told["detail"]
    assert told["request_id"] == reply.headers["X-Request-Id"]
    assert "Traceback" not in reply.text
    for error in told.get("errors", []):
        assert error["field"]
        assert error["message"]


def test_people_read_in_their_language_what_programs_tell_by_its_code(client: FlaskClient) -> None:
    told = {}
    for asked in ("en", "de", "fr"):
        reply = client.get("/api/v1/nothing", headers={"Accept-Language": asked})
        assert reply.json is not None
        told[asked] = reply.json["code"], reply.json["title"], reply.headers["Content-Language"]
    english = ("not-found", "not found", "en")
    assert told == {"en": english, "fr": english, "de": ("not-found", "nicht gefunden", "de")}


def test_every_wrong_field_is_named_at_once(client: FlaskClient) -> None:
    filters = {"luck": {"any": ["x"]}, "width": {"gte": "a", "like": 1}}
    reply = client.post("/api/v1/search", json={"filters": filters, "facets": ["fortune"], "sort": "price"})
    assert reply.json is not None
    assert [error["field"] for error in reply.json["errors"]] == [
        "filters.luck",
        "filters.width.gte",
        "filters.width.like",
        "facets.0",
        "sort",
    ]


def test_a_near_name_is_offered(client: FlaskClient) -> None:
    reply = client.get("/api/v1/search?filter.color=red")
    assert 'did you mean "colour"?' in reply.text.replace("\\", "")


@pytest.mark.parametrize(
    ("failure", "status", "again"),
    [
        (EngineUnavailable("the engine does not answer at its address"), 503, "5"),
        (IndexMissing("nothing is indexed yet; run discovery index run"), 503, "30"),
        (ModelUnavailable("the model is still loading"), 503, "30"),
        (InputInvalid("the query cannot be served"), 422, None),
    ],
)
@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/search",
        "/api/v1/similar?asset=x",
        "/api/v1/assets/x",
        "/api/v1/assets/x/thumbnail",
        "/api/v1/products/x",
    ],
)
def test_failures_below_keep_their_status_and_say_when_to_try_again(
    client: FlaskClient, search: MemorySearch, path: str, failure: Exception, status: int, again: str | None
) -> None:
    search.failure = failure
    reply = client.get(path)
    assert reply.status_code == status
    assert reply.content_type == "application/problem+json"
    assert reply.headers.get("Retry-After") == again


def test_it_works_again_when_the_engine_does(client: FlaskClient, search: MemorySearch) -> None:
    search.failure = EngineUnavailable("the engine does not answer")
    assert client.get("/api/v1/search").status_code == 503
    search.failure = None
    assert client.get("/api/v1/search").status_code == 200


def test_an_unexpected_error_is_logged_with_its_request_and_told_without_details(
    client: FlaskClient, search: MemorySearch, caplog: pytest.LogCaptureFixture
) -> None:
    search.failure = RuntimeError("password=hunter2 at /srv/secret.py")
    with caplog.at_level(logging.ERROR):
        reply = client.get("/api/v1/search", headers={"X-Request-Id": "trace-me"})
    assert reply.status_code == 500
    assert reply.json is not None
    assert reply.json["code"] == "internal"
    assert "hunter2" not in reply.text
    assert "secret" not in reply.text
    (record,) = caplog.records
    assert "trace-me" in record.getMessage()
    assert record.exc_info is not None


def test_a_method_that_is_not_there_says_which_are(client: FlaskClient) -> None:
    allowed = client.delete("/api/v1/search").headers["Allow"]
    assert {"GET", "POST"} <= set(allowed.split(", "))


def test_people_get_a_page_where_programs_get_a_problem(client: FlaskClient) -> None:
    page = client.get("/assets/none", headers={"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"})
    assert page.status_code == 404
    assert page.mimetype == "text/html"
    assert "no asset" in page.text
    assert client.get("/assets/none").mimetype == "application/problem+json"


def test_a_bad_address_of_the_search_page_says_what_is_wrong(client: FlaskClient) -> None:
    page = client.get("/?filter.luck=1")
    assert page.status_code == 422
    assert page.mimetype == "text/html"
    assert "unknown field of assets" in page.text


def test_an_unknown_operator_in_an_address_is_told_as_one(client: FlaskClient) -> None:
    reply = client.get("/api/v1/search?in=products&filter.price.about=3")
    assert reply.json is not None
    (problem,) = reply.json["errors"]
    assert problem["field"] == "filter.price.about"
    assert "unknown operator 'about' of price; expected one of any" in problem["message"]


def test_the_search_page_says_that_the_engine_is_down(client: FlaskClient, search: MemorySearch) -> None:
    search.failure = EngineUnavailable("the engine does not answer")
    page = client.get("/")
    assert page.status_code == 503
    assert "the engine does not answer" in page.text
