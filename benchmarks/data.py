"""The catalogues that are measured on: other people's data, beside the checkout, never in it."""

from __future__ import annotations

import csv
import dataclasses
from collections.abc import Mapping
from pathlib import Path

from discovery.config import AssetSourceSettings, ProductSourceSettings
from indexers.records import AssetRecord
from indexers.sources.protocol import open_asset_source

FOLDER = Path(__file__).parents[2] / "shared" / "data"
LUMA = "luma"
FASHION = "fashion"
MAX_BYTES = 200_000_000

FASHION_COLUMNS: Mapping[str, str] = {
    "sku": "id",
    "name": "productDisplayName",
    "images": "{id}.jpg",
    "assets": FASHION,
    "family": "articleType",
    "category": "{masterCategory}/{subCategory}/{articleType}",
    "attributes": "*",
}


class DataAbsentError(Exception):
    """There is nothing to measure on."""


@dataclasses.dataclass(frozen=True, slots=True)
class Garment:
    """One row of the fashion catalogue: the truth that queries are judged by."""

    sku: str
    name: str
    type: str
    colour: str


def folder(name: str) -> Path:
    """Return the folder of one catalogue.

    Raises:
        DataAbsentError: it is not there.
    """
    found = FOLDER / name
    if not found.is_dir():
        raise DataAbsentError(
            f"there is no {found}: the benchmarks measure on the catalogues in ../shared/data of the checkout"
        )
    return found


def luma_pictures() -> AssetSourceSettings:
    """Return the sportswear shop's 439 photographs."""
    return AssetSourceSettings(name=LUMA, uri=str(folder(LUMA) / "media"))


def luma_products() -> ProductSourceSettings:
    """Return the sportswear shop's products."""
    return ProductSourceSettings(
        name=LUMA,
        path=str(folder(LUMA) / "catalog" / "products.csv"),
        format="magento",
        options={"assets": LUMA},
    )


def fashion_pictures() -> AssetSourceSettings:
    """Return 4,000 product photographs of 224 x 224 pixels."""
    return AssetSourceSettings(name=FASHION, uri=str(folder(FASHION) / "images"))


def fashion_products() -> ProductSourceSettings:
    """Return their products, one for each picture."""
    return ProductSourceSettings(
        name=FASHION, path=str(folder(FASHION) / "catalog.csv"), options=dict(FASHION_COLUMNS)
    )


def garments() -> list[Garment]:
    """Return the rows of the fashion catalogue."""
    with (folder(FASHION) / "catalog.csv").open(encoding="utf-8", newline="") as file:
        return [
            Garment(row["id"], row["productDisplayName"], row["articleType"], row["baseColour"])
            for row in csv.DictReader(file)
        ]


def records_of(source: AssetSourceSettings) -> list[AssetRecord]:
    """Return every file that a source of assets lists."""
    items = open_asset_source(source, MAX_BYTES).items()
    return [item for item in items if isinstance(item, AssetRecord)]
