"""The space in which pictures are compared with pictures: what they show, and how its subject is coloured.

A look is two blocks side by side, so that one cosine is the weighted sum of two. The model's own look is its
features beside the colour histogram. A look that was fitted to a catalogue is both of these whitened by how
much the pictures of one product differ among themselves (within-class covariance normalisation; Hatch,
Kajarekar and Stolcke, Interspeech 2006): what changes from view to view counts little, what stays counts
much. Where hardly any product has several pictures the covariance of all of them stands in. Pure numpy,
closed form.

What each gains is in docs/decisions/0014.
"""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from discovery.vision.colours import REACHED
from discovery.vision.embedder import Vector, unit

Matrix = NDArray[np.float32]
Wide = NDArray[np.float64]

MOST_KEPT = 512
"""Principal directions of the model's looks that a fit begins with."""

FEATURES, COLOURS = 256, 128
"""Numbers of a fitted look that tell what is shown and how it is coloured, at most."""

LANDMARKS = 500
"""Pictures of the catalogue that a look space knows, at most."""

NEIGHBOURS = 3
"""Of these, how many the likeness of a picture to the catalogue is measured by."""

LEAST_VARIED = 30
"""Pictures beyond the first of their products that within-product covariance is learned from, at least."""


@dataclass(frozen=True, slots=True)
class LookTuning:
    """How a look space is fitted.

    ``colour`` is the colour block's weight beside the features' 1, ``total`` the share of the covariance of
    all pictures in what is whitened, and ``ridge`` what is added to it, as a share of its mean.
    """

    colour: float = 0.35
    total: float = 0.05
    ridge: float = 0.3


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """One affine map [n, m], and what it takes away first [n]."""

    mean: Matrix
    projection: Matrix

    def of(self, rows: Matrix) -> Vector:
        """Return the rows mapped, of unit norm."""
        return unit((rows - self.mean) @ self.projection)


@dataclass(frozen=True, slots=True, eq=False)
class LookSpace:
    """A fitted look space, from a model's own looks and histograms.

    What tells one shirt from another tells nothing of a lamp: all that was never seen is pushed together.
    So the space also knows some of the catalogue's pictures, ``landmarks`` [m, l], by the model's own looks:
    what is not as ``near`` to them is strange to it. A space of before they were kept knows no strangers.
    """

    features: Block
    colours: Block
    colour: float
    landmarks: Matrix | None = None
    near: float = -1.0

    @property
    def dimension(self) -> int:
        """How long a look is."""
        return int(self.features.projection.shape[1] + self.colours.projection.shape[1])

    def looks(self, own: Matrix, histograms: Matrix) -> Vector:
        """Return the fitted looks [n, dimension], of unit norm, of the model's ``own`` and histograms."""
        return _side_by_side(self.features.of(own), self.colours.of(histograms), self.colour)

    def familiarity(self, own: Matrix) -> Vector:
        """Return the mean cosine [n] of the model's ``own`` looks to the nearest landmarks."""
        if self.landmarks is None:
            return np.ones(len(own), dtype=np.float32)
        count = min(NEIGHBOURS, len(self.landmarks))
        alike = np.partition(own @ self.landmarks.T, len(self.landmarks) - count, axis=1)
        nearest: Vector = alike[:, len(self.landmarks) - count :].mean(axis=1)
        return nearest

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return all that it consists of, by name, as it is kept."""
        known: dict[str, NDArray[Any]] = {}
        if self.landmarks is not None:
            known["look_landmarks"] = self.landmarks.astype(np.float16)
            known["look_near"] = np.array(self.near)
        return known | {
            "look_features_mean": self.features.mean,
            "look_features": self.features.projection.astype(np.float16),
            "look_colours_mean": self.colours.mean,
            "look_colours": self.colours.projection.astype(np.float16),
            "look_colour": np.array(self.colour),
        }

    @classmethod
    def from_arrays(cls, kept: Mapping[str, NDArray[Any]]) -> LookSpace:
        """Return the space that :meth:`arrays` told.

        Raises:
            KeyError: something is missing.
        """
        features = Block(kept["look_features_mean"], kept["look_features"].astype(np.float32))
        colours = Block(kept["look_colours_mean"], kept["look_colours"].astype(np.float32))
        space = cls(features, colours, float(kept["look_colour"]))
        if "look_landmarks" not in kept:
            return space
        landmarks = kept["look_landmarks"].astype(np.float32)
        return dataclasses.replace(space, landmarks=landmarks, near=float(kept["look_near"]))


def coloured(features: Matrix, histograms: Matrix, colour: float) -> Vector:
    """Return a model's own looks: unit ``features`` [n, f] beside the colours that a screen has, weighted."""
    return _side_by_side(features, unit(histograms[:, REACHED]), colour)


