"""The studio over the demo catalogue: details, product pages, review, languages, and who can use them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.browser.conftest import watched
from tests.browser.usable import assert_usable_by_all

pytestmark = pytest.mark.browser

SHIFTS = """
window.shifted = 0;
new PerformanceObserver((list) => {
  for (const one of list.getEntries()) if (!one.hadRecentInput) window.shifted += one.value;
}).observe({ type: "layout-shift", buffered: true });
"""


def asked(page: Page, path: str) -> Any:
    reply = page.request.get(path)
    assert reply.ok, reply.text()
    return reply.json()


def first(page: Page, query: str, side: str = "assets") -> str:
    return str(asked(page, f"/api/v1/search?in={side}&size=1&{query}")["hits"][0]["id"])


@contextmanager
def other(browser: Browser, site: str, **how: Any) -> Iterator[Page]:
    yield from watched(browser, site, **how)


def test_details_say_in_plain_words_whether_a_picture_may_be_used(demo_page: Page) -> None:
    demo_page.goto("/?q=Skerry+Mug")
    demo_page.locator("#hits .open").first.click()
    detail = demo_page.locator("#detail")
    expect(detail.locator(".usable")).to_contain_text("Usable")
    expect(detail.locator(".linked").first).to_contain_text("main picture")
    expect(detail.locator('[data-alike="same_product"] img')).to_have_count(8)
    ended = first(demo_page, "filter.licence_ends.lt=2026-01-01")
    demo_page.goto(f"/assets/{ended}")
    expect(demo_page.locator(".usable")).to_contain_text("Not usable: its licence ended on")
    expect(demo_page.locator(".wrong")).to_contain_text("licence")


def test_details_lead_to_the_other_versions_of_a_file(demo_page: Page) -> None:
    demo_page.goto(f"/assets/{first(demo_page, 'q=bw-202-ink-blue_front_v1')}")
    own = demo_page.locator('.plain-list [aria-current="true"]')
    expect(own).to_have_text("bw-202-ink-blue_front_v1.jpg")
    newest = demo_page.get_by_role("link", name="bw-202-ink-blue_front_v2.jpg")
    expect(demo_page.locator("li", has=newest)).to_contain_text("the newest")
    newest.click()
    expect(own).to_have_text("bw-202-ink-blue_front_v2.jpg")


def test_the_catalogues_own_attributes_are_facets_folded_until_one_is_chosen(demo_page: Page) -> None:
    demo_page.goto("/?in=products")
    season = demo_page.locator('[data-key="facet:attribute.season"]')
    expect(season).to_have_js_property("open", False)
    season.locator("summary").first.click()
    season.get_by_role("link", name=re.compile("All year")).click()
    chip = demo_page.locator("#chips .chip")
    expect(chip).to_contain_text("Season")
    expect(season).to_have_js_property("open", True)
    demo_page.reload()
    expect(season).to_have_js_property("open", True)
    expect(season.locator('[aria-current="true"]')).to_contain_text("All year")


def test_what_is_said_of_a_picture_becomes_a_finding(demo_page: Page) -> None:
    address = f"/assets/{first(demo_page, 'q=bottle')}"
    demo_page.goto(address)
    demo_page.get_by_text("Something is wrong with it").click()
    demo_page.get_by_label("What there is to say").fill("the old stopper")
    demo_page.keyboard.press("Enter")
    demo_page.get_by_role("button", name="It is out of date").click()
    expect(demo_page.locator(".feedback [role=status]")).to_contain_text("among the findings")
    demo_page.goto(address)
    expect(demo_page.locator(".wrong")).to_contain_text("the old stopper")
    found = asked(demo_page, "/api/v1/audits/findings?rule=reported")["findings"][0]
    settled = demo_page.request.patch(found["links"]["self"], data={"state": "resolved"})
    assert settled.ok


def test_a_product_tells_its_picture_set_and_what_waits(demo_page: Page) -> None:
    sku = asked(demo_page, "/api/v1/links/review?size=1")["entries"][0]["proposals"][0]["sku"]
    demo_page.goto(f"/products/{sku}")
    expect(demo_page.locator(".set meter")).to_be_visible()
    expect(demo_page.locator(".sets tbody tr")).not_to_have_count(0)
    demo_page.get_by_role("link", name=re.compile("may show it: decide")).click()
    expect(demo_page).to_have_url(re.compile(rf"/products/{sku}#candidates"))
    expect(demo_page.locator(".case h2").first).to_be_visible()


def test_what_may_show_a_product_is_decided_on_its_page_and_stays_in_its_history(
    demo_page: Page,
) -> None:
    sku = asked(demo_page, "/api/v1/links/review?size=1")["entries"][0]["proposals"][0]["sku"]
    demo_page.goto(f"/products/{sku}")
    case = demo_page.locator(".case").first
    name = case.get_attribute("aria-label") or ""
    demo_page.keyboard.press("ArrowDown")
    expect(case).to_have_attribute("aria-current", "true")
    demo_page.keyboard.press("r")
    expect(case.locator(".done")).to_contain_text("Refused")
    demo_page.keyboard.press("u")
    expect(case.locator(".done")).to_be_hidden()
    demo_page.reload()
    words = demo_page.locator(".past li", has_text=name.rpartition("/")[2])
    expect(words.nth(0)).to_contain_text("taken back")
    expect(words.nth(1)).to_contain_text("does not show it")


def test_links_are_reviewed_by_keys_and_undone(demo_page: Page) -> None:
    demo_page.goto("/review")
    cases = demo_page.locator(".case")
    asset = cases.first.get_attribute("data-asset")
    demo_page.keyboard.press("a")
    expect(cases.first.locator(".done")).to_contain_text("Accepted")
    expect(cases.nth(1)).to_have_attribute("aria-current", "true")
    told = asked(demo_page, f"/api/v1/assets/{asset}/links/explain")
    assert [one["decision"] for one in told["decisions"]] == ["accept"]
    demo_page.keyboard.press("k")
    demo_page.keyboard.press("u")
    expect(cases.first.locator(".done")).to_be_hidden()
    assert asked(demo_page, f"/api/v1/assets/{asset}/links/explain")["decisions"] == []


def test_keys_are_not_kept_waiting_by_replies(demo_page: Page) -> None:
    demo_page.goto("/review")
    cases = demo_page.locator(".case")
    first_two = [cases.nth(place).get_attribute("data-asset") for place in (0, 1)]
    held: list[Route] = []
    demo_page.route("**/links/decisions", lambda route: held.append(route), times=2)
    with demo_page.expect_request(lambda request: "refuse" in (request.post_data or "")):
        for key in ("a", "r", "k", "k", "u"):
            demo_page.keyboard.press(key)
    expect(cases.nth(0)).not_to_have_attribute("data-said", "accept")
    expect(cases.nth(1)).to_have_attribute("data-said", "refuse")
    expect(cases.nth(1).locator(".done")).to_be_hidden()
    for route in held:
        route.continue_()
    expect(cases.nth(1).locator(".done")).to_contain_text("Refused")
    expect(cases.nth(0)).not_to_have_attribute("aria-busy", "true")
    kept = [asked(demo_page, f"/api/v1/assets/{asset}/links/explain")["decisions"] for asset in first_two]
    assert kept[0] == []
    assert [one["decision"] for one in kept[1]] == ["refuse"]
    demo_page.keyboard.press("j")
    demo_page.keyboard.press("u")
    expect(cases.nth(1)).not_to_have_attribute("aria-busy", "true")
    assert asked(demo_page, f"/api/v1/assets/{first_two[1]}/links/explain")["decisions"] == []


def test_files_of_one_picture_are_merged_after_a_look_at_the_effect_and_parted_again(demo_page: Page) -> None:
    demo_page.goto("/review?of=duplicates")
    case = demo_page.locator(".case").first
    group = case.get_attribute("data-group")
    demo_page.keyboard.press("d")
    expect(case.locator("[data-over]")).to_be_visible()
    demo_page.keyboard.press("m")
    preview = demo_page.locator("#preview")
    expect(preview).to_contain_text("is replaced by")
    preview.get_by_role("button", name="Leave it").click()
    assert asked(demo_page, f"/api/v1/duplicates/{group}")["state"] == "open"
    demo_page.keyboard.press("m")
    preview.get_by_role("button", name="Do it").click()
    expect(case.locator(".done")).to_contain_text("One stands for all")
    assert asked(demo_page, f"/api/v1/duplicates/{group}")["state"] == "merged"
    case.get_by_role("button", name="Undo").click()
    expect(case.locator(".done")).to_be_hidden()
    assert asked(demo_page, f"/api/v1/duplicates/{group}")["state"] == "open"


def test_a_search_that_gets_no_answer_is_asked_again_by_itself(demo_page: Page) -> None:
    demo_page.goto("/")
    gone = {"title": "engine unavailable", "detail": "the engine does not answer", "status": 503}
    demo_page.route("**/api/v1/search?*", lambda route: route.fulfill(status=503, json=gone))
    demo_page.get_by_role("combobox", name="Search").fill("mug")
    expect(demo_page.locator("#trouble")).to_contain_text("asked again by itself")
    demo_page.unroute_all()
    expect(demo_page.locator("#trouble")).to_be_hidden()
    expect(demo_page.locator("#status")).to_contain_text("assets")


def test_typing_goes_on_while_answers_are_waited_for_and_nothing_jumps(demo_page: Page) -> None:
    demo_page.add_init_script(SHIFTS)
    demo_page.goto("/")
    expect(demo_page.locator("#hits .card")).not_to_have_count(0)
    held: list[Any] = []
    demo_page.route("**/api/v1/search?*", lambda route: held.append(route))
    words = demo_page.get_by_role("combobox", name="Search")
    for typed in ("m", "mu", "mug"):
        with demo_page.expect_request(re.compile(rf"/api/v1/search\?q={typed}&")):
            words.press_sequentially(typed[-1])
        expect(words).to_have_value(typed)
        expect(demo_page.locator("#hits .card")).not_to_have_count(0)
    assert demo_page.evaluate("window.shifted") < 0.02
    for route in reversed(held):
        route.fallback()
    demo_page.unroute_all(behavior="ignoreErrors")
    expect(demo_page).to_have_title(re.compile("^mug"))
    expect(demo_page.locator("#hits .title mark").first).to_be_visible()


def test_a_page_stands_still_when_its_scripts_come(demo_page: Page) -> None:
    demo_page.add_init_script(SHIFTS)
    demo_page.goto("/?q=mug")
    expect(demo_page.get_by_label("Search in Keyword")).to_be_visible()
    demo_page.wait_for_load_state("networkidle")
    assert demo_page.evaluate("window.shifted") == 0


@pytest.mark.parametrize("view", ["", "&view=dense", "&view=list"])
def test_pictures_that_are_gone_are_not_asked_for_again_and_again(demo_page: Page, view: str) -> None:
    asked_for: Counter[str] = Counter()
    demo_page.on("request", lambda one: asked_for.update([one.url] if "/thumbnail" in one.url else []))
    demo_page.route("**/thumbnail?*", lambda route: route.fulfill(status=404, body=""))
    demo_page.goto(f"/?q=mug{view}")
    demo_page.wait_for_load_state("networkidle")
    expect(demo_page.locator("#hits .card").first).to_contain_text("not to be had")
    left = "[...document.querySelectorAll('#hits img')].filter((one) => one.complete && !one.naturalWidth)"
    assert demo_page.evaluate(f"{left}.length") == 0
    assert asked_for
    assert max(asked_for.values()) == 1


def test_what_is_refused_is_told_and_nothing_is_lost(demo_page: Page) -> None:
    demo_page.goto("/review")
    demo_page.route("**/links/decisions", lambda route: route.abort())
    demo_page.keyboard.press("r")
    expect(demo_page.locator("#told")).to_contain_text("cannot be reached")
    expect(demo_page.locator(".case").first.locator(".done")).to_be_hidden()
    demo_page.unroute_all()


def test_readers_get_their_language_and_can_choose_another(browser: Browser, studio: str) -> None:
    with other(browser, studio, locale="de-DE") as page:
        page.goto("/?q=mug&sort=name")
        expect(page.locator("html")).to_have_attribute("lang", "de")
        expect(page.get_by_role("button", name="Suchen", exact=True)).to_be_visible()
        page.get_by_role("combobox", name="Suchen").fill("xyzzy plugh")
        expect(page.locator("#empty-hint")).to_contain_text("Nichts enthält diese Wörter")
        page.goto("/?in=products&q=Skerry")
        expect(page.locator("#hits .note").first).to_contain_text("18,00 EUR")
        page.get_by_role("link", name="English").click()
        expect(page).to_have_url(re.compile(r"/\?in=products&q=Skerry$"))
        expect(page.get_by_role("button", name="Search", exact=True)).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_keeps_people_out_of_a_page(browser: Browser, studio: str, scheme: Any) -> None:
    with other(browser, studio, color_scheme=scheme, reduced_motion="reduce") as page:
        asset, product = first(page, "q=mug"), first(page, "q=mug", "products")
        places = ("/?q=mug", "/?q=xyzzy", f"/assets/{asset}", f"/products/{product}", "/review", "/none")
        for path in (*places, "/review?of=duplicates", "/api/v1/docs"):
            page.goto(path)
            page.wait_for_load_state("networkidle")
            assert_usable_by_all(page, path)
        page.goto("/?q=mug")
        page.locator("#hits .open").first.click()
        expect(page.locator("#detail .usable")).to_be_visible()
        assert_usable_by_all(page, "the details over the results")


def test_a_search_is_kept_gone_back_to_and_taken_away(demo_page: Page) -> None:
    demo_page.goto("/?q=mug&filter.orientation=square")
    demo_page.get_by_text("Saved searches").click()
    demo_page.get_by_label("Keep this search as").fill("Square mugs")
    demo_page.keyboard.press("Enter")
    kept = demo_page.locator("#saved-list a", has_text="Square mugs")
    expect(kept).to_be_visible()
    demo_page.goto("/")
    demo_page.get_by_text("Saved searches").click()
    kept.click()
    expect(demo_page).to_have_url(re.compile(r"/\?q=mug&filter\.orientation=square$"))
    demo_page.get_by_text("Saved searches").click()
    demo_page.get_by_role("button", name="Remove Square mugs").click()
    expect(kept).to_have_count(0)


def test_a_part_of_a_picture_is_drawn_and_searched_for(demo_page: Page) -> None:
    asset = first(demo_page, "q=mug")
    demo_page.goto(f"/?asset={asset}")
    demo_page.get_by_role("button", name="Choose a part").click()
    frame = demo_page.locator(".frame-of img")
    expect(frame).to_be_visible()
    place = frame.bounding_box()
    assert place is not None
    demo_page.mouse.move(place["x"] + 0.1 * place["width"], place["y"] + 0.1 * place["height"])
    demo_page.mouse.down()
    demo_page.mouse.move(place["x"] + 0.9 * place["width"], place["y"] + 0.9 * place["height"])
    demo_page.mouse.up()
    demo_page.keyboard.press("ArrowUp")
    demo_page.get_by_role("button", name="Search this part").click()
    expect(demo_page).to_have_url(re.compile(r"region=0\.(1|09)\d*%2C0\.0[78]\d*%2C0\.[78]\d*%2C0\.[78]"))
    expect(demo_page.locator("#hits .card").first).to_be_visible()
    expect(demo_page.locator("#trouble")).to_be_hidden()
    demo_page.locator("#query-close").click()
    expect(demo_page).to_have_url(re.compile(r"/$"))


REASONS = ".reasons li, .what > .quiet, .words-of > .quiet:not(:first-child)"


@pytest.mark.parametrize("path", ["/audit/findings", "/review", "/review?of=duplicates", "/jobs"])
def test_reasons_are_told_in_the_readers_language_too(browser: Browser, studio: str, path: str) -> None:
    told = {}
    for locale in ("en-GB", "de-DE"):
        with other(browser, studio, locale=locale) as page:
            page.goto(path)
            places = ".stacked tbody th" if path == "/jobs" else REASONS
            told[locale] = page.locator(places).all_inner_texts()
    assert told["en-GB"]
    assert len(told["en-GB"]) == len(told["de-DE"])
    assert [one for one, german in zip(*told.values(), strict=True) if one == german] == []
