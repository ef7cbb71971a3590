"""What a product of the range is: its facts, its words, and how it is made and photographed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from discovery.demo.render.designs import Parts

BRAND: Final = "Vessbrook"

# Sets of views, in the order of the product page.
FULL: Final = ("front", "angle", "detail", "lifestyle")
MORE: Final = ("front", "angle", "detail", "back", "lifestyle")
ABOVE: Final = ("front", "angle", "top", "detail", "lifestyle")
BRIEF: Final = ("front", "angle", "lifestyle")
PAIR: Final = ("front", "lifestyle")


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """One product: what the table says about it, and how it is made and photographed.

    ``make`` takes whether lamps are lit. A product without ``views`` has no pictures. The lifestyle picture
    is taken in ``setting`` (see scenes), before a wall or paper of ``accent``, with the product
    ``companion`` (a SKU) beside it.
    """

    sku: str
    family: str
    name: str
    colour: str
    material: str
    price: float
    story: str
    words: tuple[str, ...]
    views: tuple[str, ...]
    setting: str
    accent: str
    make: Callable[[bool], Parts]
    season: str = "All year"
    status: str = "active"
    launched: str = "2024-03-01"
    parent: str = ""
    hanging: bool = False
    companion: str = ""


def steady(make: Callable[[], Parts]) -> Callable[[bool], Parts]:
    """A way to make products that have no lamp in them."""
    return lambda _lit: make()
