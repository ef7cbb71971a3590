"""A read-only comparison of the sources with the index: what differs, never a repair."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from discovery.config import Settings
from discovery.errors import DiscoveryError
from discovery.vision.hashing import checksum
from indexers.build import BUILD, asset_build, is_storable
from indexers.catalogue import Catalogue, Side
from indexers.deadletters import failures_of
from indexers.plan import StoredState
from indexers.records import AssetRecord, Problem, ProductRecord
from indexers.roster import Roster
from indexers.run import ASSETS, PLANNED_AT_ONCE, PRODUCTS
from mappings.documents import AssetDocument, ProductDocument, asset_id

Check = Literal[
    "unlisted", "missing", "outdated", "extra", "pending", "failed", "bytes",
    "unfilled", "behind", "count", "document", "recall", "relevance",
]  # fmt: skip

EXAMPLES = 5
SAMPLE = 50


@dataclass(frozen=True, slots=True)
class GateFinding:
    """One way in which a source and the index differ, or a waiting generation and the serving one.

    ``check``: ``unlisted``, the source cannot be listed; ``missing``, items that are not indexed;
    ``outdated``, indexed from an older version or by older code; ``extra``, indexed but no longer in the
    source; ``pending``, not yet connected with the other side; ``failed``, dead letters; ``bytes``, files
    of the sample whose bytes are not those that were indexed. Of a generation: ``unfilled``, it was not
    filled to its end; ``behind``, it lacks what was written meanwhile; ``count`` and ``document``, it holds
    far fewer or other documents; ``recall`` and ``relevance``, it does not find what it should.
    """

    side: str
    source: str
    check: Check
    count: int
    message: str
    examples: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class GateReport:
    """What was compared, items by source, and what was found."""

    listed: Mapping[str, int]
    stored: Mapping[str, int]
    sampled: int
    findings: tuple[GateFinding, ...]

    @property
    def passed(self) -> bool:
        """Whether sources and index agree."""
        return not self.findings


@dataclass(frozen=True, slots=True)
class Row:
    """One listed item, of either side."""

    ident: str
    key: str
    version: str
    record: AssetRecord | None = None


class _Examples:
    def __init__(self) -> None:
        self.count = 0
        self.kept: list[str] = []

    def add(self, key: str) -> None:
        self.count += 1
        if len(self.kept) < EXAMPLES:
            self.kept.append(key)


class Gate:
    """Compares one source after the other."""

    def __init__(self, catalogue: Catalogue, settings: Settings, *, sample: int = SAMPLE) -> None:
        self._catalogue = catalogue
        self._builds = {ASSETS: asset_build(settings.images), PRODUCTS: BUILD}
        self._sample = sample
        self._listed: dict[str, int] = {}
        self._stored: dict[str, int] = {}
        self._sampled = 0
        self._findings: list[GateFinding] = []

    def assets(self, source: str, items: Iterable[AssetRecord | Problem]) -> None:
        """Compare an assets source."""
        rows = (asset_row(item) for item in items)
        self._compare(ASSETS, source, self._catalogue.assets, rows)

    def products(self, source: str, items: Iterable[ProductRecord | Problem]) -> None:
        """Compare a catalogue."""
        rows = (product_row(item) for item in items)
        self._compare(PRODUCTS, source, self._catalogue.products, rows)

    def report(self) -> GateReport:
        """Return what was found so far."""
        return GateReport(dict(self._listed), dict(self._stored), self._sampled, tuple(self._findings))

    def _compare(
        self,
        side: str,
        source: str,
        stored: Side[AssetDocument] | Side[ProductDocument],
        rows: Iterator[Row | Problem],
    ) -> None:
        name = f"{side}/{source}"
        failed = set(failures_of(self._catalogue, side, source))
        seen, missing, outdated = Roster(), _Examples(), _Examples()
        sample: list[tuple[str, Row, StoredState]] = []
        listed = 0
        try:
            for batch in batches(rows, seen, side, source):
                listed += len(batch)
                states = stored.states([row.ident for row in batch])
                for row in batch:
                    state = states.get(row.ident)
                    if state is None or state.source != source:
                        if row.key not in failed:
                            missing.add(row.key)
                        continue
                    if (state.version, state.build) != (row.version, self._builds[side]):
                        outdated.add(row.key)
                    elif row.record is not None:
                        sample = self._sampled_with(sample, row, state)
        except DiscoveryError as error:
            self._find(side, source, "unlisted", 1, f"the source cannot be listed: {error.detail}")
            return
        self._listed[name] = listed
        extra, pending, count = _Examples(), _Examples(), 0
        for ident, document in stored.of_source(source, "source.key", "run"):
            state = StoredState.from_source(document)
            count += 1
            if not seen.has_seen(ident, state.key):
                extra.add(state.key)
            if document.get("run", {}).get("pending"):
                pending.add(state.key)
        self._stored[name] = count
        self._many(side, source, "missing", missing, "are in the source but not in the index")
        self._many(side, source, "outdated", outdated, "have changed since they were indexed")
        self._many(side, source, "extra", extra, "are in the index but no longer in the source")
        self._many(side, source, "pending", pending, "are not yet connected with the other side")
        if failed:
            examples = tuple(sorted(failed)[:EXAMPLES])
            self._find(side, source, "failed", len(failed), f"{len(failed)} items have failed", examples)
        self._check_bytes(side, source, sample)

    def _sampled_with(
        self, sample: list[tuple[str, Row, StoredState]], row: Row, state: StoredState
    ) -> list[tuple[str, Row, StoredState]]:
        """Keep the items of the smallest ids, which are digests: an even sample, the same on every run."""
        return heapq.nsmallest(self._sample, [*sample, (row.ident, row, state)], key=lambda entry: entry[0])

    def _check_bytes(self, side: str, source: str, sample: Sequence[tuple[str, Row, StoredState]]) -> None:
        differing = _Examples()
        for _, row, state in sample:
            assert row.record is not None
            self._sampled += 1
            try:
                same = checksum(row.record.read()) == state.checksum
            except DiscoveryError:
                same = False
            if not same:
                differing.add(row.key)
        self._many(side, source, "bytes", differing, "of the sample do not hold the bytes that were indexed")

    def _many(self, side: str, source: str, check: Check, found: _Examples, words: str) -> None:
        if found.count:
            self._find(side, source, check, found.count, f"{found.count} items {words}", tuple(found.kept))

    def _find(
        self, side: str, source: str, check: Check, count: int, message: str, examples: tuple[str, ...] = ()
    ) -> None:
        self._findings.append(GateFinding(side, source, check, count, message, examples))


def asset_row(item: AssetRecord | Problem) -> Row | Problem:
    """Return what is compared of a listed file."""
    if isinstance(item, Problem):
        return item
    return Row(asset_id(item.source, item.key), item.key, item.version, item)


def product_row(item: ProductRecord | Problem) -> Row | Problem:
    """Return what is compared of a listed product."""
    return item if isinstance(item, Problem) else Row(item.sku, item.sku, item.version)


def batches(rows: Iterator[Row | Problem], seen: Roster, side: str, source: str) -> Iterator[list[Row]]:
    """Yield what a source lists in batches, each item once; take note of what its problems name."""
    batch: list[Row] = []
    for row in rows:
        if isinstance(row, Problem):
            if row.fatal:
                seen.see_problem(row, side, source)
            continue
        if is_storable(row.ident) and seen.see(row.ident):
            batch.append(row)
        if len(batch) == PLANNED_AT_ONCE:
            yield batch
            batch = []
    if batch:
        yield batch
