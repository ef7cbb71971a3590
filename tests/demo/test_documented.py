"""What documents and the description of the API give as examples of reading, tried on the demo catalogue."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from discovery.config import Settings
from discovery.engine.client import Engine
from discovery.web.app import create_app
from discovery.web.operations import OPERATIONS
from discovery.wiring import Service
from tests.demo.indexed import settings_at

CHECKOUT = Path(__file__).parents[2]
PAGES = (CHECKOUT / "README.md", *sorted((CHECKOUT / "docs").glob("*.md")))
ADDRESS = re.compile(r"curl 'http://127\.0\.0\.1:\d+(/[^']*)'\s*(?:#.*)?$", re.MULTILINE)
READ = sorted({address for page in PAGES for address in ADDRESS.findall(page.read_text(encoding="utf-8"))})
SEARCH = next(operation for operation in OPERATIONS if operation.id == "search_by_address")
EXAMPLES = {one["name"]: one["example"] for one in SEARCH.parameters if "example" in one}


@pytest.fixture(scope="module")
def client(engine: Engine, linked_demo: Settings) -> Iterator[FlaskClient]:
    service = Service(settings_at(linked_demo, engine))
    yield create_app(service.web_services(), service.settings).test_client()
    service.close()


@pytest.mark.parametrize("address", READ)
def test_what_the_documents_read_can_be_read(client: FlaskClient, address: str) -> None:
    reply = client.get(address)
    assert reply.status_code == 200, reply.text


@pytest.mark.parametrize("name", sorted(EXAMPLES))
def test_examples_of_parameters_are_taken(client: FlaskClient, name: str) -> None:
    example = EXAMPLES[name]
    said = example if isinstance(example, dict) else {name: ",".join(example)}
    reply = client.get(SEARCH.path, query_string=said)
    assert reply.status_code == 200, reply.text
