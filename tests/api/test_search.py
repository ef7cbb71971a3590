from __future__ import annotations

import json
from io import BytesIO
from typing import Any
from urllib.parse import urlencode

import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given
from hypothesis import settings as rounds
from hypothesis import strategies as st

from discovery.search.request import Condition, ExamplePicture, Mode, SearchRequest, SimilarRequest
from mappings.fields import FIELDS, SORTS, Kind
from tests.api.catalogue import MUG_BACK, MUG_FRONT
from tests.api.standin import PIXEL, MemorySearch

SAME = [
    ({}, ""),
    (
        {"q": "red jacket", "in": "assets", "mode": "text", "sort": "newest", "size": 5},
        "q=red+jacket&in=assets&mode=text&sort=newest&size=5",
    ),
    ({"facets": ["colour", "product.category"]}, "facets=colour,product.category"),
    ({"facets": ["colour", "linked"]}, "facets=colour&facets=linked"),
    ({"filters": {"colour": {"any": ["red", "orange"]}}}, "filter.colour=red&filter.colour=orange"),
    ({"filters": {"colour": {"any": ["red", "blue"]}}}, "filter.colour.any=red&filter.colour=blue"),
    ({"filters": {"keyword": {"all": ["a", "b"]}}}, "filter.keyword.all=a&filter.keyword.all=b"),
    ({"filters": {"keyword": {"none": ["studio"]}}}, "not.keyword=studio"),
    ({"filters": {"keyword": {"none": ["studio"]}}}, "filter.keyword.none=studio"),
    ({"filters": {"width": {"gte": 800, "lt": 1200.5}}}, "filter.width.gte=800&filter.width.lt=1200.5"),
    ({"filters": {"created": {"gt": "2025-03-31"}}}, "filter.created.gt=2025-03-31"),
    ({"filters": {"linked": {"any": [False]}}}, "filter.linked=false"),
    ({"filters": {"creator": {"exists": True}}}, "filter.creator.exists=true"),
    ({"filters": {"product.colour": {"any": ["Red"]}}}, "filter.product.colour=Red"),
    ({"filters": {"product.colour": {"exists": False}}}, "filter.product.colour.exists=false"),
    ({"filters": {"product.any": {"any": ["x"]}}}, "filter.product.any=x"),
    (
        {"in": "products", "filters": {"attribute.size": {"all": ["32"]}, "price": {"lte": 20}}},
        "in=products&filter.attribute.size.all=32&filter.price.lte=20",
    ),
    (
        {"filters": {"or": [{"product.family": {"any": ["Top"]}}, {"linked": {"any": [False]}}]}},
        "or.1.product.family=Top&or.2.linked=false",
    ),
    (
        {"filters": {"or": [{"colour": {"any": ["red"]}, "width": {"gte": 9}}, {"linked": {"any": [True]}}]}},
        "or.a.colour=red&or.b.linked=true&or.a.width.gte=9",
    ),
]


@pytest.mark.parametrize(("body", "query"), SAME, ids=[query or "nothing" for _, query in SAME])
def test_an_address_means_the_same_as_its_body(
    client: FlaskClient, search: MemorySearch, body: dict[str, Any], query: str
) -> None:
    by_body = client.post("/api/v1/search", json=body)
    by_address = client.get(f"/api/v1/search?{query}")
    assert by_body.status_code == by_address.status_code == 200, (by_body.text, by_address.text)
    assert search.asked[0] == search.asked[1]


def _operand(kind: Kind) -> st.SearchStrategy[Any]:
    return {
        Kind.NUMBER: st.integers(-(2**53), 2**53) | st.floats(-1e6, 1e6).map(lambda x: round(x, 3)),
        Kind.DATE: st.dates().map(lambda day: day.isoformat()),
        Kind.FLAG: st.booleans(),
    }.get(kind, st.text(st.characters(codec="utf-8"), min_size=1, max_size=20).filter(lambda s: s.strip()))


