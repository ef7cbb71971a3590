"""Indexing pictures: a whole run against the bare model, as its library runs it and as tuned here.

The library's way is eager, in full precision, on the same prepared tensors. Our own way (channels last, in
the precision that was measured to be safe) is several times as fast, so that on few cores what else must be
done for a picture weighs more against it; the least of that, decoding alone, is measured beside it.
"""

from __future__ import annotations

import os
import statistics
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import open_clip  # type: ignore[import-untyped]
import timm
import torch
from numpy.typing import NDArray

from benchmarks import data
from benchmarks.checkpoint import ARCHITECTURE, random_checkpoint
from benchmarks.measured import Measured, Target
from benchmarks.stand import Stand
from benchmarks.timing import taken
from discovery.config import ImageSettings, ModelSettings
from discovery.vision.embedder import Embedder, ModelInput
from discovery.vision.images import open_picture
from discovery.vision.loading import load_embedder
from indexers.enrich import decode_target
from indexers.pipeline import index_assets
from indexers.records import AssetRecord

WORKLOAD = "indexing"
ROUNDS = 3
STARTER_NETWORK = "tf_efficientnet_lite0"


def measure(stand: Stand) -> Iterator[Measured]:
    """Yield the starter model's share and that of a CLIP model, both on the sportswear photographs."""
    records = data.records_of(data.luma_pictures())[: 128 if stand.quick else None]
    starter = timm.create_model(STARTER_NETWORK, pretrained=False).eval()
    yield from _shares(stand, "starter", stand.embedder(), starter, records, Target(least=0.85))
    if stand.quick:
        records = records[:64]
    cache = stand.settings("clip").home
    name = random_checkpoint(cache / "checkpoint")
    embedder = load_embedder(ModelSettings(name=name), cache / "cache")
    tower = open_clip.create_model(ARCHITECTURE).eval().visual
    yield from _shares(stand, ARCHITECTURE, embedder, tower, records, Target(least=0.9))
    stand.drop("clip")


def _shares(
    stand: Stand,
    name: str,
    embedder: Embedder,
    network: torch.nn.Module,
    records: Sequence[AssetRecord],
    target: Target,
) -> Iterator[Measured]:
    """Measure model, run, model, run …: each run is compared with the model before and after it."""
    tensors = _tensors(embedder, records)
    pixels = [one.pixels for one in tensors]
    _eager(network, pixels[: ModelSettings().batch_size])
    eager: list[float] = []
    _bare(embedder, tensors[: ModelSettings().batch_size])
    bare = [_bare(embedder, tensors)]
    whole: list[float] = []
    decoded: list[float] = []
    stages: dict[str, float] = {}
    for round_ in range(1 if stand.quick else ROUNDS):
        seconds, stages = _run(stand, f"{name.lower()}-{round_}", embedder, records)
        whole.append(seconds)
        decoded.append(_decoding(records))
        eager.append(_eager(network, pixels))
        bare.append(_bare(embedder, tensors))
    models = [(bare[n] + bare[n + 1]) / 2 for n in range(len(whole))]
    count = len(records)
    spent = ", ".join(f"{stage} {seconds:.1f}" for stage, seconds in sorted(stages.items()))
    yield _ratio(
        f"{name}: images/s of a run ÷ of the bare model, eager in full precision",
        [model / run for model, run in zip(eager, whole, strict=True)],
        target,
        f"{count / statistics.median(whole):.1f} ÷ {count / statistics.median(eager):.1f} images/s, "
        f"{count} pictures",
    )
    yield _ratio(
        f"{name}: images/s of a run ÷ of the bare model as tuned here",
        [model / run for model, run in zip(models, whole, strict=True)],
        target,
        f"{count / statistics.median(whole):.1f} ÷ {count / statistics.median(models):.1f} images/s, "
        f"{count} pictures; seconds of the last run's stages: {spent}",
    )
    yield _ratio(
        f"{name}: images/s of a run ÷ of decoding and the model alone",
        [(model + decoding) / run for model, decoding, run in zip(models, decoded, whole, strict=True)],
        None,
        f"decoding alone, all cores: {count / statistics.median(decoded):.1f} images/s",
    )


def _ratio(name: str, shares: Sequence[float], target: Target | None, detail: str) -> Measured:
    rounds = ", ".join(f"{share:.2f}" for share in shares)
    return Measured(WORKLOAD, name, statistics.median(shares), target, f"{detail}; rounds {rounds}")


def _decoding(records: Sequence[AssetRecord]) -> float:
    """Return the seconds in which all cores together open the pictures as small as the model needs them."""
    limits = ImageSettings()

    def opened(record: AssetRecord) -> None:
        open_picture(record.read(), limits, target=decode_target(limits))

    with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        return taken(lambda: [None for _ in pool.map(opened, records)])


def _tensors(embedder: Embedder, records: Sequence[AssetRecord]) -> list[ModelInput]:
    limits = ImageSettings()
    pictures = (open_picture(record.read(), limits, target=decode_target(limits)) for record in records)
    return [embedder.prepare(picture) for picture in pictures]


def _bare(embedder: Embedder, tensors: Sequence[ModelInput]) -> float:
    size = ModelSettings().batch_size

    def work() -> None:
        for start in range(0, len(tensors), size):
            embedder.embed_pictures(tensors[start : start + size])

    return taken(work)


def _eager(network: torch.nn.Module, tensors: Sequence[NDArray[np.uint8]]) -> float:
    """Return the seconds of the network as its library makes it, on tensors that are ready for it."""
    size = ModelSettings().batch_size
    ready = [
        torch.from_numpy(np.stack(tensors[start : start + size]).astype(np.float32) / 127.5 - 1)
        for start in range(0, len(tensors), size)
    ]

    def work() -> None:
        with torch.inference_mode():
            for batch in ready:
                network(batch)

    return taken(work)


def _run(
    stand: Stand, name: str, embedder: Embedder, records: Sequence[AssetRecord]
) -> tuple[float, dict[str, float]]:
    settings = stand.settings(name)
    catalogue = stand.catalogue(name, embedder.recipe)
    stages: dict[str, float] = {}

    def work() -> None:
        summary = index_assets(data.LUMA, iter(records), catalogue, embedder, settings)
        stages.update(summary.stages)
        if summary.written != len(records):
            raise RuntimeError(f"expected {len(records)} pictures to be indexed, found {summary.counts()}")

    seconds = taken(work)
    stand.drop(name)
    return seconds, stages
