"""What names tell: ``mug_front_v2.jpg`` follows ``mug_front_v1.jpg``, ``mug_back.jpg`` is another view.

Pure.
"""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass
from typing import Final

from discovery.config import VIEWS

_PLAIN: Final = 0
_FINAL: Final = 1_000_000
"""A "final" follows every numbered draft; "final-final" follows that, and "final2" too."""

_NUMBERED = re.compile(
    r"^(?P<stem>.+?)[ _.-]*(?<![^\W_])(?:v|ver|version|rev|r)[ ._-]?(?P<number>\d{1,4})$", re.IGNORECASE
)
_FINALS = re.compile(r"^(?P<stem>.+?)(?P<finals>(?:[ _.-]+final)+)[ _.-]?(?P<number>\d{0,3})$", re.IGNORECASE)
_COPY = re.compile(
    r"^(?P<stem>.+?)(?:[ _-]*\((?P<number>\d{1,3})\)|[ _-]+copy(?:[ _-]?(?P<copy>\d{1,3}))?)$", re.IGNORECASE
)
_VIEW = re.compile(rf"^(?P<stem>.+)[ _.-](?P<view>{'|'.join(VIEWS)})$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Version:
    """A file's place among its versions. Those with one ``stem`` are versions of each other.

    ``copied`` is true for ``name (1)`` and ``name copy``: the same file once more, newer only by chance.
    """

    stem: str
    rank: int
    marked: bool
    copied: bool = False


def version_of(key: str) -> Version:
    """Return the version of the file at ``key``; of a name without a marker, the first one.

    Numbers at the end of a name are no versions: ``IMG_7730`` and ``sit-1`` are pictures of a series.
    """
    folder, name = posixpath.split(key)
    base, ending = posixpath.splitext(name)
    for pattern in (_NUMBERED, _FINALS, _COPY):
        if match := pattern.match(base):
            groups = match.groupdict()
            number = int(groups.get("number") or groups.get("copy") or 0)
            if pattern is _FINALS:
                number += _FINAL * len(re.findall("final", groups["finals"], re.IGNORECASE))
            stem = posixpath.join(folder, match["stem"].rstrip(" _.-") + ending).casefold()
            return Version(stem, number or 1, marked=True, copied=pattern is _COPY)
    return Version(key.casefold(), _PLAIN, marked=False)


def series_of(key: str) -> str | None:
    """Return what the views of one thing have in common in their names, ``None`` for what is no view."""
    folder, name = posixpath.split(key)
    base, _ = posixpath.splitext(name)
    match = _VIEW.match(base)
    return posixpath.join(folder, match["stem"]).casefold() if match else None
