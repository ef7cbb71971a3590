"""The shot list: which pictures are taken of the range, in which format, before what."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from discovery.demo.render import materials, props, scenes
from discovery.demo.render.darkroom import Part, Scene
from discovery.demo.render.product import Product
from discovery.demo.render.products import PRODUCTS, by_sku

PORTRAIT: Final = (512, 640)
LANDSCAPE: Final = (640, 512)
SQUARE: Final = (640, 640)
# Packshots of one product follow each other, because the renderer compiles its kernel for them once.
STAGES: Final = (("front", "angle", "below", "detail"), ("lifestyle",), ("top", "back"))


@dataclass(frozen=True, slots=True)
class Shot:
    """One picture of one product; ``key`` names it for good."""

    sku: str
    view: str

    @property
    def key(self) -> str:
        """The name of the picture for good."""
        return f"{self.sku.lower()}-{self.view}"

    @property
    def seed(self) -> int:
        """A number of its own, the same on every run."""
        return sum(ord(letter) * pow(31, place, 99991) for place, letter in enumerate(self.key)) % 99991


def shot_list() -> Iterator[Shot]:
    """Every shot of the range, in the order of work."""
    for views in STAGES:
        for product in PRODUCTS:
            yield from (Shot(product.sku, view) for view in views if view in product.views)


def scene_of(shot: Shot, *, preview: bool = False) -> Scene:
    """The scene of a shot; a preview is small and quick."""
    product = by_sku(shot.sku)
    scene = _lifestyle(product, shot) if shot.view == "lifestyle" else _alone(product, shot)
    if preview:
        camera = replace(scene.camera, width=scene.camera.width * 2 // 5, height=scene.camera.height * 2 // 5)
        return replace(scene, camera=camera, samples=8)
    return scene


def _alone(product: Product, shot: Shot) -> Scene:
    parts = product.make(False)
    points = scenes.cloud(parts)
    wide, tall = _extent(product, points)
    size = PORTRAIT if tall > 1.12 * wide else LANDSCAPE if tall < 0.72 * wide else SQUARE
    if shot.view == "top":
        size = LANDSCAPE
    return scenes.packshot(parts, shot.view, size=size, hanging=product.hanging)


def _lifestyle(product: Product, shot: Shot) -> Scene:
    evening = product.family == "Lamps"
    parts = product.make(evening)
    wide, tall = _extent(product, scenes.cloud(parts))
    size = PORTRAIT if tall > 0.95 * wide else LANDSCAPE
    companion = by_sku(product.companion).make(False) if product.companion else ()
    beneath: Sequence[Part] = by_sku("TB-802").make(False) if product.hanging else ()
    if product.family == "Tables":
        jar = materials.earthen("#d9d0c0", shot.seed)
        beneath = props.moved(props.bouquet(24 + 0.12 * wide, shot.seed, jar), (0.16 * wide, 0, tall))
    return scenes.setting(
        parts,
        product.setting,
        shot.seed,
        accent=product.accent,
        size=size,
        mirrored=shot.seed % 2 == 1,
        evening=evening,
        companion=companion,
        beneath=beneath,
        hanging=product.hanging,
        closeness=1.3 if product.family == "Tables" else 1.0,
    )


def _extent(product: Product, points: np.ndarray) -> tuple[float, float]:
    if product.hanging:
        points = scenes.shade_only(points)
    spread = points.max(axis=0) - points.min(axis=0)
    return float(max(spread[0], spread[1])), float(spread[2])
