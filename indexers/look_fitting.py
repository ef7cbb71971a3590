"""Whether looks that were fitted to a catalogue tell its pictures apart better, by held-out products. Pure.

Every held-out picture looks for its like among all others, those of the fit too, as a search would.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from discovery.vision.adapter import Features, Matrix
from discovery.vision.looks import LookSpace, LookTuning, fit_looks, spread_out
from indexers.pairs import Pictured, Vocabulary, is_held_out

DEPTH = 10
COLOURS = (0.05, 0.1, 0.2, 0.35)
LEAST_SEVERAL = 30
"""Held-out pictures with another of the same product, from which on that is what looks are judged by."""

LEAST_FITTED = 100
STAYS = 0.98
"""Of what looks are not chosen by, what must be left."""

STRANGE = 0.02
"""Of held-out pictures, how many may be taken for pictures of something else."""

_QUERIES = 1000
_BOOTSTRAPS, _TAIL = 1000, 2.5


@dataclass(frozen=True, slots=True)
class Gain:
    """A mean of paired differences and the bounds of its 95 % bootstrap interval."""

    mean: float
    low: float
    high: float

    @classmethod
    def of(cls, differences: NDArray[np.float64], groups: Sequence[str] | None = None) -> Gain:
        """Return it; what is of one group is not independent, and counts once. The same on every run."""
        if groups is not None:
            _, places, counts = np.unique(np.array(groups), return_inverse=True, return_counts=True)
            differences = np.bincount(places, differences) / counts
        drawn = np.random.default_rng(0).integers(0, len(differences), (_BOOTSTRAPS, len(differences)))
        means = differences[drawn].mean(axis=1)
        low, high = np.percentile(means, [_TAIL, 100 - _TAIL])
        return cls(float(differences.mean()), float(low), float(high))


NO_GAIN = Gain(0.0, 0.0, 0.0)


@dataclass(frozen=True, slots=True, eq=False)
class LookFigures:
    """How well pictures find their like, by picture.

    ``first`` and ``ten``: whether the nearest, and any of the ten nearest, shows the same product; of those
    that have another picture. ``alike``: the share of the ten nearest of the same kind, and of the same kind
    and traits, at the mean; of those whose kind is known.
    """

    first: NDArray[np.float64]
    ten: NDArray[np.float64]
    alike: NDArray[np.float64]

    @property
    def product(self) -> NDArray[np.float64]:
        """What looks are chosen by where products have several pictures."""
        return (self.first + self.ten) / 2


class LookJudge:
    """Pictures that look for their like: those at ``asking``, among all."""

    def __init__(self, shown: Sequence[Pictured], asking: NDArray[np.intp], words: Vocabulary) -> None:
        groups = [shown[place].group for place in asking]
        self._asking = asking[spread_out(groups, _QUERIES)]
        self._groups = np.array([one.group for one in shown])
        _, places, counts = np.unique(self._groups, return_inverse=True, return_counts=True)
        own = self._groups[self._asking]
        self._several = counts[places][self._asking] > 1
        self._kinds = np.array([one.labels.get(words.kind or "", "") for one in shown])
        self._traits = np.array(["\0".join(one.labels.get(t, "") for t in words.traits) for one in shown])
        self._known = self._kinds[self._asking] != ""
        self.by_product = int(self._several.sum()) >= LEAST_SEVERAL
        self.groups = own[self._several if self.by_product else self._known].tolist()

    def figures(self, looks: Matrix) -> LookFigures:
        """Return the figures of these looks [n, l], of unit norm."""
        alike = looks[self._asking] @ looks.T
        alike[np.arange(len(self._asking)), self._asking] = -np.inf
        near = np.argpartition(-alike, DEPTH, axis=1)[:, :DEPTH]
        order = np.argsort(-np.take_along_axis(alike, near, axis=1), axis=1, kind="stable")
        near = np.take_along_axis(near, order, axis=1)
        same = self._groups[near] == self._groups[self._asking][:, None]
        kind = self._kinds[near] == self._kinds[self._asking][:, None]
        trait = kind & (self._traits[near] == self._traits[self._asking][:, None])
        shares = (kind.mean(axis=1) + trait.mean(axis=1)) / 2
        several = same[self._several]
        return LookFigures(
            several[:, 0].astype(np.float64), several.any(axis=1).astype(np.float64), shares[self._known]
        )

    def each(self, figures: LookFigures) -> NDArray[np.float64]:
        """Return what is judged by, of each picture that asks."""
        return figures.product if self.by_product else figures.alike

    def other(self, figures: LookFigures) -> float:
        """Return what must not suffer from it."""
        left = figures.alike if self.by_product else figures.product
        return float(left.mean()) if len(left) else 0.0


@dataclass(frozen=True, slots=True, eq=False)
class TriedLooks:
    """What came of a try: ``trial`` was fitted without the held-out products, ``final`` with them."""

    trial: LookSpace
    final: LookSpace
    gain: Gain
    refusal: str | None


def try_looks(
    shown: Sequence[Pictured], features: Features, held: NDArray[np.bool_], words: Vocabulary
) -> TriedLooks | None:
    """Fit looks, measure on held-out products, say whether it pays; ``None`` where nothing can be judged."""
    fitting = np.flatnonzero(~held)
    judge = LookJudge(shown, np.flatnonzero(held), words)
    if len(fitting) < LEAST_FITTED or len(shown) <= DEPTH or not judge.groups:
        return None
    chosen = _chosen(shown, features, fitting, words)
    if chosen is None:
        return None
    classes, tuning = chosen
    trial = _fit(classes, features, fitting, tuning)
    before = judge.figures(features.looks)
    after = judge.figures(trial.looks(features.looks, features.histograms))
    gain = Gain.of(judge.each(after) - judge.each(before), judge.groups)
    refusal = None
    if gain.low <= 0:
        refusal = f"looks no better beyond noise: {gain.mean:+.3f} ({gain.low:+.3f} to {gain.high:+.3f})"
    elif judge.other(after) < STAYS * judge.other(before):
        refusal = f"other likeness would be worse: {judge.other(after):.3f} of {judge.other(before):.3f}"
    near = float(np.quantile(trial.familiarity(features.looks[held]), STRANGE))
    final = dataclasses.replace(_fit(classes, features, np.arange(len(shown)), tuning), near=near)
    return TriedLooks(trial, final, gain, refusal)


def _chosen(
    shown: Sequence[Pictured], features: Features, fitting: NDArray[np.intp], words: Vocabulary
) -> tuple[Sequence[str], LookTuning] | None:
    """Return the classes and the colours' weight that do best on a part of the pictures to fit on."""
    apart = np.array([is_held_out(f"{shown[place].group} looks") for place in fitting])
    asking = np.flatnonzero(apart)
    among = [shown[place] for place in fitting]
    if len(among) - len(asking) < LEAST_FITTED // 2 or not len(asking):
        return None
    judge = LookJudge(among, asking, words)
    if not judge.groups:
        return None
    own, histograms = features.looks[fitting], features.histograms[fitting]
    best: tuple[float, Sequence[str], LookTuning] | None = None
    products = [one.group for one in shown]
    for classes in [products] if judge.by_product else [products, *_classes(shown, words)]:
        space = _fit(classes, features, fitting[~apart], LookTuning())
        for colour in COLOURS:
            looks = dataclasses.replace(space, colour=colour).looks(own, histograms)
            mean = float(judge.each(judge.figures(looks)).mean())
            if best is None or mean > best[0]:
                best = (mean, classes, LookTuning(colour=colour))
    assert best is not None
    return best[1:]


def _classes(shown: Sequence[Pictured], words: Vocabulary) -> list[list[str]]:
    """Return what pictures may be alike by, of products with one picture: their kind, their kind and trait.

    Who has no kind is like nobody but the same product.
    """

    def of(one: Pictured, codes: Sequence[str]) -> str:
        values = [one.labels.get(code, "") for code in codes]
        return "\0".join(values) if all(values) else one.group

    kind = [words.kind or ""]
    return [[of(one, codes) for one in shown] for codes in (kind, [*kind, *words.traits[:1]])]


def _fit(
    classes: Sequence[str], features: Features, places: NDArray[np.intp], tuning: LookTuning
) -> LookSpace:
    return fit_looks(
        features.looks[places], features.histograms[places], [classes[place] for place in places], tuning
    )
