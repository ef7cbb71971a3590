"""Facts about all assets that no single one tells: newer versions, copies, what a family's products have."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from discovery.audit.context import Copy, Newer
from discovery.config import MODELS_OWN, AuditSettings
from discovery.duplicates.bands import equal_groups
from discovery.duplicates.groups import Pair
from discovery.duplicates.sweep import FETCHED_AT_ONCE, PAGE, Kept, Limits, Looked, Numbers, pairs_of_all
from discovery.duplicates.verdict import SAME_LOOK
from discovery.duplicates.versions import version_of

FEWEST_OF_A_FAMILY = 5

MUCH_LARGER = 1.5
"""How many times the pixels a copy must have to take the place of the file that a product shows."""


@dataclass(frozen=True, slots=True)
class Survey:
    """What the first pass found; ``notes`` say what it left out."""

    copies: Mapping[str, Copy] = field(default_factory=dict)
    newer: Mapping[str, Newer] = field(default_factory=dict)
    successors: frozenset[str] = frozenset()
    pairs: tuple[Pair, ...] = ()
    notes: tuple[str, ...] = ()


def limits_of(settings: AuditSettings, floor: float | None) -> Limits:
    """Return how near two pictures must be, and how many are looked up.

    ``floor`` is the cosine that the model's looks of one picture reach, if the index knows it.
    """
    own = SAME_LOOK if floor is None else floor
    likeness = own if settings.likeness == MODELS_OWN else settings.likeness
    return Limits(settings.hash_distance, likeness, settings.likeness_most)


def survey(catalogue: Looked, settings: AuditSettings, kept: Kept = frozenset()) -> Survey:
    """Look over all assets once and return what is newer than, or a copy of, what.

    ``kept`` are the pairs that people said are both meant.
    """
    numbers = Numbers(catalogue)
    notes: list[str] = []
    versions = _newer_versions(catalogue, numbers)
    copies = _Copies()
    for pair in pairs_of_all(
        catalogue, numbers, limits_of(settings, catalogue.duplicate_floor()), kept, notes.append
    ):
        copies.add(pair)
    newer = {**copies.superseding(), **_merged(catalogue, numbers.merged, versions)}
    successors = frozenset(one.id for one in newer.values())
    found = {ident: copy for ident, copy in copies.found().items() if ident not in successors}
    return Survey(found, newer, successors, copies.pairs(), tuple(notes))


def _merged(catalogue: Looked, merged: Mapping[str, str], versions: Mapping[str, Newer]) -> dict[str, Newer]:
    """Return what has taken whose place, now that people merged some assets into others.

    A version of what was merged is one of the asset that stands for it.
    """
    keepers = catalogue.fetch("assets", merged.values(), includes=("id", "source.key"))
    names = {ident: said["source"]["key"] for ident, said in keepers.items()}
    newer: dict[str, Newer] = {}
    for ident, found in versions.items():
        keeper = merged.get(found.id)
        told = replace(found, id=keeper, name=names[keeper]) if keeper in names else found
        stands = merged.get(ident, ident)
        if stands != told.id:
            newer.setdefault(stands, told)
    for ident, keeper in merged.items():
        if keeper in names:
            newer[ident] = Newer(keeper, names[keeper], f"it was merged into {names[keeper]}", 1.0)
    return newer


def _newer_versions(catalogue: Looked, numbers: Numbers) -> dict[str, Newer]:
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
    """All pairs, and the best likeness of each lesser file."""

    def __init__(self) -> None:
        self._pairs: dict[frozenset[str], Pair] = {}
        self._best: dict[str, Pair] = {}
        self._better: dict[str, Newer] = {}

    def add(self, pair: Pair) -> None:
        kept, lesser, likeness = pair.kept, pair.lesser, pair.likeness
        self._pairs[pair.ids] = pair
        before = self._best.get(lesser.id)
        if before is None or (likeness.degree, kept.id) > (before.likeness.degree, before.kept.id):
            self._best[lesser.id] = pair
        replaceable = likeness.sure and likeness.degree < 1 and bool(kept.skus) and not lesser.skus
        if replaceable and lesser.pixels >= MUCH_LARGER * kept.pixels > 0:
            why = f"{lesser.name} is the same picture with {lesser.pixels / kept.pixels:.1f} times the pixels"
            self._better[kept.id] = Newer(lesser.id, lesser.name, why, 0.7)

    def pairs(self) -> tuple[Pair, ...]:
        return tuple(self._pairs.values())

    def found(self) -> dict[str, Copy]:
        return {ident: _copy(pair) for ident, pair in self._best.items()}

    def superseding(self) -> dict[str, Newer]:
        return self._better


def _copy(pair: Pair) -> Copy:
    """Return what is told about the lesser file."""
    likeness, kept = pair.likeness, pair.kept
    return Copy(kept.id, kept.name, likeness.how, round(likeness.degree, 3), kept.linked)


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