@st.composite
def filters(draw: st.DrawFn) -> dict[str, Any]:
    chosen = {}
    for name in draw(st.lists(st.sampled_from(sorted(FIELDS["assets"])), max_size=4, unique=True)):
        kind = FIELDS["assets"][name].kind
        ranges = ["gt", "gte", "lt", "lte"] if kind in (Kind.NUMBER, Kind.DATE) else []
        operators = draw(
            st.lists(
                st.sampled_from(["any", "all", "none", "exists", *ranges]),
                min_size=1,
                max_size=3,
                unique=True,
            )
        )
        chosen[name] = {
            operator: draw(st.booleans())
            if operator == "exists"
            else draw(_operand(kind))
            if operator in ranges
            else draw(st.lists(_operand(kind), min_size=1, max_size=3))
            for operator in operators
        }
    return chosen


def _written(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


@rounds(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(chosen=filters(), q=st.text(st.characters(codec="utf-8"), max_size=30))
def test_any_filters_survive_the_way_through_an_address(
    client: FlaskClient, search: MemorySearch, chosen: dict[str, Any], q: str
) -> None:
    pairs = [("q", q)]
    for name, operators in chosen.items():
        for operator, operand in operators.items():
            operands = operand if isinstance(operand, list) else [operand]
            pairs += [(f"filter.{name}.{operator}", _written(one)) for one in operands]
    asked: list[Any] = []
    search.search = lambda request, _: asked.append(request)  # type: ignore[method-assign, assignment, return-value]
    client.post("/api/v1/search", json={"q": q, "filters": chosen})
    client.get(f"/api/v1/search?{urlencode(pairs)}")
    assert len(asked) == 2
    assert asked[0] == asked[1]


def test_a_search_answers_in_the_shape_of_the_contract(client: FlaskClient) -> None:
    reply = client.post(
        "/api/v1/search",
        json={"q": "tide", "filters": {"colour": {"any": ["blue"]}}, "facets": ["colour"], "size": 1},
    ).json
    assert reply is not None
    assert list(reply) == [
        "total", "took_ms", "mode", "fallback_reason", "request_id", "hits", "facets", "next", "corrected",
        "understood", "rules", "redirect",
    ]  # fmt: skip
    assert reply["total"] == 1
    assert reply["mode"] == "text"
    assert reply["fallback_reason"] is None
    assert reply["next"] is None
    assert reply["facets"] == {
        "colour": [
            {"value": "red", "label": "red", "count": 2, "selected": False},
            {"value": "blue", "label": "blue", "count": 1, "selected": True},
        ]
    }
    (hit,) = reply["hits"]
    assert list(hit) == ["id", "kind", "score", "signals", "matched", "rule", "highlight", "asset"]
    assert hit["id"] == MUG_BACK.id
    assert hit["signals"] == {"text": 0.5}


def test_an_asset_is_told_whole_with_nulls_for_what_is_not_known(client: FlaskClient) -> None:
    asset = client.get(f"/api/v1/assets/{MUG_FRONT.id}").json
    link = f"/api/v1/assets/{MUG_FRONT.id}"
    assert asset == {
        "id": MUG_FRONT.id,
        "kind": "asset",
        "filename": "tide_front.jpg",
        "title": "Tide mug, front",
        "description": None,
        "alt_text": None,
        "keywords": ["mug", "studio"],
        "categories": [],
        "creator": "A. Moreau",
        "copyright": None,
        "created": None,
        "source": {
            "name": "studio",
            "key": "mugs/tide_front.jpg",
            "uri": "/photos/mugs/tide_front.jpg",
            "modified": "2025-03-01T08:00:00Z",
        },
        "media": {
            "type": "image",
            "mime": "image/jpeg",
            "format": "jpeg",
            "width": 842,
            "height": 1061,
            "bytes": 81234,
            "orientation": "portrait",
            "colours": [{"name": "red", "hex": "#aa2a2a", "share": 0.31}],
            "plain_background": None,
            "barcodes": [],
            "checksum": MUG_FRONT.media.checksum,
        },
        "products": [
            {
                "sku": "TIDE/1",
                "name": "Tide mug",
                "brand": "Ostrea",
                "role": "hero",
                "method": "filename",
                "confidence": 0.98,
                "reasons": ["its name carries TIDE/1"],
            }
        ],
        "link_state": "auto",
        "curation": {
            "status": "approved",
            "rights": {"usage_terms": None, "licence_ends": "2027-12-31T00:00:00Z"},
            "version": {},
            "merged_into": None,
            "stands_for": [],
        },
        "usage": {
            "used": 3,
            "last_used": "2025-04-01T00:00:00Z",
            "downloaded": 0,
            "published": 0,
            "channels": [],
            "viewed": 0,
            "last_viewed": None,
        },
        "links": {
            "self": link,
            "thumbnail": f"{link}/thumbnail?v={MUG_FRONT.media.checksum[7:19]}",
            "file": f"{link}/file",
            "similar": f"/api/v1/similar?asset={MUG_FRONT.id}",
        },
    }


def test_a_product_is_told_under_its_sku_even_one_with_a_slash(client: FlaskClient) -> None:
    product = client.get("/api/v1/products/TIDE%2F1").json
    assert product is not None
    assert product["id"] == product["sku"] == "TIDE/1"
    assert product["price"] == 18.0
    assert product["attributes"] == {"colour": ["Sea green"]}
    assert [link["role"] for link in product["assets"]] == ["hero", "alternate"]
    assert product["completeness"] == {
        "has_asset": True,
        "asset_count": 2,
        "roles": ["alternate", "hero"],
        "percent": 100,
        "hero": {"usable": True, "problems": []},
        "lacking": [],
        "sets": [{"channel": None, "percent": 100, "problems": []}],
    }
    assert product["links"] == {
        "self": "/api/v1/products/TIDE%2F1",
        "assets": "/api/v1/products/TIDE%2F1/assets",
        "thumbnail": f"/api/v1/assets/{MUG_FRONT.id}/thumbnail",
        "similar": "/api/v1/similar?product=TIDE%2F1",
    }
    assets = client.get(product["links"]["assets"]).json
    assert assets is not None
    assert [one["id"] for one in assets["assets"]] == [MUG_FRONT.id, MUG_BACK.id]
    assert assets["total"] == 2
    similar = client.get(product["links"]["similar"])
    assert similar.status_code == 200


def test_pages_are_walked_by_their_cursor(client: FlaskClient) -> None:
    seen: list[str] = []
    after = None
    while True:
        reply = client.post("/api/v1/search", json={"size": 15, "after": after}).json
        assert reply is not None
        seen += [hit["id"] for hit in reply["hits"]]
        after = reply["next"]
        if after is None:
            break
    assert len(seen) == len(set(seen)) == reply["total"]


def test_a_picture_is_uploaded_with_json_in_its_form_fields(
    client: FlaskClient, search: MemorySearch
) -> None:
    reply = client.post(
        "/api/v1/similar",
        data={
            "image": (BytesIO(PIXEL), "photo.webp"),
            "in": "products",
            "filters": json.dumps({"price": {"lte": 20}}),
            "facets": json.dumps(["brand"]),
            "region": "[0.1, 0.2, 0.5, 0.5]",
            "min_similarity": "0.4",
            "size": "3",
            "intent": "same_product",
        },
    )
    assert reply.status_code == 200, reply.text
    (asked,) = search.asked
    assert asked == SimilarRequest(
        side="products",
        image=PIXEL,
        region=(0.1, 0.2, 0.5, 0.5),
        intent="same_product",
        min_similarity=0.4,
        filters=asked.filters,
        facets=("brand",),
        size=3,
    )
    assert asked.filters.conditions == (Condition("price", lte=20),)


def test_a_picture_is_uploaded_with_filters_as_in_an_address(
    client: FlaskClient, search: MemorySearch
) -> None:
    data = {
        "image": (BytesIO(PIXEL), "photo.webp"),
        "filter.colour": ["red", "blue"],
        "facets": "colour,linked",
        "region": "0.1,0.2,0.5,0.5",
    }
    reply = client.post("/api/v1/similar", data=data)
    assert reply.status_code == 200, reply.text
    (asked,) = search.asked
    assert asked.filters.conditions == (Condition("colour", any=("red", "blue")),)
    assert asked.facets == ("colour", "linked")
    assert isinstance(asked, SimilarRequest)
    assert asked.region == (0.1, 0.2, 0.5, 0.5)


def test_similar_leaves_out_the_asset_it_was_asked_about(client: FlaskClient) -> None:
    reply = client.post("/api/v1/similar", json={"asset": MUG_FRONT.id}).json
    assert reply is not None
    assert reply["mode"] == Mode.VISUAL.value
    assert MUG_FRONT.id not in [hit["id"] for hit in reply["hits"]]


def test_blank_parameters_count_as_not_given(client: FlaskClient, search: MemorySearch) -> None:
    client.get("/api/v1/search?q=&in=&mode=&facets=&sort=&size=&after=")
    assert search.asked == [SearchRequest()]


def test_words_are_trimmed_but_not_changed(client: FlaskClient, search: MemorySearch) -> None:
    client.post("/api/v1/search", json={"q": "  Été \u0000 100% "})
    assert search.asked[0].q == "Été \u0000 100%"


def test_completions_are_told_with_every_field(client: FlaskClient) -> None:
    assert client.get("/api/v1/suggest?q=tide&in=products").json == {
        "suggestions": [
            {"text": "Tide mug", "kind": "query", "field": None, "id": None, "count": None},
            {"text": "Tide mug, small", "kind": "query", "field": None, "id": None, "count": None},
        ],
        "did_you_mean": None,
    }


def test_what_can_be_counted_is_named_the_catalogues_own_attributes_last(client: FlaskClient) -> None:
    told = client.get("/api/v1/facets?in=products").get_json()["facets"]
    assert [one["field"] for one in told if one["attribute"]] == ["attribute.material", "attribute.season"]
    assert told[-2:] == [one for one in told if one["attribute"]]
    assert (
        client.get(f"/api/v1/search?in=products&facets={told[0]['field']},{told[-1]['field']}").status_code
        == 200
    )
    assert {"field": "colour", "attribute": False} in client.get("/api/v1/facets").get_json()["facets"]


@pytest.mark.parametrize("side", ["assets", "products"])
def test_every_field_and_sort_of_the_table_is_taken(client: FlaskClient, side: str) -> None:
    for name, field in FIELDS[side].items():  # type: ignore[index]
        reply = client.post("/api/v1/search", json={"in": side, "filters": {name: {"exists": True}}})
        assert reply.status_code == 200, name
        status = client.post("/api/v1/search", json={"in": side, "facets": [name]}).status_code
        assert status == (200 if field.facet else 422), name
    for sort in SORTS[side]:  # type: ignore[index]
        assert client.post("/api/v1/search", json={"in": side, "sort": sort}).status_code == 200


def test_several_pictures_are_examples_and_those_that_are_unlike(
    client: FlaskClient, search: MemorySearch
) -> None:
    form = {
        "image": [(BytesIO(PIXEL), "one.webp"), (BytesIO(PIXEL + b"2"), "two.webp")],
        "unlike": (BytesIO(PIXEL + b"3"), "three.webp"),
        "examples": json.dumps([{"asset": MUG_BACK.id, "weight": 2, "negative": True}]),
        "q": "but blue",
        "palette": "#1d3557,sand",
        "tolerance": "9.5",
    }
    assert client.post("/api/v1/similar", data=form).status_code == 200
    assert search.asked[-1] == SimilarRequest(
        image=PIXEL,
        examples=(
            ExamplePicture(asset=MUG_BACK.id, weight=2.0, negative=True),
            ExamplePicture(image=PIXEL + b"2"),
            ExamplePicture(image=PIXEL + b"3", negative=True),
        ),
        q="but blue",
        palette=("#1d3557", "sand"),
        tolerance=9.5,
    )


def test_an_address_takes_colours(client: FlaskClient, search: MemorySearch) -> None:
    client.get("/api/v1/search?palette=1d3557,navy&tolerance=4")
    assert search.asked == [SearchRequest(palette=("1d3557", "navy"), tolerance=4)]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"examples": [{"asset": "a", "weight": 0}]}, "examples.0.weight"),
        ({"examples": [{"asset": "a", "colour": "x"}]}, "examples.0.colour"),
        ({"examples": [{"asset": "a", "negative": "yes"}]}, "examples.0.negative"),
        ({"examples": [{"asset": "a"}] * 11}, "examples"),
        ({"asset": "a", "palette": ["blue"] * 6}, "palette"),
        ({"asset": "a", "palette": ["blue"], "tolerance": 99}, "tolerance"),
        ({"examples": []}, "asset"),
    ],
)
def test_what_examples_and_colours_have_wrong_is_named(
    client: FlaskClient, body: dict[str, Any], field: str
) -> None:
    reply = client.post("/api/v1/similar", json=body)
    assert reply.status_code == 422
    assert reply.json is not None
    assert field in [problem["field"] for problem in reply.json["errors"]]
