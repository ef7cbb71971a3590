"""Whether an audit's time and memory grow with the catalogue, over documents made for it."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from benchmarks.measured import Measured, Target
from benchmarks.stand import Stand, run_python
from discovery.engine.indices import Indices
from discovery.engine.writer import Put, Writer
from discovery.vision.fake import FakeEmbedder
from mappings.documents import asset_id

WORKLOAD = "audit"
ASSETS_OF_A_PRODUCT = 5
FAMILIES = 40
VIEWS = ("front", "back", "detail", "lifestyle", "angle")
NOW = datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Audited:
    """One size: seconds of a first run and of one over what it already knows, peak memory in MB, findings."""

    assets: int
    first: float
    again: float
    peak_mb: float
    base_mb: float
    flagged: int


def measure(stand: Stand) -> Iterator[Measured]:
    """Yield the time per 10,000 assets and the peak memory of a large catalogue ÷ those of a small one."""
    sizes = (2_000, 10_000) if stand.quick else (10_000, 100_000)
    small, large = (_audited(stand, size) for size in sizes)
    for name, one, other in (
        ("a first audit", small.first, large.first),
        ("a further audit", small.again, large.again),
    ):
        yield Measured(
            WORKLOAD,
            f"{name}: time per 10,000 assets at {large.assets:,} ÷ at {small.assets:,}",
            _per_10_000(other, large) / _per_10_000(one, small),
            Target(most=1.3),
            f"{_per_10_000(other, large):.2f} ÷ {_per_10_000(one, small):.2f} s; {large.assets:,} assets and "
            f"{large.assets // ASSETS_OF_A_PRODUCT:,} products in {other:.1f} s, {large.flagged:,} findings",
        )
    yield Measured(
        WORKLOAD,
        f"an audit's peak memory at {large.assets:,} assets ÷ at {small.assets:,}",
        large.peak_mb / small.peak_mb,
        Target(most=1.3),
        f"{large.peak_mb:.0f} ÷ {small.peak_mb:.0f} MB resident ({small.base_mb:.0f} MB before the first)",
    )


def _per_10_000(seconds: float, one: Audited) -> float:
    return seconds / one.assets * 10_000


def _audited(stand: Stand, size: int) -> Audited:
    """Index ``size`` made assets and their products, and audit them twice in a process of its own."""
    name = f"audit-{size}"
    settings = stand.settings(name)
    catalogue = stand.catalogue(name, FakeEmbedder().recipe)
    writer = Writer(stand.engine, threads=2)
    for index, documents in (
        (catalogue.names.assets, _assets(size)),
        (catalogue.names.products, _products(size)),
    ):
        operations = (Put(index, document["id"], document) for document in documents)
        failed = [outcome for outcome in writer.write(operations) if outcome.status != "written"]
        if failed:
            raise RuntimeError(f"{len(failed)} made documents were not taken: {failed[0].reason}")
        indices = Indices(stand.engine)
        indices.refresh(index)
        indices.force_merge(index)
    asked = {"url": settings.engine.url, "prefix": settings.engine.prefix}
    try:
        reply: dict[str, Any] = json.loads(run_python("benchmarks.audit_apart", [json.dumps(asked)]))
    finally:
        stand.drop(name)
    return Audited(size, **reply)


def _assets(size: int) -> Iterator[dict[str, Any]]:
    """Yield assets of which one in five shows nothing and about one in fifteen has some other trouble."""
    chance = random.Random(size)
    made = _moment(NOW - timedelta(days=700))
    for number in range(size):
        place, view = number // ASSETS_OF_A_PRODUCT, VIEWS[number % ASSETS_OF_A_PRODUCT]
        linked = chance.random() < 0.8
        key = f"f{place % FAMILIES}/p-{place:06}_{view}{'_v2' if chance.random() < 0.02 else ''}.jpg"
        side = chance.choice((300, 1000, 1600, 2400)) if chance.random() < 0.1 else 1600
        family = f"family {place % FAMILIES}"
        source: dict[str, Any] = {
            "name": "made", "key": key, "uri": f"made:{key}", "filename": key.rpartition("/")[2],
            "identifiers": [key], "title": f"Product {place}, {view}", "alt_text": f"Product {place}.",
            "description": "Made for a measurement. " * 4, "keywords": ["made", view], "creator": "Nobody",
            "copyright": "None", "created": made, "modified": made,
        }  # fmt: skip
        if chance.random() < 0.03:
            del source["alt_text"], source["title"]
        if chance.random() < 0.02:
            source["licence_ends"] = _moment(NOW + timedelta(days=chance.randrange(-100, 400)))
        sku = f"P-{place:06}"
        product: dict[str, Any] = {"linked": False}
        if linked:
            product = {
                "linked": True, "sku": [sku], "name": [f"Product {place}"], "family": [family],
                "status": ["active"],
                "links": [{"sku": sku, "role": _role(view), "method": "declared", "confidence": 1.0}],
            }  # fmt: skip
        yield {
            "id": asset_id("made", key),
            "source": source,
            "media": {
                "type": "image", "mime": "image/jpeg", "format": "jpeg", "bytes": 100_000, "width": side,
                "height": side * 4 // 5, "perceptual_hash": f"{chance.getrandbits(64):016x}",
                "checksum": f"sha256:{number if chance.random() < 0.99 else 0:064x}",
            },
            "product": product,
            "curation": {"status": "draft" if chance.random() < 0.01 else "approved"},
            "usage": {"used": 0},
            "run": {"version": "1", "build": "1", "pending": False, "indexed": _moment(NOW)},
        }  # fmt: skip


def _products(size: int) -> Iterator[dict[str, Any]]:
    """Yield the products that the made assets name, each with those of its assets that name it."""
    links: dict[int, list[dict[str, Any]]] = {}
    for number, asset in enumerate(_assets(size)):
        place = number // ASSETS_OF_A_PRODUCT
        if asset["product"]["linked"]:
            role = asset["product"]["links"][0]["role"]
            link = {"id": asset["id"], "role": role, "method": "declared", "confidence": 1.0}
            links.setdefault(place, []).append(link)
        if number % ASSETS_OF_A_PRODUCT == ASSETS_OF_A_PRODUCT - 1:
            yield _product(place, links.pop(place, []))


def _product(place: int, links: list[dict[str, Any]]) -> dict[str, Any]:
    sku = f"P-{place:06}"
    return {
        "id": sku,
        "source": {
            "name": "made", "key": sku, "row": place, "sku": sku, "title": f"Product {place}",
            "variant": False, "identifiers": [sku], "description": "Made for a measurement.",
            "family": f"family {place % FAMILIES}", "categories": ["Made"], "price": 10.0, "currency": "EUR",
            "status": "active", "attribute_values": {"colour": ["red"]} | _material(place),
        },
        "assets": {
            "linked": bool(links), "count": len(links), "ids": [link["id"] for link in links], "links": links,
        },
        "curation": {"status": "unreviewed"},
        "usage": {"used": 0},
        "run": {"version": "1", "build": "1", "pending": False, "indexed": _moment(NOW)},
    }  # fmt: skip


def _material(place: int) -> dict[str, list[str]]:
    return {"material": ["wood"]} if place % 50 else {}


def _role(view: str) -> str:
    return {"front": "hero", "angle": "alternate"}.get(view, view)


def _moment(value: datetime) -> str:
    return value.isoformat()
