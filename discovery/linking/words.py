"""How names, captions and codes are cut into words that can be compared."""

from __future__ import annotations

import posixpath
import re
import unicodedata

from discovery.config import LONGEST_NAME

LONGEST_TEXT = 2000
"""Characters of a caption that are read."""

LONGEST_PATH = 1000
MOST_WORDS = 24
"""Words of a name that are read; a longer name is no name."""

_WORD = re.compile(r"[^\W_]+")
ENDING = re.compile(r"\.[^.\s/]{1,8}$")

_NOISE = (
    "a an and at by for from in into of on or the to with without der die das und mit von aus le la les et "
    "de final copy web print cmyk rgb srgb hires lores highres lowres large small medium thumb thumbnail "
    "full size original master edit edited retouched crop cropped square new jpg jpeg png tif tiff "
    "webp psd"
)
NOISE = frozenset(_NOISE.split())
"""Words that say nothing of a product: articles, and what people write into file names."""

_CAMERA = (
    "img dsc dscf dscn dscn pxl mvi vid pict image picture photo foto scan screenshot export untitled "
    "whatsapp capture frame"
)
CAMERA = frozenset(_CAMERA.split())
"""What cameras and programs call their files; a number behind it counts exposures."""


def folded(text: str) -> str:
    """Return ``text`` with compatibility forms and case taken away."""
    return text.lower() if text.isascii() else unicodedata.normalize("NFKC", text).casefold()


def words(text: str) -> list[str]:
    """Return the runs of letters and digits in ``text``, without case: ``Ink-Blue_2`` → ink, blue, 2."""
    return _WORD.findall(folded(text[:LONGEST_TEXT]))


def squeezed(text: str) -> str:
    """Return ``text`` as identifiers are compared: letters and digits only, without case."""
    return "".join(words(text))


def stem(filename: str) -> str:
    """Return a file's name without its ending, cut to what a pattern may be given."""
    return ENDING.sub("", posixpath.basename(filename[-LONGEST_PATH:]))[:LONGEST_NAME]


def folders(key: str) -> str:
    """Return the folders of a key, the nearest ones if there are too many."""
    return posixpath.dirname(key[-LONGEST_PATH:])
