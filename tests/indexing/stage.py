"""What the tests of this room index: pictures made on the spot, and products that name them."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from PIL import Image

from discovery.config import Settings
from discovery.errors import DiscoveryError
from discovery.vision.embedder import Embedding, ModelInput
from discovery.vision.fake import FakeEmbedder
from indexers.catalogue import Catalogue
from indexers.pipeline import index_assets, index_products
from indexers.records import AssetRecord, Problem, ProductRecord
from indexers.summary import RunSummary
from mappings.documents import AssetDocument, ImageReference, ProductDocument

MADE = datetime(2026, 1, 1, tzinfo=UTC)


def picture(colour: tuple[int, int, int] | str, size: tuple[int, int] = (40, 30), spot: int = 0) -> bytes:
    """A small PNG; ``spot`` makes pictures of one colour differ."""
    image = Image.new("RGB", size, colour)
    image.paste((spot % 256, spot * 7 % 256, spot * 31 % 256), (4, 4, 16, 16))
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


@dataclass(slots=True)
class Files:
    """An assets source in memory that counts how often it is read."""

    name: str
    files: dict[str, bytes] = field(default_factory=dict)
    sidecars: dict[str, tuple[bytes, str]] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    broken_off: DiscoveryError | None = None
    read: list[str] = field(default_factory=list)

    def items(self) -> Iterator[AssetRecord | Problem]:
        for key in sorted(self.files):
            yield self.record(key)
        yield from self.problems
        if self.broken_off is not None:
            raise self.broken_off

    def record(self, key: str) -> AssetRecord:
        def read() -> bytes:
            self.read.append(key)
            return self.files[key]

        data, sidecar = self.files[key], self.sidecars.get(key)
        token = hashlib.sha256(data + repr(sidecar).encode()).hexdigest()
        return AssetRecord(self.name, key, f"memory:{key}", len(data), MADE, token, (), read, lambda: sidecar)


def product(
    sku: str, *images: str, name: str = "", source: str = "shop", image_source: str | None = None, **more: Any
) -> ProductRecord:
    """A product that names pictures: the first one is its hero."""
    references = tuple(
        ImageReference(path, "hero" if place == 0 else "alternate") for place, path in enumerate(images)
    )
    known: dict[str, Any] = {
        "name": name or f"product {sku}",
        "images": references,
        "image_source": image_source,
        **more,
    }
    version = hashlib.sha256(repr(sorted(known.items())).encode()).hexdigest()
    return ProductRecord(source=source, row=2, sku=sku, version=version, **known)


class CountingEmbedder(FakeEmbedder):
    """The fake model, counting what it embeds."""

    def __init__(self) -> None:
        super().__init__()
        self.embedded = 0
        self.batches: list[int] = []

    def embed_pictures(self, batch: Sequence[ModelInput]) -> list[Embedding]:
        self.embedded += len(batch)
        self.batches.append(len(batch))
        return super().embed_pictures(batch)


@dataclass(slots=True)
class Stage:
    """One index, one model, and both kinds of runs over them."""

    catalogue: Catalogue
    settings: Settings
    embedder: CountingEmbedder = field(default_factory=CountingEmbedder)

    def index(self, files: Files, **how: Any) -> RunSummary:
        return index_assets(files.name, files.items(), self.catalogue, self.embedder, self.settings, **how)

    def index_products(self, *items: ProductRecord | Problem, source: str = "shop", **how: Any) -> RunSummary:
        return index_products(source, items, self.catalogue, self.settings, **how)

    def assets(self) -> dict[str, AssetDocument]:
        """Every asset by its key, as searches see it."""
        self.catalogue.refresh()
        hits = self.catalogue.reader.scan(self.catalogue.names.assets)
        documents = [AssetDocument.from_source(hit["_source"]) for hit in hits]
        return {document.source.key: document for document in documents}

    def products(self) -> dict[str, ProductDocument]:
        """Every product by its SKU, as searches see it."""
        self.catalogue.refresh()
        hits = self.catalogue.reader.scan(self.catalogue.names.products)
        documents = [ProductDocument.from_source(hit["_source"]) for hit in hits]
        return {document.id: document for document in documents}

    def everything(self) -> dict[str, dict[str, Any]]:
        """All documents without the time at which they were written."""
        found: dict[str, dict[str, Any]] = {}
        documents: list[AssetDocument | ProductDocument] = [*self.assets().values()]
        documents += self.products().values()
        for document in documents:
            source = document.to_source()
            del source["run"]["indexed"]
            found[document.id] = source
        return found

    def letters(self) -> dict[str, dict[str, Any]]:
        """The dead letters by key."""
        self.catalogue.writer().refresh(self.catalogue.names.runs)
        hits = self.catalogue.reader.scan(self.catalogue.names.runs, {"term": {"kind": "failure"}})
        return {hit["_source"]["key"]: hit["_source"] for hit in hits}
