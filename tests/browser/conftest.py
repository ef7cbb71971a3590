"""A browser for the tests: Debian's Chromium, fetched when that is allowed, else skipped with a line."""

from __future__ import annotations

import os
import shutil
import subprocess
import threading
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, Request, expect, sync_playwright

from discovery.config import Settings, WebSettings
from discovery.web.app import create_app
from discovery.web.server import Server
from tests.api import catalogue
from tests.api.standin import MemorySearch, services_over

# A busy machine may take long to paint; a condition that never comes true still fails.
PATIENCE_MS = 20_000

INSTALL = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", "chromium"]


def find_chromium() -> str | None:
    return shutil.which("chromium") or shutil.which("chromium-browser")


@pytest.fixture(scope="session")
def chromium() -> str:
    found = find_chromium()
    if found is None and os.geteuid() == 0 and shutil.which("apt-get"):
        subprocess.run(["apt-get", "update", "-qq"], check=False, timeout=300)
        quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        subprocess.run(INSTALL, check=False, timeout=900, env=quiet, stdout=subprocess.DEVNULL)
        found = find_chromium()
    if found is None:
        pytest.skip("no Chromium here; as root: apt-get install chromium")
    return found


@pytest.fixture(scope="session")
def browser(chromium: str) -> Iterator[Browser]:
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield launched
        launched.close()


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
