"""Whether two files hold the same picture, from what is known of both. Pure.

The figures are measured on 4,000 product photographs, many of one product family, and six kinds of copies of
400 of them: see ``docs/decisions/0016``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

import numpy as np

from discovery.duplicates.bands import distance
from discovery.duplicates.overlay import Overlay, Signature, coarse_likeness, lay_over
from discovery.duplicates.prints import Print

SAME_LOOK: Final = 0.95
"""Cosine that the looks of one picture in two files reach, if the model does not say its own."""

CUT_AWAY: Final = 0.05
"""By how much less the looks of a picture and its crop may be alike, where no signature can tell more."""

LOOKED_AT: Final = 0.10
"""By how much less two looks may be alike for one picture to be laid over the other."""

LOOKED_AT_COARSELY: Final = 0.98
"""The same for two near hashes: whole copies are that alike before anything is aligned."""

LEAST_DETAIL, LEAST_DETAIL_WHERE_NEAR, LEAST_DETAIL_OF_TWO = 0.89, 0.85, 0.95
LEAST_WHOLE: Final = 0.96
MOST_APART, NEAR, EQUAL = 14.0, 6.0, 2.0
MOST_TINT, MOST_TINT_WHERE_EQUAL = 0.7, 2.0
"""Strong compression shifts colours evenly, brightness hardly: no two of the photographs are ``EQUAL``."""

MOST_BLOT: Final = 7.0
"""Colours of whole copies are nowhere farther apart (6.4 at most); of a product's recoloured sisters they are
by 7 to 85, though brightness may be the same to the pixel. Of what was cut, edges do not meet well enough."""

LEAST_RIM: Final = 5.0
"""A banner goes from side to side: at its ends the brightness is apart by 10 and more; of two views of a
round bottle, which differ at the foot, by 1."""

MOST_CONTRAST: Final = 0.1
MOST_STRETCH, MOST_STRETCH_BESIDE_A_STRIP = 0.06, 0.25
"""Logarithms of the ratio of width to height: a strip that was added makes a picture longer."""

COLOURLESS, COLOURFUL = 2.0, 16.0
"""How far from grey, of 255, the colours of a black and white picture may be, and of a coloured one must."""

WHOLE: Final = 0.03
"""A picture of which less than this share is missing at an edge is whole."""


class Kind(StrEnum):
    """How sure it is that two files hold one picture, the surest first."""

    EXACT = "exact"
    SAME = "same_picture"
    PROBABLE = "probable"


class Cut(StrEnum):
    """What a file shows of another's picture: all of it, a part, or more around it."""

    NONE = "none"
    INSIDE = "inside"
    AROUND = "around"


@dataclass(frozen=True, slots=True)
class Likeness:
    """What a file is of another one. ``degree`` is 0 to 1, and 1 for equal bytes only."""

    kind: Kind
    degree: float
    cut: Cut = Cut.NONE
    mirrored: bool = False
    turned: bool = False
    strip: bool = False
    grey: bool = False
    guessed: bool = False

    @property
    def sure(self) -> bool:
        """Whether bytes or fingerprint say so."""
        return self.kind is not Kind.PROBABLE

    @property
    def how(self) -> str:
        """What the file is, in words that the other's name follows."""
        if self.kind is Kind.EXACT:
            return "the same file as"
        if self.guessed:
            return "probably a crop or another version of"
        changes = [
            *(["mirrored"] if self.mirrored else []),
            *(["turned"] if self.turned else []),
            *(["black and white"] if self.grey else []),
        ]
        banner = self.strip and self.cut is not Cut.INSIDE
        noun = "version with a banner" if banner else _NOUNS[self.cut]
        if noun == "copy" and not changes:
            return "resized or recompressed from"
        if noun == "copy" and changes == ["mirrored"]:
            return "a mirror image of"
        return f"a {' '.join([*changes, noun])} of"

    def reversed(self) -> Likeness:
        """Return what the other file is of this one."""
        return replace(self, cut=_REVERSED[self.cut])


_NOUNS = {Cut.NONE: "copy", Cut.INSIDE: "crop", Cut.AROUND: "wider version"}
_REVERSED = {Cut.NONE: Cut.NONE, Cut.INSIDE: Cut.AROUND, Cut.AROUND: Cut.INSIDE}


