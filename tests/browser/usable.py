"""Whether a page keeps nobody out, as axe-core sees it (WCAG 2.2, levels A and AA)."""

from __future__ import annotations

from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Page

LEVELS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]


def assert_usable_by_all(page: Page, where: str) -> None:
    """Fail with the first places that somebody cannot use."""
    found = Axe().run(page, options={"runOnly": {"type": "tag", "values": LEVELS}}).response
    told = [
        f"{one['id']}: {node['target']} {node['failureSummary']}"
        for one in found["violations"]
        for node in one["nodes"][:3]
    ]
    assert not told, "\n".join([where, *told])
