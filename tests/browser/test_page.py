from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.api.catalogue import ASSETS, HOSTILE, MUG_BACK, MUG_FRONT
from tests.api.standin import PIXEL

pytestmark = pytest.mark.browser

PICTURE: Any = {"name": "photo.webp", "mimeType": "image/webp", "buffer": PIXEL}


def status(page: Page) -> Any:
    return expect(page.locator("#status"))


def test_results_follow_the_words_as_they_are_typed(page: Page) -> None:
    page.goto("/")
    status(page).to_contain_text(f"{len(ASSETS)} assets")
    page.get_by_role("combobox", name="Search").press_sequentially("tide")
    status(page).to_contain_text("2 assets")
    expect(page).to_have_url(re.compile(r"/\?q=tide$"))
    expect(page.locator("#hits .card")).to_have_count(2)


def test_an_older_answer_never_covers_a_newer_one(page: Page) -> None:
    held: list[Any] = []
    page.goto("/")
    page.route("**/api/v1/search?q=room&**", lambda route: held.append(route))
    words = page.get_by_role("combobox", name="Search")
    with page.expect_request("**/api/v1/search?q=room&**"):
        words.fill("room")
    words.fill("tide")
    status(page).to_contain_text("2 assets")
    for route in held:
        route.fallback()
    page.unroute_all(behavior="ignoreErrors")
    status(page).to_contain_text("2 assets")


def test_a_facet_that_is_chosen_before_the_last_answer_changes_what_is_asked_by_then(page: Page) -> None:
    page.goto("/?filter.colour=orange")
    facet = page.locator('[data-key="facet:colour"]')
    held: list[Any] = []
    page.route("**/api/v1/search?**", lambda route: held.append(route))
    facet.get_by_role("link", name="orange").click()
    expect(page).to_have_url(re.compile(r"/$"))
    facet.get_by_role("link", name="blue").click()
    expect(page).to_have_url(re.compile(r"/\?filter\.colour=blue$"))
    # What is drawn for one side means nothing on the other: its link leads back.
    page.locator(".switch").get_by_role("link", name="Products").click()
    expect(page).to_have_url(re.compile(r"in=products$"))
    facet.get_by_role("link", name="blue").click()
    expect(page).to_have_url(re.compile(r"/\?filter\.colour=orange&filter\.colour=blue$"))
    facet.get_by_role("link", name="orange").click()
    expect(page).to_have_url(re.compile(r"/\?filter\.colour=blue$"))
    page.unroute_all(behavior="ignoreErrors")
    page.get_by_role("combobox", name="Search").press("Enter")
    expect(page.locator("#chips .chip")).to_have_count(1)
    expect(facet.locator('[aria-current="true"]')).to_contain_text("blue")


def test_facets_take_several_values_and_the_back_button_gives_them_back(page: Page) -> None:
    page.goto("/")
    facet = page.locator('[data-key="facet:colour"]')
    facet.get_by_role("link", name="orange").click()
    status(page).to_contain_text("1 asset")
    facet.get_by_role("link", name="blue").click()
    status(page).to_contain_text("3 assets")
    expect(page).to_have_url(re.compile(r"filter\.colour=orange&filter\.colour=blue$"))
    expect(page.locator("#chips .chip")).to_have_count(2)
    expect(facet.locator('[aria-current="true"]')).to_have_count(2)
    page.go_back()
    status(page).to_contain_text("1 asset")
    expect(page.locator("#chips .chip")).to_have_count(1)
    page.go_back()
    status(page).to_contain_text(f"{len(ASSETS)} assets")


def test_a_reloaded_address_shows_the_same(page: Page) -> None:
    page.goto("/?q=tide&filter.colour=blue&sort=name")
    shown = page.locator("#hits .title").all_inner_texts()
    assert len(shown) == 1
    page.get_by_role("link", name="Clear all").first.click()
    status(page).to_contain_text("2 assets")
    page.reload()
    status(page).to_contain_text("2 assets")
    expect(page.locator("#sort")).to_have_value("name")


