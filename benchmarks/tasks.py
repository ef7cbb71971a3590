"""Ten tasks of creative teams: clicks and keys that they take here, and elsewhere as others are described.

Ours are done in a browser and counted as they are done. Others' are read off their documents and the source
of their pages, which ``docs/tasks.md`` names: the least that such a page asks for. What is typed in one go, a
date and a file count one each, on every side.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from playwright.sync_api import Browser, Locator, Page, expect

from benchmarks.browsing import browser, chromium
from benchmarks.measured import Measured, Target
from benchmarks.stand import CHECKOUT, Stand, environment, serving
from discovery.demo import CATALOGUE

WORKLOAD = "tasks"
FILE = Path(__file__).parents[1] / "docs" / "tasks.md"
TARGET = Target(most=0.5)
PICTURE = CATALOGUE / "assets" / "mugs" / "mg-101-terracotta_front.jpg"
DROPPED = """async ([name, bytes]) => {
  const data = new DataTransfer();
  data.items.add(new File([new Uint8Array(bytes)], name, { type: "image/jpeg" }));
  for (const kind of ["dragenter", "dragover", "drop"]) {
    document.body.dispatchEvent(new DragEvent(kind, { dataTransfer: data, bubbles: true, cancelable: true }));
  }
}"""

Other = Literal["ResourceSpace", "Immich"]
OTHERS: tuple[Other, ...] = ("ResourceSpace", "Immich")


class Hand:
    """Does what a person does on a page, and counts it."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.done: list[str] = []

    def click(self, on: Locator, said: str, *, shift: bool = False) -> None:
        """Click something."""
        on.hover()
        on.click(modifiers=["Shift"] if shift else [])
        self.done.append(said)

    def press(self, key: str) -> None:
        """Press one key."""
        self.page.keyboard.press(key)
        self.done.append(key)

    def type(self, into: Locator, text: str, said: str) -> None:
        """Type some words in one go."""
        into.fill(text)
        self.done.append(said)

    def drop(self, picture: Path, said: str) -> None:
        """Drop a file on the page."""
        self.page.evaluate(DROPPED, [picture.name, list(picture.read_bytes())])
        self.done.append(said)


@dataclass(frozen=True, slots=True)
class Task:
    """``do`` begins where ``before`` leads and ends when it is done; ``elsewhere`` are others' steps."""

    name: str
    do: Callable[[Hand], None]
    before: str = "/"
    elsewhere: Mapping[Other, Sequence[str]] | None = None


def one_colour(hand: Hand) -> None:
    """Words that name a colour are understood as one."""
    hand.type(hand.page.get_by_role("combobox", name="Search"), "terracotta mug", "type “terracotta mug”")
    expect(hand.page.locator("#understood .chip")).to_contain_text(["terracotta", "mug"])


def another_colour(hand: Hand) -> None:
    """From one colour to another, and back to all."""
    page = hand.page
    colours = page.locator("#facets .value", has=page.locator("[data-colour]"))
    hand.click(colours.filter(has_text="Grey").first, "untick the colour")
    page.wait_for_url("**/?q=mug")
    hand.click(colours.filter(has_text="Beige").first, "tick the other one")
    page.wait_for_url("**/?q=mug&filter.colour=beige")
    hand.click(page.locator("#clear"), "Clear all")
    page.wait_for_url("**/?q=mug")


def like_a_file(hand: Hand) -> None:
    """A picture that lies on one's own disk."""
    hand.drop(PICTURE, "drop the file on the page")
    expect(hand.page.locator("#query-name")).to_contain_text(PICTURE.name)
    expect(hand.page.locator("#hits .card:not(.ghost)").first).to_be_visible()


def like_a_hit(hand: Hand) -> None:
    """A picture that was found."""
    card = hand.page.locator("#hits .card").first
    card.hover()
    hand.click(card.locator(".similar"), "Find similar")
    hand.page.wait_for_url("**/?asset=*")


