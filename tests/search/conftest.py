"""The hand-made shop in a real engine, and the service in front of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from discovery.config import ImageSettings, SearchSettings
from discovery.engine.client import Engine
from discovery.engine.indices import Indices
from discovery.engine.reader import Reader
from discovery.search.pictures import EmbedderModel
from discovery.search.request import SearchPage, SearchRequest, Viewer
from discovery.search.service import SearchService
from mappings.documents import AssetDocument
from tests.search.catalogue import ASSET_LIST, FAKE, PRODUCT_LIST, create, fill, painted

ANYONE = Viewer()
Serve = Callable[..., SearchService]


def read_painted(asset: AssetDocument) -> bytes:
    return painted(*asset.media.colour)


def serve_over(engine: Engine, prefix: str, **given: Any) -> SearchService:
    settings = SearchSettings(**given.pop("settings", {}))
    model = given.pop("model", None) or EmbedderModel(lambda: FAKE, ImageSettings())
    return SearchService(Reader(engine), settings, prefix, model, read_painted, **given)


@pytest.fixture
def serve(engine: Engine) -> Serve:
    return lambda prefix, **given: serve_over(engine, prefix, **given)


@pytest.fixture(scope="session")
def shop(engine: Engine, session_prefix: str) -> Iterator[str]:
    """The prefix of the shop's indices, which no test changes."""
    prefix = f"{session_prefix}-shop"
    create(engine, prefix)
    fill(engine, prefix, (*ASSET_LIST, *PRODUCT_LIST))
    yield prefix
    Indices(engine).close_leftovers(prefix)


@pytest.fixture(scope="session")
def service(engine: Engine, shop: str) -> SearchService:
    return serve_over(engine, shop)


Ask = Callable[..., SearchPage]


@pytest.fixture(scope="session")
def ask(service: SearchService) -> Ask:
    """Search the shop: ``ask("assets", "red jacket", size=5)``."""

    def search(side: Any, q: str = "", **given: Any) -> SearchPage:
        return service.search(SearchRequest(side=side, q=q, **given), ANYONE)

    return search
