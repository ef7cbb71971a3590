"""Whether fitting a model to a catalogue pays, and how: chosen on some products, judged on others. Pure.

Words are judged here, looks in :mod:`indexers.look_fitting`; each is adopted or left by itself.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from discovery.vision.adapter import Adapter, Features, Matrix, Tuning, WordMap, fit_words
from discovery.vision.embedder import Floors, Recipe, unit
from discovery.vision.looks import spread_out
from indexers.look_fitting import NO_GAIN, Gain, LookFigures, LookJudge, try_looks
from indexers.open_world import OpenWorld
from indexers.pairs import Asked, Pictured, Vocabulary, is_held_out, queries, vocabulary
from indexers.thresholds import (
    Foreign,
    Threshold,
    duplicate_threshold,
    similar_thresholds,
    text_threshold,
)

DEPTH = 10
COLOURS, WIDTHS, BLENDS = (0.3, 0.5), (0.3, 0.5), (0.1, 0.2, 0.3)
KEPT = 0.9
"""Of the open world's figure, what must be left."""

LEAST_QUERIES = 5

_TRIED, _TRIED_ON = 1200, 400
_STRANGERS = 5
_NAMES = 1000

Texts = Callable[[Sequence[str]], Matrix]


@dataclass(frozen=True, slots=True)
class Figures:
    """How well one model does on products that were held out; ``None`` where there is nothing to measure.

    ``queries`` is the nDCG@10 of made queries, ``kinds`` and ``traits`` of those that name a kind, or a trait
    too; ``first_kind`` and ``first_trait`` how often their first hit is right. ``names`` is the mean
    reciprocal rank of a picture by its product's name. Of a held-out picture among all, ``same_product`` is
    how often the one most like it shows the same product, ``among_ten`` how often any of the ten does, and
    ``same_look`` the share of these of one kind, with its traits and without, at the mean. ``open_world`` is
    the nDCG@10 of captions over pictures from outside.
    """

    queries: float
    kinds: float | None
    traits: float | None
    first_kind: float | None
    first_trait: float | None
    names: float | None
    same_product: float | None
    among_ten: float | None
    same_look: float | None
    open_world: float


@dataclass(frozen=True, slots=True, eq=False)
class Fitted:
    """What came of a try. ``thresholds`` are named as :class:`Floors` are.

    The gains are the made queries' and the looks'; ``adapter`` has what of the two paid.
    """

    adapter: Adapter
    thresholds: Mapping[str, Threshold]
    words: Vocabulary
    base: Figures
    adapted: Figures
    words_gain: Gain
    looks_gain: Gain
    pictures: int
    held_out: int
    adopt: bool
    reason: str

    @property
    def floors(self) -> Floors:
        """Where noise ends in what was fitted."""
        return Floors(**{kind: one.floor for kind, one in self.thresholds.items()})


@dataclass(frozen=True, slots=True, eq=False)
class Pairs:
    """Pictures of products, row by row with their features."""

    shown: Sequence[Pictured]
    features: Features

    def rows(self, places: NDArray[np.intp]) -> Pairs:
        """Return those at ``places``."""
        return Pairs([self.shown[place] for place in places], self.features.rows(places))


@dataclass(frozen=True, slots=True, eq=False)
class _TriedWords:
    """``trial`` was fitted without the held-out products; these are its vectors of them."""

    trial: WordMap
    vectors: Matrix
    after: Figures
    gain: Gain
    refusal: str | None


