"""One picture laid over another: whether it is the same, a part of it, turned, or with a strip laid over it.

Tiny versions are aligned by scale and shift in both directions, by least squares on brightness (Lucas and
Kanade, IJCAI 1981; normalised as in Evangelidis and Psarakis, "Parametric Image Alignment Using Enhanced
Correlation Coefficient Maximization", PAMI 2008), coarse to fine, from several starts. What then agrees says
how alike they are: pictures of two products may look the same and still differ in their details.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from discovery.duplicates.bands import ORIENTATIONS

SIDE: Final = 64
CHROMA_SIDE: Final = 16
SIGNATURE_BYTES: Final = SIDE**2 + 2 * CHROMA_SIDE**2

FITTED_AT_ONCE: Final = 64
"""Pairs worked on together: more of them leave the processor's cache."""

Plane = NDArray[np.float32]
Mask = NDArray[np.bool_]

_UPRIGHT_BONUS: Final = 0.01
_NEARLY: Final = 0.03
"""An orientation that matches so nearly as well as the best is tried too: many products are symmetric."""

_LEAST_CONTRAST: Final = np.float32(0.15)
_MOST_STEP, _MOST_SHIFT = np.float32(0.12), np.float32(0.5)
_SCALES: Final = (np.float32(0.6), np.float32(1.6))
_COARSE_STEPS, _FINE_STEPS = 4, 3
_TWO, _FOUR = np.float32(2), np.float32(4)

_WHOLE, _WITHOUT_TOP, _WITHOUT_FOOT = range(3)
_STRIP: Final = 0.62
"""A strip takes at most 0.19 of the height: from -1 to -0.62 of -1 to 1."""

_AT_THE_END: Final = 0.85
"""From where on, of 0 to 1 from the middle to a side, the ends of a strip are looked at."""

_BETTER: Final = 0.01
"""By how much a later start must be better than those before it."""

_STARTS: Final = (
    (_WHOLE, (1.0, 0.0, 1.0, 0.0)),
    (_WHOLE, (0.9, 0.0, 0.9, 0.0)),
    (_WHOLE, (1.1, 0.0, 1.1, 0.0)),
    (_WITHOUT_TOP, (1.0, 0.0, 1.0, 0.0)),
    (_WITHOUT_FOOT, (1.0, 0.0, 1.0, 0.0)),
    (_WITHOUT_TOP, (1.0, 0.0, 1.15, -0.15)),
    (_WITHOUT_FOOT, (1.0, 0.0, 1.15, 0.15)),
)
"""What is left out, and horizontal scale and shift, then vertical scale and shift, to begin with."""


@dataclass(frozen=True, slots=True, eq=False)
class Signature:
    """A picture made tiny: brightness [64, 64], and two planes of colour [2, 16, 16], each 0 to 255."""

    brightness: Plane
    colour: Plane

    @classmethod
    def from_bytes(cls, data: bytes) -> Signature:
        """Read what :func:`discovery.vision.hashing.signature` makes."""
        values = np.frombuffer(data, dtype=np.uint8).astype(np.float32)
        brightness = values[: SIDE**2].reshape(SIDE, SIDE)
        return cls(brightness, values[SIDE**2 :].reshape(2, CHROMA_SIDE, CHROMA_SIDE))


@dataclass(frozen=True, slots=True)
class Overlay:
    """How the second picture lies over the first.

    ``detail`` and ``whole`` are correlations (-1 to 1) of the fine structure and of brightness as it is, over
    the ``shared`` part of the second. ``apart`` is the root mean square difference of brightness, ``tint``
    the difference of mean colours, ``blot`` that of colours where it is largest, all of 255; ``contrast`` the
    logarithm of the ratio of contrasts. ``orientation`` is EXIF's value, 1 to 8, in which the first is taken.
    ``width`` and ``height`` are how much of the first the second shows: less than 1 where it is cut out of
    it, more where it has more around. ``strip`` says that a strip at the second's top or foot was left out;
    ``rim`` is how far apart the brightness is at the strip's two ends, of 255.
    """

    detail: float
    whole: float
    shared: float
    apart: float
    tint: float
    blot: float
    contrast: float
    orientation: int
    width: float
    height: float
    strip: bool
    rim: float = 0.0


