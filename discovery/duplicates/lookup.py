"""Single pictures looked up in the index: what is there already that is the same picture.

Candidates are the files of equal bytes, those whose hash shares a part with the picture's in any orientation,
and the twenty that look most alike; each is then compared as in a whole pass.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

from discovery.duplicates.bands import FARTHEST, probes
from discovery.duplicates.groups import Pair, paired
from discovery.duplicates.prints import FULL, Print, prints_of
from discovery.duplicates.sweep import Limits
from discovery.duplicates.verdict import LOOKED_AT, Likeness, compare

NEAREST: Final = 20
BEAM: Final = 100
"""The engine's search beam: fewer miss neighbours."""

MOST_NEAR_HASHES: Final = 20
ASKED_AT_ONCE: Final = 25

_DISTANCE = """
long own = Long.parseUnsignedLong(doc['media.perceptual_hash'].value, 16);
int nearest = 64;
for (String turned : params.turned) {
  int apart = Long.bitCount(own ^ Long.parseUnsignedLong(turned, 16));
  if (apart < nearest) { nearest = apart; }
}
return 64 - nearest;
"""


class Searching(Protocol):
    """The engine's reader, as far as a look-up needs it."""

    def multi_search(self, index: str, bodies: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """Run several searches in one request."""

    def multi_get(
        self,
        index: str,
        ids: Sequence[str],
        includes: Sequence[str] | None = None,
        excludes: Sequence[str] | None = None,
    ) -> dict[str, dict[str, Any]]:
        """Return the sources of those of ``ids`` that exist, by id."""


@dataclass(frozen=True, slots=True)
class Alike:
    """A file that is there, and what the picture that was asked about is of it."""

    print: Print
    likeness: Likeness


class Lookup:
    """Looks pictures up in one index of assets."""

    def __init__(self, reader: Searching, index: str, limits: Limits) -> None:
        self._reader = reader
        self._index = index
        self._limits = limits

    def of(self, prints: Sequence[Print]) -> dict[str, list[Alike]]:
        """Return by id what is there that holds the same picture as each print, the most alike first.

        The asset of the print's own id is left out, and so is what was merged into another.
        """
        found: dict[str, list[Alike]] = {one.id: [] for one in prints}
        for start in range(0, len(prints), ASKED_AT_ONCE):
            some = prints[start : start + ASKED_AT_ONCE]
            candidates = self._candidates(some)
            wanted = sorted({ident for ids in candidates.values() for ident in ids})
            there = prints_of(self._reader.multi_get(self._index, wanted, FULL).values()) if wanted else {}
            pairs = [
                (there[ident], one)
                for one in some
                for ident in candidates[one.id]
                if ident in there and not there[ident].merged
            ]
            likenesses = compare(
                pairs, hash_distance=self._limits.hash_distance, likeness=self._limits.likeness
            )
            for (stored, one), likeness in zip(pairs, likenesses, strict=True):
                if likeness is not None:
                    found[one.id].append(Alike(stored, likeness))
        for alike in found.values():
            alike.sort(key=lambda one: (-one.likeness.degree, one.print.id))
        return found

    def indexed(self, ids: Sequence[str]) -> dict[str, Print]:
        """Return the prints of assets that are there."""
        return prints_of(self._reader.multi_get(self._index, list(ids), FULL).values()) if ids else {}

    def _candidates(self, prints: Sequence[Print]) -> dict[str, list[str]]:
        asked: list[tuple[str, dict[str, Any]]] = []
        for one in prints:
            asked += [(one.id, body) for body in bodies(one, self._limits)]
        replies = self._reader.multi_search(self._index, [body for _, body in asked])
        found: dict[str, dict[str, None]] = {one.id: {} for one in prints}
        for (ident, _), reply in zip(asked, replies, strict=True):
            found[ident] |= {hit["_id"]: None for hit in reply["hits"]["hits"] if hit["_id"] != ident}
        return {ident: list(ids) for ident, ids in found.items()}


def bodies(one: Print, limits: Limits) -> Iterator[dict[str, Any]]:
    """Yield the searches that find candidates for one picture."""
    plain: dict[str, Any] = {"_source": False, "track_total_hits": False}
    yield {**plain, "size": NEAREST, "query": {"term": {"media.checksum": one.checksum}}}
    if one.hash is not None:
        sought, turned = probes(f"{one.hash:016x}")
        query = {
            "script_score": {
                "query": {"bool": {"filter": [{"terms": {"media.hash_bands": sought}}]}},
                "script": {"source": _DISTANCE, "params": {"turned": turned}},
                "min_score": 64 - min(limits.hash_distance, FARTHEST),
            }
        }
        yield {**plain, "size": MOST_NEAR_HASHES, "query": query}
    if one.look is not None:
        look = {"vector": [round(float(number), 6) for number in one.look], "k": BEAM}
        yield {
            **plain,
            "size": NEAREST,
            "min_score": (1 + limits.likeness - LOOKED_AT) / 2,
            "query": {"knn": {"media.look": look}},
        }


def pairs_with(one: Print, alike: Sequence[Alike]) -> list[Pair]:
    """Return the pairs that a look-up found, with the better file first."""
    return [paired(found.print, one, found.likeness) for found in alike]