def try_fit(pairs: Pairs, base: Recipe, texts: Texts, world: OpenWorld) -> Fitted | str:
    """Fit words and looks, measure on held-out products, and say which of them pay.

    A text says why nothing can be judged. ``base`` is the recipe of the model as it came.
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
    judge = _Judge(holdout, asked, texts, world)
    before, before_each = judge.figures(holdout.features.bases, world.features.bases)
    tried = _try_words(fitting, targets[~held], holdout, words, texts, world, judge, (before, before_each))
    alike = LookJudge(pairs.shown, np.flatnonzero(held), words)
    before = _with_looks(before, alike.figures(pairs.features.looks))
    looks = try_looks(pairs.shown, pairs.features, held, words)
    seen = looks if looks is not None and looks.refusal is None else None
    said = tried if tried.refusal is None else None
    own = pairs.features.looks
    final = Adapter(
        base.digest,
        None if said is None else fit_words(pairs.features, targets, _groups(pairs), tried.trial.tuning),
        None if seen is None else seen.final,
    )
    fitted_looks = final.fitted_looks(pairs.features)
    foreign = Foreign(
        world.features.looks, final.fitted_looks(world.features), final.familiar(world.features)
    ).unknown_to(own, base.duplicate_floor)
    similar, stranger = similar_thresholds(fitted_looks, foreign, own, base.similar_floor)
    # What is refused is told with its figures, so that one sees what it would have done.
    told = own if looks is None else looks.trial.looks(own, pairs.features.histograms)
    after = _with_looks(tried.after, alike.figures(told))
    vectors = holdout.features.bases if said is None else tried.vectors
    floor = judge.floor(holdout.features.bases, base.text_floor, vectors)
    thresholds = {
        "text": text_threshold(floor, judge.right(vectors), vectors @ world.captions.T),
        "similar": similar,
        "stranger": stranger,
        "duplicate": duplicate_threshold(fitted_looks, pairs.shown, base.duplicate_floor),
    }
    gain = NO_GAIN if looks is None else looks.gain
    reason = fit_reason(tried.refusal, "nothing tells looks apart" if looks is None else looks.refusal)
    return Fitted(
        final, thresholds, words, before, after, tried.gain, gain, len(pairs.shown), len(holdout.shown),
        said is not None or seen is not None, reason,
    )  # fmt: skip


def _try_words(
    fitting: Pairs,
    targets: Matrix,
    holdout: Pairs,
    words: Vocabulary,
    texts: Texts,
    world: OpenWorld,
    judge: _Judge,
    before: tuple[Figures, NDArray[np.float64]],
) -> _TriedWords:
    tuning = _chosen(fitting, targets, words, texts)
    trial = fit_words(fitting.features, targets, _groups(fitting), tuning)
    said, foreign = trial.predicted(holdout.features), trial.predicted(world.features)
    # Of pictures it was not fitted on one in twenty may count as strangers; who is less like any is one.
    trial = trial.tuned(near=max(float(np.percentile(said[1], _STRANGERS)), 1e-6))
    blended: tuple[WordMap, Matrix, Figures, NDArray[np.float64]] | None = None
    for blend in BLENDS:
        tried = trial.tuned(blend=blend)
        vectors = tried.blended(said, holdout.features.bases)
        after, after_each = judge.figures(vectors, tried.blended(foreign, world.features.bases))
        blended = (tried, vectors, after, after_each)
        if after.open_world >= KEPT * before[0].open_world:
            break
    assert blended is not None
    trial, vectors, after, after_each = blended
    gain = Gain.of(after_each - before[1])
    return _TriedWords(trial, vectors, after, gain, _refusal(before[0], after, gain))


def _refusal(before: Figures, after: Figures, gain: Gain) -> str | None:
    if gain.low <= 0:
        return f"no better beyond noise: {gain.mean:+.3f} nDCG@{DEPTH} ({gain.low:+.3f} to {gain.high:+.3f})"
    if after.open_world < KEPT * before.open_world:
        return (
            f"words of other worlds would be lost: nDCG@{DEPTH} {after.open_world:.3f} of "
            f"{before.open_world:.3f}"
        )
    if before.names is not None and after.names is not None and after.names < KEPT * before.names:
        return f"names would be worse: {after.names:.3f} instead of {before.names:.3f}"
    return None


def fit_reason(words: str | None, looks: str | None) -> str:
    """Return why a fit serves or does not; ``words`` and ``looks`` are what speaks against those of it."""
    better = [name for name, refusal in (("words", words), ("looks", looks)) if refusal is None]
    kept = [refusal for refusal in (words, looks) if refusal is not None]
    said = [f"{' and '.join(better)} better on products that it was not fitted on"] if better else []
    return "; ".join([*said, *kept])


def _with_looks(figures: Figures, looks: LookFigures) -> Figures:
    return replace(
        figures,
        same_product=_mean(looks.first),
        among_ten=_mean(looks.ten),
        same_look=_mean(looks.alike),
    )


class _Captions:
    """The mean text vector of each picture's captions; every text is embedded once."""

    def __init__(self, captions: Sequence[tuple[str, ...]], texts: Texts) -> None:
        self._captions = captions
        self._place = {text: n for n, text in enumerate(sorted({t for one in captions for t in one}))}
        self._vectors = texts(list(self._place))

    def targets(self) -> Matrix:
        rows = [self._vectors[[self._place[text] for text in one]].mean(axis=0) for one in self._captions]
        return np.stack(rows).astype(np.float32)


