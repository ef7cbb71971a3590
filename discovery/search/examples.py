"""Several pictures as one: what is like all of them, and unlike others.

How similar something is to several pictures is the mean of its cosines to each, weighted. That mean is one
scalar product with the mean of the vectors, so one walk through the graph finds the nearest, and the
similarity that is shown is true. Pictures that are not meant take out of the set what is nearer to them than
to the others, and push down what is like them (after Rocchio, "Relevance Feedback in Information
Retrieval", 1971).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from discovery.errors import DiscoveryError, FieldProblem
from discovery.search.clauses import Clause, refused
from discovery.search.palette import Sought, colours_said
from discovery.search.request import ExamplePicture
from discovery.search.text import has_words, telling_words
from discovery.search.vectors import plain

UNLIKE = "unlike"
WORDS = "words"
UNLIKE_SHARE, WORDS_SHARE, COLOUR_SHARE = 0.5, 0.6, 0.5
"""What the signals beside the look's weigh in the order, the look being 1."""

HALF_WAY = 0.5
"""What the engine scores at a cosine of 0."""

MOST_EXAMPLES = 10
MOST_WEIGHT = 10.0

Row = tuple[float, ...]

# What joins words to a picture and says nothing of it.
_CONNECTING = frozenset(
    ("but", "like", "more", "only", "same", "similar", "coloured", "colored", "colour", "color")
)


@dataclass(frozen=True, slots=True)
class Example:
    """One picture that was given, as vectors of unit norm, and what it counts."""

    joint: Row
    look: Row
    weight: float = 1.0
    negative: bool = False


@dataclass(frozen=True, slots=True)
class Composed:
    """Several examples as one query.

    ``look`` and ``joint`` are unit vectors; a cosine to ``look`` times ``scale`` is the mean cosine to the
    examples. ``unlike`` is the direction of those that are not meant, and ``apart`` that in which the
    others are nearer; both ``None`` where there are none.
    """

    look: Row
    joint: Row
    scale: float = 1.0
    unlike: Row | None = None
    apart: Row | None = None


def composed(examples: Sequence[Example]) -> Composed:
    """Return one query for all ``examples``, at least one of which is meant."""
    like = [one for one in examples if not one.negative]
    unlike = [one for one in examples if one.negative]
    if len(examples) == 1:
        return Composed(like[0].look, like[0].joint)
    mean = _mean([(one.look, one.weight) for one in like])
    joint = _mean([(one.joint, one.weight) for one in like])
    scale = _norm(mean)
    if not unlike:
        return Composed(_unit(mean), _unit(joint), scale)
    away = _mean([(one.look, one.weight) for one in unlike])
    apart = tuple(a - b for a, b in zip(mean, away, strict=True))
    return Composed(_unit(mean), _unit(joint), scale, _unit(away), _unit(apart) if _norm(apart) else None)


def checked(pictures: Sequence[ExamplePicture]) -> Iterator[tuple[str, ExamplePicture]]:
    """Yield each picture with the name that problems with it have.

    Raises:
        InputInvalid: none or too many are given, one is not exactly one picture, or they contradict.
    """
    if not pictures:
        raise refused("asset", "expected exactly one of asset, product or image")
    if len(pictures) > MOST_EXAMPLES:
        raise refused("examples", f"expected at most {MOST_EXAMPLES} pictures, found {len(pictures)}")
    if all(one.negative for one in pictures):
        raise refused("examples", "all are negative; give at least one picture of what is meant")
    meant: dict[tuple[object, ...], bool] = {}
    for number, one in enumerate(pictures):
        at = f"examples.{number}"
        if sum(given is not None for given in (one.asset, one.product, one.image)) != 1:
            at_one = at if len(pictures) > 1 else "asset"
            raise refused(at_one, "expected exactly one of asset, product or image")
        if not 0 < one.weight <= MOST_WEIGHT:
            raise refused(f"{at}.weight", f"expected a number above 0 and at most {MOST_WEIGHT:g}")
        same = (one.asset, one.product, one.image, one.region)
        if meant.setdefault(same, one.negative) is not one.negative:
            raise refused(at, "is given both as what is meant and as what is not")
    for number, one in enumerate(pictures):
        yield ("" if len(pictures) == 1 else f"examples.{number}."), one


def named_at(error: DiscoveryError, at: str) -> DiscoveryError:
    """Return the error with the names of its fields below ``at``."""
    problems = tuple(FieldProblem(f"{at}{one.field}", one.message) for one in error.problems)
    return type(error)(f"{at}{error.detail}", problems)


def steering_words(q: str) -> tuple[tuple[Sought, ...], str]:
    """Return the colours that "like this, but blue" names, and the words left that say something."""
    told = " ".join(word for word in q.replace(",", " ").split() if word.lower() not in _CONNECTING)
    colours, left = colours_said(told)
    return colours, telling_words(left) if has_words(left) else ""


def toward(path: str, vector: Row, weight: float, name: str) -> Clause:
    """Return how near each item is to ``vector``: ``weight * (1 + cosine) / 2``, for every hit."""
    return {
        "script_score": {
            "query": {"exists": {"field": path}},
            "script": _compared(path, vector),
            "boost": weight,
            "_name": name,
        }
    }


def nearer(path: str, vector: Row) -> Clause:
    """Return which items lie on the side of ``vector``: their cosine to it is not negative."""
    compared = {
        "query": {"exists": {"field": path}},
        "script": _compared(path, vector),
        "min_score": HALF_WAY,
    }
    return {"script_score": compared}


def reversed_row(vector: Row) -> Row:
    """Return the opposite direction."""
    return tuple(-number for number in vector)


def _compared(path: str, vector: Row) -> Clause:
    # The k-NN plugin's own comparison: (1 + cosine) / 2.
    params = {"field": path, "query_value": list(vector), "space_type": "cosinesimil"}
    return {"lang": "knn", "source": "knn_score", "params": params}


def _mean(rows: Sequence[tuple[Row, float]]) -> Row:
    whole = sum(weight for _, weight in rows)
    columns = zip(*(row for row, _ in rows), strict=True)
    weights = [weight / whole for _, weight in rows]
    return tuple(sum(n * w for n, w in zip(column, weights, strict=True)) for column in columns)


def _norm(row: Row) -> float:
    return math.sqrt(sum(number * number for number in row))


def _unit(row: Row) -> Row:
    norm = _norm(row)
    return plain(number / norm for number in row)
