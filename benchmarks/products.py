"""Indexing products without pictures: how much of the bare client's bulk speed a whole run keeps."""

from __future__ import annotations

import csv
import itertools
import statistics
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from opensearchpy import helpers

from benchmarks import data
from benchmarks.measured import Measured, Target
from benchmarks.stand import Stand
from benchmarks.timing import taken
from discovery.config import IndexSettings, ProductSourceSettings
from discovery.engine.indices import Indices
from discovery.engine.reader import Reader
from indexers.pipeline import index_products
from indexers.sources.protocol import open_product_source

WORKLOAD = "products"
PRODUCTS, QUICK_PRODUCTS = 20_000, 4_000
ROUNDS = 3
REQUEST_SECONDS = 300


def measure(stand: Stand) -> Iterator[Measured]:
    """Yield the share. Run, bulk, run, bulk …, each into indices of its own."""
    count = QUICK_PRODUCTS if stand.quick else PRODUCTS
    source = _source(stand.settings("table").home / "products.csv", count)
    bodies = _run(stand, "warm", source, count)[1]
    runs: list[float] = []
    bulks: list[float] = []
    for round_ in range(ROUNDS):
        runs.append(_run(stand, f"run-{round_}", source, count)[0])
        bulks.append(_bulk(stand, f"bulk-{round_}", bodies))
    shares = [bulk / run for bulk, run in zip(bulks, runs, strict=True)]
    stand.drop("table")
    yield Measured(
        WORKLOAD,
        "documents/s of a run ÷ of bare parallel_bulk",
        statistics.median(shares),
        Target(least=0.7),
        f"{count / statistics.median(runs):,.0f} ÷ {count / statistics.median(bulks):,.0f} documents/s, "
        f"{count:,} products, rounds {', '.join(f'{share:.2f}' for share in shares)}",
    )


def _source(path: Path, count: int) -> ProductSourceSettings:
    """Write a table of ``count`` products: fashion rows with descriptions and prices of sportswear."""
    with (data.folder(data.FASHION) / "catalog.csv").open(encoding="utf-8", newline="") as file:
        garments = list(csv.DictReader(file))
    with (data.folder(data.LUMA) / "catalog" / "products.csv").open(encoding="utf-8", newline="") as file:
        told = [(row["description"], row["price"]) for row in csv.DictReader(file) if row["description"]]
    columns = [*garments[0], "description", "price"]
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns)
        writer.writeheader()
        for number, (row, (description, price)) in enumerate(
            zip(itertools.cycle(garments), itertools.cycle(told), strict=False)
        ):
            if number == count:
                break
            sku = f"{row['id']}-{number // len(garments)}"
            writer.writerow({**row, "id": sku, "description": description, "price": price})
    options = {name: text for name, text in data.FASHION_COLUMNS.items() if name not in ("images", "assets")}
    return ProductSourceSettings(name="table", path=str(path), options=options)


def _run(
    stand: Stand, name: str, source: ProductSourceSettings, count: int
) -> tuple[float, list[dict[str, Any]]]:
    settings = stand.settings(name)
    catalogue = stand.catalogue(name, stand.embedder().recipe)

    def work() -> None:
        summary = index_products(source.name, open_product_source(source).items(), catalogue, settings)
        if summary.written != count:
            raise RuntimeError(f"expected {count} products to be indexed, found {summary.counts()}")

    seconds = taken(work)
    index = catalogue.names.products
    bodies = (
        [{"_id": hit["_id"], "_source": hit["_source"]} for hit in Reader(stand.engine).scan(index)]
        if name == "warm"
        else []
    )
    stand.drop(name)
    return seconds, bodies


def _bulk(stand: Stand, name: str, bodies: list[dict[str, Any]]) -> float:
    index = stand.catalogue(name, stand.embedder().recipe).names.products

    def work() -> None:
        actions = ({"_index": index, **body} for body in bodies)
        size = IndexSettings().bulk_documents
        for done, item in helpers.parallel_bulk(
            stand.engine.client, actions, chunk_size=size, request_timeout=REQUEST_SECONDS
        ):
            if not done:
                raise RuntimeError(f"the engine refused a ready body: {item}")

    seconds = taken(work)
    Indices(stand.engine).refresh(index)
    stand.drop(name)
    return seconds
