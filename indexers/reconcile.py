"""Source against index against thumbnails, and records against the documents that carry them.

Only compares: what differs is named, counted and kept as a record, so that figures, and the audit, can go by
the last comparison. Repairs are index runs, projections and thumbnails, made by those who do them anyway.
"""

from __future__ import annotations

import json
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self

from discovery.config import Settings
from discovery.engine.writer import Put, Update
from discovery.errors import DiscoveryError, EngineRejected, RunInProgress
from discovery.linking.outcome import DECIDED, Decision, Kind
from discovery.picture_sets.standing import SetJudge
from discovery.vision.hashing import checksum
from indexers.build import BUILD, asset_build
from indexers.catalogue import Catalogue, Side
from indexers.clean_up import orphans
from indexers.deadletters import failures_of
from indexers.enrich import Thumbnails
from indexers.gate import SAMPLE, Row, asset_row, batches, product_row
from indexers.locks import projection_lock, source_lock
from indexers.paging import pages
from indexers.plan import StoredState
from indexers.progress import Progress, Silent
from indexers.projection import PAGE, Projection
from indexers.records import AssetRecord, Problem, ProductRecord
from indexers.roster import Roster
from indexers.run import ASSETS, PRODUCTS
from mappings.documents import AssetDocument, ProductDocument

THUMBNAILS = "thumbnails"
LINKS = "links"

RECONCILE = "reconcile"
LISTING = "listing"
"""Kinds of records: one for each comparison, and one for the last whole listing of each assets source."""

EXAMPLES = 5
MOST_ABSENT = 100_000
"""Absent assets of one source that are kept for the audit; with more, the listing is not kept."""

SourceOutcome = Literal["compared", "unreachable", "shrunken", "indexing"]
DifferenceKind = Literal["missing", "extra", "outdated", "projection", "decision"]
Said = Callable[[Sequence[str]], Mapping[str, Sequence[Decision]]]


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that is not as it should be.

    ``side``: ``assets``, ``products``, ``thumbnails`` or ``links``. ``kind``: ``missing``, in the source (or
    due as a thumbnail) but not there; ``extra``, there for nothing; ``outdated``, made from something older;
    ``projection``, a document that does not carry what the other side and the links give it; ``decision``,
    people's word that is not among the links that hold.
    """

    side: str
    source: str
    kind: DifferenceKind
    id: str
    key: str
    why: str


@dataclass(frozen=True, slots=True)
class ComparedSource:
    """How far one source could be compared, and why not further. ``failed`` are its known dead letters."""

    side: str
    source: str
    outcome: SourceOutcome
    listed: int = 0
    stored: int = 0
    failed: int = 0
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class DifferenceCount:
    """How many things of one kind differ, with the first few of them."""

    side: str
    source: str
    kind: DifferenceKind
    count: int
    examples: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """What one comparison found."""

    id: str
    started: datetime
    finished: datetime
    sources: tuple[ComparedSource, ...]
    differences: tuple[DifferenceCount, ...]

    @property
    def total(self) -> int:
        """How many things differ."""
        return sum(found.count for found in self.differences)

    @property
    def unreadable(self) -> tuple[ComparedSource, ...]:
        """The sources of which nothing can be said."""
        return tuple(one for one in self.sources if one.outcome in ("unreachable", "shrunken"))

    @property
    def clean(self) -> bool:
        """Whether all could be compared and nothing differs; a source that is being indexed is no fault."""
        return not self.differences and not self.unreadable


class Differences:
    """All that differs, in a temporary file: a catalogue may differ in every item."""

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile("w+", encoding="utf-8")  # noqa: SIM115 - closed by its owner
        self._counts: Counter[tuple[str, str, DifferenceKind]] = Counter()
        self._examples: dict[tuple[str, str, DifferenceKind], list[str]] = {}

    def __enter__(self) -> Self:
        """Keep the file for as long as the block runs."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Give the file back."""
        self._file.close()

    def add(self, found: Difference) -> None:
        """Take note of one."""
        of = (found.side, found.source, found.kind)
        self._counts[of] += 1
        examples = self._examples.setdefault(of, [])
        if len(examples) < EXAMPLES:
            examples.append(found.key)
        self._file.write(json.dumps(asdict(found)) + "\n")

    def counts(self) -> tuple[DifferenceCount, ...]:
        """Return how many of each kind there are."""
        return tuple(
            DifferenceCount(*of, count, tuple(self._examples[of]))
            for of, count in sorted(self._counts.items())
        )

    def each(self, side: str | None = None, kind: str | None = None) -> Iterator[Difference]:
        """Yield them, of one side and kind where those are given."""
        self._file.flush()
        self._file.seek(0)
        for line in self._file:
            found = Difference(**json.loads(line))
            if side in (None, found.side) and kind in (None, found.kind):
                yield found
        self._file.seek(0, 2)


