"""Which files hold the same picture: equal bytes, near fingerprints, near looks. Pure, and never all pairs.

Fingerprints of 64 bits that differ in at most seven have, of four parts of 16 bits, one that differs in at
most one (pigeonhole); candidates are those that share such a part. A mirror image's fingerprint is the
picture's own with every odd horizontal frequency negated, so one more look-up finds it.
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from discovery.audit.context import Copy

MIRROR: Final = 0x5555555555555555
PARTS: Final = 4
PART_BITS: Final = 16
AT_ONCE: Final = 200_000
MOST_PAIRS: Final = 500_000

SAME_LOOK = 0.95
"""Least cosine of two looks whose fingerprints are near: packshots of two products can share one."""

SAME_LOOK_OF_TWO = 0.975
"""The same where catalogues name the two files, each for its own product: they are told apart already."""

ASPECT_TOLERANCE = 0.03
COLOUR_TOLERANCE = 40.0
"""Distance of mean colours, of 441 between black and white."""


@dataclass(frozen=True, slots=True)
class Print:
    """What tells whether two files hold the same picture.

    ``stem`` is the same for versions of one file; ``skus`` are the products whose catalogue names the file.
    """

    id: str
    name: str
    checksum: str
    stem: str
    linked: bool = False
    skus: frozenset[str] = frozenset()
    pixels: int = 0
    aspect: float | None = None
    made: datetime | None = None
    fingerprint: int | None = None
    colour: tuple[float, float, float] | None = None
    look: NDArray[np.float32] | None = None


@dataclass(frozen=True, slots=True)
class Likeness:
    """How two files are the same picture. ``sure`` where fingerprint or bytes say so, not looks alone."""

    how: str
    degree: float
    sure: bool


def compare(one: Print, other: Print, *, distance: int, likeness: float) -> Likeness | None:
    """Return how two files hold the same picture, ``None`` if they do not.

    Two pictures that one product shows side by side are told apart by its catalogue, and versions of one file
    by their names, however near they look.
    """
    if one.checksum == other.checksum:
        return Likeness("the same file as", 1.0, sure=True)
    if one.stem == other.stem or (one.skus & other.skus):
        return None
    both = bool(one.skus) and bool(other.skus)
    cosine = _cosine(one.look, other.look)
    turned = _turned(one, other, distance)
    if turned is not None and _alike(one, other):
        least = SAME_LOOK_OF_TWO if both else SAME_LOOK
        if cosine is not None and cosine >= least:
            return Likeness(turned, min(cosine, 0.999), sure=True)
        if cosine is None and not both:
            return Likeness(turned, 0.8, sure=True)
    if cosine is not None and cosine >= likeness and not both:
        return Likeness("probably a crop or another version of", min(cosine, 0.999), sure=False)
    return None


def _turned(one: Print, other: Print, distance: int) -> str | None:
    if one.fingerprint is None or other.fingerprint is None:
        return None
    if (one.fingerprint ^ other.fingerprint).bit_count() <= distance:
        return "resized or recompressed from the picture"
    if (one.fingerprint ^ other.fingerprint ^ MIRROR).bit_count() <= distance:
        return "a mirror image of"
    return None


def _alike(one: Print, other: Print) -> bool:
    """Return whether ratio and mean colour agree, as far as they are known."""
    if one.aspect and other.aspect and abs(one.aspect / other.aspect - 1) > ASPECT_TOLERANCE:
        return False
    return not (one.colour and other.colour and math.dist(one.colour, other.colour) > COLOUR_TOLERANCE)


def _cosine(one: NDArray[np.float32] | None, other: NDArray[np.float32] | None) -> float | None:
    if one is None or other is None or one.shape != other.shape:
        return None
    lengths = float(np.linalg.norm(one)) * float(np.linalg.norm(other))
    return float(one @ other) / lengths if lengths else None


def better(one: Print, other: Print) -> bool:
    """Return whether ``one`` is the file to keep: named by a catalogue, linked, large, old."""
    return _rank(one) > _rank(other)


def _rank(one: Print) -> tuple[bool, bool, int, float, str]:
    return (bool(one.skus), one.linked, one.pixels, -one.made.timestamp() if one.made else -math.inf, one.id)


def copy_of(kept: Print, likeness: Likeness) -> Copy:
    """Return what is told about the lesser file."""
    return Copy(kept.id, kept.name, likeness.how, round(likeness.degree, 3), kept.linked)


def mean_colour(colours: Iterable[Mapping[str, Any]]) -> tuple[float, float, float] | None:
    """Return the mean of dominant colours (``hex``, ``share``) as red, green, blue of 0 to 255."""
    total, red, green, blue = 0.0, 0.0, 0.0, 0.0
    for colour in colours:
        share, code = float(colour["share"]), int(str(colour["hex"]).lstrip("#"), 16)
        total += share
        red += share * (code >> 16 & 255)
        green += share * (code >> 8 & 255)
        blue += share * (code & 255)
    return (red / total, green / total, blue / total) if total else None


def equal_groups(keys: array[int], rows: array[int]) -> Iterator[list[int]]:
    """Yield the rows that share a key, of those keys that several have."""
    if not keys:
        return
    values = np.frombuffer(keys, dtype=np.uint64)
    order = np.argsort(values, kind="stable")
    ordered = values[order]
    starts = np.flatnonzero(np.concatenate(([True], ordered[1:] != ordered[:-1])))
    ends = np.append(starts[1:], len(ordered))
    numbers = np.frombuffer(rows, dtype=np.uint64)
    for start, end in zip(starts[ends - starts > 1], ends[ends - starts > 1], strict=True):
        yield [int(row) for row in numbers[order[start:end]]]


@dataclass(frozen=True, slots=True)
class Pairs:
    """Pairs of places in a list of fingerprints; ``crowded`` if there were more than are looked at."""

    one: NDArray[np.int64]
    other: NDArray[np.int64]
    crowded: bool

    def __iter__(self) -> Iterator[tuple[int, int]]:
        return zip(self.one.tolist(), self.other.tolist(), strict=True)


def near_pairs(fingerprints: Sequence[int] | array[int], distance: int, most: int = MOST_PAIRS) -> Pairs:
    """Return the pairs of fingerprints, upright or mirrored, at most ``distance`` (0 to 7) bits apart.

    Time grows with the pairs that share a part of 16 bits, memory with ``most``.
    """
    values = np.asarray(fingerprints, dtype=np.uint64)
    found: list[NDArray[np.int64]] = []
    count = 0
    for one, other in _candidates(values):
        apart = values[one] ^ values[other]
        near = np.bitwise_count(apart) <= distance
        near |= np.bitwise_count(apart ^ np.uint64(MIRROR)) <= distance
        near &= one < other
        chosen = np.unique(np.stack((one[near], other[near]), axis=1), axis=0)
        found.append(chosen)
        count += len(chosen)
        if count > most * PARTS * 2:
            break
    pairs = np.unique(np.concatenate(found), axis=0) if found else np.empty((0, 2), dtype=np.int64)
    crowded = len(pairs) > most
    return Pairs(pairs[:most, 0], pairs[:most, 1], crowded)


def _candidates(values: NDArray[np.uint64]) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Yield pairs of places whose values share a part, but for one bit; upright first, then mirrored."""
    changes = [0, *(1 << bit for bit in range(PART_BITS))]
    for part in range(PARTS):
        shift = np.uint64(part * PART_BITS)
        parts = (values >> shift) & np.uint64(0xFFFF)
        order = np.argsort(parts, kind="stable")
        ordered = parts[order]
        for mirrored in (0, MIRROR & 0xFFFF):
            for change in changes:
                probes = parts ^ np.uint64(mirrored ^ change)
                left = np.searchsorted(ordered, probes, "left")
                right = np.searchsorted(ordered, probes, "right")
                yield from _expanded(order, left, right - left)


def _expanded(
    order: NDArray[np.int64], left: NDArray[np.int64], counts: NDArray[np.int64]
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Yield, a bounded number at once, every probing place with every place in its range."""
    total = np.cumsum(counts)
    start = 0
    while start < len(counts):
        base = int(total[start - 1]) if start else 0
        end = max(start + 1, int(np.searchsorted(total, base + AT_ONCE, "right")))
        some = counts[start:end]
        one = np.repeat(np.arange(start, end, dtype=np.int64), some)
        within = np.arange(len(one), dtype=np.int64) - np.repeat(np.cumsum(some) - some, some)
        yield one, order[np.repeat(left[start:end], some) + within]
        start = end
