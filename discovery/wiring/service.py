"""The composition root: settings become adapters, adapters become services. Nothing else builds them."""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from functools import cached_property, partial
from pathlib import Path
from typing import BinaryIO

from discovery import jobs as outcomes
from discovery.audit.context import UsageFeed
from discovery.audit.reports.model import Section
from discovery.audit.runner import Terms
from discovery.audit.service import AuditService
from discovery.audit.survey import limits_of
from discovery.audit.worker import AuditWorker
from discovery.config import AssetSourceSettings, ProductSourceSettings, Settings
from discovery.curation.collections import Collections
from discovery.curation.duplicate_decisions import DuplicateDecisions
from discovery.curation.duplicate_groups import DuplicateGroups
from discovery.curation.link_decisions import LinkDecisions
from discovery.curation.review import ReviewQueue
from discovery.curation.rule_records import RuleRecords
from discovery.curation.transfer import Transferred, export_records, import_records
from discovery.duplicates.groups import Pair
from discovery.duplicates.lookup import Lookup
from discovery.engine.client import Engine, connect
from discovery.engine.embedded import EmbeddedEngine
from discovery.engine.percolator import Percolator
from discovery.engine.reader import Reader
from discovery.engine.records import Records
from discovery.engine.writer import Writer
from discovery.errors import DiscoveryError, IndexMissing, NotFound
from discovery.linking.sightings import LookScale
from discovery.mail.mailing import Mailing
from discovery.saved.alerts import Alerts
from discovery.saved.searches import SavedSearches
from discovery.saved.sections import sections
from discovery.scheduler.board import JobBoard
from discovery.scheduler.ledger import Ledger
from discovery.scheduler.model import Job, JobOutcome, Turn
from discovery.search.pictures import EmbedderModel
from discovery.search.request import Hit, SearchRequest, Viewer
from discovery.search.rule_book import RuleBook
from discovery.search.rule_desk import RuleDesk
from discovery.search.service import SearchService
from discovery.search_log.recorder import SearchRecorder
from discovery.search_log.service import SearchLogService
from discovery.usage.recorder import UsageRecorder
from discovery.usage.service import UsageService
from discovery.vision.embedder import Embedder, Vector
from discovery.vision.images import open_picture
from discovery.vision.loading import QueryVectors, load_embedder
from discovery.web import schemas
from discovery.web.services import Check, Reading, SearchLog, Services, Usage
from discovery.wiring.desks import DuplicateDesk, LinkDesk, ModelDesk
from discovery.wiring.readings import (
    readings_of,
    readings_of_comparison,
    readings_of_recorder,
    readings_of_searches,
)
from indexers.adaptation import Adapting
from indexers.catalogue import Catalogue
from indexers.clean_up import clean_up, remove_orphans
from indexers.comparing import Probes, Shown
from indexers.door import Door
from indexers.enrich import Thumbnails
from indexers.gate import Gate, GateReport
from indexers.judging import DEPTH, judged_queries
from indexers.known import KnownSources
from indexers.lifecycle import Change, Lifecycle
from indexers.link_run import LinkRun, LinkSummary
from indexers.locks import projection_lock
from indexers.merging import Merging, Move
from indexers.migration import Migration
from indexers.models import FittedModel, FittedModels, ModelShelf
from indexers.paging import pages
from indexers.pipeline import index_assets, index_products
from indexers.progress import Progress, Silent
from indexers.reconcile import (
    LINKS,
    THUMBNAILS,
    Difference,
    Differences,
    Reconciler,
    Reconciliation,
    absent_assets,
    last_reconciliation,
    mark_outdated,
)
from indexers.run import ASSETS as ASSETS_SIDE
from indexers.run import PRODUCTS as PRODUCTS_SIDE
from indexers.sources.originals import open_original, read_original
from indexers.sources.protocol import open_asset_source, open_product_source
from indexers.summary import FINISHED, INTERRUPTED, RunSummary
from mappings.documents import AssetDocument
from mappings.fields import Side
from mappings.registry import ASSETS, CATALOGUE, PRODUCTS, RUNS, floors_of, watching_body

EMBEDDED = "embedded"
THUMBNAILS_AT_ONCE = 200
CURSOR_KEY_BYTES = 32


def embedded_engine(settings: Settings) -> EmbeddedEngine:
    """Return this home's private engine, not started."""
    return EmbeddedEngine(settings.home, settings.engine.heap_mb)