def fit_looks(own: Matrix, histograms: Matrix, groups: Sequence[str], tuning: LookTuning) -> LookSpace:
    """Return the look space of pictures by row; ``groups`` says which are alike: of one product, say."""
    places = np.unique(np.array(groups), return_inverse=True)[1]
    features = _whitening(own, places, tuning, FEATURES)
    colours = _whitening(histograms, places, tuning, COLOURS)
    # Rounded as they are kept, so that a picture is as familiar before the space is written as after.
    landmarks = own[spread_out(groups, LANDMARKS)].astype(np.float16).astype(np.float32)
    return LookSpace(features, colours, tuning.colour, landmarks)


def spread_out(groups: Sequence[str], most: int) -> NDArray[np.intp]:
    """Return the places of at most ``most`` pictures, in order: as even over groups as can be, none drawn."""
    if len(groups) <= most:
        return np.arange(len(groups))
    turns: dict[str, int] = {}
    ranked: list[tuple[int, bytes, int]] = []
    for place, group in enumerate(groups):
        turn = turns.get(group, 0)
        turns[group] = turn + 1
        shuffled = hashlib.blake2b(f"{group}\0{turn}".encode("utf-8", "replace"), digest_size=8).digest()
        ranked.append((turn, shuffled, place))
    return np.sort(np.array([place for *_, place in sorted(ranked)[:most]], dtype=np.intp))


def _side_by_side(features: Matrix, colours: Matrix, colour: float) -> Vector:
    return unit(np.hstack([features, np.float32(colour**0.5) * colours]))


def _whitening(rows: Matrix, places: NDArray[np.intp], tuning: LookTuning, most: int) -> Block:
    """Return what whitens ``rows`` by product, in at most ``most`` directions that tell pictures apart."""
    mean = rows.mean(axis=0, dtype=np.float64)
    centred = rows - mean
    variances, directions = np.linalg.eigh(centred.T @ centred / len(rows))
    kept = max(1, min(MOST_KEPT, len(rows) - 1, int((variances > variances[-1] * 1e-6).sum())))
    basis = directions[:, ::-1][:, :kept]
    drawn = centred @ basis
    spread = _share(drawn)
    within = _within(drawn, places)
    if len(within):
        spread = tuning.total * spread + (1 - tuning.total) * _share(within)
    # Both are of trace 1: the ridge is a share of the mean variance.
    variances, directions = np.linalg.eigh(spread + tuning.ridge / kept * np.eye(kept))
    white = directions / np.sqrt(variances * kept)
    made = unit(drawn @ white)
    _, axes = np.linalg.eigh(np.cov(made.T).reshape(kept, kept))
    projection = basis @ white @ axes[:, ::-1][:, :most]
    # Rounded as it is kept, so that a look is the same before the space is written and after.
    return Block(mean.astype(np.float32), projection.astype(np.float16).astype(np.float32))


def _within(rows: Wide, places: NDArray[np.intp]) -> Wide:
    """Return how far each picture lies from the mean of its product's, where that has several."""
    counts = np.bincount(places)
    several = counts[places] > 1
    if several.sum() - (counts > 1).sum() < LEAST_VARIED:
        return rows[:0]
    sums = np.zeros((len(counts), rows.shape[1]))
    np.add.at(sums, places, rows)
    apart: Wide = rows[several] - (sums / counts[:, None])[places[several]]
    # A mean of few lies nearer to each of them than the product's own.
    apart *= np.sqrt(counts / np.maximum(counts - 1, 1))[places[several], None]
    return apart


def _share(rows: Wide) -> Wide:
    covariance: Wide = rows.T @ rows
    return covariance / max(float(np.trace(covariance)), 1e-12)
