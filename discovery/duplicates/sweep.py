"""One pass over all assets for files that hold the same picture; nothing is compared with everything.

The pass keeps a few numbers of each asset (24 bytes of id, 8 each of name, bytes and hash). Candidates are
files of equal bytes, of hashes that share a part, and what the index says looks most alike; whole documents
are fetched for those alone.
"""

from __future__ import annotations

import hashlib
from array import array
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from discovery.duplicates.bands import equal_groups, near_pairs
from discovery.duplicates.groups import Pair, better, paired
from discovery.duplicates.prints import FULL, LIGHT, PLAIN, Print, naming, prints_of, stem_of
from discovery.duplicates.verdict import compare
from discovery.duplicates.versions import version_of

ID_LENGTH = 24
FETCHED_AT_ONCE = 200
PAGE = 2000
Kept = frozenset[frozenset[str]]


class Looked(Protocol):
    """The catalogue at one moment, as far as a pass reads it."""

    def walk(
        self, side: str, page: int, includes: Sequence[str] | None = None
    ) -> Iterator[list[Mapping[str, Any]]]:
        """Yield every document of a side, a page at a time."""

    def fetch(
        self, side: str, ids: Iterable[str], *, includes: Sequence[str] | None = None
    ) -> dict[str, Mapping[str, Any]]:
        """Return documents by id."""

    def duplicate_floor(self) -> float | None:
        """Return the cosine that the looks of one picture in two files reach, if the index knows it."""

    def neighbours(self, looks: Mapping[str, Sequence[float]]) -> dict[str, list[str]]:
        """Return the ids of what looks most like each of some pictures."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How far hashes may differ, and how many pictures' likes are looked up.

    ``likeness`` is the cosine that the model's looks of one picture in two files reach.
    """

    hash_distance: int
    likeness: float
    looked_up: int


class Numbers:
    """A few numbers of each asset."""

    def __init__(self, catalogue: Looked) -> None:
        self._ids = bytearray()
        self.rows = array("Q")
        self.stems = array("Q")
        self.marked = array("B")
        self.sums = array("Q")
        self.hashed_rows = array("Q")
        self.hashes = array("Q")
        self.unnamed = array("Q")
        self.merged: dict[str, str] = {}
        for page in catalogue.walk("assets", PAGE, LIGHT):
            for said in page:
                self._add(said)

    def _add(self, said: Mapping[str, Any]) -> None:
        ident = said["id"].encode()
        if len(ident) != ID_LENGTH:
            return  # no id that the indexer makes
        row = len(self.rows)
        source, media = said["source"], said["media"]
        merged_into = said.get("curation", {}).get("merged_into")
        if merged_into:
            self.merged[said["id"]] = merged_into
        self._ids += ident
        self.rows.append(row)
        self.stems.append(number(stem_of(source["name"], source["key"])))
        self.marked.append(version_of(source["key"]).marked)
        self.sums.append(number(media["checksum"]))
        if media.get("perceptual_hash"):
            self.hashed_rows.append(row)
            self.hashes.append(int(media["perceptual_hash"], 16))
            if not naming(said):
                self.unnamed.append(row)

    def id(self, row: int) -> str:
        """Return the id of the asset in a row."""
        return self._ids[row * ID_LENGTH : (row + 1) * ID_LENGTH].decode()


def number(text: str) -> int:
    """Return 64 bits that stand for a text."""
    digest = hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=8).digest()
    return int.from_bytes(digest, "big")


def pairs_of_all(
    catalogue: Looked, numbers: Numbers, limits: Limits, kept: Kept, note: Callable[[str], None]
) -> Iterator[Pair]:
    """Yield the pairs of files that hold one picture, but those that people said are both meant, or merged.

    A pair may come twice. Of many files of equal bytes each is paired with the best one alone. ``note`` is
    told what was left out.
    """
    yield from _of_equal_bytes(catalogue, numbers, kept)
    yield from _found(catalogue, _near_hashes(numbers, limits, note), limits, kept)
    yield from _near_looks(catalogue, numbers, limits, kept, note)


def _of_equal_bytes(catalogue: Looked, numbers: Numbers, kept: Kept) -> Iterator[Pair]:
    for rows in equal_groups(numbers.sums, numbers.rows):
        best: Print | None = None
        for start in range(0, len(rows), FETCHED_AT_ONCE):
            some = [numbers.id(row) for row in rows[start : start + FETCHED_AT_ONCE]]
            for one in fetched(catalogue, some, PLAIN).values():
                if one.merged:
                    continue
                if best is not None and frozenset((best.id, one.id)) not in kept:
                    yield from _compared([(best, one)], Limits(0, 1.0, 0))
                if best is None or better(one, best):
                    best = one


def _near_hashes(numbers: Numbers, limits: Limits, note: Callable[[str], None]) -> Iterator[tuple[str, str]]:
    pairs = near_pairs(numbers.hashes, limits.hash_distance)
    if pairs.crowded:
        note("very many pictures have near fingerprints; not all of them were compared")
    return ((numbers.id(numbers.hashed_rows[a]), numbers.id(numbers.hashed_rows[b])) for a, b in pairs)


def _near_looks(
    catalogue: Looked, numbers: Numbers, limits: Limits, kept: Kept, note: Callable[[str], None]
) -> Iterator[Pair]:
    """Look up what looks most like each picture that no catalogue names: crops share no hash."""
    rows = numbers.unnamed[: limits.looked_up]
    if limits.looked_up and len(numbers.unnamed) > len(rows):
        note(
            f"likes of {len(rows)} of {len(numbers.unnamed)} pictures that no product names were looked up "
            f"(audit.likeness_most)"
        )
    for start in range(0, len(rows), FETCHED_AT_ONCE):
        some = [numbers.id(row) for row in rows[start : start + FETCHED_AT_ONCE]]
        ours = fetched(catalogue, some, FULL)
        looks = {ident: one.look.tolist() for ident, one in ours.items() if one.look is not None}
        pairs = ((a, b) for a, near in catalogue.neighbours(looks).items() for b in near)
        yield from _found(catalogue, pairs, limits, kept)


def _found(catalogue: Looked, pairs: Iterable[tuple[str, str]], limits: Limits, kept: Kept) -> Iterator[Pair]:
    waiting: list[tuple[str, str]] = []
    for pair in pairs:
        if frozenset(pair) not in kept:
            waiting.append(pair)
        if len(waiting) >= FETCHED_AT_ONCE:
            yield from _compared(_both(catalogue, waiting), limits)
            waiting = []
    yield from _compared(_both(catalogue, waiting), limits)


def _both(catalogue: Looked, pairs: Sequence[tuple[str, str]]) -> list[tuple[Print, Print]]:
    found = fetched(catalogue, [ident for pair in pairs for ident in pair], FULL)
    there = ((found[one], found[other]) for one, other in pairs if one in found and other in found)
    return [(one, other) for one, other in there if not (one.merged or other.merged)]


def _compared(pairs: Sequence[tuple[Print, Print]], limits: Limits) -> Iterator[Pair]:
    likenesses = compare(pairs, hash_distance=limits.hash_distance, likeness=limits.likeness)
    for (one, other), likeness in zip(pairs, likenesses, strict=True):
        if likeness is not None:
            yield paired(one.without_picture(), other.without_picture(), likeness)


def fetched(catalogue: Looked, ids: Sequence[str], includes: Sequence[str]) -> dict[str, Print]:
    """Return what tells copies of these assets, by id."""
    return prints_of(catalogue.fetch("assets", ids, includes=includes).values()) if ids else {}
