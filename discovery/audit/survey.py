"""Facts about all assets that no single one tells: newer versions, copies, and what a family's products have.

A first pass keeps a few numbers of each asset (24 bytes of id, 8 each of name, bytes and fingerprint); whole
documents are fetched for the few that those numbers put together.
"""

from __future__ import annotations

import hashlib
from array import array
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

import numpy as np

from discovery.audit.context import Copy, Newer
from discovery.audit.duplicates import (
    Likeness,
    Print,
    better,
    compare,
    copy_of,
    equal_groups,
    mean_colour,
    near_pairs,
)
from discovery.audit.spares import DECLARED
from discovery.audit.versions import version_of
from discovery.config import AuditSettings

ID_LENGTH = 24
FETCHED_AT_ONCE = 200
PAGE = 2000
LIGHT = (
    "id", "source.name", "source.key", "media.checksum", "media.perceptual_hash", "product.links.method",
)  # fmt: skip

FULL = (
    "id", "source.name", "source.key", "source.created", "source.modified", "media.checksum",
    "media.perceptual_hash", "media.width", "media.height", "media.colours", "media.look", "product.linked",
    "product.links.sku", "product.links.method",
)  # fmt: skip
FEWEST_OF_A_FAMILY = 5

MUCH_LARGER = 1.5
"""How many times the pixels a copy must have to take the place of the file that a product shows."""


class Looked(Protocol):
    """The catalogue at one moment, as far as a survey reads it."""

    def walk(
        self, side: str, page: int, includes: Sequence[str] | None = None
    ) -> Iterator[list[Mapping[str, Any]]]:
        """Yield every document of a side, a page at a time."""

    def fetch(
        self, side: str, ids: Iterable[str], *, includes: Sequence[str] | None = None
    ) -> dict[str, Mapping[str, Any]]:
        """Return documents by id."""

    def neighbours(self, looks: Mapping[str, Sequence[float]]) -> dict[str, list[str]]:
        """Return the ids of what looks most like each of some pictures."""


@dataclass(frozen=True, slots=True)
class Survey:
    """What the first pass found; ``notes`` say what it left out."""

    copies: Mapping[str, Copy] = field(default_factory=dict)
    newer: Mapping[str, Newer] = field(default_factory=dict)
    successors: frozenset[str] = frozenset()
    notes: tuple[str, ...] = ()


class _Numbers:
    """A few numbers of each asset."""

    def __init__(self) -> None:
        self.ids = bytearray()
        self.rows = array("Q")
        self.stems = array("Q")
        self.sums = array("Q")
        self.marked = array("B")
        self.printed_rows = array("Q")
        self.prints = array("Q")
        self.unnamed = array("Q")

    def add(self, said: Mapping[str, Any]) -> None:
        ident = said["id"].encode()
        if len(ident) != ID_LENGTH:
            return  # no id that the indexer makes
        row = len(self.rows)
        self.ids += ident
        self.rows.append(row)
        version = version_of(said["source"]["key"])
        self.stems.append(_number(f"{said['source']['name']}\0{version.stem}"))
        self.marked.append(version.marked)
        media = said["media"]
        self.sums.append(_number(media["checksum"]))
        if media.get("perceptual_hash"):
            self.printed_rows.append(row)
            self.prints.append(int(media["perceptual_hash"], 16))
            if not _naming(said):
                self.unnamed.append(row)

    def id(self, row: int) -> str:
        return self.ids[row * ID_LENGTH : (row + 1) * ID_LENGTH].decode()


