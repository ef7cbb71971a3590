"""A file's name or path read by patterns with named groups, under a length cap and a time limit."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import regex  # type: ignore[import-untyped]

from discovery.config import LONGEST_NAME, PATTERN_TIMEOUT_SECONDS
from discovery.linking.words import ENDING, stem

GROUPS = ("sku", "style", "ean", "colour", "view")


@dataclass(frozen=True, slots=True)
class Reading:
    """What one pattern found; groups that are absent or took no part are empty."""

    sku: str = ""
    style: str = ""
    ean: str = ""
    colour: str = ""
    view: str = ""


class Patterns:
    """Compiled patterns, in the order in which they count.

    Raises:
        ValueError: one does not compile; settings that were loaded hold none such.
    """

    def __init__(self, patterns: Iterable[str]) -> None:
        try:
            self._compiled = [("/" in text, regex.compile(text, regex.IGNORECASE)) for text in patterns]
        except regex.error as error:
            raise ValueError(f"a linking pattern does not compile: {error}") from error

    def readings(self, key: str) -> Iterator[Reading]:
        """Yield what each pattern reads in an asset's key; one that takes too long reads nothing."""
        name, path = stem(key), ENDING.sub("", key)[-LONGEST_NAME:]
        for whole, pattern in self._compiled:
            try:
                match = pattern.search(path if whole else name, timeout=PATTERN_TIMEOUT_SECONDS)
            except TimeoutError:
                continue
            if match:
                found = match.groupdict()
                yield Reading(**{group: found.get(group) or "" for group in GROUPS})
