"""What a picture shows of its product: told by its file's name, else by its role. Pure."""

from __future__ import annotations

import posixpath
import re

FRONT = "front"

_WORDS = {
    word: view
    for view, words in {
        FRONT: "front main hero packshot primary cover vorne face",
        "back": "back rear reverse hinten",
        "angle": "angle side left right profile threequarter",
        "detail": "detail details close closeup zoom macro texture",
        "swatch": "swatch sw chip",
        "lifestyle": "lifestyle scene setting ambient ambiance model outfit room interior mood",
        "packaging": "packaging package pack box packed",
        "other": "top bottom below above inside open alt alternate alternative",
    }.items()
    for word in words.split()
}
_ROLES = {"hero": FRONT, "alternate": "other"}
_NUMBER = re.compile(r"(?:v|rev|version)?[0-9]*")
_QUALIFIERS = frozenset({"final", "copy", "new", "web", "small", "large"})


def told_view(filename: str) -> str | None:
    """Return the view that the last telling word of a file's name names, ``None`` if it names none."""
    stem = posixpath.splitext(posixpath.basename(filename))[0].lower()
    for word in reversed(re.split(r"[^a-z0-9]+", stem)):
        if not _NUMBER.fullmatch(word) and word not in _QUALIFIERS:
            return _WORDS.get(word.rstrip("0123456789"))
    return None


def view_of(filename: str, role: str) -> str:
    """Return the view of a linked picture. A hero whose name tells another view is no front."""
    return told_view(filename) or _ROLES.get(role, role)
