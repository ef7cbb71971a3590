"""The page in a browser: how soon first hits are drawn, how it scrolls and answers keys, and if it jumps."""

from __future__ import annotations

import json
import statistics
import urllib.request
from collections.abc import Iterator
from typing import Any

from playwright.sync_api import Browser, Page

from benchmarks import data
from benchmarks.browsing import browser, chromium
from benchmarks.measured import Measured, Target
from benchmarks.stand import Stand, serving
from benchmarks.timing import taken

WORKLOAD = "studio"
ROUNDS = 15
WARM_REQUESTS = 100
GRACE_MS = 300
HITS = 1000
CALL = "/api/v1/search?q=blue+shirt"
PAGE = "/?q=blue+shirt"
PLAIN = "/assets/nothing"
PAINTED = """() => new Promise((done) => {
  new PerformanceObserver((list) => {
    for (const one of list.getEntries()) if (one.name === "first-contentful-paint") done(one.startTime);
  }).observe({ type: "paint", buffered: true });
})"""
WATCHED = """
window.shifted = 0;
window.slowest = 0;
new PerformanceObserver((list) => {
  for (const one of list.getEntries()) if (!one.hadRecentInput) window.shifted += one.value;
}).observe({ type: "layout-shift", buffered: true });
new PerformanceObserver((list) => {
  for (const one of list.getEntries()) window.slowest = Math.max(window.slowest, one.duration);
}).observe({ type: "event", durationThreshold: 16, buffered: true });
"""
SCROLL = """async (hits) => {
  const times = [];
  let last = performance.now();
  const enough = () => document.querySelectorAll("#hits .card:not(.ghost)").length >= hits;
  const end = () => scrollY + innerHeight >= document.documentElement.scrollHeight - 4;
  await new Promise((done) => {
    const step = (now) => {
      times.push(now - last);
      last = now;
      if (enough() && end()) return done();
      scrollBy(0, 40);
      requestAnimationFrame(step);
    };
    requestAnimationFrame(step);
  });
  times.shift();
  return times;
}"""


def measure(stand: Stand) -> Iterator[Measured]:
    """Yield figures of the search page over the fashion catalogue, in Chromium without a window."""
    executable = chromium()
    stand.fashion()
    with serving(stand.settings(data.FASHION)) as (address, _), browser(executable) as launched:
        yield from _first_hits(launched, address)
        yield from _scrolling(launched, address, 200 if stand.quick else HITS)
        yield from _typing(launched, address)


def _opened(browser: Browser, address: str) -> Page:
    page = browser.new_context(viewport={"width": 1280, "height": 900}, base_url=address).new_page()
    page.add_init_script(WATCHED)
    return page


def _first_hits(browser: Browser, address: str) -> Iterator[Measured]:
    call_address = f"{address}{CALL}&facets={','.join(_facets(browser, address))}"
    # The page is cold, not the service: an engine that has only indexed still compiles what it searches by.
    for _ in range(WARM_REQUESTS):
        _fetched(call_address)
        _fetched(address + PAGE)
    called, drawn, plain = [], [], []
    for _ in range(ROUNDS):
        called.append(_fetched(call_address))
        drawn.append(_painted(browser, address, PAGE, "#hits .card"))
        plain.append(_painted(browser, address, PLAIN, "main"))
    call, draw, floor = (statistics.median(times) for times in (called, drawn, plain))
    yield Measured(
        WORKLOAD,
        "first hits drawn from a cold page ÷ (one and a half API calls + 300 ms)",
        draw / (1.5 * call + GRACE_MS),
        Target(most=1),
        f"{draw:.0f} ms; the call, with the page's facets, {call:.0f} ms; "
        f"a page of one sentence {floor:.0f} ms; medians of {ROUNDS}",
    )


def _fetched(address: str) -> float:
    """Return how many milliseconds the service takes to answer."""

    def read() -> None:
        with urllib.request.urlopen(address) as reply:
            reply.read()

    return 1000 * taken(read)


def _facets(browser: Browser, address: str) -> list[str]:
    """Return what the page counts: a client that is to draw the same counts it too."""
    page = _opened(browser, address)
    page.goto(PAGE)
    told = json.loads(page.locator("#layout").get_attribute("data-page") or "")
    page.context.close()
    return [one["field"] for one in told["facets"]["assets"]]


def _painted(browser: Browser, address: str, path: str, shown: str) -> float:
    """Return how many milliseconds a browser that knows nothing of the service takes to draw a page."""
    page = _opened(browser, address)
    page.goto(path)
    page.locator(shown).first.wait_for()
    painted = float(page.evaluate(PAINTED))
    page.context.close()
    return painted


def _scrolling(browser: Browser, address: str, hits: int) -> Iterator[Measured]:
    page = _opened(browser, address)
    page.goto("/")
    page.locator("#hits .card").first.wait_for()
    times: list[float] = page.evaluate(SCROLL, hits)
    late = sum(one > 1000 / 30 for one in times) / len(times)
    yield Measured(
        WORKLOAD,
        f"frames a second while {hits} hits scroll by",
        1000 * len(times) / sum(times),
        Target(least=50),
        f"{len(times)} frames, {100 * late:.1f} % of them later than 33 ms",
    )
    yield Measured(WORKLOAD, "layout shift while they do", _told(page, "shifted"), Target(most=0.02))
    page.context.close()


def _typing(browser: Browser, address: str) -> Iterator[Measured]:
    page = _opened(browser, address)
    page.goto("/")
    page.locator("#hits .card").first.wait_for()
    words = page.get_by_role("combobox", name="Search")
    for typed in ("blue", "blue shirt", "blue shirts for men"):
        words.press_sequentially(typed[len(words.input_value()) :], delay=60)
        with page.expect_response(lambda reply: "/api/v1/search?" in reply.url):
            words.press("Enter")
    yield Measured(
        WORKLOAD,
        "from a key to the next frame, the slowest, ms",
        _told(page, "slowest"),
        Target(most=100),
        "typing three queries, letter by letter",
    )
    page.context.close()


def _told(page: Page, name: str) -> float:
    value: Any = page.evaluate(f"window.{name}")
    return float(value)
