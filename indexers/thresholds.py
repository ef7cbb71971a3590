"""Where noise ends, found out on questions with known answers that a catalogue makes of itself. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from discovery.vision.adapter import Matrix
from discovery.vision.looks import spread_out
from indexers.pairs import Pictured

DEPTH = 10
LOST = 0.05
"""Of the catalogue's own pictures, how many may be left with fewer than ten like them."""

WRONG_DUPLICATES = 1e-5
"""Of pairs of different products, how many may count as one picture."""

WRONG_STRANGERS = 0.1
"""Of pictures of something else, how many may find a like once they are known to be strange."""

LEAST_DUPLICATE, MOST_DUPLICATE = 0.8, 0.99
_MOST_ROWS = 3000
_QUERIES = 1000
_STEP = 1e-4


@dataclass(frozen=True, slots=True)
class Threshold:
    """A floor (a cosine), and the shares of right and of wrong answers that reach it; ``None``: none known.

    *text*: a query and each picture that answers it, or captions of another world. *similar*: a picture and
    the tenth most like it of its catalogue, or the first of another, strangers by their own floor.
    *stranger*: a picture and the first most like it. *duplicate*: two pictures.
    """

    floor: float
    right: float | None
    wrong: float | None


def text_threshold(floor: float, right: Matrix, wrong: Matrix) -> Threshold:
    """Return what a floor among texts and pictures lets through, of cosines."""
    return _told(floor, right, wrong)


@dataclass(frozen=True, slots=True, eq=False)
class Foreign:
    """Pictures from outside the catalogue: their looks by the model as it came, and as it was fitted.

    ``familiar`` are those that are taken for one of the catalogue's kinds.
    """

    own: Matrix
    looks: Matrix
    familiar: NDArray[np.bool_]

    def unknown_to(self, own: Matrix, same: float) -> Foreign:
        """Return those that the catalogue does not hold; from the cosine ``same`` on two are one picture."""
        apart = (self.own @ own.T).max(axis=1) < same
        return Foreign(self.own[apart], self.looks[apart], self.familiar[apart])


def similar_thresholds(
    looks: Matrix, foreign: Foreign, own: Matrix, own_floor: float
) -> tuple[Threshold, Threshold]:
    """Return the floors of likeness among ``looks``: of pictures of the catalogue's kinds, and of strangers.

    At the first as many ``foreign`` pictures find a like as did among the model's ``own`` looks at
    ``own_floor``; but hardly any of the catalogue's pictures may find fewer than ten. The second lets one in
    ten of the foreign ones find anything.
    """
    asking = np.arange(0, len(looks), max(1, math.ceil(len(looks) / _QUERIES)))
    alike = looks[asking] @ looks.T
    alike[np.arange(len(asking)), asking] = -1
    depth = min(DEPTH, len(looks))
    tenth = np.partition(alike, len(looks) - depth, axis=1)[:, len(looks) - depth]
    first = alike.max(axis=1)
    found = (foreign.looks @ looks.T).max(axis=1)
    if looks is own:
        return _told(own_floor, tenth, found), _told(own_floor, first, found)
    floor = float(np.quantile(tenth, LOST, method="lower"))
    stranger = floor
    if found.size:
        reached = float(((foreign.own @ own.T).max(axis=1) >= own_floor).mean())
        as_before = float(np.quantile(found, 1 - reached, method="higher"))
        floor = min(as_before if reached else as_before + _STEP, floor)
        stranger = max(floor, float(np.quantile(found, 1 - WRONG_STRANGERS, method="higher")))
    similar, strange = _told(floor, tenth, found), _told(stranger, first, found)
    if found.size:
        passing = found >= np.where(foreign.familiar, similar.floor, strange.floor)
        similar = replace(similar, wrong=float(passing.mean()))
    return similar, strange


def duplicate_threshold(looks: Matrix, shown: Sequence[Pictured], own: float) -> Threshold:
    """Return the floor that one in a hundred thousand pairs of different products reach.

    It lies from 0.8 to 0.99: what a catalogue sells twice under one picture is no measure. ``own`` is the
    model's, for a catalogue with fewer pairs.
    """
    some = spread_out([one.group for one in shown], _MOST_ROWS)
    one, other = np.triu_indices(len(some), 1)
    groups = np.unique(np.array([shown[place].group for place in some]), return_inverse=True)[1]
    cosines = (looks[some] @ looks[some].T)[one, other]
    wrong = cosines[groups[one] != groups[other]]
    floor = own
    if len(wrong) >= 1 / WRONG_DUPLICATES:
        found = float(np.quantile(wrong, 1 - WRONG_DUPLICATES))
        floor = min(max(found, LEAST_DUPLICATE), MOST_DUPLICATE)
    return _told(floor, wrong[:0], wrong)


def _told(floor: float, right: Matrix, wrong: Matrix) -> Threshold:
    rounded = math.floor(floor * 1e4) / 1e4

    def share(cosines: Matrix) -> float | None:
        return float((cosines >= rounded).mean()) if cosines.size else None

    return Threshold(rounded, share(right), share(wrong))
