"""A new generation with other vectors, copied from what the serving one stores: no picture is opened.

Nearly all of a copy's time goes into the engine's graphs. So each document is read once and written once, as
it came but for its vectors; those of pictures wait in a file for the products that carry them.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from types import TracebackType
from typing import Any, Self

import numpy as np

from discovery.engine.indices import Indices
from discovery.engine.writer import Put
from discovery.errors import EngineRejected
from discovery.vision.embedder import Vector
from indexers.associate import main_of
from indexers.casting import Cast, numbers
from indexers.catalogue import Catalogue
from indexers.paging import pages
from indexers.progress import Progress
from mappings.documents import AssetLink

AT_ONCE = 125
REQUESTS_AT_ONCE = 2

Hits = Mapping[str, dict[str, Any]]


class Recast:
    """Fills a generation with the documents of ``serving``, as ``cast`` brings their vectors."""

    def __init__(self, indices: Indices, serving: Catalogue, cast: Cast, progress: Progress) -> None:
        self._indices = indices
        self._serving = serving
        self._cast = cast
        self._progress = progress

    def __call__(self, made: Catalogue) -> None:
        """Copy both sides, assets first: products carry the vectors of their main pictures.

        Raises:
            EngineRejected: the engine does not take a document.
            IndexMismatch: a picture was indexed before its colours were kept.
        """
        self._progress.say("recasting")
        names = self._serving.names
        with _Vectors() as vectors, ExitStack() as loading:
            for name in (made.names.assets, made.names.products):
                loading.enter_context(self._indices.bulk_loading(name))
            self._copy(made, names.assets, made.names.assets, lambda hits: self._assets(hits, vectors))
            self._copy(made, names.products, made.names.products, lambda hits: self._products(hits, vectors))

    def _copy(self, made: Catalogue, source: str, target: str, recast: Callable[[Hits], None]) -> None:
        def puts() -> Iterator[Put]:
            for page in pages(self._serving.reader.scan(source, page=AT_ONCE, versions=True), AT_ONCE):
                recast({hit["_id"]: hit["_source"] for hit in page})
                yield from (Put(target, hit["_id"], hit["_source"], hit["_version"]) for hit in page)

        for outcome in made.writer(threads=REQUESTS_AT_ONCE, at_once=AT_ONCE).write(puts()):
            if outcome.status == "failed":
                raise EngineRejected(f"{outcome.id} could not be written: {outcome.reason}")
            self._progress.advance(1)

    def _assets(self, hits: Hits, vectors: _Vectors) -> None:
        pictured = {ident: hit["media"] for ident, hit in hits.items() if hit["media"].get("recipe")}
        vectors.add(list(pictured), *self._cast.apply(list(pictured.values())))

    def _products(self, hits: Hits, vectors: _Vectors) -> None:
        for hit in hits.values():
            side = hit["assets"]
            main = main_of([AssetLink(**link) for link in side.get("links", ())], vectors)
            # One that carries none, or another picture's, is pending: it gets them when it is connected.
            if main is not None and side.get("recipe"):
                vector, look = vectors.of(main)
                side["recipe"], side["vector"], side["look"] = (
                    self._cast.recipe,
                    numbers(vector),
                    numbers(look),
                )


class _Vectors:
    """The new vectors and looks by asset, in a file: they may be more than there is memory for."""

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile()  # noqa: SIM115 - closed on leaving
        self._places: dict[str, int] = {}
        self._widths = (0, 0)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def __contains__(self, asset: object) -> bool:
        return asset in self._places

    def add(self, assets: list[str], vectors: Vector, looks: Vector) -> None:
        """Keep one row of each for each asset."""
        for asset in assets:
            self._places[asset] = len(self._places)
        rows = np.hstack([vectors, looks]).astype(np.float32, copy=False)
        self._widths = (vectors.shape[1], looks.shape[1]) if len(rows) else self._widths
        self._file.seek(0, 2)
        self._file.write(rows.tobytes())

    def of(self, asset: str) -> tuple[Vector, Vector]:
        """Return vector and look of an asset."""
        length = 4 * sum(self._widths)
        self._file.seek(self._places[asset] * length)
        row = np.frombuffer(self._file.read(length), dtype=np.float32)
        return row[: self._widths[0]], row[self._widths[0] :]
