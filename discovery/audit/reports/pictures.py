"""Thumbnails within a report: the file shows them wherever it is opened, and stays small enough to mail."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from discovery.audit.reports.model import Report

MOST_EMBEDDED = 15_000_000
"""Characters that all thumbnails of one report take up at most; pictures beyond that are linked."""

Thumbnails = Callable[[Sequence[str]], Iterable[tuple[str, bytes | None]]]
"""Yields assets with their smallest thumbnails (WebP), one by one; ``None`` where there is none."""


def no_thumbnails(_assets: Sequence[str]) -> Iterable[tuple[str, bytes | None]]:
    """Yield nothing: every picture is linked."""
    return ()


def with_pictures(report: Report, thumbnails: Thumbnails, most: int = MOST_EMBEDDED) -> Report:
    """Return the report with the thumbnails that it shows, from its top down to where ``most`` is reached."""
    times = Counter(report.shown())
    pictures: dict[str, bytes | None] = {}
    left = most
    for asset, data in thumbnails(tuple(times)):
        if data is not None:
            left -= times[asset] * 4 * -(-len(data) // 3)
            if left < 0:
                break
        pictures[asset] = data
    return replace(report, pictures=pictures)