def lay_over(ones: Sequence[Signature], others: Sequence[Signature]) -> list[Overlay]:
    """Lay each of ``others`` over the one in the same place of ``ones``, as well as it can be."""
    made: list[Overlay] = []
    for start in range(0, len(ones), FITTED_AT_ONCE):
        end = start + FITTED_AT_ONCE
        made += _lay_over(ones[start:end], others[start:end])
    return made


def _lay_over(ones: Sequence[Signature], others: Sequence[Signature]) -> list[Overlay]:
    first, second = (np.stack([one.brightness for one in some]) for some in (ones, others))
    tints, other_tints = (np.stack([one.colour for one in some]) for some in (ones, others))
    best: list[Overlay | None] = [None] * len(ones)
    for orientation, places in _orientations(first, second):
        turned = np.ascontiguousarray(oriented(first[places], orientation))
        coloured = np.ascontiguousarray(oriented(tints[places], orientation))
        found = _aligned(turned, second[places], coloured, other_tints[places], orientation)
        for place, overlay in zip(places, found, strict=True):
            held = best[place]
            if held is None or overlay.detail > held.detail:
                best[place] = overlay
    return [one for one in best if one is not None]


def oriented(planes: Plane, orientation: int) -> Plane:
    """Return planes [..., rows, columns] as the picture would be stored whose EXIF orientation is 1 to 8."""
    flips = {1: (1, 1), 2: (1, -1), 3: (-1, -1), 4: (-1, 1)}
    rows, columns = flips[_BEFORE_TRANSPOSING.get(orientation, orientation)]
    flipped = planes[..., ::rows, ::columns]
    return flipped.swapaxes(-1, -2) if orientation in _BEFORE_TRANSPOSING else flipped


_BEFORE_TRANSPOSING: Final = {5: 1, 6: 4, 7: 3, 8: 2}


def _orientations(first: Plane, second: Plane) -> list[tuple[int, list[int]]]:
    """Return which pairs are to be tried in which orientation: the likeliest, and one nearly as likely."""
    likeness = _likeness(first, second)
    likeness[:, 0] += _UPRIGHT_BONUS
    likeliest = likeness.argmax(axis=1)
    tried: dict[int, list[int]] = {}
    for place, (scores, best) in enumerate(zip(likeness, likeliest.tolist(), strict=True)):
        runner_up = int(np.argsort(scores)[-2])
        near = scores[runner_up] > scores[best] - _NEARLY
        also = [0] if best != 0 else [runner_up] if near else []
        for orientation in (best, *also):
            tried.setdefault(orientation + 1, []).append(place)
    return sorted(tried.items())


def coarse_likeness(ones: Sequence[Signature], others: Sequence[Signature]) -> Plane:
    """Return how alike pictures are as they are, not aligned, in the orientation that fits best: -1 to 1."""
    first, second = (np.stack([one.brightness for one in some]) for some in (ones, others))
    likeness: Plane = _likeness(first, second).max(axis=1)
    return likeness


def _likeness(first: Plane, second: Plane) -> Plane:
    small, other = _standard(_shrunk(first, 4)), _standard(_shrunk(second, 4))
    every = [(oriented(small, one) * other).sum((1, 2)) for one in range(1, ORIENTATIONS + 1)]
    return np.stack(every, axis=1)


def _standard(planes: Plane) -> Plane:
    centred = planes - planes.mean((1, 2), keepdims=True)
    lengths = np.sqrt((centred * centred).sum((1, 2), keepdims=True)) + 1e-6
    standard: Plane = centred / lengths
    return standard


