"""The report opened as its reader does: the policy holds, everything fits, and it prints."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Browser, Page

from discovery.audit.model import About
from discovery.audit.reports.formats import FORMATS
from discovery.audit.reports.pictures import with_pictures
from tests.audit.making import finding
from tests.audit.test_reports import HOSTILE, hostile, report, run

pytestmark = pytest.mark.browser


@pytest.fixture
def page(browser: Browser, tmp_path: Path) -> Iterator[Page]:
    """The report on hostile and harmless findings, with pictures that are not there, on a wide screen."""
    file = tmp_path / "report.html"
    findings = [hostile(text) for text in HOSTILE if len(text) < 1000]
    findings += [finding(f"{'long-name-' * 12}{number}.jpg") for number in range(5)]
    file.write_bytes(FORMATS["html"].make(report(*findings, runs=[run(), run(), run()])))
    opened = browser.new_page(viewport={"width": 1200, "height": 900})
    opened.route("https://**", lambda route: route.abort())
    violations: list[str] = []
    opened.on(
        "console", lambda line: violations.append(line.text) if "Content Security" in line.text else None
    )
    opened.on("dialog", lambda dialog: violations.append(dialog.message))
    opened.goto(file.as_uri())
    yield opened
    opened.close()
    assert violations == []


def pictured(number: int) -> About:
    """A file whose thumbnail shows it."""
    ident = f"{number:024x}"
    return About("asset", ident, f"{number}.jpg", "studio", None, ident)


@pytest.fixture
def alone(browser: Browser, tmp_path: Path) -> Iterator[Page]:
    """The report with its thumbnails, opened from a file, where nothing at all answers."""
    data = io.BytesIO()
    Image.new("RGB", (256, 171), "teal").save(data, "WEBP")
    kept = {one.id: data.getvalue() for one in (pictured(number) for number in range(59))}
    findings = [finding(subject=pictured(number)) for number in range(60)]
    told = with_pictures(report(*findings), lambda assets: ((one, kept.get(one)) for one in assets))
    file = tmp_path / "report.html"
    file.write_bytes(FORMATS["html"].make(told))
    context = browser.new_context(offline=True)
    opened = context.new_page()
    asked: list[str] = []
    opened.on("request", lambda request: asked.append(request.url))
    opened.goto(file.as_uri())
    yield opened
    context.close()
    assert [url for url in asked if not url.startswith("data:")] == [file.as_uri()]


def test_a_saved_report_shows_its_thumbnails_without_any_network(alone: Page) -> None:
    thumbs = alone.locator("img.thumb")
    assert thumbs.count() == 59
    assert thumbs.evaluate_all("all => all.every(one => one.complete && one.naturalWidth === 256)")


def test_a_printed_report_shows_its_thumbnails(alone: Page) -> None:
    assert alone.pdf(prefer_css_page_size=True).count(b"/Subtype /Image") >= 1


def overflow(page: Page) -> int:
    """Pixels by which the page is wider than its window."""
    wide: int = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    return wide


@pytest.mark.parametrize("width", [1200, 768, 390])
def test_it_fits_every_screen(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    assert overflow(page) <= 0


def test_its_style_is_let_in_and_its_charts_are_drawn(page: Page) -> None:
    assert page.locator("h1").evaluate("e => getComputedStyle(e).fontSize") == "30px"
    charts = page.locator("svg.chart")
    assert charts.count() == 2
    assert all((box := charts.nth(n).bounding_box()) and box["height"] > 20 for n in range(2))
    fill = charts.first.locator("rect").first.evaluate("e => getComputedStyle(e).fill")
    assert fill != "rgb(0, 0, 0)"


def test_a_bar_leads_to_its_rule(page: Page) -> None:
    page.locator("svg.chart a", has_text="asset-unlinked").click()
    assert page.url.endswith("#asset-unlinked")


def test_it_prints(page: Page) -> None:
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 690, "height": 1000})
    assert overflow(page) <= 0
    assert page.pdf(prefer_css_page_size=True).startswith(b"%PDF")
