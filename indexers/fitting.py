"""Whether fitting a model to a catalogue pays, and how: chosen on some products, judged on others. Pure."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from discovery.vision.adapter import Adapter, Features, Matrix, Tuning, fit, spread_out
from discovery.vision.embedder import unit
from indexers.open_world import OpenWorld
from indexers.pairs import Asked, Pictured, Vocabulary, is_held_out, queries, vocabulary

DEPTH = 10
COLOURS, WIDTHS, BLENDS = (0.3, 0.5, 0.8), (0.3, 0.5), (0.1, 0.2, 0.3)
KEPT = 0.9
"""Of the open world's figure, what must be left."""

LEAST_QUERIES = 5
LOOK_SHARE = 0.7

_TRIED, _TRIED_ON = 1200, 400
_STRANGERS = 10
_BOOTSTRAPS, _TAIL = 1000, 2.5
_NAMES = 1000

Texts = Callable[[Sequence[str]], Matrix]


@dataclass(frozen=True, slots=True)
class Figures:
    """How well one model does on products that were held out; ``None`` where there is nothing to measure.

    ``queries`` is the nDCG@10 of made queries, ``kinds`` and ``traits`` of those that name a kind, or a trait
    too; ``first_kind`` and ``first_trait`` how often their first hit is right. ``names`` is the mean
    reciprocal rank of a picture by its product's name. ``same_product`` is how often the picture most like
    one shows the same product, ``same_look`` the share of the ten most alike of one kind. ``open_world`` is
    the nDCG@10 of captions over pictures from outside.
    """

    queries: float
    kinds: float | None
    traits: float | None
    first_kind: float | None
    first_trait: float | None
    names: float | None
    same_product: float | None
    same_look: float | None
    open_world: float


@dataclass(frozen=True, slots=True, eq=False)
class Fitted:
    """What came of a try. ``gain`` is the made queries' gain with the bounds of its 95 % interval."""

    adapter: Adapter
    text_floor: float
    words: Vocabulary
    base: Figures
    adapted: Figures
    gain: tuple[float, float, float]
    pictures: int
    held_out: int
    adopt: bool
    reason: str


@dataclass(frozen=True, slots=True, eq=False)
class Pairs:
    """Pictures of products, row by row with their features."""

    shown: Sequence[Pictured]
    features: Features

    def rows(self, places: NDArray[np.intp]) -> Pairs:
        """Return those at ``places``."""
        return Pairs([self.shown[place] for place in places], self.features.rows(places))


def try_fit(pairs: Pairs, base: str, base_floor: float, texts: Texts, world: OpenWorld) -> Fitted | str:
    """Fit, measure on held-out products, and say whether it pays; a text says why it cannot be judged.

    ``base`` is the digest of the model's recipe, ``base_floor`` its text floor.
    """
    words = vocabulary(pairs.shown, pairs.features)
    if words.kind is None:
        return "no column of the catalogue says what its pictures show"
    held = np.array([is_held_out(one.group) for one in pairs.shown])
    fitting, holdout = pairs.rows(np.flatnonzero(~held)), pairs.rows(np.flatnonzero(held))
    asked = queries(holdout.shown, words)
    if len(asked) < LEAST_QUERIES or not fitting.shown:
        return f"the held-out products answer {len(asked)} queries, at least {LEAST_QUERIES} are needed"
    captioned = _Captions([words.captions(one) for one in pairs.shown], texts)
    targets = captioned.targets()
    own = targets[~held]
    tuning = _chosen(fitting, own, base, words, texts)
    trial = fit(base, fitting.features, own, _groups(fitting), tuning)
    judge = _Judge(holdout, asked, words, texts, world)
    said, foreign = trial.predicted(holdout.features), trial.predicted(world.features)
    # Of pictures it was not fitted on a tenth may count as strangers; who is less like any is one.
    trial = trial.tuned(near=max(float(np.percentile(said[1], _STRANGERS)), 1e-6))
    before, before_each = judge.figures(holdout.features.bases, world.features.bases)
    blended: tuple[Adapter, Matrix, Figures, NDArray[np.float64]] | None = None
    for blend in BLENDS:
        tried = trial.tuned(blend=blend)
        vectors = tried.blended(said, holdout.features.bases)
        after, after_each = judge.figures(vectors, tried.blended(foreign, world.features.bases))
        blended = (tried, vectors, after, after_each)
        if after.open_world >= KEPT * before.open_world:
            break
    assert blended is not None
    trial, vectors, after, after_each = blended
    gain = _interval(after_each - before_each)
    floor = judge.floor(holdout.features.bases, base_floor, vectors)
    reason = _refusal(before, after, gain)
    final = fit(base, pairs.features, targets, _groups(pairs), trial.tuning)
    return Fitted(
        final, floor, words, before, after, gain, len(pairs.shown), len(holdout.shown), reason is None,
        reason or "better on products that it was not fitted on",
    )  # fmt: skip


