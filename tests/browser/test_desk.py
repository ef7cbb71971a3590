"""The audit, its findings, jobs and search gaps, by mouse and by keys."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from discovery.audit.brakes import ACCEPT
from discovery.audit.model import Outcome
from discovery.errors import EngineUnavailable
from discovery.web import examples
from tests.api.serving import served
from tests.api.standin import MemoryAudits, MemorySearch, services_over
from tests.browser.conftest import watched
from tests.browser.test_studio import asked
from tests.browser.usable import assert_usable_by_all

pytestmark = pytest.mark.browser

PENDING = "/api/v1/audits/findings?state=pending"


def told(page: Page) -> Any:
    return expect(page.locator("#told"))


def test_each_figure_leads_to_as_many_findings(demo_page: Page) -> None:
    demo_page.goto("/audit")
    expect(demo_page.locator(".ended")).to_contain_text("The last audit ended on")
    # The trend's own table comes first, folded away, once there was a second audit.
    for place in (".tiles li", "section tbody tr"):
        line = demo_page.locator(place).first
        count = int(line.locator(".figure, .num").first.inner_text().replace(",", ""))
        line.get_by_role("link").click()
        expect(demo_page.locator("h1")).to_contain_text(re.compile(rf"\b{count:,} finding"))
        demo_page.go_back()


def test_findings_are_waived_together_after_a_look_and_undone(demo_page: Page) -> None:
    before = asked(demo_page, PENDING)["total"]
    demo_page.goto("/audit/findings")
    rows = demo_page.locator(".row")
    for place in (0, 1):
        rows.nth(place).get_by_role("checkbox").check()
    expect(demo_page.locator("#chosen")).to_have_text("2 selected")
    demo_page.get_by_role("button", name="Waive").click()
    dialog = demo_page.get_by_role("dialog", name="Waive 2 findings")
    expect(dialog.get_by_role("listitem")).to_have_count(2)
    dialog.get_by_role("button", name="Do it").click()
    expect(dialog).to_be_visible()
    dialog.get_by_label("Waived until").fill("2099-12-31")
    dialog.get_by_label("Why").fill("kept for the book")
    dialog.get_by_role("button", name="Do it").click()
    told(demo_page).to_contain_text("2 findings are changed")
    expect(rows.first).to_contain_text("Waived until December 31, 2099")
    assert asked(demo_page, PENDING)["total"] == before - 2
    demo_page.get_by_role("button", name="Undo").click()
    told(demo_page).to_contain_text("2 findings are as before")
    told(demo_page).to_have_class("notice done")
    assert asked(demo_page, PENDING)["total"] == before


def test_a_finding_is_assigned_by_keys_and_another_hand_is_not_undone(demo_page: Page) -> None:
    demo_page.goto("/audit/findings")
    demo_page.keyboard.press("j")
    demo_page.keyboard.press("ArrowDown")
    demo_page.keyboard.press("x")
    demo_page.keyboard.press("a")
    demo_page.keyboard.type("studio@example.org")
    demo_page.keyboard.press("Enter")
    told(demo_page).to_contain_text("1 finding is changed")
    row = demo_page.locator(".row").nth(1)
    expect(row).to_contain_text("with studio@example.org")
    address = f"/api/v1/audits/findings/{row.get_attribute('data-id')}"
    assert demo_page.request.patch(address, data={"owner": "another@example.org"}).ok
    demo_page.keyboard.press("u")
    told(demo_page).to_contain_text("was not changed")
    told(demo_page).to_have_class("notice")
    assert asked(demo_page, address)["owner"] == "another@example.org"
    assert demo_page.request.patch(address, data={"owner": None}).ok
    demo_page.keyboard.press("?")
    expect(demo_page.get_by_role("dialog", name="Keys")).to_be_visible()


def test_a_run_is_followed_to_its_end(page: Page) -> None:
    states = iter(["queued", "running", "finished"])
    page.route(
        f"**/api/v1/audits/runs/{examples.RUN.id}", lambda route: route.fulfill(json={"state": next(states)})
    )
    page.goto("/audit")
    with page.expect_navigation():
        page.get_by_role("button", name="Run the audit now").click()
        told(page).to_contain_text("waits for its turn")
    assert next(states, None) is None


def test_a_run_that_cannot_be_asked_for_says_why(page: Page) -> None:
    def refuse(route: Route) -> None:
        route.fulfill(status=409, json={"detail": "20 audits wait to be run"})

    page.route("**/api/v1/audits/runs", refuse)
    page.goto("/audit")
    page.get_by_role("button", name="Run the audit now").click()
    told(page).to_contain_text("20 audits wait to be run")
    expect(page.get_by_role("button", name="Run the audit now")).to_be_enabled()


def test_a_job_is_asked_for(page: Page) -> None:
    page.goto("/jobs")
    button = page.get_by_role("button", name=re.compile("^Run .* now$")).and_(page.locator(":enabled"))
    name = button.first.get_attribute("data-job")
    button.first.click()
    told(page).to_contain_text("asked for")
    expect(page.locator(f'[data-job="{name}"]')).to_be_disabled()


def test_each_gap_leads_to_its_search(page: Page) -> None:
    page.goto("/gaps")
    page.get_by_role("link", name="Asked in vain").click()
    link = page.locator("tbody th a").first
    words = link.inner_text()
    link.click()
    expect(page.get_by_role("combobox", name="Search")).to_have_value(words)


def test_the_model_is_told_and_tried_on_ones_own_words(demo_page: Page) -> None:
    demo_page.goto("/model")
    expect(demo_page.locator("[data-serves]")).to_contain_text("starter")
    demo_page.get_by_label("Words").fill("mug")
    demo_page.get_by_role("button", name="Compare").click()
    expect(demo_page.locator(".versus h3")).to_have_count(1)
    expect(demo_page.locator(".versus li").first).to_be_visible()
    expect(demo_page.locator("main")).to_contain_text("Only one model's vectors are kept")


def test_a_fit_is_asked_for_and_followed_to_its_end(demo_page: Page) -> None:
    demo_page.goto("/model")
    table = asked(demo_page, "/api/v1/jobs")
    (adapt,) = (one for one in table["jobs"] if one["id"] == "adapt")
    began = {"due": None, "cause": "asked", "started": "2026-03-01T09:00:00Z", "owner": "here"}
    stands = iter([{**adapt, "asked": began["started"]}, {**adapt, "running": began}, adapt])

    def tell(route: Route) -> None:
        route.fulfill(json={"jobs": [next(stands)]})

    demo_page.route("**/api/v1/jobs/adapt/run", lambda route: route.fulfill(status=202, json={}))
    demo_page.route("**/api/v1/jobs", tell)
    demo_page.get_by_role("button", name="Fit it to the catalogue now").click()
    told(demo_page).to_contain_text("It waits for its turn")
    told(demo_page).to_contain_text("It runs, for")
    demo_page.wait_for_event("load")
    expect(demo_page.get_by_role("button", name="Fit it to the catalogue now")).to_be_enabled()


def test_a_run_that_a_brake_stopped_says_why_and_is_run_all_the_same(browser: Browser) -> None:
    services = services_over(MemorySearch((), ()))
    audits = services.audits
    assert isinstance(audits, MemoryAudits)
    ended = examples.RUN.run
    assert ended is not None
    why = "4 of 10 pictures are gone from studio"
    braked = replace(ended, outcome=Outcome.STOPPED, reasons=(why, ACCEPT))
    audits.runs = [replace(examples.RUN, state="stopped", run=braked)]
    with served(services) as site:
        for page in watched(browser, site):
            page.goto("/audit")
            expect(page.locator('.ended[data-state="stopped"]')).to_contain_text(why)
            expect(page.locator(".ended")).not_to_contain_text("--accept")
            assert_usable_by_all(page, "a stopped audit")
            with page.expect_event("load"):  # it is followed to its end, and the page shows what came of it
                page.get_by_role("button", name="It is meant: run it all the same").click()
    assert [one.accept for one in audits.asked] == [True]


def test_a_page_that_cannot_be_drawn_for_now_says_so_and_comes_by_itself(browser: Browser) -> None:
    services = services_over(MemorySearch((), ()))
    audits = services.audits
    assert isinstance(audits, MemoryAudits)
    audits.failure = EngineUnavailable("it does not answer")
    with served(services) as site:
        for page in watched(browser, site):
            page.clock.install()
            page.goto("/audit")
            expect(page.locator(".trouble")).to_contain_text("it does not answer")
            expect(page.locator(".trouble")).to_contain_text("asked again by itself")
            audits.failure = None
            page.clock.run_for(6_000)
            expect(page.get_by_role("heading", name="Audit", level=1)).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_nobody_is_kept_out(browser: Browser, studio: str, width: int, scheme: Any) -> None:
    context = browser.new_context(
        base_url=studio, viewport={"width": width, "height": 900}, color_scheme=scheme
    )
    opened = context.new_page()
    for path in ("/audit", "/audit/findings", "/jobs", "/gaps", "/model", "/model?q=mug"):
        opened.goto(path)
        assert_usable_by_all(opened, path)
        assert opened.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
    context.close()


@pytest.mark.parametrize("locale", ["en-GB", "de-DE"])
def test_nothing_is_wider_than_a_phone_in_any_language(browser: Browser, site: str, locale: str) -> None:
    for page in watched(browser, site, locale=locale, viewport={"width": 390, "height": 844}):
        for path in ("/audit", "/audit/findings", "/jobs", "/gaps", "/model", "/review", "/collections", "/"):
            page.goto(path)
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path


@pytest.mark.parametrize("locale", ["en-GB", "de-DE"])
@pytest.mark.parametrize("width", [390, 800, 1024, 1279, 1280, 1440, 1920])
def test_there_is_room_for_words_beside_the_ways_to_other_pages(
    browser: Browser, site: str, width: int, locale: str
) -> None:
    for page in watched(browser, site, locale=locale, viewport={"width": width, "height": 844}):
        page.goto("/")
        field = page.locator("#search .words").bounding_box()
        assert field is not None
        assert field["width"] >= 140
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
