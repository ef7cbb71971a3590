from __future__ import annotations

import re
from typing import Any

import pytest
import schemathesis
from flask.testing import FlaskClient
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as rounds
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]
from schemathesis.checks import not_a_server_error
from schemathesis.config import SchemathesisConfig
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from discovery.config import SearchSettings, Settings
from discovery.errors import error_table
from discovery.web import bulk, examples, openapi
from discovery.web.app import create_app
from discovery.web.operations import OPERATIONS, Operation
from mappings.fields import FIELDS
from tests.api import catalogue
from tests.api.standin import MemorySearch, services_over

DESCRIBED = openapi.describe(SearchSettings())
APP = create_app(services_over(MemorySearch(catalogue.ASSETS, catalogue.PRODUCTS)), Settings())


def validator(name: str) -> Draft202012Validator:
    return Draft202012Validator(
        {"$ref": f"#/components/schemas/{name}", "components": DESCRIBED["components"]}
    )


def test_the_committed_description_is_fresh() -> None:
    fresh = openapi.text(SearchSettings())
    committed = openapi.FILE.read_text(encoding="utf-8")
    assert committed == fresh, "docs/openapi.json is stale; run: python -m discovery.web.openapi"


def test_every_route_is_described_and_every_description_has_its_route() -> None:
    routes = {
        (method.lower(), re.sub(r"<(?:path:)?(\w+)>", r"{\1}", rule.rule))
        for rule in APP.url_map.iter_rules()
        if not rule.endpoint.startswith(("pages.", "desk.", "collection_pages.", "static"))
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    assert routes == {(operation.method, operation.path) for operation in OPERATIONS}


def test_the_docs_page_lists_every_route_field_and_error() -> None:
    page = APP.test_client().get("/api/v1/docs").text
    for operation in OPERATIONS:
        assert f'id="{operation.id}"' in page
        assert f"<code>{operation.path}</code>" in page
    for side in FIELDS:
        for name in FIELDS[side]:
            assert f"<code>{name}</code>" in page
    for kind in error_table():
        assert f'id="error-{kind.code}"' in page


def test_links_inside_the_docs_page_lead_somewhere() -> None:
    page = APP.test_client().get("/api/v1/docs").text
    assert set(re.findall(r'href="#([^"]+)"', page)) <= set(re.findall(r'\bid="([^"]+)"', page))


def test_the_service_describes_its_own_limits() -> None:
    settings = Settings(search=SearchSettings(size=5, max_size=7))
    client = create_app(services_over(MemorySearch((), ())), settings).test_client()
    described = client.get("/api/v1/openapi.json").json
    assert described is not None
    assert described["components"]["schemas"]["Size"]["maximum"] == 7
    assert client.get("/api/v1/search?size=8").status_code == 422


@pytest.mark.parametrize("name", sorted(examples.SEARCH))
def test_examples_of_searches_work(name: str) -> None:
    validator("SearchRequest").validate(examples.SEARCH[name])
    assert APP.test_client().post("/api/v1/search", json=examples.SEARCH[name]).status_code == 200


@pytest.mark.parametrize("name", sorted(examples.SIMILAR))
def test_examples_of_similar_are_in_shape(name: str) -> None:
    validator("SimilarRequest").validate(examples.SIMILAR[name])
    status = APP.test_client().post("/api/v1/similar", json=examples.SIMILAR[name]).status_code
    assert status == 404, "in shape, but the stand-in has no such item"


@pytest.mark.parametrize(
    ("body", "example"),
    [
        pytest.param(body, example, id=f"{name} {key}")
        for name, body in openapi.BODIES.items()
        for key, example in body.examples.items()
    ],
)
def test_examples_of_other_bodies_are_in_shape_and_taken(body: openapi.Body, example: Any) -> None:
    schemas_ = [one for one in (body.schema, body.single) if one is not None]
    assert any(validator(one.__name__).is_valid(example) for one in schemas_)
    if body.single is None:
        body.schema().load(example)
    else:
        bulk.loaded(body.schema(), example, ("by", "preview"))


@pytest.mark.parametrize(("name", "example"), sorted(examples.replies().items()))
def test_examples_of_replies_are_in_shape(name: str, example: Any) -> None:
    validator(name).validate(example)


def test_real_replies_are_in_shape() -> None:
    client: FlaskClient = APP.test_client()
    for side in FIELDS:
        facets = [name for name, field in FIELDS[side].items() if field.facet]
        validator("Page").validate(client.post("/api/v1/search", json={"in": side, "facets": facets}).json)
    validator("Problem").validate(client.get("/api/v1/search?luck=1").json)


# The tables of bad input try the edges one by one; here it is the mixtures that count.
MIXTURES = SchemathesisConfig.from_dict({"phases": {"coverage": {"enabled": False}}})

schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", APP, config=MIXTURES)


# Not schema.parametrize(): all its tests have one name, and several processes run only one of those.
@pytest.mark.parametrize("operation", OPERATIONS, ids=[one.id for one in OPERATIONS])
def test_nothing_that_a_client_sends_breaks_the_description(operation: Operation) -> None:
    @rounds(
        max_examples=15,
        derandomize=True,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=schema[operation.path][operation.method].as_strategy())
    def send(case: schemathesis.Case[Any]) -> None:
        case.call_and_validate(
            checks=[
                not_a_server_error,
                status_code_conformance,
                content_type_conformance,
                response_schema_conformance,
            ]
        )

    send()