def _refusal(before: Figures, after: Figures, gain: tuple[float, float, float]) -> str | None:
    if gain[1] <= 0:
        return f"no better beyond noise: {gain[0]:+.3f} nDCG@{DEPTH} ({gain[1]:+.3f} to {gain[2]:+.3f})"
    if after.open_world < KEPT * before.open_world:
        return (
            f"words of other worlds would be lost: nDCG@{DEPTH} {after.open_world:.3f} of "
            f"{before.open_world:.3f}"
        )
    for name in ("names", "same_product", "same_look"):
        was, now = getattr(before, name), getattr(after, name)
        if was is not None and now < KEPT * was:
            return f"{name.replace('_', ' ')} would be worse: {now:.3f} instead of {was:.3f}"
    return None


class _Captions:
    """The mean text vector of each picture's captions; every text is embedded once."""

    def __init__(self, captions: Sequence[tuple[str, ...]], texts: Texts) -> None:
        self._captions = captions
        self._place = {text: n for n, text in enumerate(sorted({t for one in captions for t in one}))}
        self._vectors = texts(list(self._place))

    def targets(self) -> Matrix:
        rows = [self._vectors[[self._place[text] for text in one]].mean(axis=0) for one in self._captions]
        return np.stack(rows).astype(np.float32)


def _chosen(pairs: Pairs, targets: Matrix, base: str, words: Vocabulary, texts: Texts) -> Tuning:
    """Return the tuning that does best on a part of the pictures to fit on; few are enough to tell."""
    groups = _groups(pairs)
    some = spread_out(groups, _TRIED + _TRIED_ON)
    apart = np.array([is_held_out(f"{groups[place]} tuning") for place in some])
    fitting, holdout = some[~apart], pairs.rows(some[apart])
    asked = queries(holdout.shown, words)
    if not asked or not len(fitting):
        return Tuning()
    vectors = texts([one.text for one in asked])
    best = (-1.0, Tuning())
    for colour, width in itertools.product(COLOURS, WIDTHS):
        tuning = Tuning(colour=colour, width=width)
        tried = fit(
            base, pairs.features.rows(fitting), targets[fitting], [groups[p] for p in fitting], tuning
        )
        said, _ = tried.predicted(holdout.features)
        scores = unit(said + tried.mean + np.float32(tuning.blend) * holdout.features.bases) @ vectors.T
        mean = float(np.mean([ndcg(column, one.right) for column, one in zip(scores.T, asked, strict=True)]))
        if mean > best[0]:
            best = (mean, tuning)
    return best[1]