def test_the_server_and_the_script_render_the_same(page: Page, browser: Browser, site: str) -> None:
    parts = ("#hits", "#facets", "#chips", "#status", ".switch")
    plain = browser.new_context(java_script_enabled=False, base_url=site)
    for path in (
        "/?q=tide&filter.colour=red",
        "/?in=products",
        "/?q=nothing+like+it",
        f"/?asset={MUG_BACK.id}&filter.colour=orange",
        "/?q=tide&view=list",
    ):
        read = plain.new_page()
        read.goto(path)
        page.goto("/?q=elsewhere")
        page.evaluate(
            "path => { history.pushState({}, '', path); dispatchEvent(new PopStateEvent('popstate')); }", path
        )
        for part in parts:
            expect(page.locator(part)).to_have_text(read.locator(part).inner_text(), use_inner_text=True)
        # Values of what is folded are drawn when it is opened.
        page.locator("#facets details").evaluate_all("all => all.forEach(one => one.open = true)")
        values = read.locator("#facets .value").count()
        expect(page.locator("#facets .value")).to_have_count(values)
        links = "els => els.map(el => decodeURIComponent(el.getAttribute('href')))"
        for part in ("#hits a", "#facets a", "#chips a", ".switch a"):
            assert page.locator(part).evaluate_all(links) == read.locator(part).evaluate_all(links), (
                path,
                part,
            )
        images = "els => els.map(el => [el.getAttribute('src'), el.srcset, el.width, el.height, el.alt])"
        assert page.locator("#hits img").evaluate_all(images) == read.locator("#hits img").evaluate_all(
            images
        )
    plain.close()


def test_it_reads_without_a_script(browser: Browser, site: str) -> None:
    context = browser.new_context(java_script_enabled=False, base_url=site)
    page = context.new_page()
    page.goto("/")
    page.get_by_role("searchbox").fill("tide")
    page.get_by_role("button", name="Search").click()
    status(page).to_contain_text("2 assets")
    page.locator('[data-key="facet:colour"]').get_by_role("link", name="blue").click()
    status(page).to_contain_text("1 asset")
    page.locator("#hits .open").click()
    expect(page.get_by_role("heading", name="Tide mug, back")).to_be_visible()
    context.close()


def test_a_picture_finds_what_looks_like_it(page: Page) -> None:
    page.goto("/")
    with page.expect_request("**/api/v1/similar") as asked:
        page.set_input_files("#upload", PICTURE)
    assert asked.value.method == "POST"
    status(page).to_contain_text("by look")
    expect(page.locator("#query-name")).to_have_text("photo.webp")
    page.locator('[data-key="facet:colour"]').get_by_role("link", name="orange").click()
    status(page).to_contain_text("1 asset by look")
    page.get_by_role("link", name="Back to all").click()
    expect(page.locator("#query")).to_be_hidden()


def test_a_file_that_is_no_picture_is_told(page: Page) -> None:
    page.goto("/")
    page.set_input_files("#upload", {"name": "x.png", "mimeType": "image/png", "buffer": b"<html>"})
    expect(page.get_by_role("alert")).to_contain_text("the bytes are HTML")


def test_similar_to_a_hit_and_back(page: Page) -> None:
    page.goto("/?q=tide")
    page.locator("#hits .card").first.hover()
    page.get_by_role("link", name="Find similar to Tide mug, front").click()
    expect(page).to_have_url(re.compile(f"asset={MUG_FRONT.id}"))
    status(page).to_contain_text(f"{len(ASSETS) - 1} assets by look")
    page.go_back()
    status(page).to_contain_text("2 assets")


def test_more_hits_come_by_themselves_and_move_nothing(page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 600})
    page.goto("/")
    cards = page.locator("#hits .card")
    expect(cards).to_have_count(24)
    before = cards.nth(5).bounding_box()
    with page.expect_request(lambda request: "after=" in request.url) as further:
        page.locator("#more").scroll_into_view_if_needed()
    assert "facets=" not in further.value.url
    expect(page.locator("#more")).to_be_hidden()
    expect(page.locator("#hits .card:not(.ghost)")).to_have_count(len(ASSETS))
    expect(page.locator(".ghost")).to_have_count(0)
    page.evaluate("scrollTo(0, 0)")
    assert cards.nth(5).bounding_box() == before
    page.emulate_media(media="print")
    expect(cards.last).to_have_css("content-visibility", "visible")


