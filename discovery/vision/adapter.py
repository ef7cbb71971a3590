"""A model fitted to one catalogue: its looks, and the way from them to the words its products are sold by.

The looks are :mod:`discovery.vision.looks`. The words are kernel ridge regression (Saunders, Gammerman and
Vovk, ICML 1998) from two blocks of features, the look and the colour histogram, to the mean text vector of a
few captions of the product that a picture shows. It is local: a picture unlike all that it was fitted on has
a kernel of nearly nothing and keeps its place in the model's own space, so words of other worlds go on
finding what they found, and two catalogues do not pull at each other. Above :data:`MOST_LANDMARKS` pictures
the kernel is approximated by some of them (Nyström; Rudi, Camoriano and Rosasco, "Less is More", NIPS 2015),
in memory that does not grow with the catalogue.

What they gain is in docs/decisions/0012 and 0014. Pure numpy: nothing is drawn, so the same pairs give the
same map.
"""

from __future__ import annotations

import dataclasses
import hashlib
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from discovery.errors import ModelUnavailable
from discovery.vision.embedder import (
    Embedder,
    Embedding,
    Floors,
    ModelInput,
    Recipe,
    Vector,
    unit,
    validate,
)
from discovery.vision.images import Picture
from discovery.vision.looks import LookSpace, spread_out

Matrix = NDArray[np.float32]

MOST_LANDMARKS = 4000
ROWS_AT_ONCE = 2048
FORMAT = 2
MEAN_SHARE = 0.7
"""How much of what all captions have in common is left in. All of it draws pictures that the kernel is unsure
of to the words that most captions are near to. Measured on garments not fitted on: 0.7 finds more than all of
it at each width tried, none of it finds less."""

VISUAL_WEIGHT = 0.3
"""Measured on 1,000 garments not fitted on: beside words that say all, some or little of them, hybrid results
reach at least 0.97 of the better of words and pictures alone, mostly more than both."""


@dataclass(frozen=True, slots=True)
class Tuning:
    """How words are fitted.

    ``colour`` is the histogram's weight beside the look's 1, ``width`` the kernel's factor of the squared
    distance, ``ridge`` what keeps it from learning by heart, and ``blend`` how much of the model's own
    vector is added, at least. A picture whose nearest landmark has a kernel of ``near`` is the catalogue's
    own; one of half that or less is a stranger, and keeps the model's own vector.
    """

    colour: float = 0.5
    width: float = 0.5
    ridge: float = 0.1
    blend: float = 0.1
    near: float = 0.6


@dataclass(frozen=True, slots=True, eq=False)
class Features:
    """Pictures by row: histograms [n, h], and looks [n, l] and vectors [n, d] of the model as it came."""

    looks: Matrix
    histograms: Matrix
    bases: Matrix

    def __len__(self) -> int:
        """Return how many pictures there are."""
        return len(self.looks)

    def rows(self, chosen: Any) -> Features:
        """Return those rows that an index, a slice or a mask chooses."""
        return Features(self.looks[chosen], self.histograms[chosen], self.bases[chosen])


@dataclass(frozen=True, slots=True, eq=False)
class Scaling:
    """What makes both blocks comparable: each less its mean, divided by the root of its mean squared norm."""

    look_mean: Matrix
    look_size: float
    histogram_mean: Matrix
    histogram_size: float
    bins: NDArray[np.int32]

    @classmethod
    def of(cls, features: Features) -> Scaling:
        """Return the scaling of pictures that a map is fitted on; bins that none of them uses are dropped."""
        bins = np.flatnonzero(features.histograms.sum(axis=0) > 0).astype(np.int32)
        look_mean, look_size = _spread(features.looks)
        histogram_mean, histogram_size = _spread(features.histograms[:, bins])
        return cls(look_mean, look_size, histogram_mean, histogram_size, bins)

    def blocks(self, features: Features) -> tuple[Matrix, Matrix]:
        """Return looks and histograms, scaled."""
        looks = (features.looks - self.look_mean) / self.look_size
        histograms = (features.histograms[:, self.bins] - self.histogram_mean) / self.histogram_size
        return looks.astype(np.float32), histograms.astype(np.float32)

    def joined(self, features: Features, colour: float) -> Matrix:
        """Return both blocks side by side, the histogram weighted."""
        looks, histograms = self.blocks(features)
        return np.hstack([looks, np.float32(colour) * histograms])


