"""From evidence to probabilities: two conditional logit models, over families and over their looks.

Each candidate's score is the bias plus the weighted values of its features, and its probability e^score
over 1 + the sum over all candidates, where 1 stands for "none of them" (McFadden, "Conditional logit
analysis of qualitative choice behavior", 1973). ``weights.json`` is written by ``benchmarks/fit_linking.py``,
which says on what it was fitted. Features speak for or against by their sign, and never the other way round.
"""

from __future__ import annotations

import functools
import json
import math
from collections.abc import Collection, Hashable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from discovery.linking.evidence import AGAINST, FEATURES, Evidence

FILE = Path(__file__).with_name("weights.json")

Key = TypeVar("Key", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Model:
    """Bias and weights by feature; a feature without a weight says nothing."""

    bias: float
    weights: Mapping[str, float]

    def score(self, values: Mapping[str, float]) -> float:
        """Return the log-odds of a candidate against "none of them", as if it were alone."""
        return self.bias + sum(self.weights.get(name, 0.0) * values[name] for name in sorted(values))


@dataclass(frozen=True, slots=True)
class Weights:
    """Both models, and the text they came from."""

    family: Model
    look: Model
    text: str


@functools.cache
def shipped_weights() -> Weights:
    """Return the weights that come with the service."""
    return read_weights(FILE.read_text(encoding="utf-8"))


def read_weights(text: str) -> Weights:
    """Return the weights written in ``text``.

    Raises:
        ValueError: it names an unknown feature, or one whose weight has the wrong sign.
    """
    given = json.loads(text)
    models = {}
    for name in ("family", "look"):
        weights = {feature: float(weight) for feature, weight in given[name]["weights"].items()}
        for feature, weight in weights.items():
            if feature not in FEATURES or (weight > 0 if feature in AGAINST else weight < 0):
                raise ValueError(f"the weight of {feature!r} is unsound: {weight}")
        models[name] = Model(float(given[name]["bias"]), weights)
    return Weights(models["family"], models["look"], text)


def strongest(evidence: Iterable[Evidence]) -> dict[str, Evidence]:
    """Return the piece of each feature that counts: the strongest, the first by wording among equals."""
    held: dict[str, Evidence] = {}
    for piece in evidence:
        best = held.get(piece.feature)
        if best is None or (-piece.value, piece.reason) < (-best.value, best.reason):
            held[piece.feature] = piece
    return held


def probabilities(scores: Mapping[Key, float], together: Collection[frozenset[Key]]) -> dict[Key, float]:
    """Return each candidate's probability; pairs in ``together`` do not rule each other out."""
    found = {}
    for key, score in scores.items():
        others = [
            other_score
            for other, other_score in scores.items()
            if other == key or frozenset((key, other)) not in together
        ]
        top = max(0.0, *others)
        found[key] = math.exp(score - top) / (
            math.exp(-top) + math.fsum(math.exp(other - top) for other in others)
        )
    return found


def alone(score: float) -> float:
    """Return the probability of a candidate that has no rival."""
    return 1 / (1 + math.exp(-score)) if score > -700 else 0.0