@pytest.mark.parametrize(("width", "size"), [(768, 256), (1920, 768)])
def test_cards_take_the_thumbnail_that_fits_them(page: Page, width: int, size: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    page.goto("/")
    expect(page.locator("#hits .card .picture").first).to_have_js_property("complete", True)
    assert f"size={size}" in str(page.locator("#hits .card .picture").first.evaluate("one => one.currentSrc"))


def test_more_hits_that_cannot_be_had_are_told_and_asked_for_again(page: Page) -> None:
    page.route(re.compile(r"/api/v1/search\?.*after="), lambda route: route.abort())
    page.goto("/")
    page.locator("#more").scroll_into_view_if_needed()
    expect(page.locator("#notice")).to_contain_text("cannot be reached")
    expect(page.locator("#hits .card")).to_have_count(24)
    page.unroute_all()
    page.get_by_role("link", name="Show more").click()
    expect(page.locator("#hits .card")).to_have_count(len(ASSETS))


def test_details_open_over_the_results_and_close_with_escape(page: Page) -> None:
    page.goto("/?q=tide")
    page.locator("#hits .open").first.click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("heading", name="Tide mug, front")).to_be_visible()
    expect(page).to_have_url(re.compile(f"/assets/{MUG_FRONT.id}$"))
    dialog.get_by_role("link", name="Tide mug TIDE/1").click()
    expect(dialog.get_by_role("heading", name="Tide mug", exact=True)).to_be_visible()
    page.go_back()
    expect(dialog.get_by_role("heading", name="Tide mug, front")).to_be_visible()
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(page).to_have_url(re.compile(r"\?q=tide$"))
    status(page).to_contain_text("2 assets")


def test_products_fold_their_variants_until_asked(page: Page) -> None:
    page.goto("/?in=products&q=tide")
    status(page).to_contain_text("1 product")
    page.get_by_role("link", name="Show variants").click()
    status(page).to_contain_text("2 products")
    page.get_by_role("link", name="Fold variants").click()
    status(page).to_contain_text("1 product")


def test_nothing_is_said_honestly(page: Page) -> None:
    page.goto("/")
    page.get_by_role("combobox", name="Search").fill("zeppelin")
    expect(page.get_by_role("heading", name="Nothing matches")).to_be_visible()
    status(page).to_contain_text("0 assets")


def test_hostile_metadata_stays_text(page: Page) -> None:
    page.goto("/?q=elsewhere")
    page.on("dialog", lambda dialog: pytest.fail(f"a script ran: {dialog.message}"))
    page.get_by_role("combobox", name="Search").fill("alert")
    expect(page.locator("#hits .title")).to_have_text(HOSTILE)
    page.locator("#hits .open").click()
    expect(page.get_by_role("dialog").get_by_role("heading", level=1)).to_have_text(HOSTILE)


def test_the_keyboard_alone_is_enough(page: Page) -> None:
    page.goto("/")
    page.keyboard.press("/")
    page.keyboard.type("tide")
    status(page).to_contain_text("2 assets")
    blue = page.locator('[data-key="value:colour:blue"]')
    blue.focus()
    page.keyboard.press("Enter")
    status(page).to_contain_text("1 asset")
    expect(blue).to_be_focused()
    page.locator("#hits .open").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_be_visible()


@pytest.mark.parametrize("width", [390, 768, 1280, 2560])
@pytest.mark.parametrize("path", ["/", "/?in=products", f"/assets/{MUG_FRONT.id}", "/api/v1/docs"])
def test_nothing_is_wider_than_the_window(page: Page, width: int, path: str) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(path)
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_suggestions_are_chosen_by_keyboard(page: Page) -> None:
    page.goto("/")
    words = page.get_by_role("combobox", name="Search")
    words.press_sequentially("tide")
    options = page.get_by_role("listbox", name="Suggestions").get_by_role("option")
    expect(options).to_have_count(2)
    expect(words).to_have_attribute("aria-expanded", "true")
    words.press("ArrowUp")
    expect(options.last).to_have_attribute("aria-selected", "true")
    words.press("ArrowDown")
    words.press("ArrowDown")
    expect(options.first).to_have_attribute("aria-selected", "true")
    expect(words).to_have_attribute("aria-activedescendant", "suggestions-0")
    words.press("Enter")
    expect(words).to_have_value("Tide mug, front")
    status(page).to_contain_text("1 asset")
    expect(options).to_have_count(0)


