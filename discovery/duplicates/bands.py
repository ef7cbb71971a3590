"""Perceptual hashes near each other, in any of eight orientations, found without comparing all pairs.

Hashes of 64 bits that differ in at most seven have, of four parts of 16 bits, one that differs in at most one
(pigeonhole; Manku, Jain and Das Sarma, "Detecting Near-Duplicates for Web Crawling", WWW 2007): candidates
are those that share such a part. A mirrored or turned picture has its own spectrum mirrored or turned: odd
frequencies negated, rows and columns exchanged. So nothing but the hash itself need be stored.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

PARTS: Final = 4
PART_BITS: Final = 16
ORIENTATIONS: Final = 8
AT_ONCE: Final = 200_000
MOST_PAIRS: Final = 200_000

FARTHEST: Final = 7
"""Bits by which hashes can differ and still be found."""

_CHANGES: Final = (0, *(1 << bit for bit in range(PART_BITS)))
_ODD: Final = np.arange(8, dtype=np.uint8) % 2

Hashes = NDArray[np.uint64]


def orientations(hashes: Hashes) -> Hashes:
    """Return what the hashes [n] would be of the pictures in each orientation [n, 8], as EXIF orders them.

    Exact but for frequencies about as strong as the median, of which a few bits may differ.
    """
    spectra = np.unpackbits(hashes.astype(">u8").view(np.uint8).reshape(-1, 8), axis=1).reshape(-1, 8, 8)
    mirrored, upended = spectra ^ _ODD[None, None, :], spectra ^ _ODD[None, :, None]
    turned = mirrored ^ _ODD[None, :, None]
    every = (spectra, mirrored, turned, upended, *map(_transposed, (spectra, upended, turned, mirrored)))
    return np.stack([_packed(one) for one in every], axis=1)


def _transposed(spectra: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return spectra.transpose(0, 2, 1)


def _packed(spectra: NDArray[np.uint8]) -> Hashes:
    return np.packbits(spectra.reshape(-1, 64), axis=1).view(">u8").ravel().astype(np.uint64)


def distance(one: int, other: int) -> int:
    """Return in how many bits two hashes differ in the orientation in which they are nearest."""
    turned = orientations(np.array([one], dtype=np.uint64))[0]
    return int(np.bitwise_count(turned ^ np.uint64(other)).min())


def bands(hash: str) -> tuple[str, ...]:
    """Return the four parts of a hash of 16 hexadecimal digits, as they are kept to be found by."""
    digits = PART_BITS // 4
    return tuple(f"{part}{hash[part * digits : (part + 1) * digits]}" for part in range(PARTS))


def probes(hash: str) -> tuple[list[str], list[str]]:
    """Return the parts by which hashes near this one, in any orientation, are found, and its eight hashes."""
    turned = orientations(np.array([int(hash, 16)], dtype=np.uint64))[0].tolist()
    sought: dict[str, None] = {}
    for one in dict.fromkeys(turned):
        for part in range(PARTS):
            own = one >> (PART_BITS * (PARTS - 1 - part)) & 0xFFFF
            sought |= dict.fromkeys(f"{part}{own ^ change:04x}" for change in _CHANGES)
    return list(sought), [f"{one:016x}" for one in dict.fromkeys(turned)]


@dataclass(frozen=True, slots=True)
class Pairs:
    """Pairs of places in a list of hashes; ``crowded`` if there were more than are looked at."""

    one: NDArray[np.int64]
    other: NDArray[np.int64]
    crowded: bool

    def __iter__(self) -> Iterator[tuple[int, int]]:
        return zip(self.one.tolist(), self.other.tolist(), strict=True)


def near_pairs(hashes: Sequence[int] | array[int], distance: int, most: int = MOST_PAIRS) -> Pairs:
    """Return the pairs of hashes at most ``distance`` (0 to 7) bits apart in any orientation.

    Time grows with the pairs that share a part of 16 bits, memory with ``most``.
    """
    values = np.asarray(hashes, dtype=np.uint64)
    found: list[NDArray[np.int64]] = []
    count = 0
    for turned, one, other in _candidates(values):
        near = np.bitwise_count(turned[one] ^ values[other]) <= distance
        near &= one < other
        if not near.any():
            continue
        chosen = np.unique(np.stack((one[near], other[near]), axis=1), axis=0)
        found.append(chosen)
        count += len(chosen)
        if count > most * PARTS * ORIENTATIONS:
            break
    pairs = np.unique(np.concatenate(found), axis=0) if found else np.empty((0, 2), dtype=np.int64)
    crowded = len(pairs) > most
    return Pairs(pairs[:most, 0], pairs[:most, 1], crowded)


def _candidates(values: Hashes) -> Iterator[tuple[Hashes, NDArray[np.int64], NDArray[np.int64]]]:
    """Yield the hashes in one orientation, and pairs of places that then share a part but for a bit."""
    if not len(values):
        return
    every = orientations(values)
    for part in range(PARTS):
        shift = np.uint64(part * PART_BITS)
        parts = (values >> shift) & np.uint64(0xFFFF)
        order = np.argsort(parts, kind="stable")
        first = np.searchsorted(parts[order], np.arange((1 << PART_BITS) + 1))
        for orientation in range(ORIENTATIONS):
            turned = every[:, orientation]
            own = ((turned >> shift) & np.uint64(0xFFFF)).astype(np.int64)
            for change in _CHANGES:
                sought = own ^ change
                left = first[sought]
                for one, other in _expanded(order, left, first[sought + 1] - left):
                    yield turned, one, other


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
