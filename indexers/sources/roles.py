"""What a product's picture shows, guessed from how its file is called."""

from __future__ import annotations

import posixpath
import re
import unicodedata
from collections.abc import Iterable, Sequence

from mappings.documents import ImageReference

HERO = "hero"
ALTERNATE = "alternate"

_ROLES = {
    HERO: "main front hero packshot primary cover",
    "back": "back rear reverse hinten",
    "detail": "detail details close closeup zoom macro texture",
    "swatch": "swatch sw chip",
    "lifestyle": "lifestyle scene setting ambient ambiance model outfit room interior mood",
    "packaging": "packaging package pack box packed",
    ALTERNATE: "alt alternate alternative side angle left right top bottom profile",
}
_NUMBER = re.compile(r"v?[0-9]*")
_WORDS = {word: role for role, words in _ROLES.items() for word in words.split()}


def picture_path(text: str) -> str:
    """Return a catalogue's picture path as an asset's key is written: ``/``, relative, composed Unicode."""
    path = text.strip().replace("\\", "/")
    while path.startswith("./"):
        path = path[2:]
    path = path.lstrip("/")
    return path if path.isascii() else unicodedata.normalize("NFC", path)


def told_role(path: str) -> str | None:
    """Return the role that the last word of a file's name tells: ``wj01-red_back.jpg`` → ``back``.

    Numbers and versions at its end are no words: ``mug_front_v2.jpg`` → ``hero``.
    """
    stem = posixpath.splitext(posixpath.basename(path))[0].lower()
    for word in reversed(re.split(r"[^a-z0-9]+", stem)):
        if not _NUMBER.fullmatch(word):
            return _WORDS.get(word.rstrip("0123456789"))
    return None


def references(paths: Iterable[str]) -> tuple[ImageReference, ...]:
    """Return pictures with their roles, in order, each one once.

    The hero is the first picture whose name says so, else the first whose name says nothing, else the
    first. Names that say nothing else are alternates.
    """
    ordered = tuple(dict.fromkeys(path for text in paths if (path := picture_path(text))))
    if len(ordered) < 2:
        return tuple(ImageReference(path, HERO) for path in ordered)
    roles = [told_role(path) for path in ordered]
    hero = roles.index(HERO) if HERO in roles else roles.index(None) if None in roles else 0
    return tuple(
        ImageReference(path, HERO if position == hero else _unless_hero(role))
        for position, (path, role) in enumerate(zip(ordered, roles, strict=True))
    )


def with_hero(hero: str, others: Sequence[str]) -> tuple[ImageReference, ...]:
    """Return pictures with their roles where the catalogue itself names the hero (it may be empty)."""
    if not picture_path(hero):
        return references(others)
    first = picture_path(hero)
    rest = dict.fromkeys(path for text in others if (path := picture_path(text)) and path != first)
    return (
        ImageReference(first, HERO),
        *(ImageReference(path, _unless_hero(told_role(path))) for path in rest),
    )


def _unless_hero(role: str | None) -> str:
    return ALTERNATE if role in (None, HERO) else role
