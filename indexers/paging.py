"""Items taken a page at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

T = TypeVar("T")


def pages(items: Iterable[T], size: int) -> Iterator[list[T]]:
    """Yield ``items`` in lists of ``size``; the last may be shorter."""
    iterator = iter(items)
    while page := list(islice(iterator, size)):
        yield page