def compare(
    pairs: Sequence[tuple[Print, Print]], *, hash_distance: int, likeness: float
) -> list[Likeness | None]:
    """Return what the second file of each pair is of the first, ``None`` where they hold two pictures.

    Two pictures that one product shows side by side are told apart by its catalogue, versions of one file and
    views of one thing (``mug_front``, ``mug_back``) by their names, however near they look. ``likeness`` is
    the cosine that the model's looks of one picture in two files reach.
    """
    found: list[Likeness | None] = [None] * len(pairs)
    near: list[int] = []
    alike: list[int] = []
    for place, (one, other) in enumerate(pairs):
        if one.checksum == other.checksum:
            found[place] = Likeness(Kind.EXACT, 1.0)
        elif one.stem == other.stem or (one.skus & other.skus) or _are_views(one, other):
            continue
        elif one.signature is None or other.signature is None:
            found[place] = _without_signatures(one, other, hash_distance, likeness)
        elif (_cosine(one, other) or -1.0) >= likeness - LOOKED_AT:
            alike.append(place)
        elif _distance(one, other) <= hash_distance:
            near.append(place)
    if near:
        coarsely = coarse_likeness(*_signatures([pairs[place] for place in near]))
        alike += [place for place, degree in zip(near, coarsely, strict=True) if degree >= LOOKED_AT_COARSELY]
    if alike:
        some = [pairs[place] for place in alike]
        for place, (one, other), overlay in zip(alike, some, lay_over(*_signatures(some)), strict=True):
            found[place] = judged(one, other, overlay)
    return found


def _are_views(one: Print, other: Print) -> bool:
    return one.series is not None and one.series == other.series and one.source == other.source


def _signatures(pairs: Sequence[tuple[Print, Print]]) -> tuple[list[Signature], list[Signature]]:
    ones = [one.signature for one, _ in pairs if one.signature is not None]
    others = [other.signature for _, other in pairs if other.signature is not None]
    return ones, others


def judged(one: Print, other: Print, overlay: Overlay) -> Likeness | None:
    """Return what the second file is of the first, from how it lies over it."""
    both = bool(one.skus) and bool(other.skus)
    colours = sorted((_colour(one), _colour(other)))
    grey = colours[0] <= COLOURLESS and colours[1] >= COLOURFUL and not overlay.strip
    shown = overlay.width * overlay.height
    cut = Cut.INSIDE if shown < (1 - WHOLE) ** 2 else Cut.AROUND if shown > (1 + WHOLE) ** 2 else Cut.NONE
    stretch = abs(float(np.log(overlay.width / overlay.height)))
    detail = LEAST_DETAIL_WHERE_NEAR if overlay.apart <= NEAR else LEAST_DETAIL
    tint = MOST_TINT_WHERE_EQUAL if overlay.apart <= EQUAL else MOST_TINT
    if (
        overlay.detail < (LEAST_DETAIL_OF_TWO if both else detail)
        or overlay.whole < LEAST_WHOLE
        or overlay.apart > MOST_APART
        or (overlay.tint > tint and not grey)
        or (overlay.blot > MOST_BLOT and cut is Cut.NONE and not grey)
        or (overlay.strip and cut is not Cut.INSIDE and overlay.rim < LEAST_RIM)
        or abs(overlay.contrast) > MOST_CONTRAST
        or stretch > (MOST_STRETCH_BESIDE_A_STRIP if overlay.strip else MOST_STRETCH)
    ):
        return None
    changed = cut is not Cut.NONE or overlay.strip or grey
    if both and changed:
        return None
    return Likeness(
        Kind.PROBABLE if changed else Kind.SAME,
        round(min(overlay.detail, 0.999), 3),
        cut=cut,
        mirrored=overlay.orientation in (2, 4, 5, 7),
        turned=overlay.orientation in (3, 6, 8),
        strip=overlay.strip,
        grey=grey,
    )


def _colour(one: Print) -> float:
    return 0.0 if one.signature is None else float(np.abs(one.signature.colour - 128).max())


def _without_signatures(one: Print, other: Print, hash_distance: int, likeness: float) -> Likeness | None:
    both = bool(one.skus) and bool(other.skus)
    cosine = _cosine(one, other)
    near = _distance(one, other) <= hash_distance
    if near and cosine is None and not both:
        return Likeness(Kind.SAME, 0.8)
    # Two files that catalogues name, each for its own product, are told apart already.
    if near and cosine is not None and cosine >= ((1 + likeness) / 2 if both else likeness):
        return Likeness(Kind.SAME, round(min(cosine, 0.999), 3))
    if cosine is not None and cosine >= likeness - CUT_AWAY and not both:
        return Likeness(Kind.PROBABLE, round(min(cosine, 0.999), 3), guessed=True)
    return None


def _distance(one: Print, other: Print) -> int:
    if one.hash is None or other.hash is None:
        return 64
    return distance(one.hash, other.hash)


def _cosine(one: Print, other: Print) -> float | None:
    if one.look is None or other.look is None or one.look.shape != other.look.shape:
        return None
    lengths = float(np.linalg.norm(one.look)) * float(np.linalg.norm(other.look))
    return float(one.look @ other.look) / lengths if lengths else None
