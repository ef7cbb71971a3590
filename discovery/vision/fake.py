"""A deterministic model without weights, for tests of whatever stands on embeddings.

Its geometry means something: a colour's word is near pictures that hold much of that colour, any other
word is near no picture, and two pictures are alike when their colours lie in the same places.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from discovery.vision.colours import histogram
from discovery.vision.embedder import Embedding, ModelInput, Recipe, Vector, unit, validate
from discovery.vision.images import Picture

DIMENSION = 64
_SIDE = 8
_ANCHORS: dict[str, tuple[int, int, int]] = {
    "black": (20, 20, 20),
    "white": (245, 245, 245),
    "grey": (128, 128, 128),
    "red": (200, 30, 30),
    "orange": (240, 140, 30),
    "yellow": (240, 220, 40),
    "green": (40, 140, 60),
    "blue": (40, 80, 190),
    "purple": (120, 50, 150),
    "pink": (240, 150, 190),
    "brown": (110, 70, 40),
}
_NAMES = tuple(_ANCHORS)
_RGB = np.array(list(_ANCHORS.values()), dtype=np.float32)


class FakeEmbedder:
    """The :class:`~discovery.vision.embedder.Embedder` of tests."""

    def __init__(self) -> None:
        self._recipe = Recipe(
            model="fake",
            weights="sha256:" + hashlib.sha256(_RGB.tobytes()).hexdigest(),
            preprocessing=f"{_SIDE} x {_SIDE} pixels, bilinear",
            dimension=DIMENSION,
            look_dimension=_SIDE * _SIDE * 3 + 1,
            text_floor=0.3,
            similar_floor=0.8,
            duplicate_floor=0.98,
            visual_weight=0.5,
        )

    @property
    def recipe(self) -> Recipe:
        """Dimension 64; the look has one number for each sample and one that is constant."""
        return self._recipe

    def prepare(self, picture: Picture) -> ModelInput:
        """Return uint8 of shape (3, 8, 8)."""
        small = picture.small.resize((_SIDE, _SIDE), Image.Resampling.BILINEAR)
        return ModelInput(np.ascontiguousarray(np.asarray(small).transpose(2, 0, 1)), histogram(picture))

    def embed_pictures(self, batch: Sequence[ModelInput]) -> list[Embedding]:
        """Return, for each picture, its shares of the eleven colours and its layout."""
        if not batch:
            return []
        vectors = unit(np.stack([_shares(one.pixels) for one in batch]))
        looks = unit(np.stack([_layout(one.pixels) for one in batch]))
        validate(vectors, len(batch), self._recipe.dimension)
        validate(looks, len(batch), self._recipe.look_dimension)
        return [
            Embedding(vector, look, one.histogram)
            for vector, look, one in zip(vectors, looks, batch, strict=True)
        ]

    def embed_text(self, text: str) -> Vector:
        """Return the sum of the words' vectors: an axis for a colour, a hash for any other word."""
        words = re.findall(r"\w+", text.lower()) or [""]
        vector = unit(np.sum([_word(word) for word in words], axis=0))
        validate(vector[None, :], 1, self._recipe.dimension)
        return vector

    def embed_texts(self, texts: Sequence[str]) -> Vector:
        """Return one row for each text."""
        rows = np.zeros((len(texts), DIMENSION), dtype=np.float32)
        for place, text in enumerate(texts):
            rows[place] = self.embed_text(text)
        return rows


def _shares(pixels: NDArray[Any]) -> NDArray[np.float32]:
    samples = pixels.reshape(3, -1).T.astype(np.float32)
    nearest = np.linalg.norm(samples[:, None, :] - _RGB[None, :, :], axis=2).argmin(axis=1)
    vector = np.zeros(DIMENSION, dtype=np.float32)
    vector[: len(_NAMES)] = np.bincount(nearest, minlength=len(_NAMES)) / len(samples)
    return vector


def _layout(pixels: NDArray[Any]) -> NDArray[np.float32]:
    centred = pixels.astype(np.float32).ravel() / 127.5 - 1
    return np.append(centred, np.float32(1.0))


def _word(word: str) -> NDArray[np.float32]:
    vector = np.zeros(DIMENSION, dtype=np.float32)
    if word in _ANCHORS:
        vector[_NAMES.index(word)] = 1
        return vector
    seed = int.from_bytes(hashlib.sha256(word.encode()).digest()[:8], "big")
    drawn = np.random.default_rng(seed).standard_normal(DIMENSION - len(_NAMES))
    vector[len(_NAMES) :] = drawn / np.linalg.norm(drawn)
    return vector
