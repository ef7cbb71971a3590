"""An indexing run in a process of its own, so that its memory is its own. Prints one line of JSON."""

from __future__ import annotations

import itertools
import json
import sys
import time
from pathlib import Path
from typing import Any

from benchmarks import data
from discovery.config import EngineSettings, Settings
from discovery.wiring import Service
from indexers.pipeline import index_assets, index_products
from indexers.sources.protocol import open_asset_source, open_product_source

STARTED = time.perf_counter()


def _status(name: str) -> float:
    """Return what this process has resident now (VmRSS) or has had at most (VmHWM), in MB."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(name)) / 1024


def run(asked: dict[str, Any]) -> dict[str, Any]:
    """Index fashion pictures, and its products if asked to, with the model loaded before the clock starts."""
    engine = EngineSettings(url=asked["url"], prefix=asked["prefix"])
    service = Service(Settings(engine=engine, home=Path(asked["home"])), progress=False)
    embedder = service.embedder()
    base = _status("VmRSS:")
    catalogue = service.lifecycle.ensure(embedder.recipe)
    pictures = open_asset_source(data.fashion_pictures(), data.MAX_BYTES).items()
    chosen = itertools.islice(pictures, asked["limit"])
    began = time.perf_counter()
    summary = index_assets(data.FASHION, chosen, catalogue, embedder, service.settings)
    assets_seconds, peak = time.perf_counter() - began, _status("VmHWM:")
    began = time.perf_counter()
    counts, stages = summary.counts(), dict(summary.stages)
    if asked["products"]:
        rows = open_product_source(data.fashion_products()).items()
        linked = index_products(data.FASHION, rows, catalogue, service.settings)
        counts = {name: count + linked.counts()[name] for name, count in counts.items()}
    products_seconds = time.perf_counter() - began
    return {
        "assets_seconds": assets_seconds,
        "products_seconds": products_seconds,
        "process_seconds": time.perf_counter() - STARTED,
        "peak_mb": peak,
        "base_mb": base,
        "counts": counts,
        "stages": stages,
    }


if __name__ == "__main__":
    print(json.dumps(run(json.loads(sys.argv[1]))))
