"""Pages of a real server in a real browser."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, Request

from discovery.config import Settings, WebSettings
from discovery.web.app import create_app
from discovery.web.server import Server
from tests.api import catalogue
from tests.api.standin import MemorySearch, services_over


@pytest.fixture(scope="session")
def site() -> Iterator[str]:
    web = WebSettings(port=0)
    search = MemorySearch(catalogue.ASSETS, catalogue.PRODUCTS)
    server = Server(create_app(services_over(search), Settings(web=web)), web)
    thread = threading.Thread(target=server.run, name="site")
    thread.start()
    yield server.address
    server.stop()
    thread.join(10)
    assert not thread.is_alive(), "the service did not stop"


@pytest.fixture
def page(browser: Browser, site: str) -> Iterator[Page]:
    """A page whose every request stays on the service, and that meets no error of its own."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, base_url=site)
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
