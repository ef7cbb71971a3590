"""Pages of a real server in a real browser."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Request

from discovery.audit.runner import Terms
from discovery.config import AssetSourceSettings, Settings, SourcesSettings, WebSettings
from discovery.demo import CATALOGUE
from discovery.engine.client import Engine
from discovery.wiring import Service
from indexers.progress import Silent
from tests.api import catalogue
from tests.api.serving import served
from tests.api.standin import MemorySearch, services_over
from tests.demo.indexed import DEMO, settings_at


@pytest.fixture(scope="session")
def site() -> Iterator[str]:
    search = MemorySearch(catalogue.ASSETS, catalogue.PRODUCTS)
    with served(services_over(search), Settings(web=WebSettings(debug=True))) as address:
        yield address


@pytest.fixture(scope="session")
def studio(engine: Engine, linked_demo: Settings) -> Iterator[str]:
    """The real service over the demo catalogue: linked, audited, its duplicates found."""
    pictures = AssetSourceSettings(name=DEMO, uri=str(CATALOGUE / "assets"))
    settings = replace(settings_at(linked_demo, engine), sources=SourcesSettings(assets=(pictures,)))
    service = Service(settings)
    service.find_duplicates(Silent())
    service.audit.run(Terms())
    with served(service.web_services(), replace(service.settings, web=WebSettings(threads=4))) as address:
        yield address
    service.close()


@pytest.fixture
def page(browser: Browser, site: str) -> Iterator[Page]:
    """A page over pictures in memory."""
    yield from watched(browser, site)


@pytest.fixture
def demo_page(browser: Browser, studio: str) -> Iterator[Page]:
    """A page over the demo catalogue."""
    yield from watched(browser, studio)


def watched(browser: Browser, site: str, **how: Any) -> Iterator[Page]:
    """A page whose every request stays on the service, and that meets no error of its own."""
    context = browser.new_context(**{"viewport": {"width": 1280, "height": 900}, "base_url": site, **how})
    opened = context.new_page()
    strayed: list[str] = []
    errors: list[str] = []

    def watch(request: Request) -> None:
        if not request.url.startswith((site, "blob:", "data:")):
            strayed.append(request.url)

    opened.on("request", watch)
    opened.on("pageerror", lambda error: errors.append(str(error)))
    opened.on(
        "console", lambda line: errors.append(line.text) if "Content Security Policy" in line.text else None
    )
    yield opened
    context.close()
    assert not strayed, "requests left the host"
    assert not errors