class Reconciler:
    """One comparison: each source in turn, then what needs no source, then the record of it all.

    ``differences`` is filled meanwhile. ``accept_shrink`` says that a source which lists far fewer items
    than are stored is meant to; without it such a source is said so, and none of its items is extra.
    """

    def __init__(
        self,
        catalogue: Catalogue,
        settings: Settings,
        differences: Differences,
        *,
        accept_shrink: bool = False,
        sample: int = SAMPLE,
        progress: Progress | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._catalogue = catalogue
        self._settings = settings
        self._differences = differences
        self._accept_shrink = accept_shrink
        self._sample = sample
        self._progress = progress or Silent()
        self._clock = clock
        self._builds = {ASSETS: asset_build(settings.images), PRODUCTS: BUILD}
        self._projection = Projection(
            catalogue,
            projection_lock(settings.home, settings.engine.prefix),
            SetJudge(settings.audit),
            clock=clock,
        )
        self._started = clock()
        self._sources: list[ComparedSource] = []
        catalogue.ensure_exists()
        catalogue.refresh()
        catalogue.writer().refresh(catalogue.names.runs)

    def assets(self, source: str, items: Callable[[], Iterable[AssetRecord | Problem]]) -> None:
        """Compare an assets source; ``items`` begins its listing."""
        self._compare(ASSETS, source, self._catalogue.assets, lambda: (asset_row(one) for one in items()))

    def products(self, source: str, items: Callable[[], Iterable[ProductRecord | Problem]]) -> None:
        """Compare a catalogue."""
        self._compare(
            PRODUCTS, source, self._catalogue.products, lambda: (product_row(one) for one in items())
        )

    def thumbnails(self) -> None:
        """Look for pictures without their smallest thumbnail, and for thumbnails of nothing."""
        self._progress.say("comparing thumbnails")
        catalogue, images = self._catalogue, self._settings.images
        thumbnails = Thumbnails(self._settings.home, images.thumbnail_sizes)
        pictures = {"exists": {"field": "media.perceptual_hash"}}
        parts = ("source.name", "source.key", "media.checksum")
        for hit in catalogue.reader.scan(catalogue.names.assets, pictures, parts):
            said = hit["_source"]["source"]
            path = thumbnails.path(hit["_source"]["media"]["checksum"], thumbnails.smallest)
            if not path.exists():
                why = "its picture has no thumbnail"
                self._add(THUMBNAILS, said["name"], "missing", hit["_id"], said["key"], why)
        for path in orphans(catalogue, self.thumbnail_folder, self._clock()):
            self._add(THUMBNAILS, "", "extra", path.name, path.name, "no asset has these bytes")

    @property
    def thumbnail_folder(self) -> Path:
        """Where thumbnails lie."""
        return self._settings.home / "thumbnails"

    def projections(self) -> None:
        """Look for documents that do not carry what the other side and the links give them."""
        for side, index, differing in (
            (ASSETS, self._catalogue.names.assets, self._projection.differing_assets),
            (PRODUCTS, self._catalogue.names.products, self._projection.differing_products),
        ):
            self._progress.say(f"comparing what {side} carry")
            self._progress.expect(self._catalogue.reader.count(index))
            hits = self._catalogue.reader.scan(index, None, ("run.pending",))
            for page in pages(hits, PAGE):
                wrong = differing([hit["_id"] for hit in page])
                wrong |= {hit["_id"] for hit in page if hit["_source"].get("run", {}).get("pending")}
                if wrong:
                    self._add_projections(side, sorted(wrong), differing)
                self._progress.advance(len(page))

    def decisions(self, decided: Iterable[str], said: Said) -> None:
        """Look for people's word on ``decided`` assets, and on linked ones, that does not hold."""
        self._progress.say("comparing decisions")
        shelf = self._catalogue.links
        heard = (
            one.id for one in shelf.scan() if one.refused or any(a.method == DECIDED for a in one.applied)
        )
        done: set[str] = set()
        for ids in (decided, heard):
            for page in pages((ident for ident in ids if ident not in done), PAGE):
                done |= set(page)
                self._compare_words(page, said(page))

    def done(self) -> Reconciliation:
        """Return what was found, and keep a record of it."""
        counts = self._differences.counts()
        ident = f"{RECONCILE}-{round(self._started.timestamp() * 1000)}"
        found = Reconciliation(ident, self._started, self._clock(), tuple(self._sources), counts)
        record = {
            "kind": RECONCILE,
            "started": found.started.isoformat(),
            "finished": found.finished.isoformat(),
            "outcome": "clean" if found.clean else "differing",
            "counts": {
                "sources": [asdict(one) for one in found.sources],
                "differences": [asdict(one) for one in counts],
            },
        }
        self._keep(ident, record)
        return found

    def _compare(
        self,
        side: str,
        source: str,
        stored: Side[AssetDocument] | Side[ProductDocument],
        rows: Callable[[], Iterator[Row | Problem]],
    ) -> None:
        began = self._clock()
        self._progress.say(f"comparing {source}")
        if self._is_indexed_now(side, source, began):
            self._sources.append(ComparedSource(side, source, "indexing", reason=_INDEXING))
            return
        failed = failures_of(self._catalogue, side, source)
        seen, found = Roster(), list[Difference]()
        sample: list[tuple[str, Row, StoredState]] = []
        listed = 0
        try:
            for batch in batches(rows(), seen, side, source):
                listed += len(batch)
                self._progress.expect(len(batch))
                states = stored.states([row.ident for row in batch])
                for row in batch:
                    if row.key in failed:
                        continue
                    state = states.get(row.ident)
                    if state is None or state.source != source:
                        why = "it is in the source but not in the index"
                        found.append(Difference(side, source, "missing", row.ident, row.key, why))
                    elif (state.version, state.build) != (row.version, self._builds[side]):
                        why = "it has changed since it was indexed"
                        found.append(Difference(side, source, "outdated", row.ident, row.key, why))
                    elif row.record is not None and state.checksum:
                        sample.append((row.ident, row, state))
                sample = sorted(sample, key=lambda entry: entry[0])[: self._sample]
                self._progress.advance(len(batch))
        except DiscoveryError as error:
            reason = f"it cannot be listed: {error.detail}"
            self._sources.append(ComparedSource(side, source, "unreachable", listed, reason=reason))
            return
        found += self._with_other_bytes(side, source, sample)
        count, extra = 0, list[Difference]()
        for ident, document in stored.of_source(source, "source.key", "run"):
            count += 1
            key = document["source"]["key"]
            if not seen.has_seen(ident, key):
                why = "it is in the index but no longer in the source"
                extra.append(Difference(side, source, "extra", ident, key, why))
        if self._is_indexed_now(side, source, began):
            self._sources.append(ComparedSource(side, source, "indexing", listed, count, reason=_INDEXING))
            return
        shrunken = self._shrunken(listed, count) if extra else None
        for one in [*found, *(() if shrunken else extra)]:
            self._differences.add(one)
        outcome: SourceOutcome = "shrunken" if shrunken else "compared"
        self._sources.append(ComparedSource(side, source, outcome, listed, count, len(failed), shrunken))
        if side == ASSETS and not shrunken:
            self._keep_listing(source, began, listed, [one.id for one in extra])

    def _shrunken(self, listed: int, stored: int) -> str | None:
        """Return why a source is not believed, by the measure of index runs."""
        if self._accept_shrink or (listed and listed >= (1 - self._settings.index.shrink_share) * stored):
            return None
        return (
            f"it lists {listed} of the {stored} items it had, so none of them counts as extra; "
            "if that is meant, say --accept-shrink"
        )

    def _is_indexed_now(self, side: str, source: str, since: datetime) -> bool:
        """Return whether a run over the source is under way, or has ended after ``since``."""
        try:
            with source_lock(self._settings.home, self._settings.engine.prefix, side, source):
                pass
        except RunInProgress:
            return True
        terms = [{"term": {"kind": "run"}}, {"term": {"side": side}}, {"term": {"source": source}}]
        late = {"range": {"finished": {"gte": since.isoformat()}}}
        index = self._catalogue.names.runs
        return self._catalogue.reader.count(index, {"bool": {"filter": [*terms, late]}}) > 0

    def _with_other_bytes(
        self, side: str, source: str, sample: Sequence[tuple[str, Row, StoredState]]
    ) -> Iterator[Difference]:
        for ident, row, state in sample:
            assert row.record is not None
            # A file that cannot be read is told by the index run that tries, not here.
            with suppress(DiscoveryError, OSError):
                if checksum(row.record.read()) != state.checksum:
                    why = "its bytes are not those that were indexed"
                    yield Difference(side, source, "outdated", ident, row.key, why)

    def _add(self, side: str, source: str, kind: DifferenceKind, ident: str, key: str, why: str) -> None:
        self._differences.add(Difference(side, source, kind, ident, key, why))

    def _add_projections(
        self, side: str, ids: Sequence[str], differing: Callable[[Sequence[str]], set[str]]
    ) -> None:
        """Look again while nothing is being connected: what was seen may just have been under way."""
        documents: Side[Any] = self._catalogue.assets if side == ASSETS else self._catalogue.products
        with self._projection.held_off():
            self._catalogue.refresh()
            wrong = differing(ids)
        for ident, document in documents.light(ids).items():
            pending = document.run is not None and document.run.pending
            if not pending and ident not in wrong:
                continue
            why = "it does not carry what the other side and its links give it"
            if pending:
                why = "it has not been connected with the other side"
            self._add(side, document.source.name, "projection", ident, document.source.key, why)

    def _compare_words(self, ids: Sequence[str], said: Mapping[str, Sequence[Decision]]) -> None:
        kept = self._catalogue.links.documents(ids)
        for ident, asset in self._catalogue.assets.light(ids).items():
            if asset.curation.merged_into is not None:
                continue  # another asset stands for it, and has its links
            words = said.get(ident, ())
            accepted = {one.sku for one in words if one.kind is Kind.ACCEPT}
            refused = {one.sku for one in words if one.kind is Kind.REFUSE}
            held = kept.get(ident)
            holding = {link.sku for link in held.applied if link.method == DECIDED} if held else set()
            kept_out = set(held.refused) if held else set()
            if (accepted, refused) != (holding, kept_out):
                skus = ", ".join(sorted((accepted ^ holding) | (refused ^ kept_out)))
                why = f"what people said of it and {skus} is not among its links"
                self._add(LINKS, asset.source.name, "decision", ident, asset.source.key, why)

    def _keep_listing(self, source: str, began: datetime, listed: int, absent: Sequence[str]) -> None:
        record = {
            "kind": LISTING,
            "side": ASSETS,
            "source": source,
            "started": began.isoformat(),
            "finished": self._clock().isoformat(),
            "outcome": "finished" if len(absent) <= MOST_ABSENT else "too many",
            "counts": {"listed": listed, "absent": list(absent[:MOST_ABSENT])},
        }
        self._keep(f"{LISTING}-{ASSETS}-{source[:200]}", record)

    def _keep(self, ident: str, record: Mapping[str, Any]) -> None:
        index = self._catalogue.names.runs
        (outcome,) = self._catalogue.write([Put(index, ident, record)])
        if outcome.status == "failed":
            raise EngineRejected(f"the record of the comparison could not be kept: {outcome.reason}")
        self._catalogue.writer().refresh(index)


_INDEXING = "it is being indexed, or was meanwhile; compare it again later"


def last_reconciliation(catalogue: Catalogue) -> Reconciliation | None:
    """Return the last comparison as its record tells it; ``None`` where there was none."""
    body = {"query": {"term": {"kind": RECONCILE}}, "sort": [{"started": "desc"}], "size": 1}
    for hit in catalogue.reader.search(catalogue.names.runs, body)["hits"]["hits"]:
        record = hit["_source"]
        return Reconciliation(
            hit["_id"],
            datetime.fromisoformat(record["started"]),
            datetime.fromisoformat(record["finished"]),
            tuple(ComparedSource(**one) for one in record["counts"]["sources"]),
            tuple(
                DifferenceCount(**{**one, "examples": tuple(one["examples"])})
                for one in record["counts"]["differences"]
            ),
        )
    return None


def absent_assets(catalogue: Catalogue) -> frozenset[str] | None:
    """Return the assets that the last whole listing of their source did not have; ``None`` if none is kept.

    A listing from before the last finished run over its source is out of date: that run has listed the
    source itself, and has taken out what was gone.
    """
    reader, index = catalogue.reader, catalogue.names.runs
    query = {"bool": {"filter": [{"term": {"kind": LISTING}}, {"term": {"side": ASSETS}}]}}
    absent: set[str] = set()
    believed = 0
    for hit in reader.scan(index, query, page=10):
        record = hit["_source"]
        terms = {"kind": "run", "side": ASSETS, "source": record["source"], "outcome": "finished"}
        conditions: list[Mapping[str, Any]] = [{"term": {name: value}} for name, value in terms.items()]
        conditions.append({"range": {"finished": {"gte": record["started"]}}})
        if record["outcome"] != "finished" or reader.count(index, {"bool": {"filter": conditions}}):
            continue
        believed += 1
        absent |= set(record["counts"]["absent"])
    return frozenset(absent) if believed else None


def mark_outdated(catalogue: Catalogue, side: str, ids: Iterable[str]) -> None:
    """Let the next index run make these documents anew, whatever their version says."""
    index = catalogue.names.assets if side == ASSETS else catalogue.names.products
    for page in pages(ids, PAGE):
        catalogue.write([Update(index, ident, {"run": {"version": ""}}) for ident in page])
