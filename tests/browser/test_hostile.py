"""What comes from files, exports and people stays text, whichever field and page it is in."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from mappings.documents import AssetDocument, ProductDocument, attribute_token
from tests.api.catalogue import HOSTILE, MUG, MUG_BACK, MUG_FRONT
from tests.api.serving import served
from tests.api.standin import MemorySearch, services_over
from tests.browser.conftest import watched

pytestmark = pytest.mark.browser

OWN = frozenset({"id", "ids", "checksum", "link_state", "type", "attributes"})
"""What the service itself makes, and what holds a name and a value in one text."""


def everywhere(value: Any, name: str = "") -> Any:
    """Return a document with markup in every text that anybody but the service can fill."""
    if isinstance(value, str):
        return value if name in OWN else HOSTILE
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        changed = {
            one.name: everywhere(getattr(value, one.name), one.name) for one in dataclasses.fields(value)
        }
        if "attributes" in changed:
            changed["attributes"] = (attribute_token(HOSTILE, HOSTILE),)
        return dataclasses.replace(value, **{n: v for n, v in changed.items() if v is not None})
    if isinstance(value, Mapping):
        return {HOSTILE: (HOSTILE,)}
    if isinstance(value, tuple):
        return tuple(everywhere(one, name) for one in value)
    return value


def filled(document: Any) -> Any:
    """Return a document in which no text is left out."""
    empty = {
        one.name: HOSTILE if "str | None" in str(one.type) else (HOSTILE,)
        for one in dataclasses.fields(document.source)
        if getattr(document.source, one.name) in (None, ()) and "str" in str(one.type)
    }
    empty.pop("parent", None)
    return dataclasses.replace(document, source=dataclasses.replace(document.source, **empty))


PICTURE: AssetDocument = everywhere(filled(MUG_FRONT))
OTHER: AssetDocument = everywhere(filled(MUG_BACK))
SHOWN: ProductDocument = everywhere(filled(MUG))


@pytest.fixture(scope="module")
def hostile_site() -> Iterator[str]:
    with served(services_over(MemorySearch((PICTURE, OTHER), (SHOWN,)))) as address:
        yield address


@pytest.fixture
def hostile(browser: Browser, hostile_site: str) -> Iterator[Page]:
    for page in watched(browser, hostile_site):
        page.on("dialog", lambda dialog: pytest.fail(f"a script ran: {dialog.message}"))
        yield page


@pytest.mark.parametrize("side", ["assets", "products"])
@pytest.mark.parametrize("view", ["grid", "dense", "list"])
def test_results_and_facets_show_markup_as_text(hostile: Page, side: str, view: str) -> None:
    for script in (True, False):  # the server draws the first page, the script the next ones
        hostile.goto(f"/?in={side}&view={view}")
        if script:
            hostile.get_by_role("combobox", name="Search").fill("alert")
            hostile.wait_for_url("**q=alert*")
        expect(hostile.locator("#hits .title").first).to_have_text(HOSTILE)
        expect(
            hostile.locator("#hits script, #facets script, #hits img[onerror], #facets img[onerror]")
        ).to_have_count(0)


def test_details_and_pages_of_items_show_markup_as_text(hostile: Page) -> None:
    hostile.goto("/?in=assets")
    hostile.locator("#hits .open").first.click()
    expect(hostile.locator("#detail h1")).to_have_text(HOSTILE)
    for path in (
        f"/assets/{PICTURE.id}",
        "/products/" + hostile.request.get("/api/v1/search?in=products").json()["hits"][0]["id"],
    ):
        hostile.goto(path)
        expect(hostile.locator("#item h1")).to_have_text(HOSTILE)
        said = hostile.locator("#item").inner_text()
        assert said.count("<script>alert(1)</script>") > 5
        assert "49" not in hostile.title()
        expect(hostile.locator("main script, main img[onerror]")).to_have_count(0)
