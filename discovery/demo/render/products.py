"""The whole range of the fictional brand, in the order of its catalogue."""

from __future__ import annotations

from typing import Final

from discovery.demo.render.collection.bottles import BOTTLES
from discovery.demo.render.collection.bowls import BOWLS
from discovery.demo.render.collection.chairs import CHAIRS
from discovery.demo.render.collection.lamps import LAMPS
from discovery.demo.render.collection.mugs import MUGS
from discovery.demo.render.collection.stools import STOOLS
from discovery.demo.render.collection.tables import TABLES
from discovery.demo.render.collection.vases import VASES
from discovery.demo.render.product import Product

PRODUCTS: Final[tuple[Product, ...]] = (*MUGS, *BOWLS, *BOTTLES, *VASES, *LAMPS, *CHAIRS, *STOOLS, *TABLES)

CATEGORIES: Final[dict[str, str]] = {
    "Mugs": "Kitchen/Drinkware/Mugs",
    "Bowls": "Kitchen/Tableware/Bowls",
    "Bottles": "Kitchen/Drinkware/Bottles",
    "Vases": "Living/Decoration/Vases",
    "Lamps": "Living/Lighting/Lamps",
    "Chairs": "Furniture/Seating/Chairs",
    "Stools": "Furniture/Seating/Stools",
    "Tables": "Furniture/Tables",
}


def by_sku(sku: str) -> Product:
    """The product of a SKU; KeyError names one that is not in the range."""
    for product in PRODUCTS:
        if product.sku == sku:
            return product
    raise KeyError(f"no product {sku!r} in the range")
