"""Duplicates: how many copies of product photographs are found, and how many pairs are called so falsely.

Beside it what a plain perceptual hash finds, which is what most tools go by: upright, at most six bits apart.
"""

from __future__ import annotations

import colorsys
import io
import random
import statistics
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence

import numpy as np
from PIL import Image

from benchmarks import data
from benchmarks.copies import copies
from benchmarks.measured import Measured, Target
from benchmarks.stand import Stand
from discovery.audit.survey import limits_of
from discovery.config import AuditSettings, ImageSettings
from discovery.duplicates.bands import Hashes
from discovery.duplicates.lookup import Lookup
from discovery.duplicates.overlay import Signature
from discovery.duplicates.prints import Print
from discovery.engine.reader import Reader
from discovery.vision.embedder import Embedder
from discovery.vision.hashing import checksum, perceptual_hash, signature
from discovery.vision.images import open_picture
from mappings.documents import asset_id

WORKLOAD = "duplicates"
SEED = 16
COPIED, QUICK_COPIED = 400, 60
AT_ONCE = 200
PLAIN_BITS = 6

RECALL = 0.95
FALSE_PAIRS = 1e-5


def measure(stand: Stand) -> Iterator[Measured]:
    """Yield recall for each kind of copy, false pairs, and what a look-up takes."""
    stand.index_apart(WORKLOAD, products=False, limit=stand.fashion_pictures)
    alias = stand.catalogue(WORKLOAD, stand.embedder().recipe).names.assets
    lookup = Lookup(
        Reader(stand.engine), alias, limits_of(AuditSettings(), stand.embedder().recipe.duplicate_floor)
    )
    records = data.records_of(data.fashion_pictures())[: stand.fashion_pictures]
    ids = [asset_id(data.FASHION, record.key) for record in records]
    stored = lookup.indexed(ids)
    chosen = random.Random(SEED).sample(records, QUICK_COPIED if stand.quick else COPIED)
    made: list[tuple[str, str, bytes]] = []
    for number, record in enumerate(chosen):
        red, green, blue = (round(255 * one) for one in colorsys.hsv_to_rgb(number * 0.137 % 1, 0.8, 0.7))
        picture = Image.open(io.BytesIO(record.read())).convert("RGB")
        original = asset_id(data.FASHION, record.key)
        made += [(original, kind, copy) for kind, copy in copies(picture, (red, green, blue))]
    prints = _printed([copy for _, _, copy in made], stand.embedder())

    found: dict[str, list[bool]] = defaultdict(list)
    by_hash: dict[str, list[bool]] = defaultdict(list)
    wrong, seconds = 0, []
    for start in range(0, len(prints), AT_ONCE):
        some = prints[start : start + AT_ONCE]
        began = time.perf_counter()
        answered = lookup.of(some)
        seconds.append((time.perf_counter() - began) / len(some))
        for one, (original, kind, _) in zip(some, made[start : start + AT_ONCE], strict=True):
            here = {alike.print.checksum for alike in answered[one.id]}
            own = stored[original]
            found[kind].append(own.checksum in here)
            by_hash[kind].append(((one.hash or 0) ^ (own.hash or 0)).bit_count() <= PLAIN_BITS)
            wrong += len(here - {own.checksum})
    for kind, hits in found.items():
        plain = statistics.fmean(by_hash[kind])
        detail = f"{sum(hits)} of {len(hits)} copies; a plain hash finds {plain:.3f}"
        yield Measured(WORKLOAD, f"recall, {kind}", statistics.fmean(hits), Target(least=RECALL), detail)
    pairs = len(prints) * (len(stored) - 1)
    rate = wrong / pairs
    detail = f"{wrong} of {pairs:,} pairs of a copy and another picture"
    yield Measured(WORKLOAD, "false pairs of copies", rate, Target(most=FALSE_PAIRS), detail)
    yield _among_themselves(lookup, list(stored.values()))
    detail = f"milliseconds, of {len(prints)} pictures among {len(stored)}, {AT_ONCE} at a time"
    yield Measured(WORKLOAD, "a look-up", 1000 * statistics.median(seconds), None, detail)
    stand.drop(WORKLOAD)


def _among_themselves(lookup: Lookup, prints: Sequence[Print]) -> Measured:
    """Return how many pairs of pictures of different bytes are called the same; all are taken for false."""
    called: set[frozenset[str]] = set()
    for start in range(0, len(prints), AT_ONCE):
        for ident, alike in lookup.of(prints[start : start + AT_ONCE]).items():
            called |= {frozenset((ident, one.print.id)) for one in alike if one.likeness.degree < 1}
    pairs = len(prints) * (len(prints) - 1) // 2
    plain = _near(np.array([one.hash or 0 for one in prints], dtype=np.uint64))
    detail = f"{len(called)} of {pairs:,}; a plain hash calls {plain:,}, which is {plain / pairs:.2g}"
    return Measured(
        WORKLOAD, "false pairs of originals", len(called) / pairs, Target(most=FALSE_PAIRS), detail
    )


def _near(hashes: Hashes) -> int:
    return sum(
        int((np.bitwise_count(hashes[place] ^ hashes[place + 1 :]) <= PLAIN_BITS).sum())
        for place in range(len(hashes))
    )


def _printed(files: Sequence[bytes], embedder: Embedder) -> list[Print]:
    """Return what is known of pictures that are not indexed."""
    made: list[Print] = []
    for start in range(0, len(files), AT_ONCE):
        some = files[start : start + AT_ONCE]
        pictures = [open_picture(one, ImageSettings(), target=256) for one in some]
        embedded = embedder.embed_pictures([embedder.prepare(one) for one in pictures])
        for number, (one, picture, embedding) in enumerate(zip(some, pictures, embedded, strict=True)):
            made.append(
                Print(
                    id=f"copy-{start + number}",
                    name="",
                    source="",
                    checksum=checksum(one),
                    stem=f"copy-{start + number}",
                    pixels=picture.width * picture.height,
                    hash=int(perceptual_hash(picture), 16),
                    look=embedding.look,
                    signature=Signature.from_bytes(signature(picture)),
                )
            )
    return made
