"""Pictures and the words of the products they show: what a model is fitted to a catalogue with.

Which of a catalogue's columns say something that a picture shows is found out, never known by name. A column
counts if pictures that are nearest to each other agree on it more often than by chance. The *kind* of a thing
is its family or the end of its category path, whichever of those that count tells more apart; its *traits*
are the one or two other columns on which the nearest pictures of the same kind still agree best. Captions
are the product's name, "trait kind" for each trait, and "kind".
"""

from __future__ import annotations

import hashlib
import math
import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from discovery.vision.adapter import Features, Scaling, distances
from mappings.documents import ATTRIBUTE_SEPARATOR

FAMILY, CATEGORY = "family", "category"
MOST_TRAITS = 2
LEAST_RIGHT = 5
"""Pictures that a made query must have right answers among."""

HOLDOUT = 5
"""One product of so many is held out."""

_COMPARED = 1000
_LEAST_COVERED = 0.3
_LEAST_AGREEMENT = 0.1
_LONGEST_VALUE = 40
_MOST_WORDS = 4
_NO_VALUE = frozenset({"", "-", "na", "n/a", "none", "other", "others", "unknown", "multi", "default"})
_NUMBER = re.compile(r"[\d\s.,x/%-]+")


@dataclass(frozen=True, slots=True)
class Pictured:
    """One picture of a product: ``group`` is the product with all of its variants."""

    asset: str
    group: str
    name: str
    labels: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Which labels are put into words: the thing's kind, and what further can be seen of it."""

    kind: str | None
    traits: tuple[str, ...]

    def captions(self, shown: Pictured) -> tuple[str, ...]:
        """Return the captions of a picture, most special first."""
        said = [shown.name]
        kind = shown.labels.get(self.kind or "")
        if kind:
            said += [f"{value} {kind}" for code in self.traits if (value := shown.labels.get(code))]
            said.append(kind)
        return tuple(dict.fromkeys(text.lower() for text in said if text))


@dataclass(frozen=True, slots=True, eq=False)
class Asked:
    """A made query and the places of the pictures that answer it; ``traits`` is how many it names."""

    text: str
    traits: int
    right: NDArray[np.intp]


def labels_of(product: Mapping[str, Any]) -> dict[str, str]:
    """Return what the product side of an asset says, by column, of what it says one thing only.

    A picture that shows products of several colours says nothing of colour.
    """
    found: dict[str, set[str]] = defaultdict(set)
    found[FAMILY] = set(_several(product.get("family")))
    paths = _several(product.get("category_paths"))
    parents = {path.rpartition("/")[0] for path in paths}
    ends = [path for path in paths if path not in parents]
    if ends:
        # Of several branches the deepest says most; a shop's seasonal branches are shallow.
        found[CATEGORY] = {max(ends, key=lambda path: path.count("/")).rpartition("/")[2]}
    for token in _several(product.get("attributes")):
        code, _, value = token.partition(ATTRIBUTE_SEPARATOR)
        found[code].add(value)
    single = {code: next(iter(values)) for code, values in found.items() if len(values) == 1}
    return {code: value for code, value in single.items() if _is_word(value)}


def is_held_out(group: str) -> bool:
    """Return whether a product is measured on, not fitted on; the same products on every run."""
    digest = hashlib.blake2b(group.encode("utf-8", "replace"), digest_size=4).digest()
    return int.from_bytes(digest) % HOLDOUT == 0


def vocabulary(shown: Sequence[Pictured], features: Features) -> Vocabulary:
    """Return what of the labels the pictures tell; of many, a thousand are compared."""
    some = list(range(0, len(shown), max(1, math.ceil(len(shown) / _COMPARED))))
    compared = [shown[place] for place in some]
    near = _Neighbours(compared, features.rows(some))
    codes = sorted({code for one in compared for code in one.labels})
    candidates = [code for code in codes if _tells_apart([one.labels.get(code) for one in compared])]
    kinds = [
        (_entropy([one.labels.get(code) for one in compared]), code)
        for code in candidates
        if code in (FAMILY, CATEGORY) and near.agreement(code) >= _LEAST_AGREEMENT
    ]
    if not kinds:
        agreed = [(near.agreement(code), code) for code in candidates]
        kinds = [pair for pair in agreed if pair[0] >= _LEAST_AGREEMENT]
    if not kinds:
        return Vocabulary(None, ())
    kind = max(kinds)[1]
    others = [code for code in candidates if code not in (FAMILY, CATEGORY, kind)]
    told = [(near.agreement(code, within=kind), code) for code in others]
    traits = sorted((pair for pair in told if pair[0] >= _LEAST_AGREEMENT), reverse=True)
    return Vocabulary(kind, tuple(code for _, code in traits[:MOST_TRAITS]))