@dataclass(frozen=True, slots=True, eq=False)
class WordMap:
    """A fitted map from pictures to the words of their products."""

    tuning: Tuning
    scaling: Scaling
    landmarks: Matrix
    weights: Matrix
    mean: Matrix

    def vectors(self, features: Features) -> Vector:
        """Return the fitted vectors [n, d], unit norm, of pictures."""
        made = np.empty((len(features), len(self.mean)), dtype=np.float32)
        for start in range(0, len(features), ROWS_AT_ONCE):
            part = slice(start, start + ROWS_AT_ONCE)
            made[part] = self.blended(self.predicted(features.rows(part)), features.bases[part])
        return made

    def predicted(self, features: Features) -> tuple[Matrix, Matrix]:
        """Return what the kernel alone says of pictures [n, d], and their nearest landmarks' kernel [n]."""
        rows = self.scaling.joined(features, self.tuning.colour)
        alike = kernel(distances(rows, self.landmarks), self.tuning.width)
        return alike @ self.weights, alike.max(axis=1)

    def blended(self, predicted: tuple[Matrix, Matrix], bases: Matrix) -> Vector:
        """Return unit vectors of what was predicted and of the model's own vectors."""
        said, nearest = predicted
        own = np.clip(2 * nearest / np.float32(self.tuning.near) - 1, 0, 1)[:, None]
        return unit(own * (said + self.mean) + np.maximum(np.float32(self.tuning.blend), 1 - own) * bases)

    def tuned(self, **changed: float) -> WordMap:
        """Return the same map with another ``blend`` or ``near``, which need no new fit."""
        return dataclasses.replace(self, tuning=dataclasses.replace(self.tuning, **changed))

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return all that it consists of, by name, as it is kept."""
        scaling = self.scaling
        return {
            "tuning": _packed(dataclasses.asdict(self.tuning)),
            "look_mean": scaling.look_mean,
            "histogram_mean": scaling.histogram_mean,
            "sizes": np.array([scaling.look_size, scaling.histogram_size]),
            "bins": scaling.bins,
            "landmarks": self.landmarks.astype(np.float16),
            "weights": self.weights.astype(np.float32),
            "mean": self.mean,
        }

    @classmethod
    def from_arrays(cls, kept: Mapping[str, NDArray[Any]]) -> WordMap:
        """Return the map that :meth:`arrays` told.

        Raises:
            KeyError: something is missing.
        """
        look_size, histogram_size = kept["sizes"].tolist()
        scaling = Scaling(kept["look_mean"], look_size, kept["histogram_mean"], histogram_size, kept["bins"])
        landmarks = kept["landmarks"].astype(np.float32)
        return cls(Tuning(**_unpacked(kept["tuning"])), scaling, landmarks, kept["weights"], kept["mean"])


@dataclass(frozen=True, slots=True, eq=False)
class Adapter:
    """What fits a model to a catalogue: a map to its words, a space of its looks, or both.

    ``base`` is the digest of the recipe whose features they take; where one is ``None`` the model stays as
    it is.
    """

    base: str
    words: WordMap | None
    looks: LookSpace | None

    @property
    def digest(self) -> str:
        """The SHA-256 of the whole."""
        return f"sha256:{hashlib.sha256(self.to_bytes()).hexdigest()}"

    def vectors(self, features: Features) -> Vector:
        """Return the fitted vectors [n, d], unit norm, of pictures."""
        return features.bases if self.words is None else self.words.vectors(features)

    def fitted_looks(self, features: Features) -> Vector:
        """Return the fitted looks [n, l], unit norm, of pictures."""
        own = features.looks
        return own if self.looks is None else self.looks.looks(own, features.histograms)

    def familiar(self, features: Features) -> NDArray[np.bool_]:
        """Return which pictures [n] are of the kinds that the adapter was fitted to."""
        if self.looks is None:
            return np.ones(len(features), dtype=np.bool_)
        return self.looks.familiarity(features.looks) >= self.looks.near

    def to_bytes(self) -> bytes:
        """Return the whole as an uncompressed ``npz``; equal ones have equal bytes."""
        kept: dict[str, Any] = {"about": _packed({"base": self.base, "format": FORMAT})}
        for part in (self.words, self.looks):
            kept |= {} if part is None else part.arrays()
        buffer = io.BytesIO()
        np.savez(buffer, **kept)
        return buffer.getvalue()

    @classmethod
    def from_bytes(cls, data: bytes) -> Adapter:
        """Return what :meth:`to_bytes` wrote.

        Raises:
            ModelUnavailable: the bytes are no adapter, or one of another version.
        """
        try:
            with np.load(io.BytesIO(data), allow_pickle=False) as kept:
                about = _unpacked(kept["about"])
                if about["format"] != FORMAT:
                    raise ModelUnavailable(
                        f"the adapter has format {about['format']}, this version reads {FORMAT}; "
                        "run discovery model adapt"
                    )
                words = WordMap.from_arrays(kept) if "tuning" in kept else None
                looks = LookSpace.from_arrays(kept) if "look_colour" in kept else None
                return cls(about["base"], words, looks)
        except (OSError, ValueError, KeyError, TypeError, EOFError, BadZipFile) as error:
            raise ModelUnavailable(
                f"the adapter cannot be read ({type(error).__name__}); run discovery model adapt"
            ) from error


def _packed(named: Mapping[str, Any]) -> NDArray[np.uint8]:
    return np.frombuffer(json.dumps(named, sort_keys=True).encode(), dtype=np.uint8)


def _unpacked(packed: NDArray[Any]) -> dict[str, Any]:
    named: dict[str, Any] = json.loads(packed.tobytes())
    return named


def fit_words(
    features: Features,
    targets: Matrix,
    groups: Sequence[str],
    tuning: Tuning,
    most_landmarks: int = MOST_LANDMARKS,
) -> WordMap:
    """Return the map from pictures to their ``targets`` [n, d]; ``groups`` names each picture's product."""
    scaling = Scaling.of(features)
    mean = targets.mean(axis=0).astype(np.float32)
    chosen = spread_out(groups, most_landmarks)
    # Rounded as they are kept, so that a map says the same before it is written and after.
    landmarks = scaling.joined(features.rows(chosen), tuning.colour)
    landmarks = landmarks.astype(np.float16).astype(np.float32)
    among = kernel(distances(landmarks, landmarks), tuning.width).astype(np.float64)
    if len(chosen) == len(features):
        among[np.diag_indices_from(among)] += tuning.ridge
        weights = np.linalg.solve(among, (targets - mean)[chosen].astype(np.float64))
    else:
        weights = _nystrom(features, targets - mean, scaling, landmarks, among, tuning)
    return WordMap(tuning, scaling, landmarks, weights.astype(np.float32), np.float32(MEAN_SHARE) * mean)


