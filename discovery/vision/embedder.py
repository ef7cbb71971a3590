"""What every embedding model is to the rest of the service: one protocol, one recipe, one check."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from discovery.errors import EmbeddingInvalid
from discovery.vision.images import Picture

Vector = NDArray[np.float32]

_DIGEST_DIGITS = 16
_NORM_TOLERANCE = 1e-3


@dataclass(frozen=True, slots=True)
class Floors:
    """The least cosines that mean something, one for each kind of question.

    Below ``text`` (words to picture) and ``similar`` (picture to picture) a hit is noise; from ``duplicate``
    on (picture to picture) two pictures are probably one, cut or worked over. ``stranger`` stands in for
    ``similar`` where a picture is of no kind that the model was fitted to.
    """

    text: float
    similar: float
    duplicate: float
    stranger: float


@dataclass(frozen=True, slots=True)
class Recipe:
    """What makes two vectors comparable, and how similar is similar.

    ``model`` is the name in the configuration, ``weights`` their SHA-256 ("sha256:..."), and
    ``preprocessing`` a text that changes whenever the pixels given to the model would. ``dimension`` is
    that of the space which texts and pictures share, ``look_dimension`` that of the space in which
    pictures are compared with pictures; the floors are those of :class:`Floors`. ``visual_weight`` is what
    pictures are worth beside words: their share of a hybrid score. ``adapter`` is the SHA-256 of what fits
    the model to a catalogue, where there is that.
    """

    model: str
    weights: str
    preprocessing: str
    dimension: int
    look_dimension: int
    text_floor: float
    similar_floor: float
    duplicate_floor: float
    visual_weight: float
    adapter: str | None = None
    stranger_floor: float | None = None

    @property
    def floors(self) -> Floors:
        """All floors; a model that was fitted to nothing knows no strangers."""
        stranger = self.similar_floor if self.stranger_floor is None else self.stranger_floor
        return Floors(self.text_floor, self.similar_floor, self.duplicate_floor, stranger)

    @property
    def digest(self) -> str:
        """Sixteen hexadecimal digits over all that changes vectors; floors and weight do not."""
        named = [self.model, self.weights, self.preprocessing, self.dimension, self.look_dimension]
        if self.adapter is not None:
            named.append(self.adapter)
        return hashlib.sha256(json.dumps(named).encode()).hexdigest()[:_DIGEST_DIGITS]


@dataclass(frozen=True, slots=True, eq=False)
class ModelInput:
    """One picture as a model takes it: ``pixels`` as the model wants them, and the subject's colours."""

    pixels: NDArray[Any]
    histogram: Vector


@dataclass(frozen=True, slots=True, eq=False)
class Embedding:
    """One picture's two vectors, float32 of unit norm: ``vector`` [dimension], ``look`` [look_dimension].

    ``histogram`` is how its subject is coloured (:func:`discovery.vision.colours.histogram`), ``base`` the
    vector and ``base_look`` the look before they were fitted to a catalogue, where they were. All together
    are what another fit needs. ``familiar`` says whether the model was fitted to pictures of this kind.
    """

    vector: Vector
    look: Vector
    histogram: Vector
    base: Vector | None = None
    base_look: Vector | None = None
    familiar: bool = True


class Embedder(Protocol):
    """A model that places texts and pictures in one space."""

    @property
    def recipe(self) -> Recipe:
        """What the vectors are made by."""

    def prepare(self, picture: Picture) -> ModelInput:
        """Return one picture as the model's input, channels first; safe to call in many threads."""

    def embed_pictures(self, batch: Sequence[ModelInput]) -> list[Embedding]:
        """Return one :class:`Embedding` for each prepared picture, in order.

        Raises:
            EmbeddingInvalid: when the model's output is not that many finite vectors of unit norm.
        """

    def embed_text(self, text: str) -> Vector:
        """Return the unit vector [dimension] of ``text`` in the space shared with pictures.

        Raises:
            EmbeddingInvalid: as :meth:`embed_pictures`.
        """

    def embed_texts(self, texts: Sequence[str]) -> Vector:
        """Return one row for each of ``texts``, as :meth:`embed_text` would; faster where they are many.

        Raises:
            EmbeddingInvalid: as :meth:`embed_pictures`.
        """


def validate(vectors: NDArray[np.float32], count: int, dimension: int) -> None:
    """Check vectors before they leave the room: ``count`` rows of ``dimension``, finite, unit norm.

    Raises:
        EmbeddingInvalid: naming the first thing that is wrong.
    """
    if vectors.shape != (count, dimension):
        raise EmbeddingInvalid(f"expected vectors of shape {(count, dimension)}, found {vectors.shape}")
    if not np.isfinite(vectors).all():
        raise EmbeddingInvalid("expected finite numbers in every vector, found nan or infinity")
    norms = np.linalg.norm(vectors, axis=1)
    if count and float(np.abs(norms - 1).max()) > _NORM_TOLERANCE:
        worst = float(norms[np.abs(norms - 1).argmax()])
        raise EmbeddingInvalid(f"expected vectors of norm 1, found one of norm {worst:.4g}")


def unit(vectors: NDArray[np.floating[Any]]) -> Vector:
    """Return ``vectors`` scaled to norm 1 along the last axis, as float32; a zero vector stays zero."""
    norms = np.linalg.norm(vectors, axis=-1, keepdims=True)
    scaled: Vector = (vectors / np.maximum(norms, 1e-12)).astype(np.float32)
    return scaled
