"""Vectors of one model made from what another one of the same base has stored of pictures."""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from discovery.errors import IndexMismatch
from discovery.vision.adapter import Adapter, Features
from discovery.vision.colours import BIN_COUNT
from discovery.vision.embedder import Vector
from indexers.enrich import VECTOR_DECIMALS
from indexers.models import ModelShelf


@dataclass(frozen=True, slots=True)
class Cast:
    """What brings pictures to vectors and looks of ``recipe``; without ``adapter`` to the model's own."""

    recipe: str
    adapter: Adapter | None

    def apply(self, media: Sequence[MutableMapping[str, Any]]) -> tuple[Vector, Vector]:
        """Give the ``media`` blocks of pictures, as the index stores them, other vectors and looks, in place.

        Returns them [n, d] and [n, l].

        Raises:
            IndexMismatch: a picture was indexed before its colours were kept.
        """
        if not media:
            nothing = np.zeros((0, 0), dtype=np.float32)
            return nothing, nothing
        features = features_of(media)
        adapter = self.adapter or Adapter("", None, None)
        vectors, looks = adapter.vectors(features), adapter.fitted_looks(features)
        for block, vector, look in zip(media, numbers(vectors), numbers(looks), strict=True):
            block["recipe"] = self.recipe
            for name, own, made, fitted in (
                ("vector", "base", vector, adapter.words),
                ("look", "base_look", look, adapter.looks),
            ):
                kept = block.pop(own, None) or block[name]
                block[name] = made
                if fitted is not None:
                    block[own] = kept
        return vectors, looks


def cast_between(shelf: ModelShelf, made_by: str, wanted: str) -> Cast | None:
    """Return what makes vectors of recipe ``wanted`` from those of ``made_by``.

    ``None`` where they have no base in common: such pictures must be looked at again.
    """
    fitted = shelf.adopted(wanted)
    if base_of(shelf, made_by) != (fitted.base if fitted else wanted):
        return None
    return Cast(wanted, Adapter.from_bytes(shelf.data(fitted)) if fitted else None)


def base_of(shelf: ModelShelf, recipe: str) -> str:
    """Return the recipe of the model that ``recipe`` was fitted on; of one as it came, that itself."""
    fitted = shelf.adopted(recipe)
    return fitted.base if fitted else recipe


def features_of(media: Sequence[Mapping[str, Any]]) -> Features:
    """Return the features of pictures from the ``media`` blocks that the index stores.

    Raises:
        IndexMismatch: a picture was indexed before its colours were kept.
    """
    if any(one.get("histogram") is None for one in media):
        raise IndexMismatch(
            "some pictures were indexed by an older version, which kept nothing to fit a model with; "
            "run `discovery index rebuild`"
        )
    return Features(
        np.array([one.get("base_look") or one["look"] for one in media], dtype=np.float32),
        np.array([one["histogram"] for one in media], dtype=np.float32).reshape(-1, BIN_COUNT),
        np.array([one.get("base") or one["vector"] for one in media], dtype=np.float32),
    )


def numbers(vectors: Vector) -> list[Any]:
    """Return a vector, or rows of them, as they are stored."""
    rounded: list[Any] = np.round(vectors.astype(np.float64), VECTOR_DECIMALS).tolist()
    return rounded