def _nystrom(
    features: Features,
    targets: Matrix,
    scaling: Scaling,
    landmarks: Matrix,
    among: NDArray[np.float64],
    tuning: Tuning,
) -> NDArray[np.float64]:
    count = len(landmarks)
    left: NDArray[np.floating[Any]] = tuning.ridge * among
    right: NDArray[np.floating[Any]] = np.zeros((count, targets.shape[1]))
    for start in range(0, len(features), ROWS_AT_ONCE):
        part = slice(start, start + ROWS_AT_ONCE)
        rows = scaling.joined(features.rows(part), tuning.colour)
        near = kernel(distances(rows, landmarks), tuning.width).astype(np.float64)
        left = left + near.T @ near
        right = right + near.T @ targets[part]
    # Two landmarks that are nearly one picture would make the system singular.
    left[np.diag_indices_from(left)] += 1e-8 * np.trace(left) / count
    solved: NDArray[np.float64] = np.linalg.solve(left, right)
    return solved


def distances(rows: Matrix, others: Matrix) -> Matrix:
    """Return squared Euclidean distances [n, m]."""
    squared = (rows**2).sum(axis=1)[:, None] + (others**2).sum(axis=1)[None, :]
    apart: Matrix = np.maximum(squared - 2 * (rows @ others.T), 0).astype(np.float32)
    return apart


