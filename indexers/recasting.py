"""A new generation with other vectors, made from what the serving one stores: no picture is opened.

The serving generation is copied while it serves and is written to. Then every writer is held off for as long
as it takes to copy what changed meanwhile and to let the new generation serve: a run that ends later writes
to that one, and one that begins later takes its model.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from typing import Any

import numpy as np

from discovery.config import Settings
from discovery.engine.reader import Reader
from discovery.engine.writer import Delete, Operation, Put
from discovery.errors import EngineRejected, IndexMismatch, RunInProgress
from discovery.vision.adapter import Features
from discovery.vision.colours import BIN_COUNT
from discovery.vision.embedder import Recipe, Vector
from indexers.associate import main_picture
from indexers.catalogue import Catalogue
from indexers.enrich import VECTOR_DECIMALS
from indexers.lifecycle import Change, Generation, Lifecycle
from indexers.locks import projection_lock, source_lock
from indexers.progress import Progress, Silent
from indexers.run import ASSETS, PRODUCTS
from mappings.documents import ProductDocument

AT_ONCE = 250
PATIENCE_SECONDS = 900.0
_PAUSE_SECONDS = 1.0

Versions = dict[str, tuple[int, int]]


class Recasting:
    """Brings a catalogue to the vectors of ``recipe``, which ``vectors`` makes; ``None``: the model's own."""

    def __init__(
        self,
        lifecycle: Lifecycle,
        settings: Settings,
        recipe: Recipe,
        vectors: Callable[[Features], Vector] | None,
        progress: Progress | None = None,
    ) -> None:
        self._lifecycle = lifecycle
        self._settings = settings
        self._recipe = recipe
        self._vectors = vectors
        self._progress = progress or Silent()

    def promote(self) -> Change:
        """Fill a new generation, let it serve, and return what changed; an error leaves all as it was.

        Raises:
            RunInProgress: a run over a source has not ended for very long.
            EngineRejected: the engine does not take a document.
        """
        serving = self._lifecycle.serving()
        made = self._lifecycle.prepare(self._recipe)
        try:
            self._progress.say("recasting")
            copied = self._copy(serving, made, {ASSETS: {}, PRODUCTS: {}})
            for generation in (made.assets, made.products):
                self._lifecycle.settle(generation)
            with ExitStack() as held:
                self._hold_off(held)
                serving.refresh()
                self._copy(serving, made, copied)
                made.catalogue.refresh()
                return self._lifecycle.promote([made.assets, made.products], settled=True)
        except BaseException:
            self._lifecycle.discard(made)
            raise

    def _hold_off(self, held: ExitStack) -> None:
        prefix, home = self._settings.engine.prefix, self._settings.home
        sources = sorted(
            {(family.family, one.name) for family in self._lifecycle.status() for one in family.sources}
        )
        ends = time.monotonic() + PATIENCE_SECONDS
        for side, name in sources:
            while True:
                try:
                    held.enter_context(source_lock(home, prefix, side, name))
                    break
                except RunInProgress:
                    if time.monotonic() > ends:
                        raise
                    self._progress.say(f"waiting for the run over {name}")
                    time.sleep(_PAUSE_SECONDS)
        held.enter_context(projection_lock(home, prefix)())

    def _copy(
        self, serving: Catalogue, made: Generation, known: Mapping[str, Versions]
    ) -> dict[str, Versions]:
        """Copy what ``known`` has not as it now stands, take away what is gone; return what there is."""
        sides = {
            ASSETS: (serving.names.assets, made.assets, self._assets),
            PRODUCTS: (serving.names.products, made.products, self._products),
        }
        found: dict[str, Versions] = {}
        for side, (source, target, recast) in sides.items():
            before = known[side]
            now: Versions = {}
            found[side] = now
            for hits in _pages(self._due(serving.reader, source, before, now)):
                sources = {hit["_id"]: hit["_source"] for hit in hits}
                recast(made.catalogue, sources)
                self._write(
                    made.catalogue,
                    [Put(target, hit["_id"], sources[hit["_id"]], hit["_version"]) for hit in hits],
                )
                self._progress.advance(len(hits))
            gone = [Delete(target, ident) for ident in before.keys() - now.keys()]
            self._write(made.catalogue, gone)
            made.catalogue.refresh()
        return found

    def _due(self, reader: Reader, index: str, before: Versions, now: Versions) -> Iterator[dict[str, Any]]:
        """Yield every hit the first time, later those that were written since."""
        whole = not before
        changed: list[str] = []
        for hit in reader.scan(index, None, None if whole else (), page=AT_ONCE, versions=True):
            now[hit["_id"]] = stands = (hit["_seq_no"], hit["_primary_term"])
            if whole:
                yield hit
            elif before.get(hit["_id"]) != stands:
                changed.append(hit["_id"])
        for start in range(0, len(changed), AT_ONCE):
            query = {"ids": {"values": changed[start : start + AT_ONCE]}}
            yield from reader.scan(index, query, page=AT_ONCE, versions=True)

    def _assets(self, _catalogue: Catalogue, sources: Mapping[str, dict[str, Any]]) -> None:
        pictured = [source["media"] for source in sources.values() if source["media"].get("recipe")]
        if not pictured:
            return
        features = features_of(pictured)
        vectors = self._vectors(features) if self._vectors else features.bases
        for media, vector, base in zip(pictured, vectors, features.bases, strict=True):
            media["recipe"] = self._recipe.digest
            media["vector"] = numbers(vector)
            media.pop("base", None)
            if self._vectors:
                media["base"] = numbers(base)

    def _products(self, catalogue: Catalogue, sources: Mapping[str, dict[str, Any]]) -> None:
        products = {ident: ProductDocument.from_source(source) for ident, source in sources.items()}
        linked = {link.id for product in products.values() for link in product.assets.links}
        shown = catalogue.assets.light(sorted(linked))
        mains = {ident: main_picture(one.assets.links, shown) for ident, one in products.items()}
        wanted = sorted({main for main in mains.values() if main is not None})
        parts = ("id", "media.recipe", "media.vector", "media.look")
        media = {
            ident: found["media"]
            for ident, found in catalogue.reader.multi_get(
                catalogue.names.assets, wanted, includes=parts
            ).items()
        }
        for ident, source in sources.items():
            main = media.get(mains[ident] or "", {})
            for name in ("recipe", "vector", "look"):
                source["assets"].pop(name, None)
                if name in main:
                    source["assets"][name] = main[name]

    def _write(self, catalogue: Catalogue, operations: Sequence[Operation]) -> None:
        for outcome in catalogue.writer().write(operations):
            if outcome.status == "failed":
                raise EngineRejected(f"{outcome.id} could not be written: {outcome.reason}")


def features_of(media: Sequence[Mapping[str, Any]]) -> Features:
    """Return the features of pictures from the ``media`` blocks that the index stores.

    Raises:
        IndexMismatch: a picture was indexed before its colours were kept.
    """
    if any(one.get("histogram") is None for one in media):
        raise IndexMismatch(
            "some pictures were indexed by an older version, which kept nothing to fit a model with; "
            "run `discovery index rebuild`"
        )
    return Features(
        np.array([one["look"] for one in media], dtype=np.float32),
        np.array([one["histogram"] for one in media], dtype=np.float32).reshape(-1, BIN_COUNT),
        np.array([one.get("base") or one["vector"] for one in media], dtype=np.float32),
    )


def numbers(vector: Vector) -> list[float]:
    """Return a vector as it is stored."""
    rounded: list[float] = np.round(vector.astype(np.float64), VECTOR_DECIMALS).tolist()
    return rounded


def _pages(hits: Iterable[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    page: list[dict[str, Any]] = []
    for hit in hits:
        page.append(hit)
        if len(page) == AT_ONCE:
            yield page
            page = []
    if page:
        yield page
