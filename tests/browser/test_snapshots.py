"""Ten states of the pages as they looked when somebody last looked: what changes more than a font is told.

Drawn in one family of fonts on every machine, then kept small and blurred: only what is seen counts.
``DISCOVERY_SNAPSHOTS=write`` keeps how they look now; look at them before they are committed.
"""

from __future__ import annotations

import io
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageFilter
from playwright.sync_api import Browser, Page

from mappings.documents import asset_id
from tests.browser.conftest import watched
from tests.conftest import has_fonts

pytestmark = pytest.mark.browser

KEPT = Path(__file__).parent / "snapshots"
SHRUNK = 4
MOST_APART = 3.0
"""Mean difference of 255, of the blurred pictures."""


def opened(path: str) -> Callable[[Page], None]:
    def go(page: Page) -> None:
        page.goto(path)

    return go


FRONT = asset_id("demo", "mugs/mg-101-terracotta_front.jpg")

STATES: dict[str, tuple[Callable[[Page], None], dict[str, Any]]] = {
    "search": (opened("/?q=mug"), {}),
    "search-dark": (opened("/?q=mug"), {"color_scheme": "dark"}),
    "search-phone": (opened("/?q=mug"), {"viewport": {"width": 390, "height": 844}}),
    "search-list": (opened("/?q=mug&view=list"), {}),
    "products": (opened("/?in=products&q=mug"), {}),
    "nothing": (opened("/?q=xyzzy&mode=text"), {}),
    "picture": (opened(f"/assets/{FRONT}"), {}),
    "product-dark": (opened("/products/MG-101"), {"color_scheme": "dark"}),
    "review": (opened("/review"), {}),
    "same-pictures-phone": (opened("/review?of=duplicates"), {"viewport": {"width": 390, "height": 844}}),
}


@pytest.mark.parametrize("state", STATES)
def test_a_page_looks_as_it_did(browser: Browser, studio: str, state: str) -> None:
    if not has_fonts():
        pytest.skip("other fonts than the kept pictures have; as root: apt-get install fonts-dejavu-core")
    go, how = STATES[state]
    for page in watched(browser, studio, reduced_motion="reduce", **how):
        go(page)
        page.wait_for_load_state("networkidle")
        page.wait_for_function("[...document.images].every((one) => one.loading === 'lazy' || one.complete)")
        seen = blurred(page.screenshot(animations="disabled", caret="hide"))
    file = KEPT / f"{state}.webp"
    if os.environ.get("DISCOVERY_SNAPSHOTS") == "write":
        KEPT.mkdir(exist_ok=True)
        seen.save(file, quality=80)
    with Image.open(file) as kept:
        assert kept.size == seen.size
        apart = float(np.abs(np.asarray(kept.convert("RGB"), float) - np.asarray(seen, float)).mean())
    if apart > MOST_APART:
        seen.save(file.with_suffix(".now.webp"))
    assert apart <= MOST_APART, f"{state} differs by {apart:.1f}; look at {file.with_suffix('.now.webp')}"


def blurred(data: bytes) -> Image.Image:
    with Image.open(io.BytesIO(data)) as shot:
        width, height = shot.size
        small = shot.convert("RGB").filter(ImageFilter.GaussianBlur(6))
        return small.resize((width // SHRUNK, height // SHRUNK), Image.Resampling.BOX)
