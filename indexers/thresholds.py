"""Where noise ends, found out on questions with known answers that a catalogue makes of itself. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from discovery.vision.adapter import Matrix, spread_out
from indexers.pairs import Pictured

DEPTH = 10
LOST = 0.05
"""Of the catalogue's own pictures, how many may be left with fewer than ten like them."""

WRONG_DUPLICATES = 1e-5
"""Of pairs of different products, how many may count as one picture."""

LEAST_DUPLICATE, MOST_DUPLICATE = 0.8, 0.99
_MOST_ROWS = 3000
_QUERIES = 1000
_STEP = 1e-4


@dataclass(frozen=True, slots=True)
class Threshold:
    """A floor (a cosine), and the shares of right and of wrong answers that reach it; ``None``: none known.

    *text*: a query and each picture that answers it, or captions of another world. *similar*: a picture and
    the tenth most like it of its catalogue, or the first of another. *duplicate*: two pictures.
    """

    floor: float
    right: float | None
    wrong: float | None


def text_threshold(floor: float, right: Matrix, wrong: Matrix) -> Threshold:
    """Return what a floor among texts and pictures lets through, of cosines."""
    return _told(floor, right, wrong)


def similar_threshold(looks: Matrix, foreign: Matrix, before: tuple[Matrix, Matrix, float]) -> Threshold:
    """Return the floor at which as many ``foreign`` pictures find a like among ``looks`` as did ``before``.

    Hardly any of the catalogue's own pictures may find fewer than ten. ``before`` are looks, foreign looks
    and floor of the model as it came.
    """
    own, own_foreign, own_floor = before
    wrong = (foreign @ looks.T).max(axis=1)
    asking = np.arange(0, len(looks), max(1, math.ceil(len(looks) / _QUERIES)))
    alike = looks[asking] @ looks.T
    alike[np.arange(len(asking)), asking] = -1
    depth = min(DEPTH, len(looks))
    right = np.partition(alike, len(looks) - depth, axis=1)[:, len(looks) - depth]
    if looks is own:
        return _told(own_floor, right, wrong)
    reached = float(((own_foreign @ own.T).max(axis=1) >= own_floor).mean())
    floor = float(np.quantile(wrong, 1 - reached, method="higher"))
    most = float(np.quantile(right, LOST, method="lower"))
    return _told(min(floor if reached else floor + _STEP, most), right, wrong)


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
