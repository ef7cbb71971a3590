"""Catalogues for judging links: pictures as the index holds them, products, and who belongs to whom."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import random
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks import data
from discovery.config import AssetSourceSettings, AuditSettings, ImageSettings, ProductSourceSettings
from discovery.errors import ImageUnreadable
from discovery.linking.roles import HERO
from discovery.linking.sightings import Neighbour
from discovery.picture_sets.standing import SetJudge
from discovery.vision.colours import dominant_colours
from discovery.vision.embedder import Embedder, ModelInput
from discovery.vision.images import open_picture
from indexers.associate import path_key
from indexers.build import asset_document, product_document
from indexers.enrich import decode_target, metadata_of, orientation
from indexers.records import AssetRecord, ProductRecord
from indexers.sources.protocol import open_product_source
from mappings.documents import (
    AssetDocument,
    AssetSource,
    AssetsSide,
    Colour,
    Curation,
    Media,
    ProductCuration,
    ProductDocument,
    ProductSide,
    ProductSource,
    Usage,
    asset_id,
)

BATCH = 32
NEAREST = 10
FIRST_DAY = datetime(2026, 1, 1, tzinfo=UTC)

Looks = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Scene:
    """One catalogue. ``truth`` gives each picture's key the products that show it, with their roles.

    ``looks`` [pictures, dimension] are unit vectors in the order of ``assets``.
    """

    name: str
    assets: tuple[AssetDocument, ...]
    products: tuple[ProductDocument, ...]
    truth: Mapping[str, Mapping[str, str]]
    looks: Looks
    parents: Mapping[str, str | None]

    def family(self, sku: str) -> str:
        """Return the parent of a product, or itself."""
        return self.parents.get(sku) or sku


def scene(
    pictures: AssetSourceSettings,
    products: ProductSourceSettings,
    embedder: Embedder,
    cache: Path,
    *,
    limit: int | None = None,
    keep_products: Callable[[str], bool] = lambda _sku: True,
) -> Scene:
    """Return a catalogue with at most ``limit`` pictures; what is computed of them is kept in ``cache``."""
    records = sorted(data.records_of(pictures), key=lambda record: record.key)
    if limit is not None and len(records) > limit:
        records = sorted(random.Random(3).sample(records, limit), key=lambda record: record.key)
    assets, looks = _pictured(records, embedder, cache)
    documents = tuple(
        product_document(item, None, build="", started=FIRST_DAY, judge=SetJudge(AuditSettings()))
        for item in open_product_source(products).items()
        if isinstance(item, ProductRecord) and keep_products(item.sku)
    )
    truth: dict[str, dict[str, str]] = defaultdict(dict)
    for document in documents:
        for image in document.source.images:
            truth[path_key(image.path)][document.source.sku] = image.role
    parents = {document.source.sku: document.source.parent for document in documents}
    return Scene(pictures.name, tuple(assets), documents, dict(truth), looks, parents)


def _pictured(
    records: Sequence[AssetRecord], embedder: Embedder, cache: Path
) -> tuple[list[AssetDocument], Looks]:
    """Return documents with metadata and colours, and looks, of the files that are pictures."""
    named = [(r.key, r.version, embedder.recipe.digest) for r in records]
    digest = hashlib.sha256(json.dumps(named).encode()).hexdigest()[:16]
    held = cache / f"looks-{digest}.npz"
    kept = np.load(held) if held.is_file() else None
    assets: list[AssetDocument] = []
    rows: list[Looks] = []
    colours: list[str] = []
    waiting: list[ModelInput] = []
    known = json.loads(str(kept["colours"])) if kept is not None else None
    for record in records:
        content = record.read()
        if known is None:
            try:
                picture = open_picture(content, ImageSettings(), target=decode_target(ImageSettings()))
            except ImageUnreadable:
                colours.append("null")
                continue
            found = dominant_colours(picture)
            facts = [picture.width, picture.height, [[c.name, c.hex, c.share] for c in found]]
            waiting.append(embedder.prepare(picture))
            if len(waiting) == BATCH:
                rows += [one.look for one in embedder.embed_pictures(waiting)]
                waiting = []
        else:
            facts = known[len(colours)]
        colours.append(json.dumps(facts))
        if facts is not None:
            assets.append(_document(record, content, facts))
    if waiting:
        rows += [one.look for one in embedder.embed_pictures(waiting)]
    looks = np.asarray(rows, dtype=np.float32) if kept is None else kept["looks"]
    if kept is None:
        cache.mkdir(parents=True, exist_ok=True)
        np.savez(held, looks=looks, colours=np.array(f"[{','.join(colours)}]"))
    return assets, looks


def _document(record: AssetRecord, content: bytes, facts: Sequence[object]) -> AssetDocument:
    width, height, colours = facts
    assert isinstance(width, int)
    assert isinstance(height, int)
    assert isinstance(colours, list)
    media = Media(
        type="image",
        mime="",
        format="",
        bytes=len(content),
        checksum="",
        width=width,
        height=height,
        orientation=orientation(width, height),
        colours=tuple(Colour(*one) for one in colours),
    )
    said = metadata_of(content, record.sidecar())
    return asset_document(record, media, said, None, build="", started=FIRST_DAY)


def bare_asset(key: str, *, title: str | None = None) -> AssetDocument:
    """Return a picture of which no more than its key, a title and one colour is known."""
    media = Media("image", "", "", 0, "", colours=(Colour("blue", "#1f5fc4", 0.5),))
    filename = key.rpartition("/")[2]
    source = AssetSource("made", key, "", filename, title=title)
    return AssetDocument(asset_id("made", key), source, media, ProductSide(), Curation(), Usage())


def bare_product(
    sku: str, title: str, *, parent: str | None = None, colours: tuple[str, ...] = ()
) -> ProductDocument:
    """Return a product of which no more is known than this."""
    source = ProductSource(
        "made",
        sku,
        0,
        sku,
        title,
        parent=parent,
        variant=parent is not None,
        identifiers=(sku,),
        attribute_values={"colour": colours} if colours else {},
    )
    return ProductDocument(sku, source, AssetsSide(), ProductCuration(), Usage())


def renamed(asset: AssetDocument, key: str) -> AssetDocument:
    """Return the picture as if it lay at ``key``; its id is the one it would have there."""
    filename = key.rpartition("/")[2]
    source = asset.source
    identifiers = (filename, filename.rpartition(".")[0], *source.identifiers[2:])
    return dataclasses.replace(
        asset,
        id=asset_id(source.name, key),
        source=dataclasses.replace(source, key=key, filename=filename, identifiers=identifiers),
    )


def nearest(scene: Scene, place: int, linked: NDArray[np.bool_]) -> tuple[Neighbour, ...]:
    """Return the :data:`NEAREST` pictures among ``linked`` ones, each with every product that shows it."""
    similar = scene.looks @ scene.looks[place]
    allowed = linked.copy()
    allowed[place] = False
    places = np.flatnonzero(allowed)
    best = places[np.argsort(-similar[places], kind="stable")[:NEAREST]]
    found: list[Neighbour] = []
    for other in best:
        asset = scene.assets[int(other)]
        for sku, role in scene.truth.get(asset.source.key, {}).items():
            found.append(Neighbour(asset.id, sku, float(similar[other]), role))
    return tuple(found)


def main_roles(scene: Scene, key: str) -> set[str]:
    """Return what a picture shows, by the catalogue's word: the hero of anything is a main picture."""
    roles = set(scene.truth.get(key, {}).values())
    return {HERO} if HERO in roles else roles


def halves(scene: Scene, seed: int) -> NDArray[np.bool_]:
    """Return which pictures are linked already: every second one of each product, in an order by chance."""
    chance = random.Random(seed)
    groups: dict[str, list[int]] = defaultdict(list)
    for place, asset in enumerate(scene.assets):
        skus = scene.truth.get(asset.source.key)
        if skus:
            groups[scene.family(min(skus))].append(place)
    linked = np.zeros(len(scene.assets), dtype=bool)
    for _, places in sorted(groups.items()):
        chance.shuffle(places)
        linked[places[::2]] = True
    return linked


def shares(values: Iterable[bool]) -> tuple[float, int]:
    """Return the share of true ones, and how many there are."""
    held = list(values)
    return (sum(held) / len(held) if held else 1.0), len(held)
