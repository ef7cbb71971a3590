"""The style guide: every component in every state, which nobody is kept out of and nothing overflows."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import watched
from tests.browser.usable import assert_usable_by_all

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_component_can_be_used_by_all_in_both_themes(browser: Browser, site: str, scheme: Any) -> None:
    for page in watched(browser, site, color_scheme=scheme, reduced_motion="reduce"):
        page.goto("/styleguide")
        page.wait_for_load_state("networkidle")
        assert_usable_by_all(page, "the style guide")
        page.get_by_role("button", name="Open it").click()
        expect(page.get_by_role("heading", name="2 files are replaced")).to_be_visible()
        assert_usable_by_all(page, "its dialog")


@pytest.mark.parametrize("width", [320, 390, 1280, 2560])
def test_long_names_make_no_component_wider_than_the_page(browser: Browser, site: str, width: int) -> None:
    for page in watched(browser, site, viewport={"width": width, "height": 900}):
        page.goto("/styleguide")
        page.wait_for_load_state("networkidle")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        tall = page.evaluate(
            "[...document.querySelectorAll('.chip, .query p, .card .title')].map((one) => one.clientHeight)"
        )
        assert max(tall) < 300, "words stand letter by letter"


def test_a_picture_that_is_gone_leaves_a_mark(page: Page) -> None:
    page.goto("/styleguide")
    card = page.locator("#cards .card", has_text="A picture that is gone").first
    card.scroll_into_view_if_needed()
    expect(card.locator(".placeholder")).to_contain_text("not to be had")
    expect(card.locator("img")).to_have_count(0)
    shown = page.locator("#cards .card", has_text="Tide mug, front").first
    expect(shown.locator("img.picture")).to_be_visible()
