"""One run over one source: read → plan → enrich → build → write → connect, again and again."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import AbstractContextManager, nullcontext

from discovery.config import Settings
from discovery.vision.embedder import Embedder
from indexers.asset_run import AssetRun
from indexers.catalogue import Catalogue
from indexers.door import Door
from indexers.locks import source_lock
from indexers.product_run import ProductRun
from indexers.progress import Progress, Silent
from indexers.records import AssetRecord, Problem, ProductRecord
from indexers.run import ASSETS, PRODUCTS, Terms
from indexers.summary import RunSummary


def index_assets(
    source: str,
    items: Iterable[AssetRecord | Problem],
    catalogue: Catalogue,
    embedder: Embedder,
    settings: Settings,
    *,
    progress: Progress | None = None,
    accept_shrink: bool = False,
    dry_run: bool = False,
    door: Door | None = None,
) -> RunSummary:
    """Bring the index up to date with what ``items`` lists of the assets source named ``source``.

    A file that fails is recorded with its reason, and tried again by the next run. Ctrl-C ends the run at
    once; its summary is right, and the next run goes on from there. A ``dry_run`` writes nothing and opens
    no file. With a ``door``, the summary says of new pictures what is there already that is the same.

    Raises:
        RunInProgress: another run over the same source is under way.
        IndexMissing: ``lifecycle.ensure`` has not been called.
        SourceUnavailable: the listing broke off; what was listed is indexed, nothing was removed.
        SourceShrank: far fewer items were listed than are stored; what was listed is indexed, nothing
            was removed. ``accept_shrink`` says that it is meant.
        EngineUnavailable, EngineBusy, EngineTimedOut, ModelUnavailable, EmbeddingInvalid: the run broke off.
    """
    terms = Terms(progress or Silent(), accept_shrink, dry_run, door)
    with _exclusive(catalogue, settings, ASSETS, source):
        return AssetRun(source, catalogue, embedder, settings, terms).index(items)


def index_products(
    source: str,
    items: Iterable[ProductRecord | Problem],
    catalogue: Catalogue,
    settings: Settings,
    *,
    progress: Progress | None = None,
    accept_shrink: bool = False,
    dry_run: bool = False,
) -> RunSummary:
    """Bring the index up to date with what ``items`` lists of the catalogue named ``source``.

    Everything that is said of :func:`index_assets` holds here too.

    Raises:
        RunInProgress, IndexMissing, SourceUnavailable, SourceShrank, EngineUnavailable, EngineBusy,
        EngineTimedOut: as :func:`index_assets`.
    """
    terms = Terms(progress or Silent(), accept_shrink, dry_run)
    with _exclusive(catalogue, settings, PRODUCTS, source):
        return ProductRun(source, catalogue, settings, terms).index(items)


def _exclusive(
    catalogue: Catalogue, settings: Settings, side: str, source: str
) -> AbstractContextManager[None]:
    """Keep out other runs over the same source, but for one that fills a generation beside this one.

    Only one process fills that, and it may take hours: the serving one must not wait for it.
    """
    if catalogue.filling:
        return nullcontext()
    return source_lock(settings.home, settings.engine.prefix, side, source)