class _Judge:
    """Everything that is measured on the pictures that were held out."""

    def __init__(
        self, holdout: Pairs, asked: Sequence[Asked], words: Vocabulary, texts: Texts, world: OpenWorld
    ) -> None:
        self._holdout, self._asked, self._world = holdout, asked, world
        self._queries = texts([one.text for one in asked])
        self._kinds = np.array([one.labels.get(words.kind or "", "") for one in holdout.shown])
        self._groups = np.array(_groups(holdout))
        names = np.array([one.name.lower() for one in holdout.shown])
        self._named = np.flatnonzero(names != "")[:_NAMES]
        self._names = names
        distinct = sorted(set(names[self._named].tolist()))
        self._name_place = {name: place for place, name in enumerate(distinct)}
        self._name_vectors = texts(distinct)
        looks = holdout.features.looks
        self._looks = looks @ looks.T

    def figures(self, vectors: Matrix, foreign: Matrix) -> tuple[Figures, NDArray[np.float64]]:
        """Return all figures of one model's vectors, and the nDCG of each made query."""
        scores = vectors @ self._queries.T
        each = np.array([ndcg(column, one.right) for column, one in zip(scores.T, self._asked, strict=True)])
        first = np.array(
            [column.argmax() in one.right for column, one in zip(scores.T, self._asked, strict=True)]
        )
        traits = np.array([one.traits > 0 for one in self._asked])
        world = foreign @ self._world.captions.T
        open_world = [
            ndcg(column, np.flatnonzero(right))
            for column, right in zip(world.T, self._world.right, strict=True)
        ]
        same_product, same_look = self._alike(vectors)
        return (
            Figures(
                float(each.mean()),
                _mean(each[~traits]),
                _mean(each[traits]),
                _mean(first[~traits]),
                _mean(first[traits]),
                self._by_name(vectors),
                same_product,
                same_look,
                float(np.mean(open_world)),
            ),
            each,
        )

    def floor(self, bases: Matrix, base_floor: float, vectors: Matrix) -> float:
        """Return the floor that lets through as many of these pictures for foreign captions as before."""
        before = bases @ self._world.captions.T
        let_through = float((before >= base_floor).mean())
        after = np.sort((vectors @ self._world.captions.T).ravel())
        place = min(len(after) - 1, round(len(after) * (1 - let_through)))
        return round(float(np.clip(after[place], 0.0, 0.95)), 4)

    def _by_name(self, vectors: Matrix) -> float | None:
        if not len(self._named):
            return None
        found = []
        for place in self._named:
            scores = vectors @ self._name_vectors[self._name_place[self._names[place]]]
            best = scores[self._names == self._names[place]].max()
            found.append(1 / (1 + int((scores > best).sum())))
        return float(np.mean(found))

    def _alike(self, vectors: Matrix) -> tuple[float | None, float | None]:
        alike = LOOK_SHARE * self._looks + (1 - LOOK_SHARE) * (vectors @ vectors.T)
        np.fill_diagonal(alike, -np.inf)
        nearest = np.argsort(-alike, axis=1, kind="stable")[:, :DEPTH]
        _, places, counts = np.unique(self._groups, return_inverse=True, return_counts=True)
        several = counts[places] > 1
        hits = self._groups[nearest[:, 0]] == self._groups
        same = (self._kinds[nearest] == self._kinds[:, None]).mean(axis=1)
        return _mean(hits[several]), _mean(same[self._kinds != ""])


def ndcg(scores: NDArray[np.floating], right: NDArray[np.intp]) -> float:
    """Return the nDCG@10 of scores [n], an answer being right or not (Järvelin and Kekäläinen, 2002)."""
    found = np.argsort(-scores, kind="stable")[:DEPTH]
    discounts = 1 / np.log2(np.arange(DEPTH) + 2)
    best = discounts[: min(DEPTH, len(right))].sum()
    return float(discounts[: len(found)][np.isin(found, right)].sum() / best) if best else 0.0


def _interval(differences: NDArray[np.float64]) -> tuple[float, float, float]:
    """Return the mean of paired differences and its 95 % bootstrap interval; the same on every run."""
    drawn = np.random.default_rng(0).integers(0, len(differences), (_BOOTSTRAPS, len(differences)))
    means = differences[drawn].mean(axis=1)
    low, high = np.percentile(means, [_TAIL, 100 - _TAIL])
    return float(differences.mean()), float(low), float(high)


def _groups(pairs: Pairs) -> list[str]:
    return [one.group for one in pairs.shown]


def _mean(values: NDArray[np.generic]) -> float | None:
    return float(values.astype(np.float64).mean()) if len(values) else None