def collect(hand: Hand) -> None:
    """Eight hits into a new collection."""
    page = hand.page
    cards = page.locator("#hits .card:not(.ghost)")
    hand.click(cards.first.locator(".pick"), "select the first")
    hand.click(cards.nth(7).locator(".pick"), "the last, with Shift", shift=True)
    expect(page.locator("#selected")).to_contain_text("8")
    hand.press("C")
    expect(page.locator("#collect")).to_be_visible()
    hand.press("Enter")
    expect(page.locator("#collected")).to_contain_text("8 items are collected")


def share(hand: Hand) -> None:
    """A link to a collection that ends by itself."""
    hand.click(hand.page.get_by_role("button", name="Share", exact=True), "Share")
    hand.click(hand.page.get_by_role("button", name="Make a link"), "Make a link")
    expect(hand.page.locator("#link")).to_be_visible()


def all_files(hand: Hand) -> None:
    """The files of a collection."""
    _downloaded(hand, "All files", ".zip")


def contact_sheet(hand: Hand) -> None:
    """A collection on paper."""
    _downloaded(hand, "Contact sheet", ".pdf")


def keep_one(hand: Hand) -> None:
    """One of two files that hold the same picture."""
    hand.press("M")
    expect(hand.page.locator("#preview")).to_be_visible()
    hand.press("Enter")
    expect(hand.page.locator(".case .done").first).to_be_visible()


def out_of_date(hand: Hand) -> None:
    """Say of a hit that it is out of date."""
    page = hand.page
    hand.click(page.locator("#hits .open").first, "open the hit")
    hand.click(
        page.locator("#detail").get_by_text("Something is wrong with it"), "Something is wrong with it"
    )
    hand.click(page.locator("#detail").get_by_role("button", name="It is out of date"), "It is out of date")
    expect(page.locator("#detail .feedback [role=status]")).to_contain_text("among the findings")


def _downloaded(hand: Hand, label: str, suffix: str) -> None:
    with hand.page.expect_download() as download:
        hand.click(hand.page.get_by_role("link", name=label), label)
    if not download.value.suggested_filename.endswith(suffix):
        raise RuntimeError(f"{label} gave {download.value.suggested_filename}")


COLLECTION = "the collection"
TASKS = (
    Task(
        "Find pictures by words, of one colour only",
        one_colour,
        elsewhere={
            "Immich": ("Search options", "type the words", "open the tags", "choose the tag", "Search"),
            "ResourceSpace": ("Advanced search", "type the words", "tick the value", "Search"),
        },
    ),
    Task(
        "Another colour in its place, then all again",
        another_colour,
        "/?q=mug&filter.colour=grey",
        elsewhere={
            "Immich": (
                "Search options", "take the tag out", "open the tags", "choose the other tag", "Search",
                "Search options", "take the tag out", "Search",
            ),
            "ResourceSpace": (
                "Advanced search", "untick the value", "tick the other one", "Search",
                "Advanced search", "untick the value", "Search",
            ),
        },
    ),
    Task(
        "Find what looks like a file on the disk",
        like_a_file,
        elsewhere={"ResourceSpace": ("AI Smart Search: choose a file", "the file")},
    ),
    Task(
        "Find what looks like a hit",
        like_a_hit,
        "/?q=mug",
        elsewhere={
            "Immich": ("open the hit", "its menu", "View similar photos"),
            "ResourceSpace": ("open the hit", "Visually similar images"),
        },
    ),
    Task(
        "Collect eight hits that stand together",
        collect,
        "/?q=mug",
        elsewhere={
            "Immich": (
                "select the first", "the last, with Shift", "the plus sign",
                "Album", "type its name", "New album",
            ),
            "ResourceSpace": (
                "Create a collection", "type its name", "Create", *(["the plus sign of one"] * 8),
            ),
        },
    ),
    Task(
        "Share it by a link that ends by itself",
        share,
        COLLECTION,
        elsewhere={
            "Immich": ("the share icon", "Create link", "Expire after: choose", "Create link"),
            "ResourceSpace": ("Actions: Share", "Generate URL", "Expires: choose", "Generate external URL"),
        },
    ),
    Task(
        "Download all of it",
        all_files,
        COLLECTION,
        elsewhere={
            "Immich": ("the download icon",),
            "ResourceSpace": ("Actions: Download", "Download"),
        },
    ),
    Task(
        "A contact sheet of it, as PDF",
        contact_sheet,
        COLLECTION,
        elsewhere={"ResourceSpace": ("Actions: Contact sheet", "Create")},
    ),
    Task(
        "Two files of the same picture are shown: keep one",
        keep_one,
        "/review?of=duplicates",
        elsewhere={
            "Immich": ("Trash the other",),
            "ResourceSpace": ("open the other", "Delete", "yes"),
        },
    ),
    Task(
        "Tell that a hit is out of date",
        out_of_date,
        "/?q=mug",
        elsewhere={"ResourceSpace": ("open the hit", "type a comment", "Submit")},
    ),
)  # fmt: skip