def _naming(said: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the links of an asset that a catalogue itself names."""
    links = said.get("product", {}).get("links") or ()
    return [link for link in links if link["method"] == DECLARED]


def _number(text: str) -> int:
    digest = hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=8).digest()
    return int.from_bytes(digest, "big")


def survey(catalogue: Looked, settings: AuditSettings) -> Survey:
    """Look over all assets once and return what is newer than, or a copy of, what."""
    numbers = _Numbers()
    for page in catalogue.walk("assets", PAGE, LIGHT):
        for said in page:
            numbers.add(said)
    notes: list[str] = []
    versions = _newer_versions(catalogue, numbers)
    copies = _Copies(settings)
    _equal_bytes(catalogue, numbers, copies)
    _near_fingerprints(catalogue, numbers, settings, copies, notes)
    _near_looks(catalogue, numbers, settings, copies, notes)
    newer = {**copies.superseding(), **versions}
    successors = frozenset(one.id for one in newer.values())
    found = {ident: copy for ident, copy in copies.found().items() if ident not in successors}
    return Survey(found, newer, successors, tuple(notes))


def _newer_versions(catalogue: Looked, numbers: _Numbers) -> dict[str, Newer]:
    newer: dict[str, Newer] = {}
    waiting: list[list[str]] = []
    for rows in equal_groups(numbers.stems, numbers.rows):
        if any(numbers.marked[row] for row in rows):
            waiting.append([numbers.id(row) for row in rows])
        if sum(map(len, waiting)) >= FETCHED_AT_ONCE:
            newer |= _versions_among(catalogue, waiting)
            waiting = []
    return newer | _versions_among(catalogue, waiting)


def _versions_among(catalogue: Looked, groups: list[list[str]]) -> dict[str, Newer]:
    wanted = [ident for group in groups for ident in group]
    documents = catalogue.fetch("assets", wanted, includes=("id", "source.name", "source.key"))
    newer: dict[str, Newer] = {}
    for group in groups:
        ranked = sorted(
            (version.rank, ident, documents[ident]["source"]["key"])
            for ident in group
            if ident in documents and not (version := version_of(documents[ident]["source"]["key"])).copied
        )
        if len(ranked) < 2:
            continue
        best, newest, key = ranked[-1]
        for rank, ident, _ in ranked[:-1]:
            if rank < best:
                newer[ident] = Newer(newest, key, f"{key} is a newer version of it", 0.9)
    return newer


class _Copies:
    """The best likeness of each lesser file."""

    def __init__(self, settings: AuditSettings) -> None:
        self._settings = settings
        self._best: dict[str, tuple[Likeness, Print]] = {}
        self._better: dict[str, Newer] = {}

    def compare(self, one: Print, other: Print) -> None:
        settings = self._settings
        likeness = compare(one, other, distance=settings.hash_distance, likeness=settings.likeness)
        if likeness is None:
            return
        kept, lesser = (one, other) if better(one, other) else (other, one)
        before = self._best.get(lesser.id)
        if before is None or (likeness.degree, kept.id) > (before[0].degree, before[1].id):
            self._best[lesser.id] = (likeness, _without_look(kept))
        replaceable = likeness.sure and likeness.degree < 1 and bool(kept.skus) and not lesser.skus
        if replaceable and lesser.pixels >= MUCH_LARGER * kept.pixels > 0:
            why = f"{lesser.name} is the same picture with {lesser.pixels / kept.pixels:.1f} times the pixels"
            self._better[kept.id] = Newer(lesser.id, lesser.name, why, 0.7)

    def found(self) -> dict[str, Copy]:
        return {ident: copy_of(kept, likeness) for ident, (likeness, kept) in self._best.items()}

    def superseding(self) -> dict[str, Newer]:
        return self._better


def _without_look(one: Print) -> Print:
    """Return the print without its vector: thousands of them may be kept."""
    return Print(one.id, one.name, one.checksum, one.stem, one.linked, pixels=one.pixels)


def _equal_bytes(catalogue: Looked, numbers: _Numbers, copies: _Copies) -> None:
    for rows in equal_groups(numbers.sums, numbers.rows):
        best: Print | None = None
        for start in range(0, len(rows), FETCHED_AT_ONCE):
            some = [numbers.id(row) for row in rows[start : start + FETCHED_AT_ONCE]]
            for one in prints(catalogue, some, looks=False).values():
                if best is not None:
                    copies.compare(best, one)
                if best is None or better(one, best):
                    best = one


def _near_fingerprints(
    catalogue: Looked, numbers: _Numbers, settings: AuditSettings, copies: _Copies, notes: list[str]
) -> None:
    pairs = near_pairs(numbers.prints, settings.hash_distance)
    if pairs.crowded:
        notes.append("very many pictures have near fingerprints; not all of them were compared")
    named = ((numbers.id(numbers.printed_rows[a]), numbers.id(numbers.printed_rows[b])) for a, b in pairs)
    _compare_all(catalogue, named, copies)


def _near_looks(
    catalogue: Looked, numbers: _Numbers, settings: AuditSettings, copies: _Copies, notes: list[str]
) -> None:
    """Look up what looks most like each picture that no catalogue names: crops share no fingerprint."""
    rows = numbers.unnamed[: settings.likeness_most]
    if settings.likeness_most and len(numbers.unnamed) > len(rows):
        notes.append(
            f"likes of {len(rows)} of {len(numbers.unnamed)} pictures that no product names were looked up "
            f"(audit.likeness_most)"
        )
    for start in range(0, len(rows), FETCHED_AT_ONCE):
        some = [numbers.id(row) for row in rows[start : start + FETCHED_AT_ONCE]]
        ours = prints(catalogue, some)
        looks = {ident: one.look.tolist() for ident, one in ours.items() if one.look is not None}
        pairs = ((a, b) for a, near in catalogue.neighbours(looks).items() for b in near)
        _compare_all(catalogue, pairs, copies)


def _compare_all(catalogue: Looked, pairs: Iterable[tuple[str, str]], copies: _Copies) -> None:
    waiting: list[tuple[str, str]] = []

    def compare_waiting() -> None:
        found = prints(catalogue, [ident for pair in waiting for ident in pair])
        for one, other in waiting:
            if one in found and other in found:
                copies.compare(found[one], found[other])
        waiting.clear()

    for pair in pairs:
        waiting.append(pair)
        if len(waiting) >= FETCHED_AT_ONCE:
            compare_waiting()
    if waiting:
        compare_waiting()


def prints(catalogue: Looked, ids: Iterable[str], *, looks: bool = True) -> dict[str, Print]:
    """Return what tells copies of these assets, by id."""
    includes = FULL if looks else tuple(name for name in FULL if name != "media.look")
    return {
        ident: print_of(said) for ident, said in catalogue.fetch("assets", ids, includes=includes).items()
    }


def print_of(said: Mapping[str, Any]) -> Print:
    """Return what tells copies of one asset from its ``_source``."""
    source, media, product = said["source"], said["media"], said.get("product", {})
    width, height = media.get("width") or 0, media.get("height") or 0
    made = source.get("created") or source.get("modified")
    look = media.get("look")
    fingerprint = media.get("perceptual_hash")
    return Print(
        id=said["id"],
        name=source["key"],
        checksum=media["checksum"],
        stem=f"{source['name']}\0{version_of(source['key']).stem}",
        linked=bool(product.get("linked")),
        skus=frozenset(link["sku"] for link in _naming(said)),
        pixels=width * height,
        aspect=width / height if width and height else None,
        made=datetime.fromisoformat(made) if made else None,
        fingerprint=int(fingerprint, 16) if fingerprint else None,
        colour=mean_colour(media.get("colours") or ()),
        look=np.asarray(look, dtype=np.float32) if look else None,
    )


def expected_attributes(catalogue: Looked, share: float) -> dict[str, frozenset[str]]:
    """Return, by family, the attributes that at least ``share`` of its products have."""
    if not share:
        return {}
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    sizes: Counter[str] = Counter()
    for page in catalogue.walk("products", PAGE, ("source.family", "source.attribute_values")):
        for said in page:
            family = said["source"].get("family")
            if family:
                sizes[family] += 1
                values = said["source"].get("attribute_values") or {}
                counts[family].update(code for code, given in values.items() if given)
    return {
        family: frozenset(code for code, count in counts[family].items() if count >= share * size)
        for family, size in sizes.items()
        if size >= FEWEST_OF_A_FAMILY
    }