def _shrunk(planes: Plane, factor: int) -> Plane:
    count, side, _ = planes.shape
    small: Plane = planes.reshape(count, side // factor, factor, side // factor, factor).mean((2, 4))
    return small


def _aligned(
    first: Plane, second: Plane, tints: Plane, other_tints: Plane, orientation: int
) -> list[Overlay]:
    """Align pairs in one orientation: every start at half size, the best of them at full size."""
    count = len(first)
    half, other_half = _shrunk(first, 2), _shrunk(second, 2)
    detail, other_detail = _detail(half, 0, 3), _detail(other_half, 0, 3)
    best = np.full(count, -np.inf, dtype=np.float32)
    left_out = np.zeros(count, dtype=np.int64)
    placed = np.zeros((count, 4), dtype=np.float32)
    for mask, start in _STARTS:
        tried = _fitted(half, other_half, _masks(SIDE // 2)[mask], _repeated(start, count), _COARSE_STEPS)
        spot = _Spot.of(tried, _masks(SIDE // 2)[mask], SIDE // 2)
        score = _correlation(spot.taken(detail), _rows(other_detail), spot)[0]
        better = score > best + _BETTER
        best = np.where(better, score, best)
        left_out = np.where(better, mask, left_out)
        placed = np.where(better[:, None], tried, placed)
    found: dict[int, Overlay] = {}
    detail, other_detail = _detail(first, 1, 6), _detail(second, 1, 6)
    for mask in np.unique(left_out).tolist():
        places = np.flatnonzero(left_out == mask)
        some, others = first[places], second[places]
        at = _fitted(some, others, _masks(SIDE)[mask], placed[places], _FINE_STEPS)
        spot = _Spot.of(at, _masks(SIDE)[mask], SIDE)
        taken, given = spot.taken(some), _rows(others)
        whole, contrast, other_contrast = _correlation(taken, given, spot)
        fine, _, _ = _correlation(spot.taken(detail[places]), _rows(other_detail[places]), spot)
        apart = np.sqrt(spot.mean((taken - given) ** 2))
        rim = _ends_apart(some, given, at, mask)
        tint_spot = _Spot.of(at, _masks(CHROMA_SIDE)[mask], CHROMA_SIDE)
        tint, blot = _colours_apart(tints[places], other_tints[places], tint_spot)
        for row, place in enumerate(places.tolist()):
            found[place] = Overlay(
                detail=round(float(fine[row]), 4),
                whole=round(float(whole[row]), 4),
                shared=round(float(spot.weights[row].mean()), 3),
                apart=round(float(apart[row]), 2),
                tint=round(float(tint[row]), 2),
                blot=round(float(blot[row]), 2),
                contrast=round(float(np.log(contrast[row] / other_contrast[row])), 3),
                orientation=orientation,
                width=round(float(at[row, 0]), 3),
                height=round(float(at[row, 2]), 3),
                strip=mask != _WHOLE,
                rim=round(float(rim[row]), 2),
            )
    return [found[place] for place in range(count)]


def _repeated(start: tuple[float, ...], count: int) -> Plane:
    return np.tile(np.array(start, dtype=np.float32), (count, 1))


def _masks(side: int) -> tuple[Mask, Mask, Mask]:
    _, rows = _coordinates(side)
    return np.ones(side * side, dtype=bool), rows > -_STRIP, rows < _STRIP


def _coordinates(side: int) -> tuple[Plane, Plane]:
    """Return the columns and rows of all pixels, -1 to 1, each [side * side]."""
    centres = ((np.arange(side) + 0.5) / side * 2 - 1).astype(np.float32)
    columns, rows = np.meshgrid(centres, centres)
    return columns.ravel(), rows.ravel()


def _rows(planes: Plane) -> Plane:
    return planes.reshape(len(planes), -1)


def _detail(planes: Plane, fine: int, coarse: int) -> Plane:
    """Return the structure that is coarser than noise and finer than shading."""
    soft = _blurred(planes, fine)
    return soft - _blurred(soft, coarse)


def _blurred(planes: Plane, times: int) -> Plane:
    for _ in range(times):
        wide = np.pad(planes, ((0, 0), (1, 1), (0, 0)), mode="edge")
        down: Plane = (wide[:, :-2] + wide[:, 1:-1] * _TWO + wide[:, 2:]) / _FOUR
        wide = np.pad(down, ((0, 0), (0, 0), (1, 1)), mode="edge")
        across: Plane = (wide[:, :, :-2] + wide[:, :, 1:-1] * _TWO + wide[:, :, 2:]) / _FOUR
        planes = across
    return planes


@dataclass(frozen=True, slots=True, eq=False)
class _Spot:
    """Where each pixel of the second picture lies in the first, and if it counts; all [n, side * side]."""

    corner: NDArray[np.int64]
    across: Plane
    down: Plane
    weights: Plane
    side: int

    @classmethod
    def of(cls, placed: Plane, mask: Mask, side: int) -> _Spot:
        columns, rows = _coordinates(side)
        x = placed[:, :1] * columns + placed[:, 1:2]
        y = placed[:, 2:3] * rows + placed[:, 3:4]
        inside = (np.abs(x) <= 1) & (np.abs(y) <= 1) & mask
        x, y = ((one + 1) * np.float32(side / 2) - np.float32(0.5) for one in (x, y))
        x, y = (np.clip(one, 0, np.float32(side - 1.001)) for one in (x, y))
        column, row = x.astype(np.int64), y.astype(np.int64)
        first = np.arange(len(placed), dtype=np.int64)[:, None] * side
        corner = (first + row) * side + column
        return cls(corner, x - column, y - row, inside.astype(np.float32), side)

    def taken(self, planes: Plane) -> Plane:
        """Return the first picture's values there, between its pixels."""
        flat, at, side = planes.reshape(-1), self.corner, self.side
        upper = flat[at] + (flat[at + 1] - flat[at]) * self.across
        lower = flat[at + side] + (flat[at + side + 1] - flat[at + side]) * self.across
        taken: Plane = (upper + (lower - upper) * self.down).astype(np.float32)
        return taken

    def mean(self, values: Plane) -> Plane:
        """Return the mean of what counts."""
        mean: Plane = (values * self.weights).sum(1) / (self.weights.sum(1) + 1)
        return mean


def _standardised(values: Plane, spot: _Spot) -> tuple[Plane, Plane]:
    centred = values - spot.mean(values)[:, None]
    contrast = np.sqrt(spot.mean(centred * centred)) + _LEAST_CONTRAST
    return centred / contrast[:, None], contrast


def _correlation(values: Plane, others: Plane, spot: _Spot) -> tuple[Plane, Plane, Plane]:
    """Return the correlation [n] of values where they count, and the contrast of each."""
    one, contrast = _standardised(values, spot)
    other, other_contrast = _standardised(others, spot)
    return spot.mean(one * other), contrast, other_contrast


def _colours_apart(tints: Plane, others: Plane, spot: _Spot) -> tuple[Plane, Plane]:
    """Return how far the mean colours are apart [n], and the colours where they are farthest [n]."""
    blue, red = (
        spot.taken(np.ascontiguousarray(tints[:, plane])) - _rows(others[:, plane]) for plane in range(2)
    )
    mean: Plane = np.hypot(spot.mean(blue), spot.mean(red))
    most: Plane = (np.hypot(blue, red) * spot.weights).max(axis=1)
    return mean, most


def _ends_apart(first: Plane, given: Plane, placed: Plane, mask: int) -> Plane:
    """Return how far apart [n] the brightness is at the ends of the strip that ``mask`` leaves out."""
    if mask == _WHOLE:
        return np.zeros(len(first), dtype=np.float32)
    columns, _ = _coordinates(SIDE)
    ends = ~_masks(SIDE)[mask] & (np.abs(columns) > _AT_THE_END)
    taken = _Spot.of(placed, _masks(SIDE)[_WHOLE], SIDE).taken(first)
    apart: Plane = np.abs(taken - given)[:, ends].mean(axis=1)
    return apart


def _fitted(first: Plane, second: Plane, mask: Mask, start: Plane, steps: int) -> Plane:
    """Return where the second picture lies in the first, from where it is thought to lie: [n, 4]."""
    side = first.shape[1]
    columns, rows = _coordinates(side)
    gradients = np.gradient(first, axis=(1, 2))
    steep_down: Plane = (gradients[0] * np.float32(side / 2)).astype(np.float32)
    steep_across: Plane = (gradients[1] * np.float32(side / 2)).astype(np.float32)
    placed = start.copy()
    given = _rows(second)
    for _ in range(steps):
        spot = _Spot.of(placed, mask, side)
        one, contrast = _standardised(spot.taken(first), spot)
        other, _ = _standardised(given, spot)
        agreement = spot.mean(one * other)[:, None]
        left = (other * agreement - one) * spot.weights
        across = spot.taken(steep_across) / contrast[:, None] * spot.weights
        down = spot.taken(steep_down) / contrast[:, None] * spot.weights
        slopes = np.stack([across * columns, across, down * rows, down], axis=1)
        damping = np.eye(4, dtype=np.float32) * (1e-3 * spot.weights.sum(1) + 1e-3)[:, None, None]
        normal = slopes @ slopes.transpose(0, 2, 1) + damping.astype(np.float32)
        change = np.linalg.solve(normal, slopes @ left[:, :, None])[..., 0]
        placed += np.clip(change, -_MOST_STEP, _MOST_STEP).astype(np.float32)
        placed[:, [0, 2]] = np.clip(placed[:, [0, 2]], *_SCALES)
        placed[:, [1, 3]] = np.clip(placed[:, [1, 3]], -_MOST_SHIFT, _MOST_SHIFT)
    return placed