def kernel(squared: Matrix, width: float) -> Matrix:
    """Return the Gaussian kernel of squared distances."""
    alike: Matrix = np.exp(np.float32(-width) * squared)
    return alike


def _spread(rows: Matrix) -> tuple[Matrix, float]:
    mean = rows.mean(axis=0, dtype=np.float64)
    size = float(np.sqrt(((rows - mean) ** 2).sum(axis=1).mean())) if rows.size else 0.0
    return mean.astype(np.float32), size or 1.0


class AdaptedEmbedder:
    """Any embedder, fitted to a catalogue: the same texts, other vectors and looks of pictures.

    ``floors`` are where noise ends among these.
    """

    def __init__(self, embedder: Embedder, adapter: Adapter, floors: Floors) -> None:
        self._embedder = embedder
        self._adapter = adapter
        self._recipe = adapted_recipe(embedder.recipe, adapter, floors)
        if adapter.base != embedder.recipe.digest:
            raise ModelUnavailable(
                f"the adapter was fitted on recipe {adapter.base}, the model is {embedder.recipe.model!r} "
                f"of recipe {embedder.recipe.digest}; run discovery model adapt"
            )

    @property
    def recipe(self) -> Recipe:
        """The model's recipe, with the adapter in it."""
        return self._recipe

    def prepare(self, picture: Picture) -> ModelInput:
        """Return one picture as the model's input."""
        return self._embedder.prepare(picture)

    def embed_pictures(self, batch: Sequence[ModelInput]) -> list[Embedding]:
        """Return fitted vectors and looks, and what of the model's own they stand for beside them."""
        made = self._embedder.embed_pictures(batch)
        if not made:
            return []
        features = features_of(made)
        vectors, looks = self._adapter.vectors(features), self._adapter.fitted_looks(features)
        validate(vectors, len(made), self._recipe.dimension)
        validate(looks, len(made), self._recipe.look_dimension)
        words, shown = self._adapter.words is not None, self._adapter.looks is not None
        familiar = self._adapter.familiar(features)
        return [
            dataclasses.replace(
                one,
                vector=vector,
                look=look,
                base=one.vector if words else None,
                base_look=one.look if shown else None,
                familiar=bool(known),
            )
            for one, vector, look, known in zip(made, vectors, looks, familiar, strict=True)
        ]

    def embed_text(self, text: str) -> Vector:
        """Return the text's vector, which is the model's own."""
        return self._embedder.embed_text(text)

    def embed_texts(self, texts: Sequence[str]) -> Vector:
        """Return one row for each text."""
        return self._embedder.embed_texts(texts)


def adapted_recipe(base: Recipe, adapter: Adapter, floors: Floors) -> Recipe:
    """Return the recipe of a model with an adapter; both must be the same for vectors to be comparable."""
    return dataclasses.replace(
        base,
        adapter=adapter.digest,
        look_dimension=base.look_dimension if adapter.looks is None else adapter.looks.dimension,
        text_floor=floors.text,
        similar_floor=floors.similar,
        duplicate_floor=floors.duplicate,
        stranger_floor=floors.stranger,
        visual_weight=base.visual_weight if adapter.words is None else VISUAL_WEIGHT,
    )


def features_of(embeddings: Iterable[Embedding]) -> Features:
    """Return the features of pictures that a model, as it came, has just embedded."""
    made = list(embeddings)
    return Features(
        np.stack([one.look for one in made]),
        np.stack([one.histogram for one in made]),
        np.stack([one.vector for one in made]),
    )
