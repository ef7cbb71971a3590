from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from discovery.config import Settings, WebSettings
from discovery.errors import NotFound
from discovery.web.app import create_app
from mappings.documents import AssetDocument
from tests.api import catalogue
from tests.api.serving import served as served_on_a_port
from tests.api.standin import MemorySearch, services_over

BODY_LIMIT = 64_000


@pytest.fixture
def search() -> MemorySearch:
    return MemorySearch(catalogue.ASSETS, catalogue.PRODUCTS)


@pytest.fixture(scope="session")
def settings() -> Settings:
    return Settings(web=WebSettings(port=0, threads=4, max_body_bytes=BODY_LIMIT))


@pytest.fixture
def originals(tmp_path: Path) -> Callable[[AssetDocument], Path]:
    (tmp_path / "original.jpg").write_bytes(b"\xff\xd8 a picture \xff\xd9")

    def original(asset: AssetDocument) -> Path:
        if asset.id == catalogue.BOWL.id:
            raise NotFound("its file is gone")
        return tmp_path / "original.jpg"

    return original


@pytest.fixture
def client(
    search: MemorySearch, settings: Settings, originals: Callable[[AssetDocument], Path]
) -> FlaskClient:
    return create_app(services_over(search, originals=originals), settings).test_client()


def serving(search: MemorySearch, settings: Settings) -> AbstractContextManager[str]:
    return served_on_a_port(services_over(search), settings)


@pytest.fixture
def served() -> Callable[[MemorySearch, Settings], AbstractContextManager[str]]:
    return serving


@pytest.fixture(scope="session")
def address(settings: Settings) -> Iterator[str]:
    """A service over real HTTP, for tests that only ask it."""
    with serving(MemorySearch(catalogue.ASSETS, catalogue.PRODUCTS), settings) as url:
        yield url
