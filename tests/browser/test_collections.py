"""Selecting, collecting, arranging and sharing, by mouse and by keys."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.test_studio import asked
from tests.browser.usable import assert_usable_by_all

pytestmark = pytest.mark.browser

COLLECTIONS = "/api/v1/collections"


@pytest.fixture
def tidy(demo_page: Page) -> Iterator[Page]:
    """A page of the demo; what was collected on it is taken away."""
    before = {one["id"] for one in asked(demo_page, COLLECTIONS)["collections"]}
    yield demo_page
    for one in asked(demo_page, COLLECTIONS)["collections"]:
        if one["id"] not in before:
            demo_page.request.delete(one["links"]["self"])


def collected(page: Page, name: str, count: int) -> dict[str, Any]:
    """Collect the first hits of a search for mugs, and open the collection."""
    page.goto("/?q=mug")
    boxes = page.locator("#hits .pick input")
    boxes.first.check(force=True)
    boxes.nth(count - 1).click(modifiers=["Shift"], force=True)
    expect(page.locator("#selected")).to_have_text(f"{count} selected")
    page.get_by_role("button", name="Collect").click()
    dialog = page.get_by_role("dialog", name="Collect what is selected")
    expect(dialog.get_by_label("Its name")).to_have_value("mug")
    dialog.get_by_label("Its name").fill(name)
    dialog.get_by_role("button", name="Collect").click()
    page.get_by_role("link", name="Open the collection").click()
    expect(page.locator("h1")).to_contain_text(name)
    found: dict[str, Any] = asked(page, f"{page.locator('#collection').get_attribute('data-self')}/items")
    assert found["total"] == count
    return found


def order(page: Page) -> list[str]:
    found = asked(page, f"{page.locator('#collection').get_attribute('data-self')}/items")
    return [one["id"] for one in found["items"]]


def test_hits_are_selected_by_keys_and_stay_so_while_results_change(tidy: Page) -> None:
    tidy.goto("/?q=mug")
    card = tidy.locator("#hits .card").first
    card.locator(".open").focus()
    tidy.keyboard.press("x")
    tidy.keyboard.press("ArrowRight")
    tidy.keyboard.press("ArrowRight")
    tidy.keyboard.press("Shift+X")
    expect(tidy.locator("#selected")).to_have_text("3 selected")
    first = tidy.locator("#hits .card").first.get_attribute("data-kind")
    assert first == "asset"
    tidy.locator("#search .words").fill("bowl")
    expect(tidy.locator("#hits .card[data-selected]")).to_have_count(0)
    expect(tidy.locator("#selected")).to_have_text("3 selected")
    tidy.go_back()
    expect(tidy.locator("#hits .card[data-selected]")).to_have_count(3)
    tidy.locator("#hits .open").first.focus()
    tidy.keyboard.press("c")
    dialog = tidy.get_by_role("dialog", name="Collect what is selected")
    expect(dialog).to_be_visible()
    tidy.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    tidy.keyboard.press("Escape")
    expect(tidy.locator("#selection")).to_be_hidden()


def test_a_selection_is_collected_put_in_order_and_undone(tidy: Page) -> None:
    before = [one["id"] for one in collected(tidy, "Order", 4)["items"]]
    cards = tidy.locator("#items .card")
    cards.first.locator(".open").focus()
    tidy.keyboard.press("Alt+ArrowRight")
    expect(tidy.locator("#told")).to_contain_text("stands at 2 now")
    expect(cards.nth(1)).to_have_attribute("data-id", before[0])
    cards.nth(3).drag_to(cards.nth(0))
    expect(cards.first).to_have_attribute("data-id", before[3])
    moved = [before[3], before[1], before[0], before[2]]
    tidy.wait_for_load_state("networkidle")
    assert order(tidy) == moved
    tidy.get_by_role("button", name="Undo").click()
    expect(cards.nth(3)).to_have_attribute("data-id", before[3])
    cards.first.locator(".open").focus()
    tidy.keyboard.press("Delete")
    expect(tidy.locator("#count")).to_have_text("3 items")
    tidy.get_by_role("button", name="Undo").click()
    expect(tidy.locator("#count")).to_have_text("4 items")
    tidy.wait_for_load_state("networkidle")
    assert order(tidy) == [before[1], before[0], before[2], before[3]]
    tidy.reload()
    expect(cards.first).to_have_attribute("data-id", before[1])


def test_it_is_edited_and_taken_away(tidy: Page) -> None:
    collected(tidy, "To edit", 2)
    tidy.get_by_role("button", name="Edit").click()
    dialog = tidy.get_by_role("dialog", name="Edit the collection")
    dialog.get_by_label("Name").fill("Edited")
    dialog.get_by_label("Note").fill("for the shop window")
    dialog.get_by_role("button", name="Keep").click()
    expect(tidy.locator("h1")).to_contain_text("Edited")
    expect(tidy.locator(".lead")).to_have_text("for the shop window")
    tidy.goto("/collections")
    tidy.get_by_role("link", name=re.compile("Edited")).click()
    tidy.get_by_role("button", name="Edit").click()
    tidy.get_by_role("button", name="Take the collection away").click()
    tidy.get_by_role("dialog", name=re.compile("Take “Edited” away")).get_by_role(
        "button", name="Take it away"
    ).click()
    expect(tidy.locator("h1")).to_contain_text("Collections")
    expect(tidy.get_by_role("link", name=re.compile("Edited"))).to_have_count(0)


def test_a_change_by_another_hand_is_told_and_not_undone(tidy: Page) -> None:
    found = collected(tidy, "Two hands", 3)
    other = found["collection"]["links"]["self"]
    tidy.request.patch(other, data={"note": "mine"})
    tidy.locator("#items .card").first.locator(".open").focus()
    tidy.keyboard.press("Alt+ArrowRight")
    expect(tidy.locator("#told")).to_contain_text("changed")
    tidy.wait_for_load_state("networkidle")
    assert order(tidy) == [one["id"] for one in found["items"]]


def test_a_link_shows_it_to_whoever_has_it_until_it_is_taken_back(
    tidy: Page, browser: Browser, studio: str
) -> None:
    collected(tidy, "Shared", 3)
    tidy.get_by_role("button", name="Share").click()
    dialog = tidy.get_by_role("dialog", name="Share the collection")
    in_four_weeks = (datetime.now(UTC) + timedelta(days=28)).date().isoformat()
    expect(dialog.get_by_label("Last day")).to_have_value(in_four_weeks)
    dialog.get_by_label("For whom").fill("agency")
    dialog.get_by_role("button", name="Make a link").click()
    made = dialog.get_by_label("The link")
    expect(made).to_have_value(re.compile(f"^{re.escape(studio)}/shared/."))
    address = made.input_value()
    context = browser.new_context()
    try:
        guest = context.new_page()
        guest.goto(address)
        expect(guest.locator("h1")).to_contain_text("Shared")
        expect(guest.locator("#items .card")).to_have_count(3)
        expect(guest.get_by_role("button", name="Edit")).to_have_count(0)
        files = guest.request.get(
            f"{studio}{guest.get_by_role('link', name='All files').get_attribute('href')}"
        )
        with zipfile.ZipFile(io.BytesIO(files.body())) as archive:
            assert "manifest.csv" in archive.namelist()
            assert len(archive.namelist()) > 1
        sheet = guest.request.get(
            f"{studio}{guest.get_by_role('link', name='Contact sheet').get_attribute('href')}"
        )
        assert sheet.body().startswith(b"%PDF-")
        dialog.get_by_role("button", name="Close").click()
        tidy.get_by_role("button", name="Share").click()
        tidy.get_by_role("button", name="Take agency back").click()
        expect(tidy.locator("#share-told")).to_contain_text("taken back")
        reply = guest.goto(address)
        assert reply is not None
        assert reply.status == 404
    finally:
        context.close()


def test_a_printed_result_is_a_contact_sheet(demo_page: Page) -> None:
    demo_page.goto("/?q=mug")
    demo_page.emulate_media(media="print")
    expect(demo_page.locator("#hits .card").first).to_be_visible()
    for hidden in (".bar", ".filters", ".foot", "#hits .pick", "#hits .similar"):
        expect(demo_page.locator(hidden).first).to_be_hidden()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_keeps_people_out_of_collections(tidy: Page, scheme: Any) -> None:
    tidy.emulate_media(color_scheme=scheme)
    collected(tidy, f"In {scheme}", 3)
    address = tidy.url
    tidy.get_by_role("button", name="Share").click()
    assert_usable_by_all(tidy, "sharing")
    tidy.goto(address)
    tidy.get_by_role("button", name="Edit").click()
    assert_usable_by_all(tidy, "editing")
    for path in (address, "/collections"):
        tidy.goto(path)
        assert_usable_by_all(tidy, path)
    tidy.goto("/?q=mug")
    tidy.locator("#hits .pick input").first.check(force=True)
    assert_usable_by_all(tidy, "selecting")
    tidy.get_by_role("button", name="Collect").click()
    assert_usable_by_all(tidy, "collecting")