def queries(shown: Sequence[Pictured], words: Vocabulary) -> list[Asked]:
    """Return a query for every kind, and every trait and kind, that at least five pictures answer."""
    right: dict[tuple[str, int], set[int]] = defaultdict(set)
    for place, one in enumerate(shown):
        kind = one.labels.get(words.kind or "")
        if not kind:
            continue
        right[kind.lower(), 0].add(place)
        for code in words.traits:
            if value := one.labels.get(code):
                right[f"{value} {kind}".lower(), 1].add(place)
    return [
        Asked(text, traits, np.array(sorted(places), dtype=np.intp))
        for (text, traits), places in sorted(right.items())
        if len(places) >= LEAST_RIGHT
    ]


class _Neighbours:
    """How often the nearest pictures, of other products, agree on a label."""

    def __init__(self, shown: Sequence[Pictured], features: Features) -> None:
        self._shown = shown
        looks, histograms = Scaling.of(features).blocks(features)
        groups = np.array([one.group for one in shown])
        own = groups[:, None] == groups[None, :]
        self._spaces = [distances(looks, looks), distances(histograms, histograms)]
        for space in self._spaces:
            space[own] = np.inf

    def agreement(self, code: str, within: str | None = None) -> float:
        """Return how much more often than by chance the nearest picture has the same label, as a share.

        With ``within``, the nearest of the same such label: what is left to see once that is known.
        """
        values = [one.labels.get(code) for one in self._shown]
        apart = [one.labels.get(within) if within else "" for one in self._shown]
        known = np.array(
            [value is not None and other is not None for value, other in zip(values, apart, strict=True)]
        )
        if known.sum() < 2:
            return 0.0
        named = np.array([value or "" for value in values])
        parts = np.array([part or "" for part in apart])
        barred = (parts[:, None] != parts[None, :]) | ~known[None, :] | ~known[:, None]
        best = 0.0
        for space in self._spaces:
            masked = np.where(barred, np.inf, space)
            nearest = masked.argmin(axis=1)
            judged = np.isfinite(masked[np.arange(len(nearest)), nearest])
            if not judged.any():
                continue
            agreed = float((named[nearest] == named)[judged].mean())
            best = max(best, agreed - _chance(named[judged], parts[judged]))
        return best


def _chance(values: NDArray[np.str_], parts: NDArray[np.str_]) -> float:
    total = 0.0
    for part in np.unique(parts):
        _, counts = np.unique(values[parts == part], return_counts=True)
        total += float((counts**2).sum() / counts.sum())
    return total / len(values)


def _tells_apart(values: Sequence[str | None]) -> bool:
    known = [value for value in values if value is not None]
    different = len(set(known))
    covered = len(known) >= _LEAST_COVERED * len(values)
    return covered and 2 <= different <= max(2, len(known) // 4)


def _entropy(values: Sequence[str | None]) -> float:
    counts = Counter(value for value in values if value is not None).values()
    total = sum(counts)
    return -sum(count / total * math.log(count / total) for count in counts)


def _is_word(value: str) -> bool:
    text = value.strip().lower()
    return (
        text not in _NO_VALUE
        and len(text) <= _LONGEST_VALUE
        and len(text.split()) <= _MOST_WORDS
        and not _NUMBER.fullmatch(text)
    )


def _several(value: Any) -> list[str]:
    if value is None:
        return []
    return [str(one) for one in value] if isinstance(value, list | tuple) else [str(value)]
