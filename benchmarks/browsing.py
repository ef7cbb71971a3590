"""Debian's Chromium without a window, for what is measured on pages."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, sync_playwright

from benchmarks.data import DataAbsentError


def chromium() -> str:
    """Return where it is.

    Raises:
        DataAbsentError: it is not on this machine.
    """
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    if found is None:
        raise DataAbsentError("no Chromium here; as root: apt-get install chromium")
    return found


@contextmanager
def browser(executable: str) -> Iterator[Browser]:
    """Run it for as long as something is measured."""
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=executable, args=["--no-sandbox"])
        yield launched
        launched.close()