def _chosen(pairs: Pairs, targets: Matrix, words: Vocabulary, texts: Texts) -> Tuning:
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
        tried = fit_words(
            pairs.features.rows(fitting), targets[fitting], [groups[p] for p in fitting], tuning
        )
        said, _ = tried.predicted(holdout.features)
        scores = unit(said + tried.mean + np.float32(tuning.blend) * holdout.features.bases) @ vectors.T
        mean = evenly(_gains(scores, asked), asked)
        if mean > best[0]:
            best = (mean, tuning)
    return best[1]


def _gains(scores: Matrix, asked: Sequence[Asked]) -> NDArray[np.float64]:
    """Return the nDCG of each made query from the cosines [pictures, queries]."""
    return np.array([ndcg(column, one.right) for column, one in zip(scores.T, asked, strict=True)])


def evenly(each: NDArray[np.float64], asked: Sequence[Asked]) -> float:
    """Return the mean of queries for kinds and of those for traits, which are several times as many."""
    traits = np.array([one.traits > 0 for one in asked])
    parts = [each[chosen].mean() for chosen in (~traits, traits) if chosen.any()]
    return float(np.mean(parts))


class _Judge:
    """Everything that is measured on the pictures that were held out."""

    def __init__(self, holdout: Pairs, asked: Sequence[Asked], texts: Texts, world: OpenWorld) -> None:
        self._holdout, self._asked, self._world = holdout, asked, world
        self._queries = texts([one.text for one in asked])
        names = np.array([one.name.lower() for one in holdout.shown])
        self._named = np.flatnonzero(names != "")[:_NAMES]
        self._names = names
        distinct = sorted(set(names[self._named].tolist()))
        self._name_place = {name: place for place, name in enumerate(distinct)}
        self._name_vectors = texts(distinct)

    def figures(self, vectors: Matrix, foreign: Matrix) -> tuple[Figures, NDArray[np.float64]]:
        """Return the figures of one model's vectors, not of its looks, and the nDCG of each made query."""
        scores = vectors @ self._queries.T
        each = _gains(scores, self._asked)
        first = np.array(
            [column.argmax() in one.right for column, one in zip(scores.T, self._asked, strict=True)]
        )
        traits = np.array([one.traits > 0 for one in self._asked])
        world = foreign @ self._world.captions.T
        open_world = [
            ndcg(column, np.flatnonzero(right))
            for column, right in zip(world.T, self._world.right, strict=True)
        ]
        return (
            Figures(
                float(each.mean()),
                _mean(each[~traits]),
                _mean(each[traits]),
                _mean(first[~traits]),
                _mean(first[traits]),
                self._by_name(vectors),
                None,
                None,
                None,
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

    def right(self, vectors: Matrix) -> Matrix:
        """Return the cosines of the made queries and the pictures that answer them."""
        scores = vectors @ self._queries.T
        return np.concatenate([column[one.right] for column, one in zip(scores.T, self._asked, strict=True)])

    def _by_name(self, vectors: Matrix) -> float | None:
        if not len(self._named):
            return None
        found = []
        for place in self._named:
            scores = vectors @ self._name_vectors[self._name_place[self._names[place]]]
            best = scores[self._names == self._names[place]].max()
            found.append(1 / (1 + int((scores > best).sum())))
        return float(np.mean(found))


def ndcg(scores: NDArray[np.floating], right: NDArray[np.intp]) -> float:
    """Return the nDCG@10 of scores [n], an answer being right or not (Järvelin and Kekäläinen, 2002)."""
    found = np.argsort(-scores, kind="stable")[:DEPTH]
    discounts = 1 / np.log2(np.arange(DEPTH) + 2)
    best = discounts[: min(DEPTH, len(right))].sum()
    return float(discounts[: len(found)][np.isin(found, right)].sum() / best) if best else 0.0


def _groups(pairs: Pairs) -> list[str]:
    return [one.group for one in pairs.shown]


def _mean(values: NDArray[np.generic]) -> float | None:
    return float(values.astype(np.float64).mean()) if len(values) else None