def measure(stand: Stand) -> Iterator[Measured]:
    """Do the tasks over the demo catalogue in Chromium; yield ours ÷ others', over what others can do."""
    executable = chromium()
    settings = stand.settings("demo")
    for command in (["demo", "--no-serve"], ["duplicates", "find"]):
        subprocess.run(
            [sys.executable, "-m", "discovery", *command],
            cwd=CHECKOUT,
            env=environment(settings),
            check=True,
            capture_output=True,
        )
    with serving(settings) as (address, _), browser(executable) as launched:
        ours = [_done(launched, address, task) for task in TASKS]
    FILE.write_text(_page(ours), encoding="utf-8")
    for other in OTHERS:
        pairs = [
            (len(done), len(task.elsewhere[other]))
            for done, task in zip(ours, TASKS, strict=True)
            if task.elsewhere and other in task.elsewhere
        ]
        mine, theirs = sum(one for one, _ in pairs), sum(one for _, one in pairs)
        yield Measured(
            WORKLOAD,
            f"clicks and keys of {len(pairs)} tasks ÷ those in {other}",
            mine / theirs,
            TARGET,
            f"{mine} ÷ {theirs}, theirs as documented",
        )


def _done(browser: Browser, address: str, task: Task) -> list[str]:
    page = browser.new_context(viewport={"width": 1280, "height": 900}, base_url=address).new_page()
    page.goto(_collection(page) if task.before == COLLECTION else task.before)
    page.wait_for_load_state("networkidle")
    hand = Hand(page)
    task.do(hand)
    page.context.close()
    return hand.done


def _collection(page: Page) -> str:
    found: list[dict[str, Any]] = page.request.get("/api/v1/collections").json()["collections"]
    return str(found[0]["links"]["page"])


def _page(ours: Sequence[Sequence[str]]) -> str:
    rows = []
    for done, task in zip(ours, TASKS, strict=True):
        told = [_told((task.elsewhere or {}).get(other)) for other in OTHERS]
        rows.append(f"| {task.name} | {_told(done)} | {' | '.join(told)} |")
    return _PAGE.format(rows="\n".join(rows))


def _told(steps: Sequence[str] | None) -> str:
    if not steps:
        return "not possible"
    several = [one for one in dict.fromkeys(steps) if steps.count(one) > 2]
    told = [
        f"{step}, {steps.count(step)} times" if step in several else step
        for number, step in enumerate(steps)
        if step not in several or step not in steps[:number]
    ]
    return f"**{len(steps)}**: {'; '.join(told)}"


_PAGE = """# Ten tasks, in clicks and keys

Ours are done and counted in a browser over the demo catalogue by `python -m benchmarks tasks`, which writes
this page. Others' are the least that their pages ask for. What is typed in one go, a date and a file count
one each, on every side.

| task | here | ResourceSpace | Immich |
| --- | --- | --- | --- |
{rows}

Where others' steps are from:

- ResourceSpace: its knowledge base, "Sharing and collections" and "CLIP AI Smart Search", and the pages
  `search_advanced.php`, `collection_share.php`, `collection_download.php`, `contactsheet_settings.php` and
  `delete.php` of its source. Finding by looks needs its CLIP plugin, comments a setting.
- Immich: its documents "Search your library", "Shared albums & assets" and "Review duplicates", and the form
  of filters (`SearchFilterModal`) and the menu of the viewer, of its source. A tag stands for a colour.
"""