class Service:
    """Every part of one process, each made when it is first asked for.

    ``progress`` says whether setting up may show progress on standard error.
    """

    def __init__(self, settings: Settings, *, progress: bool = True) -> None:
        self.settings = settings
        self._progress = progress
        self._loading = threading.Lock()
        self._embedder: Embedder | None = None
        self._queries: QueryVectors | None = None
        self._asked: dict[tuple[str, ...], SearchService] = {}

    @cached_property
    def engine(self) -> Engine:
        """The connection; the embedded engine is provisioned and started, or joined, first."""
        settings = self.settings
        url = settings.engine.url
        if url == EMBEDDED:
            url = embedded_engine(settings).start(progress=self._progress).url
        return connect(settings.engine, url)

    def embedder(self) -> Embedder:
        """Return the model of the serving index: the configured one, or that as fitted to the catalogue.

        Raises:
            ModelUnavailable: it cannot be loaded; the next call tries again.
        """
        return self.fitted.serving()

    @cached_property
    def fitted(self) -> FittedModels:
        """The model that made an index, whichever serves."""
        settings = self.settings
        return FittedModels(lambda: self.engine, settings.engine.prefix, settings.home, self.base_embedder)

    def base_embedder(self) -> Embedder:
        """Return the configured model, loaded once for the whole process.

        Raises:
            ModelUnavailable: it cannot be loaded; the next call tries again.
        """
        with self._loading:
            if self._embedder is None:
                self._embedder = load_embedder(self.settings.model, self.settings.home)
            return self._embedder

    def _query_vector(self, text: str) -> Vector:
        # A fitted model has the words of the one it was fitted on.
        embedder = self.base_embedder()
        with self._loading:
            if self._queries is None:
                self._queries = QueryVectors(embedder, self.settings.model.query_cache)
        return self._queries.vector(text)

    @cached_property
    def lifecycle(self) -> Lifecycle:
        """The generations of the index."""
        return Lifecycle(self.engine, self.settings)

    @cached_property
    def known(self) -> KnownSources:
        """The sources of the configuration and of the command line."""
        return KnownSources(self.engine, self.settings.engine.prefix, self.settings.sources)

    @cached_property
    def search(self) -> SearchService:
        """The read side."""
        return self._searching(None)

    def _searching(self, indices: Mapping[Side, str] | None) -> SearchService:
        settings = self.settings

        def model(recipe: str | None) -> EmbedderModel:
            return EmbedderModel(lambda: self.fitted.of(recipe), settings.images, self._query_vector)

        return SearchService(
            Reader(self.engine),
            settings.search,
            settings.engine.prefix,
            model(None),
            self.original,
            fitted=model,
            cursor_key=_cursor_key(settings.home),
            rules=self.rule_book.rules,
            languages=self._languages,
            collections=lambda: self.collections.names(),
            indices=indices,
        )

    @cached_property
    def collections(self) -> Collections:
        """Ordered, named choices of assets and products."""
        return Collections(
            Records(self.engine),
            Reader(self.engine),
            self.settings.engine.prefix,
            self.lifecycle.ensure_records,
        )

    def _languages(self) -> tuple[str, ...]:
        """Return the languages that the sources are in."""
        assets = [source.language for source in self.known.assets()]
        return (*assets, *(source.language for source in self.known.products()))

    @cached_property
    def rule_book(self) -> RuleBook:
        """The query rules that hold; what is wrong with their file is said now."""
        named = self.settings.search.rules_file
        book = RuleBook(
            Path(named).expanduser() if named else None,
            lambda: [{"id": one.id, **one.table} for one in self.rule_records.all()],
            time.monotonic,
        )
        book.of_file()
        return book

    @cached_property
    def rule_records(self) -> RuleRecords:
        """The query rules that people keep by the API."""
        return RuleRecords(Records(self.engine), self.settings.engine.prefix)

    @cached_property
    def saved_searches(self) -> SavedSearches:
        """Searches that people keep."""
        schema = schemas.search_schema(self.settings.search)
        return SavedSearches(
            Records(self.engine),
            Reader(self.engine),
            self.search,
            lambda request: schemas.load(schema, request),
            self.settings.engine.prefix,
            self.lifecycle.ensure_records,
        )

    @cached_property
    def alerts(self) -> Alerts:
        """Rounds over the saved searches."""
        settings, prefix = self.settings, self.settings.engine.prefix

        def percolator(side: Side) -> Percolator:
            family = ASSETS if side == "assets" else PRODUCTS
            return Percolator(self.engine, f"{prefix}-watching-{side}", watching_body(family))

        # A server may take its time for each of a mail's steps.
        patience = timedelta(seconds=5 * settings.mail.timeout_seconds)
        mailing = Mailing(Records(self.engine), RUNS.write_alias(prefix), patience, "alert")
        return Alerts(self.saved_searches, Reader(self.engine), percolator, mailing, settings.mail, prefix)

    def _sections(self, ids: Sequence[str], most: int) -> tuple[Section, ...]:
        page = self.settings.search.max_size
        return sections(self.saved_searches, self.search.search, ids, most, page) if ids else ()

    def export_records(self, file: Path) -> Mapping[str, int]:
        """Write what people decided to a file; return how many records of each family."""
        return export_records(Reader(self.engine), self.settings.engine.prefix, file)

    def import_records(self, file: Path, *, replace: bool = False, dry_run: bool = False) -> Transferred:
        """Keep the records of a file, and bring decisions onto what they speak of, as far as that is indexed.

        Raises:
            InputInvalid: naming the line of the file that is no record.
        """
        if not dry_run:
            self.lifecycle.ensure_records()
        done = import_records(
            Records(self.engine), self.settings.engine.prefix, file, replace=replace, dry_run=dry_run
        )
        if done.assets and not dry_run:
            # Where nothing is indexed yet, the runs that index will go by what was decided.
            with suppress(IndexMissing):
                self.links.reconsider(done.assets)
        return done

    @cached_property
    def links(self) -> LinkRun:
        """Links between assets and products: judged, kept, explained."""
        serving = self.lifecycle.serving()
        serving.ensure_exists()
        floors = floors_of(Reader(self.engine).mapping_meta(serving.names.assets))
        both = floors.get("similar_floor"), floors.get("duplicate_floor")
        scale = LookScale(both[0], both[1]) if both[0] is not None and both[1] is not None else None
        return LinkRun(serving, self.settings, lambda ids: self.decisions.of(ids), scale=scale)

    @cached_property
    def decisions(self) -> LinkDecisions:
        """What people say of links."""
        return LinkDecisions(
            Records(self.engine),
            Reader(self.engine),
            self.settings.engine.prefix,
            lambda ids: self.links.reconsider(ids),
        )

    @cached_property
    def duplicate_groups(self) -> DuplicateGroups:
        """Files that hold the same picture, as they were found."""
        index = self.settings.index
        writer = Writer(self.engine, retries=index.retries, chunk_documents=index.bulk_documents)
        return DuplicateGroups(
            Reader(self.engine),
            writer,
            self.settings.engine.prefix,
            lambda ids: self.duplicate_decisions.of(ids),
        )

    @cached_property
    def duplicate_decisions(self) -> DuplicateDecisions:
        """What people say of files that hold the same picture."""
        return DuplicateDecisions(
            Records(self.engine),
            Reader(self.engine),
            self.settings.engine.prefix,
            lambda group: self.duplicate_groups.members(group),
            self._carry_out_merges,
        )

    @cached_property
    def merging(self) -> Merging:
        """What brings merges onto assets and products."""
        serving = self.lifecycle.serving()
        serving.ensure_exists()
        return Merging(
            serving,
            self.duplicate_decisions.merges,
            lambda ids: self.links.reconsider(ids),
            self._move_in_collections,
        )

    def _move_in_collections(self, move: Move) -> None:
        with suppress(IndexMissing):  # nobody has made a collection yet
            if move.before is not None:
                self.collections.point_back(move.asset, move.before)
            if move.now is not None:
                self.collections.repoint(move.asset, move.now, move.by)

    def _carry_out_merges(self, assets: Sequence[str]) -> None:
        self.merging.carry_out()
        self.duplicate_groups.refresh(assets)

    def duplicate_lookup(self) -> Lookup:
        """Return what finds copies of single pictures."""
        reader, assets = Reader(self.engine), self.lifecycle.serving().names.assets
        floor = floors_of(reader.mapping_meta(assets)).get("duplicate_floor")
        return Lookup(reader, assets, limits_of(self.settings.audit, floor))

    def find_duplicates(self, progress: Progress) -> tuple[int, tuple[str, ...]]:
        """Look over all assets for files that hold the same picture; return how many groups, and notes."""
        progress.say("looking for duplicates")
        found, notes = self.audit.duplicates(self.duplicate_decisions.kept())
        return self.duplicate_groups.replace(found, whole=not notes), notes

    def _keep_pairs(self, pairs: Sequence[Pair], whole: bool) -> None:
        with suppress(IndexMissing):  # what was indexed by a version before this one has no groups
            self.duplicate_groups.replace(pairs, whole=whole)

    def _door(self, catalogue: Catalogue) -> Door | None:
        if catalogue.filling:
            return None
        return Door(
            self.duplicate_lookup(),
            self.settings.index.door_most,
            lambda: self.duplicate_decisions.kept(),
            lambda pairs: self.duplicate_groups.add(pairs) if pairs else 0,
        )

    @cached_property
    def audit(self) -> AuditService:
        """What is wrong with the catalogue, and what people made of it."""
        return AuditService(
            self.engine,
            self.settings,
            asked=lambda: self.audit_worker.wake(),
            inputs=self._audit_inputs,
            thumbnails=self.kept_thumbnails,
            sections=self._sections,
        )

    @cached_property
    def audit_worker(self) -> AuditWorker:
        """What works off the audits that were asked for, once it is started."""
        return AuditWorker(lambda: self.audit, lambda: Terms(links=self.link_states))

    @cached_property
    def review(self) -> ReviewQueue:
        """Links that wait for people's word."""
        return ReviewQueue(Reader(self.engine), self.settings.engine.prefix)

    def _audit_inputs(self, terms: Terms) -> Terms:
        """Give an audit what other rooms know, where it was not given.

        What cannot be told now is unknown; whether the run can go on without it, its brakes decide.
        """
        if not terms.kept_copies:
            terms = replace(terms, kept_copies=self.duplicate_decisions.kept())
        terms = replace(terms, keep_pairs=self._keep_pairs)
        if terms.absent is None:
            with suppress(DiscoveryError):
                terms = replace(terms, absent=absent_assets(self.lifecycle.serving()))
        if terms.usage is None:
            try:
                terms = replace(terms, usage=self._usage_feed(terms))
            except DiscoveryError:
                terms = replace(terms, usage=UsageFeed(False, datetime.now(UTC)))
        return terms

    def _usage_feed(self, terms: Terms) -> UsageFeed | None:
        if not self.usage.feeds():
            return None
        if not terms.dry_run:
            terms.progress.say("counting usage")
            self.usage.roll_up()
        covered = self.usage.coverage()
        return UsageFeed(covered.complete, covered.since) if covered.since is not None else None

    @cached_property
    def usage(self) -> UsageService:
        """What was viewed, downloaded, published and withdrawn."""
        settings = self.settings
        exclusive = projection_lock(settings.home, settings.engine.prefix)
        return UsageService(self.engine, settings, exclusive=exclusive)

    @cached_property
    def recorder(self) -> UsageRecorder:
        """What this service sees of usage itself; it starts with the first record."""
        return UsageRecorder(lambda events: self.usage.keep(events), self.settings.usage)

    @cached_property
    def search_log(self) -> SearchLogService:
        """What is searched for, and what comes of it."""
        return SearchLogService(self.engine, self.settings, self.search)

    @cached_property
    def search_recorder(self) -> SearchRecorder:
        """What this service sees of searches; it starts with the first record."""
        return SearchRecorder(lambda batch: self.search_log.keep(batch), self.settings.search_log)

    def link_states(self, assets: Sequence[str]) -> dict[str, tuple[str, tuple[str, ...]]]:
        """Return what linking made of assets: its state, and the products that were proposed."""
        kept = self.lifecycle.serving().links.documents(assets)
        return {ident: (one.state, one.sku) for ident, one in kept.items()}

    def original(self, asset: AssetDocument) -> bytes:
        """Return an indexed file's bytes, read from its source."""
        return read_original(asset.source, self.known.assets(), self.settings.images.max_bytes)

    def thumbnail(self, asset: AssetDocument, size: int) -> Path:
        """Return the path of a thumbnail; one that is not there yet, or was lost, is made from the original.

        Raises:
            NotFound: the asset is no picture.
        """
        if asset.media.perceptual_hash is None:
            raise NotFound(f"{asset.source.key!r} is no picture and has no thumbnail")
        images = self.settings.images
        thumbnails = Thumbnails(self.settings.home, images.thumbnail_sizes)
        path = thumbnails.path(asset.media.checksum, size)
        if not path.exists():
            picture = open_picture(self.original(asset), images, target=size)
            thumbnails.make(asset.media.checksum, size, picture)
        return path

    def kept_thumbnails(self, assets: Sequence[str]) -> Iterator[tuple[str, bytes | None]]:
        """Yield the smallest thumbnail of each asset as it is kept; none is made, no source is read."""
        thumbnails = Thumbnails(self.settings.home, self.settings.images.thumbnail_sizes)
        alias = ASSETS.read_alias(self.settings.engine.prefix)
        for start in range(0, len(assets), THUMBNAILS_AT_ONCE):
            some = assets[start : start + THUMBNAILS_AT_ONCE]
            known = Reader(self.engine).multi_get(alias, some, includes=("media.checksum",))
            for asset in some:
                checksum = known.get(asset, {}).get("media", {}).get("checksum")
                yield asset, thumbnails.read(checksum, thumbnails.smallest) if checksum else None

    def index_assets(
        self,
        source: AssetSourceSettings,
        progress: Progress,
        *,
        accept_shrink: bool = False,
        dry_run: bool = False,
        into: Catalogue | None = None,
    ) -> RunSummary:
        """Run the indexer over one assets source."""
        embedder = self.embedder()
        catalogue = into or self.lifecycle.ensure(embedder.recipe, make=not dry_run)
        items = open_asset_source(source, self.settings.images.max_bytes).items()
        return index_assets(
            source.name,
            items,
            catalogue,
            embedder,
            self.settings,
            progress=progress,
            accept_shrink=accept_shrink,
            dry_run=dry_run,
            door=self._door(catalogue),
        )

    def index_products(
        self,
        source: ProductSourceSettings,
        progress: Progress,
        *,
        accept_shrink: bool = False,
        dry_run: bool = False,
        into: Catalogue | None = None,
    ) -> RunSummary:
        """Run the indexer over one catalogue."""
        catalogue = into or self.lifecycle.ensure(self.embedder().recipe, make=not dry_run)
        items = open_product_source(source).items()
        return index_products(
            source.name,
            items,
            catalogue,
            self.settings,
            progress=progress,
            accept_shrink=accept_shrink,
            dry_run=dry_run,
        )

    def rebuild(
        self, progress: Progress, *, promote: bool = True, anew: bool = False
    ) -> tuple[Change, tuple[RunSummary, ...]]:
        """Fill a new generation from every known source, then let it serve if the gate passes it."""
        summaries: list[RunSummary] = []

        def fill(catalogue: Catalogue) -> None:
            summaries.extend(self.index_assets(s, progress, into=catalogue) for s in self.known.assets())
            summaries.extend(self.index_products(s, progress, into=catalogue) for s in self.known.products())

        migration = self.migration(progress)
        change = migration.rebuild(self.embedder().recipe, fill, promote=promote, anew=anew)
        return change, tuple(summaries)

    def migration(self, progress: Progress) -> Migration:
        """Return what moves searches from one generation to another.

        Raises:
            ConfigurationInvalid: the file of judged queries is not sound.
        """
        file = self.settings.index.judged_queries
        judged = judged_queries(Path(file).expanduser()) if file else {}
        probes = Probes(self._shown, judged)
        return Migration(self.engine, self.lifecycle, self.settings, probes=probes, progress=progress)

    def search_in(self, indices: Mapping[Side, str]) -> SearchService:
        """Return the read side over indices that may not serve."""
        return self._asked.setdefault(tuple(indices.values()), self._searching(indices))

    def _shown(self, indices: Mapping[str, str], side: str, q: str) -> tuple[Shown, ...]:
        """Return what the first ten hits of a query show, in indices that may not serve."""
        named: Mapping[Side, str] = {"assets": indices[ASSETS_SIDE], "products": indices[PRODUCTS_SIDE]}
        which: Side = "assets" if side == ASSETS_SIDE else "products"
        page = self.search_in(named).search(SearchRequest(side=which, q=q, size=DEPTH), Viewer())
        return tuple(_shown_by(hit) for hit in page.hits)

    def adapting(self, progress: Progress) -> Adapting:
        """Return what fits the configured model to the catalogue."""
        return Adapting(self.engine, self.lifecycle, self.settings, self.base_embedder(), progress)

    def fitted_models(self) -> tuple[FittedModel, ...]:
        """Return every try to fit a model to the catalogue, the newest first."""
        return ModelShelf(self.engine, self.settings.engine.prefix).records()

    def gate(self) -> GateReport:
        """Compare every known source with the index."""
        gate = Gate(self.lifecycle.serving(), self.settings)
        for assets in self.known.assets():
            gate.assets(assets.name, open_asset_source(assets, self.settings.images.max_bytes).items())
        for products in self.known.products():
            gate.products(products.name, open_product_source(products).items())
        return gate.report()

    def reconcile(
        self, progress: Progress, differences: Differences, *, accept_shrink: bool = False
    ) -> Reconciliation:
        """Compare every known source, thumbnails, projections and decisions with the index; keep a record."""
        one = Reconciler(
            self.lifecycle.serving(),
            self.settings,
            differences,
            accept_shrink=accept_shrink,
            progress=progress,
        )
        most = self.settings.images.max_bytes
        for assets in self.known.assets():
            one.assets(assets.name, lambda source=assets: open_asset_source(source, most).items())  # type: ignore[misc]
        for products in self.known.products():
            one.products(products.name, lambda source=products: open_product_source(source).items())  # type: ignore[misc]
        one.thumbnails()
        one.projections()
        one.decisions(self.decisions.decided(), self.decisions.of)
        return one.done()

    def repair(
        self, progress: Progress, differences: Differences, *, accept_shrink: bool = False
    ) -> tuple[str, ...]:
        """Mend what a comparison found; return what could not be mended, and why.

        Sources are indexed again by runs with all their brakes; then words are carried out, both sides
        connected, thumbnails made.
        """
        return tuple(self._repairs(progress, differences, accept_shrink=accept_shrink))

    def _repairs(self, progress: Progress, differences: Differences, *, accept_shrink: bool) -> Iterator[str]:
        catalogue = self.lifecycle.serving()
        runs: list[tuple[str, str, Callable[[], RunSummary]]] = [
            (ASSETS_SIDE, one.name, partial(self.index_assets, one, progress, accept_shrink=accept_shrink))
            for one in self.known.assets()
        ]
        runs += [
            (
                PRODUCTS_SIDE,
                one.name,
                partial(self.index_products, one, progress, accept_shrink=accept_shrink),
            )
            for one in self.known.products()
        ]
        for side in (ASSETS_SIDE, PRODUCTS_SIDE):
            mark_outdated(catalogue, side, (one.id for one in differences.each(side, "outdated")))
        due = {(one.side, one.source) for one in differences.each() if one.kind != "projection"}
        for side, name, run in runs:
            if (side, name) in due:
                progress.say(f"indexing {name}")
                try:
                    run()
                except DiscoveryError as error:
                    yield f"{side} {name}: {error.kind.title}: {error.detail}"
        told = sorted({one.id for one in differences.each(LINKS)})
        if told:
            progress.say("carrying out decisions")
            self.links.reconsider(told)
        projection = self.links.projection()
        projection.mark(
            (one.id for one in differences.each(ASSETS_SIDE, "projection")),
            (one.id for one in differences.each(PRODUCTS_SIDE, "projection")),
        )
        progress.say("connecting")
        projection.settle()
        progress.say("making thumbnails")
        smallest = min(self.settings.images.thumbnail_sizes)
        for some in pages(differences.each(THUMBNAILS, "missing"), THUMBNAILS_AT_ONCE):
            yield from self._remade(catalogue, some, smallest)
        remove_orphans(catalogue, self.settings.home / "thumbnails", datetime.now(UTC))

    def _remade(self, catalogue: Catalogue, some: Sequence[Difference], size: int) -> Iterator[str]:
        there = catalogue.assets.light(one.id for one in some)
        for one in some:
            try:
                if one.id in there:
                    self.thumbnail(there[one.id], size)
            except DiscoveryError as error:
                yield f"thumbnail of {one.source}: {one.key}: {error.detail}"

    def original_file(self, asset: AssetDocument) -> Path | BinaryIO:
        """Return where an indexed file lies, or a stream of it, of any size."""
        return open_original(asset.source, self.known.assets())

    def web_services(self) -> Services:
        """Return what the web room is given."""
        return Services(
            search=self.search,
            thumbnails=self.thumbnail,
            originals=self.original_file,
            readiness=self.readiness,
            jobs=self.job_board,
            models=ModelDesk(self),
            links=LinkDesk(self),
            audits=self.audit,
            rules=RuleDesk(self.rule_book, self.rule_records),
            collections=self.collections,
            searches=self.saved_searches,
            duplicates=DuplicateDesk(self),
            readings=self._readings,
            usage=self.usage_desk,
            search_log=SearchLog(
                enabled=self.settings.search_log.enabled,
                record=self.search_recorder.record,
                gaps=lambda: self.search_log.gaps(),
            ),
        )

    @cached_property
    def usage_desk(self) -> Usage:
        """Usage as the web room needs it."""
        return Usage(
            record=self.recorder.record if self.settings.usage.record else lambda *_: None,
            take=lambda feed, rows: self.usage.take(feed, rows),
            declare=lambda name, since, until: self.usage.declare(name, since, until),
            retire=lambda name: self.usage.retire(name),
            feeds=lambda: self.usage.feeds(),
            coverage=lambda: self.usage.coverage(),
        )

    def jobs(self) -> tuple[Job, ...]:
        """Return the job table. What each does is a command too."""
        when = self.settings.schedule

        def job(id: str, title: str, why: str, call: Callable[[Turn], JobOutcome]) -> Job:
            key = id.replace("-", "_")
            trigger, minutes = getattr(when, key), getattr(when, f"{key}_minutes")
            return Job(id, title, why, trigger, 60 * minutes, call)

        jobs = (
            job(
                "index",
                "Index all sources",
                "what changed in folders, buckets and catalogues becomes findable, and is linked",
                lambda _turn: self._index_job(),
            ),
            job(
                "link",
                "Judge all links",
                "products that came later, new patterns and thresholds reach every asset",
                lambda _turn: outcomes.linked(self.links.run()),
            ),
            job(
                "adapt",
                "Fit the model to the catalogue",
                "words find pictures by what the catalogue calls them, once enough links are new",
                self._adapt_job,
            ),
            job(
                "usage",
                "Count usage",
                "sorting by use, and what the audit says of it, go by real figures",
                lambda _turn: outcomes.counted(self.usage.roll_up()),
            ),
            job(
                "clean-up",
                "Remove what nothing needs",
                "old records of runs and searches, dead letters of forgotten sources, orphaned thumbnails",
                lambda _turn: outcomes.cleaned(self.clean_up()),
            ),
            job(
                "audit",
                "Audit the catalogue",
                "what is outdated, unlinked, expired, doubled or incomplete is found while it is new",
                lambda _turn: outcomes.audited(self.audit.run(Terms(links=self.link_states))),
            ),
            job(
                "reconcile",
                "Compare sources and index",
                "the index must not lie: missing, extra and outdated items are told",
                lambda _turn: outcomes.compared(self._compared()),
            ),
            job(
                "alerts",
                "Look at saved searches",
                "owners hear what their searches find that they did not, and which cannot be run any more",
                lambda turn: outcomes.looked(self.alerts.round(turn.due, turn.token)),
            ),
            job(
                "report",
                "Mail owners what is theirs",
                "people hear of what is new, overdue, or about to end without having to look",
                lambda turn: outcomes.mailed(self.audit.mail(turn.due, turn.token)),
            ),
        )
        # What is switched off elsewhere is never due; it runs all the same when somebody asks for it.
        unmailed = not self.settings.mail.host
        off = {"report": unmailed, "alerts": unmailed, "link": not self.settings.linking.enabled}
        return tuple(replace(one, trigger="") if off.get(one.id) else one for one in jobs)

    def ledger(self) -> Ledger:
        """Return the jobs' records."""
        return Ledger(Records(self.engine), self.settings.engine.prefix)

    def ready_ledger(self) -> Ledger:
        """Return the jobs' records; with sources configured, the indices are made where there are none."""
        sources = self.settings.sources
        exists = Reader(self.engine).exists(self.lifecycle.serving().names.runs)
        if not exists and (sources.assets or sources.products):
            self.lifecycle.ensure(self.embedder().recipe)
        return self.ledger()

    @cached_property
    def job_board(self) -> JobBoard:
        """The job table as people see it."""
        return JobBoard(self.jobs(), self.ledger, self.settings.schedule.zone)

    def link_after(
        self,
        summaries: Sequence[RunSummary],
        progress: Callable[[], Progress] = Silent,
        *,
        accept_shrink: bool = False,
    ) -> LinkSummary | None:
        """Judge links anew if the runs, or the settings since, give reason to; return what came of it.

        What people merged is looked at first: an asset may be back, or the one that stands for it gone.
        """
        if any(summary.outcome != FINISHED for summary in summaries):
            return None
        if any(summary.written or summary.gone for summary in summaries):
            self.merging.carry_out()
        if not self.settings.linking.enabled:
            return None
        if not any(summary.written or summary.gone for summary in summaries) and not self.links.is_due():
            return None
        return self.links.run(accept_shrink=accept_shrink, progress=progress())

    def close(self) -> None:
        """Keep what was recorded beside requests, and end the threads that do."""
        self.recorder.close()
        self.search_recorder.close()

    def clean_up(self) -> dict[str, int]:
        """Remove what nothing needs any more; return how many of each.

        Raises:
            IndexMissing: nothing has been indexed yet.
        """
        known = {(ASSETS_SIDE, source.name) for source in self.known.assets()}
        known |= {(PRODUCTS_SIDE, source.name) for source in self.known.products()}
        keep = timedelta(days=self.settings.schedule.keep_days)
        folder = self.settings.home / "thumbnails"
        removed = clean_up(self.lifecycle.serving(), known, folder, datetime.now(UTC), keep)
        return {
            **asdict(removed),
            "searches": self.search_log.clean_up(),
            "jobs": self.ledger().drop(job.id for job in self.jobs()),
        }

    def _adapt_job(self, turn: Turn) -> JobOutcome:
        adapting = self.adapting(Silent())
        wanted = turn.cause == "asked" or adapting.is_due()
        return outcomes.adapted(adapting.adapt() if wanted else None)

    def _index_job(self) -> JobOutcome:
        summaries: list[RunSummary] = []
        errors: list[DiscoveryError] = []
        runs: list[Callable[[], RunSummary]] = [
            *(partial(self.index_assets, source, Silent()) for source in self.known.assets()),
            *(partial(self.index_products, source, Silent()) for source in self.known.products()),
        ]
        for run in runs:
            try:
                summaries.append(run())
            except DiscoveryError as error:
                errors.append(error)
                continue
            if summaries[-1].outcome == INTERRUPTED:
                raise KeyboardInterrupt
        links = None
        try:
            links = self.link_after(summaries) if summaries else None
        except DiscoveryError as error:
            errors.append(error)
        return outcomes.indexed(summaries, errors, links)

    def _compared(self) -> Reconciliation:
        with Differences() as differences:
            return self.reconcile(Silent(), differences)

    def _readings(self) -> tuple[Reading, ...]:
        try:
            views = self.job_board.jobs()
            compared = last_reconciliation(self.lifecycle.serving())
        except DiscoveryError:
            return ()  # an engine that does not answer is told by the readiness, not by failing figures
        of_usage = readings_of_recorder(self.recorder)
        of_jobs = (reading for view in views for reading in readings_of(view))
        return (
            *of_jobs,
            *of_usage,
            *readings_of_searches(self.search_recorder),
            *(readings_of_comparison(compared) if compared else ()),
        )

    def readiness(self) -> tuple[Check, ...]:
        """Return whether engine, index and model answer, each with the reason if not."""
        return (
            _check("engine", self._ping),
            _check("index", self._index),
            _check("model", self.base_embedder),
        )

    def _ping(self) -> None:
        self.engine.ping()

    def _index(self) -> None:
        reader = Reader(self.engine)
        for family in CATALOGUE:
            reader.mapping_meta(family.read_alias(self.settings.engine.prefix))


def _shown_by(hit: Hit) -> Shown:
    document = hit.document
    if isinstance(document, AssetDocument):
        return Shown(hit.id, frozenset(document.product.sku), frozenset(document.product.family))
    return Shown(hit.id, frozenset({document.source.sku}), frozenset({document.source.family or ""}))


def _check(name: str, call: Callable[[], object]) -> Check:
    try:
        call()
    except DiscoveryError as error:
        return Check(name, ok=False, reason=error.detail)
    return Check(name, ok=True)


def _cursor_key(home: Path) -> bytes:
    """Return the key that signs page cursors, made once for a home, so that cursors outlive a restart."""
    file = home / "cursor.key"
    try:
        return file.read_bytes()
    except FileNotFoundError:
        home.mkdir(parents=True, exist_ok=True)
        fresh = home / f".cursor-{secrets.token_hex(4)}.key"
        fresh.touch(mode=0o600)
        fresh.write_bytes(secrets.token_bytes(CURSOR_KEY_BYTES))
        # Whoever links first wins; everybody reads what is there then.
        try:
            file.hardlink_to(fresh)
        except FileExistsError:
            pass
        finally:
            fresh.unlink()
        return file.read_bytes()
