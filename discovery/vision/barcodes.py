"""Retail barcodes that a picture shows: packaging and labels often carry the product's own number.

EAN-13, UPC-A and EAN-8 only: they are what names a product, and their check digits and guards leave little
to chance. Read from the pixels that are decoded for everything else; a code whose bars are narrower than two
pixels there may not be seen.

Most pictures show none, and a line across a barcode has edges that few other lines have. So lines a few
pixels apart are looked at first, and the decoder only where one of them might cross a code.
"""

from __future__ import annotations

import numpy as np
import zxingcpp
from numpy.typing import NDArray

from discovery.vision.images import Picture

MOST_CODES = 20
MOST_EDGE = 2048
"""Pixels of the longer edge that are looked at: a few formats cannot be decoded at a smaller scale."""

_LINES_APART = 8
_LEAST_STEP = 24
"""Grey levels between neighbouring pixels that make an edge."""
_FEWEST_EDGES = 40
"""Edges on a line across the shortest code, EAN-8, are 44."""

_FORMATS = zxingcpp.BarcodeFormats(
    [zxingcpp.BarcodeFormat.EAN13, zxingcpp.BarcodeFormat.UPCA, zxingcpp.BarcodeFormat.EAN8]
)

Grey = NDArray[np.uint8]


def barcodes(picture: Picture) -> tuple[str, ...]:
    """Return the digits of the barcodes in a picture, lying or upright, each once."""
    image = picture.image.convert("L")
    factor = -(-max(image.size) // MOST_EDGE)
    grey = np.asarray(image.reduce(factor) if factor > 1 else image)
    found: set[str] = set()
    for turned in (grey, grey.T):
        if _may_show(turned):
            found |= _read(np.ascontiguousarray(turned))
    return tuple(sorted(found))[:MOST_CODES]


def _may_show(grey: Grey) -> bool:
    """Return whether any of some lines has as many edges as a line across a code."""
    lines = np.ascontiguousarray(grey[_LINES_APART // 2 :: _LINES_APART])
    if not lines.size or lines.shape[1] < _FEWEST_EDGES:
        return False
    here, beside = lines[:, 1:], lines[:, :-1]
    steps = np.maximum(here, beside) - np.minimum(here, beside)
    return bool(np.count_nonzero(steps >= _LEAST_STEP, axis=1).max() >= _FEWEST_EDGES)


def _read(grey: Grey) -> set[str]:
    found = zxingcpp.read_barcodes(
        grey, formats=_FORMATS, try_rotate=False, try_downscale=False, try_invert=False
    )
    return {one.text for one in found if one.valid}
