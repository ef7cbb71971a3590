"""The composition root: settings become adapters, adapters become services. Nothing else builds them."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path
from typing import BinaryIO

from discovery.audit.service import AuditService
from discovery.config import AssetSourceSettings, ProductSourceSettings, Settings
from discovery.curation.link_decisions import LinkDecisions
from discovery.engine.client import Engine, connect
from discovery.engine.embedded import EmbeddedEngine
from discovery.engine.reader import Reader
from discovery.engine.records import Records
from discovery.errors import DiscoveryError, NotFound
from discovery.linking.linker import SIMILAR_FLOOR
from discovery.search.pictures import EmbedderModel
from discovery.search.service import SearchService
from discovery.vision.embedder import Embedder, Vector
from discovery.vision.images import open_picture
from discovery.vision.loading import QueryVectors, load_embedder
from discovery.web.services import Check, Services
from indexers.catalogue import Catalogue
from indexers.enrich import Thumbnails
from indexers.gate import Gate, GateReport
from indexers.known import KnownSources
from indexers.lifecycle import Change, Lifecycle
from indexers.link_run import LinkRun
from indexers.pipeline import index_assets, index_products
from indexers.progress import Progress
from indexers.sources.originals import open_original, read_original
from indexers.sources.protocol import open_asset_source, open_product_source
from indexers.summary import RunSummary
from mappings.documents import AssetDocument
from mappings.registry import CATALOGUE

EMBEDDED = "embedded"
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

    @cached_property
    def engine(self) -> Engine:
        """The connection; the embedded engine is provisioned and started, or joined, first."""
        settings = self.settings
        url = settings.engine.url
        if url == EMBEDDED:
            url = embedded_engine(settings).start(progress=self._progress).url
        return connect(settings.engine, url)

    def embedder(self) -> Embedder:
        """Return the model, loaded once for the whole process.

        Raises:
            ModelUnavailable: it cannot be loaded; the next call tries again.
        """
        with self._loading:
            if self._embedder is None:
                self._embedder = load_embedder(self.settings.model, self.settings.home)
            return self._embedder

    def _query_vector(self, text: str) -> Vector:
        embedder = self.embedder()
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
        settings = self.settings
        return SearchService(
            Reader(self.engine),
            settings.search,
            settings.engine.prefix,
            EmbedderModel(self.embedder, settings.images, self._query_vector),
            self.original,
            cursor_key=_cursor_key(settings.home),
        )

    @cached_property
    def links(self) -> LinkRun:
        """Links between assets and products: judged, kept, explained."""
        serving = self.lifecycle.serving()
        serving.ensure_exists()
        stamps = Reader(self.engine).mapping_meta(serving.names.assets).values()
        floors = [stamp.get("recipe_description", {}).get("similar_floor") for stamp in stamps]
        floor = next((float(floor) for floor in floors if floor is not None), SIMILAR_FLOOR)
        return LinkRun(serving, self.settings, lambda ids: self.decisions.of(ids), similar_floor=floor)

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
    def audit(self) -> AuditService:
        """What is wrong with the catalogue, and what people made of it."""
        return AuditService(self.engine, self.settings)

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

    def rebuild(self, progress: Progress) -> tuple[Change, tuple[RunSummary, ...]]:
        """Fill a new generation from every known source, then let it serve."""
        summaries: list[RunSummary] = []

        def fill(catalogue: Catalogue) -> None:
            summaries.extend(self.index_assets(s, progress, into=catalogue) for s in self.known.assets())
            summaries.extend(self.index_products(s, progress, into=catalogue) for s in self.known.products())

        change = self.lifecycle.rebuild(self.embedder().recipe, fill)
        return change, tuple(summaries)

    def gate(self) -> GateReport:
        """Compare every known source with the index."""
        gate = Gate(self.lifecycle.serving(), self.settings)
        for assets in self.known.assets():
            gate.assets(assets.name, open_asset_source(assets, self.settings.images.max_bytes).items())
        for products in self.known.products():
            gate.products(products.name, open_product_source(products).items())
        return gate.report()

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
        )

    def readiness(self) -> tuple[Check, ...]:
        """Return whether engine, index and model answer, each with the reason if not."""
        return (_check("engine", self._ping), _check("index", self._index), _check("model", self.embedder))

    def _ping(self) -> None:
        self.engine.ping()

    def _index(self) -> None:
        reader = Reader(self.engine)
        for family in CATALOGUE:
            reader.mapping_meta(family.read_alias(self.settings.engine.prefix))


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
