"""A hundred thousand vectors out of four thousand, and assets without their products."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.stand import Stand
from discovery.engine.reader import Reader
from discovery.engine.writer import Put, Writer
from discovery.vision.embedder import unit
from mappings.documents import AssetDocument, ProductSide

NOISE = 0.35
"""Length of the noise beside a vector of length 1: cosines of about 0.94 to the vector it was made from."""

DECIMALS = 6


def copy_without_products(stand: Stand, name: str, other: str) -> None:
    """Fill ``other`` with the assets of ``name`` as they would be if no catalogue named them."""
    source = stand.catalogue(name, stand.embedder().recipe).names.assets
    documents = (AssetDocument.from_source(hit["_source"]) for hit in Reader(stand.engine).scan(source))
    unlinked = (dataclasses.replace(one, product=ProductSide()) for one in documents)
    fill(stand, stand.catalogue(other, stand.embedder().recipe).names.assets, unlinked)


def fill(stand: Stand, index: str, documents: Iterable[AssetDocument]) -> None:
    """Write documents into an index, and wait until they can be found."""
    _write(stand, index, (Put(index, one.id, one.to_source()) for one in documents))


def multiply(stand: Stand, name: str, other: str, count: int) -> tuple[list[str], NDArray[np.float32]]:
    """Fill ``other`` with ``count`` noisy copies of the assets of ``name``; return ids and joint vectors.

    The looks are left out: they are three times as long, and the joint space is the one that is searched.
    """
    source = stand.catalogue(name, stand.embedder().recipe).names.assets
    target = stand.catalogue(other, stand.embedder().recipe).names.assets
    originals: list[dict[str, Any]] = [hit["_source"] for hit in Reader(stand.engine).scan(source)]
    originals.sort(key=lambda one: str(one["id"]))
    random = np.random.default_rng(1)
    ids: list[str] = []
    vectors: list[NDArray[np.float32]] = []

    def puts() -> Iterator[Put]:
        for number in range(count):
            original = originals[number % len(originals)]
            vector = np.asarray(original["media"]["vector"], dtype=np.float64)
            drawn = random.standard_normal(len(vector))
            noisy = unit(vector + NOISE * drawn / np.linalg.norm(drawn))
            stored = np.round(noisy.astype(np.float64), DECIMALS)
            ident = f"{original['id']}{number // len(originals):04d}"
            media = {key: value for key, value in original["media"].items() if key != "look"}
            ids.append(ident)
            vectors.append(stored.astype(np.float32))
            yield Put(target, ident, {**original, "id": ident, "media": {**media, "vector": stored.tolist()}})

    _write(stand, target, puts())
    return ids, np.stack(vectors)


def joint_and_look(stand: Stand, name: str) -> tuple[list[str], NDArray[np.float32], NDArray[np.float32]]:
    """Return ids, joint vectors and looks of all assets of ``name`` that have them."""
    source = stand.catalogue(name, stand.embedder().recipe).names.assets
    found = [
        (hit["_id"], hit["_source"]["media"])
        for hit in Reader(stand.engine).scan(source, None, ("media.vector", "media.look"))
    ]
    ids = [ident for ident, _ in found]
    joint = np.asarray([media["vector"] for _, media in found], dtype=np.float32)
    return ids, joint, np.asarray([media["look"] for _, media in found], dtype=np.float32)


def _write(stand: Stand, index: str, puts: Iterator[Put]) -> None:
    writer = Writer(stand.engine, threads=2)
    for outcome in writer.write(puts):
        if outcome.status != "written":
            raise RuntimeError(f"{outcome.id} was not written: {outcome.reason or outcome.status}")
    writer.refresh(index)