def test_escape_closes_suggestions_and_leaves_the_words(page: Page) -> None:
    page.goto("/")
    words = page.get_by_role("combobox", name="Search")
    words.press_sequentially("room")
    suggestions = page.locator("#suggestions")
    expect(suggestions).to_be_visible()
    words.press("Escape")
    expect(suggestions).to_be_hidden()
    expect(words).to_have_value("room")


def test_arrows_go_from_hit_to_hit_and_through_the_details(page: Page) -> None:
    page.goto("/?q=room")
    opens = page.locator("#hits .open")
    opens.first.focus()
    page.keyboard.press("ArrowRight")
    expect(opens.nth(1)).to_be_focused()
    page.keyboard.press("ArrowDown")
    below = opens.evaluate_all("all => all.indexOf(document.activeElement)")
    assert below > 2
    page.keyboard.press("ArrowUp")
    expect(opens.nth(1)).to_be_focused()
    page.keyboard.press("Enter")
    heading = page.get_by_role("dialog").get_by_role("heading", level=1)
    expect(heading).to_have_text("Room 1")
    page.keyboard.press("ArrowRight")
    expect(heading).to_have_text("Room 2")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    expect(page).to_have_url(re.compile(r"\?q=room$"))


def test_the_layout_is_part_of_the_address(page: Page) -> None:
    page.goto("/?q=room")
    page.get_by_role("link", name="List").click()
    expect(page).to_have_url(re.compile(r"view=list"))
    expect(page.locator("#hits")).to_have_attribute("data-view", "list")
    page.reload()
    expect(page.locator("#hits")).to_have_attribute("data-view", "list")
    page.go_back()
    expect(page.locator("#hits")).to_have_attribute("data-view", "grid")


def test_a_range_is_a_filter_that_can_be_taken_off(page: Page) -> None:
    page.goto("/")
    page.get_by_label("Width, px, at least").fill("843")
    page.get_by_label("Width, px, at least").press("Enter")
    expect(page).to_have_url(re.compile(r"filter\.width\.gte=843"))
    expect(page.locator("#chips .chip")).to_contain_text("Width, px ≥ 843")
    page.locator("#chips .chip").click()
    expect(page.get_by_label("Width, px, at least")).to_have_value("")


def test_a_long_facet_is_searched_in(page: Page) -> None:
    def lengthen(route: Route) -> None:
        reply = route.fetch().json()
        values = [
            {"value": f"shade {n}", "label": f"Shade {n}", "count": 1, "selected": False} for n in range(30)
        ]
        route.fulfill(json={**reply, "facets": {**reply["facets"], "colour": values}})

    page.goto("/")
    page.route("**/api/v1/search?q=room&**", lengthen)
    page.get_by_role("combobox", name="Search").fill("room")
    facet = page.locator('[data-key="facet:colour"]')
    facet.get_by_label("Search in Colour").fill("shade 17")
    expect(facet.locator(".value:visible")).to_have_text(re.compile("Shade 17"))


def test_the_keys_are_told(page: Page) -> None:
    page.goto("/")
    page.locator("h1").first.click()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog", name="Keys")).to_be_hidden()


def test_searches_say_what_they_go_on_from_and_hits_that_are_opened_are_told(page: Page) -> None:
    page.goto("/?q=mug")
    words = page.get_by_role("combobox", name="Search")
    with page.expect_request("**/api/v1/search?q=tide&**") as first:
        words.fill("tide")
    status(page).to_contain_text("2 assets")
    with page.expect_request("**/api/v1/search?q=tide+mug&**") as second:
        words.fill("tide mug")
    page.wait_for_url("**/?q=tide+mug")
    expect(page.locator("#hits")).to_have_attribute("aria-busy", "false")
    asked = second.value.headers["x-request-id"]
    assert second.value.headers["x-search-continues"] == first.value.headers["x-request-id"]
    assert len(first.value.headers["x-search-continues"]) == 32, (
        "the id of the search that came with the page"
    )
    card = page.locator("#hits .card").nth(1)
    key = card.locator("a.open").get_attribute("data-key") or ""
    with page.expect_response("**/api/v1/search/clicks") as told:
        card.locator("a.open").click()
    assert told.value.status == 202
    told_of = told.value.request.post_data_json
    assert told_of == {"request_id": asked, "id": key.removeprefix("card:"), "position": 2}
