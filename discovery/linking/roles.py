"""What a picture shows of its product: from words about it, else from plain facts."""

from __future__ import annotations

import re
from collections.abc import Iterable

HERO, ALTERNATE, BACK, DETAIL = "hero", "alternate", "back", "detail"
SWATCH, LIFESTYLE, PACKAGING = "swatch", "lifestyle", "packaging"
ROLES = (HERO, ALTERNATE, BACK, DETAIL, SWATCH, LIFESTYLE, PACKAGING)

SWATCH_SIDE = 160
"""Pixels of the longer edge up to which a square picture without words is a swatch."""

# What a file's name calls a view.
_SAID = {
    HERO: "main front hero packshot primary cover frontal vorne face",
    BACK: "back rear reverse behind hinten dos",
    DETAIL: "detail details close closeup zoom macro texture fabric stitching",
    SWATCH: "swatch sw chip",
    LIFESTYLE: "lifestyle scene setting ambient ambiance model outfit room interior mood worn insitu "
    "milieu story",
    PACKAGING: "packaging package pack box packed carton verpackung",
    ALTERNATE: "alt alternate alternative side angle left right top bottom profile below above flip "
    "view seite",
}
_VIEWS = {word: role for role, said in _SAID.items() for word in said.split()}

# In captions and keywords many of those words mean other things, so only these count there.
_CAPTIONED = {
    "lifestyle": LIFESTYLE,
    "packaging": PACKAGING,
    "swatch": SWATCH,
    "detail": DETAIL,
    "closeup": DETAIL,
    "macro": DETAIL,
    "back": BACK,
    "rear": BACK,
    "angle": ALTERNATE,
    "side": ALTERNATE,
    "front": HERO,
    "packshot": HERO,
}
_NUMBERED = re.compile(r"([a-z]+)\d{1,2}")


def view_role(word: str) -> str | None:
    """Return the role that one word of a name stands for: ``alt1`` → alternate."""
    numbered = _NUMBERED.fullmatch(word)
    return _VIEWS.get(numbered[1] if numbered else word)


def name_role(said: Iterable[str]) -> str | None:
    """Return the role that the words of a name tell; the last one that tells any counts."""
    return next((role for word in reversed(list(said)) if (role := view_role(word))), None)


def caption_role(said: Iterable[str]) -> str | None:
    """Return the role that the words of titles and keywords tell, the most special one first."""
    found = set(said)
    return next((role for word, role in _CAPTIONED.items() if word in found), None)


def plain_role(width: int | None, height: int | None, counter: int | None) -> str:
    """Return the role of a picture without words: by its size, then by the number at its name's end.

    The first of a numbered row, or the only one, is the hero.
    """
    if width and height and width == height and width <= SWATCH_SIDE:
        return SWATCH
    return HERO if counter is None or counter <= 1 else ALTERNATE
