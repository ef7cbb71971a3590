"""Pictures and words as vectors: the model as the read side needs it, and the clauses of the k-NN search."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Protocol

from discovery.search.clauses import Clause, all_of
from discovery.vision.embedder import Embedding, Recipe, Vector

SIGNAL = "visual"
MEANING = "meaning"

Region = tuple[float, float, float, float]

LOOK_SHARE = 0.7
"""Of *same product*: how alike two pictures look; the rest is how alike what they show is."""

HALF = 0.1
"""A cosine so far above the floor counts half of what pictures may. Anything from 0.05 to 0.3 ordered 4,000
garments equally well."""

SMALLEST = 1e-9
"""The engine drops what scores less, which is how a floor is cut."""

_TOLERANCE = 2e-6
_DIGITS = 6


class Model(Protocol):
    """The model behind the searches; it may be absent, and then each of these raises."""

    @property
    def recipe(self) -> Recipe:
        """What its vectors are made by.

        Raises:
            ModelUnavailable: it cannot be loaded.
        """

    def text(self, text: str) -> Vector:
        """Return the vector of a query's words.

        Raises:
            ModelUnavailable, EmbeddingInvalid: as named.
        """

    def picture(self, data: bytes, region: Region | None) -> Embedding:
        """Return the vectors of a picture, or of a region of it.

        Raises:
            ImageUnreadable, ModelUnavailable, EmbeddingInvalid: as named.
            InputInvalid: the region leaves the picture.
        """


def plain(vector: Iterable[float]) -> tuple[float, ...]:
    """Return a vector as the engine is given it: six digits, which is what is stored."""
    return tuple(round(float(number), _DIGITS) for number in vector)


def nearest_to(path: str, vector: tuple[float, ...], k: int, filters: list[Clause]) -> Clause:
    """Return the ``k`` items nearest to ``vector`` among those that pass ``filters``.

    Half as many again are kept in view while the graph is walked, and the engine gives them all out: ``k``
    bounds the cost, not the set, which holds nearly all of the nearest ``k`` and some that come after them.
    Of 1,000 among 100,000 clustered vectors it holds 0.997 above the starter model's floor.

    The filters stand inside the clause: else they would cut from a neighbourhood that was chosen
    without them, and a filter would mean less in a visual search than in one by words.
    """
    inner: dict[str, Any] = {
        "vector": list(vector),
        "k": k,
        "method_parameters": {"ef_search": k + k // 2},
    }
    if filters:
        inner["filter"] = all_of(filters)
    return {"knn": {path: inner}}


def visual_signal(
    path: str,
    vector: tuple[float, ...],
    *,
    k: int,
    floor: float,
    weight: float,
    filters: list[Clause],
    named: bool = False,
) -> Clause:
    """Return the pictures' share of a score: ``weight * d / (d + HALF)``, d being the cosine above ``floor``.

    It saturates as the words' share does, so that the two can be added. The set is "the nearest ``k``, no
    less similar than the floor". The engine scores (1 + cosine) / 2.

    It is not ``named`` unless that is asked: to tell a name's score of each hit the engine walks the graph
    once more, which took half of a search's time; what all others leave of the score is the same.
    """
    least = min((1 + floor) / 2, 1 - 1e-6)
    scored: dict[str, Any] = {
        "query": nearest_to(path, vector, k, filters),
        "script": {
            "source": "double d = Math.max(0, _score - params.f); return params.w * d / (d + params.h)",
            "params": {"w": weight, "f": least, "h": HALF / 2},
        },
        "min_score": SMALLEST,
    }
    return {"script_score": scored | ({"_name": SIGNAL} if named else {})}


def similarity_signal(
    path: str,
    vector: tuple[float, ...],
    *,
    k: int,
    floor: float,
    share: float,
    filters: list[Clause],
) -> Clause:
    """Return the items no less similar than ``floor``, scored ``share * (1 + cosine) / 2``.

    It has no name, as :func:`visual_signal` says.
    """
    least = max(share * ((1 + floor) / 2 - _TOLERANCE), SMALLEST)
    return {
        "script_score": {
            "query": nearest_to(path, vector, k, filters),
            "script": {"source": "params.s * _score", "params": {"s": share}},
            "min_score": least,
        }
    }


def cosine(score: float, share: float = 1.0) -> float:
    """Return the cosine behind a score of :func:`similarity_signal`."""
    return round(max(-1.0, min(1.0, 2 * score / share - 1)), 5)


def similarity_of(signals: Mapping[str, float]) -> float:
    """Return how similar an item is, all in all, from its cosines."""
    if MEANING not in signals:
        return signals[SIGNAL]
    return round(LOOK_SHARE * signals[SIGNAL] + (1 - LOOK_SHARE) * signals[MEANING], 5)
