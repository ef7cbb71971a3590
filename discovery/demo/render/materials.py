"""What surfaces are made of: finishes, and the named ones of the range; the darkroom renders them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final, Literal

import numpy as np

from discovery.demo.render import textures
from discovery.demo.render.shapes import Floats

Model = Literal["opaque", "matt", "glass", "thin", "light"]


@dataclass(frozen=True, slots=True)
class Finish:
    """How a surface takes light.

    ``colour`` is linear RGB (3,), or for ``light`` the radiance. ``picture`` (h, w, 3) replaces it,
    ``bump`` (h, w) tilts the surface by ``bump_height``; ``tile`` is the size of one repeat in texture
    units (u, v): centimetres for boxes and tubes, one by one for revolved shapes. ``through`` is the share of
    light that a ``thin`` surface lets through.
    """

    colour: Floats
    model: Model = "opaque"
    roughness: float = 0.5
    metallic: float = 0.0
    specular: float = 0.5
    sheen: float = 0.0
    picture: Floats | None = None
    bump: Floats | None = None
    bump_height: float = 0.0
    tile: tuple[float, float] = (1.0, 1.0)
    through: float = 0.0

    def tiled(self, u: float, v: float) -> Finish:
        """The same finish with repeats of another size."""
        return replace(self, tile=(u, v))


COLOURS: Final[dict[str, str]] = {
    "Chalk White": "#ece7dd",
    "Porcelain White": "#f1efea",
    "Oatmeal": "#d8c9ae",
    "Sand": "#cdb28a",
    "Ochre": "#c98a2b",
    "Mustard": "#d3a02c",
    "Terracotta": "#b35a38",
    "Rust": "#96401f",
    "Brick Red": "#97352c",
    "Poppy Red": "#c2271f",
    "Blush Pink": "#dba99c",
    "Rose": "#c46f74",
    "Plum": "#5d2d48",
    "Lavender": "#a99bc6",
    "Cobalt Blue": "#1f4296",
    "Ink Blue": "#1f2d47",
    "Sky Blue": "#9dbfd4",
    "Denim Blue": "#4f6d8f",
    "Teal": "#1d6a6c",
    "Celadon": "#a9c4ae",
    "Sage Green": "#8d9c7c",
    "Moss Green": "#5b6a36",
    "Forest Green": "#24442f",
    "Charcoal": "#33332f",
    "Soot Black": "#171614",
    "Dove Grey": "#a9a7a1",
    "Stone Grey": "#84807a",
    "Amber": "#c47a1e",
    "Smoke": "#5d554d",
    "Clear": "#f4f8f6",
    "Bottle Green": "#2f6b45",
    "Sea Blue": "#2c6f8f",
    "Natural Oak": "#c79f6d",
    "Walnut": "#6b4429",
    "Ash": "#dcc6a0",
    "Black Ash": "#26221f",
    "Brass": "#c89b4b",
    "Brushed Steel": "#b9b9b6",
    "Copper": "#b8704a",
    "Cognac": "#8f4d22",
    "White Marble": "#e6e3de",
    "Green Marble": "#31493c",
    "Terrazzo": "#d9d2c6",
    "Natural Rattan": "#c49a62",
    "Natural Cork": "#b98556",
    "Travertine": "#cfbfa3",
}


def plain(colour: str, roughness: float = 0.55, specular: float = 0.4) -> Finish:
    """A solid colour, as of paint or plastic."""
    return Finish(textures.linear(colour), roughness=roughness, specular=specular)


def paint(colour: str) -> Finish:
    """Wall paint or paper: no shine at all, and cheap to render."""
    return Finish(textures.linear(colour), model="matt")


def gloss(picture: Floats, roughness: float = 0.12, bump: Floats | None = None) -> Finish:
    """Glazed ceramic: the painted picture under a clear shine, with a faint unevenness of the hand."""
    uneven = textures.noise(11, scale=(4, 4), slope=1.5) if bump is None else bump
    return Finish(
        picture.mean(axis=(0, 1)),
        roughness=roughness,
        specular=0.55,
        picture=picture,
        bump=uneven,
        bump_height=0.01,
    )


def satin(picture: Floats, roughness: float = 0.42) -> Finish:
    """Matt glaze or engobe: the painted picture with a broad soft highlight."""
    grit = textures.noise(12, scale=(24, 24), slope=0.9)
    return Finish(
        picture.mean(axis=(0, 1)),
        roughness=roughness,
        specular=0.45,
        picture=picture,
        bump=grit,
        bump_height=0.006,
    )


def earthen(colour: str, seed: int, roughness: float = 0.85) -> Finish:
    """Unglazed clay, plaster or concrete."""
    picture = textures.clay(colour, seed)
    grit = textures.noise(seed + 3, scale=(40, 40), slope=0.6)
    return Finish(
        textures.linear(colour),
        roughness=roughness,
        specular=0.25,
        picture=picture,
        bump=grit,
        bump_height=0.005,
        tile=(1, 1),
    )


def timber(colour: str, seed: int, *, contrast: float = 1.0, roughness: float = 0.42) -> Finish:
    """Oiled wood with grain along the longest side."""
    shade = textures.linear(colour)
    dark = "#" + "".join(f"{round(255 * (float(c) * 0.42) ** (1 / 2.2)):02x}" for c in shade)
    picture = textures.wood(colour, dark, seed, contrast)
    return Finish(shade, roughness=roughness, specular=0.4, picture=picture, tile=(18.0, 72.0))


def metal(colour: str, roughness: float = 0.25) -> Finish:
    """Bare metal; rougher looks brushed or cast."""
    return Finish(textures.linear(colour), roughness=roughness, metallic=1.0)


def painted_metal(colour: str, roughness: float = 0.38) -> Finish:
    """Powder-coated steel: a solid colour with a fine orange peel."""
    peel = textures.noise(21, scale=(60, 60), slope=0.6)
    return Finish(
        textures.linear(colour),
        roughness=roughness,
        specular=0.5,
        bump=peel,
        bump_height=0.004,
        tile=(6.0, 6.0),
    )


def glass(colour: str) -> Finish:
    """Solid glass; the colour is what is left of white light after one wall."""
    return Finish(np.clip(textures.linear(colour), 0.02, 0.98) ** 0.36, model="glass", roughness=0.0)


def fabric(
    colour: str, seed: int, second: str | None = None, *, tile: float = 9.0, threads: int = 48
) -> Finish:
    """A plain weave: linen, wool, canvas."""
    picture, bump = textures.weave(colour, second, seed, threads)
    return Finish(
        textures.linear(colour),
        roughness=0.9,
        specular=0.15,
        sheen=0.4,
        picture=picture,
        bump=bump,
        bump_height=0.05,
        tile=(tile, tile),
    )


def boucle(colour: str, seed: int) -> Finish:
    """Looped wool upholstery."""
    picture, bump = textures.boucle(colour, seed)
    return Finish(
        textures.linear(colour),
        roughness=0.95,
        specular=0.1,
        sheen=0.6,
        picture=picture,
        bump=bump,
        bump_height=0.5,
        tile=(16.0, 16.0),
    )


def velvet(colour: str) -> Finish:
    """Short pile that brightens at grazing angles."""
    nap = textures.noise(31, scale=(5, 5), slope=0.7)
    return Finish(
        textures.linear(colour),
        roughness=0.75,
        specular=0.2,
        sheen=1.0,
        bump=nap,
        bump_height=0.03,
        tile=(30.0, 30.0),
    )


def leather(colour: str, seed: int) -> Finish:
    """Vegetable-tanned leather."""
    picture, bump = textures.hide(colour, seed)
    return Finish(
        textures.linear(colour),
        roughness=0.42,
        specular=0.45,
        picture=picture,
        bump=bump,
        bump_height=0.02,
        tile=(22.0, 22.0),
    )


def marble(colour: str, vein: str, seed: int) -> Finish:
    """Polished veined stone."""
    picture = textures.marble(colour, vein, seed)
    return Finish(
        textures.linear(colour),
        roughness=0.16,
        specular=0.5,
        picture=picture,
        tile=(70.0, 70.0),
    )


def terrazzo(colour: str, chips: tuple[str, ...], seed: int) -> Finish:
    """Ground and polished terrazzo."""
    picture = textures.terrazzo(colour, chips, seed)
    return Finish(textures.linear(colour), roughness=0.25, specular=0.5, picture=picture, tile=(40.0, 40.0))


def cane(colour: str, seed: int) -> Finish:
    """Woven cane, rush or paper cord."""
    picture, bump = textures.cane(colour, "#3d2a17", seed)
    return Finish(
        textures.linear(colour),
        roughness=0.6,
        specular=0.3,
        picture=picture,
        bump=bump,
        bump_height=0.25,
        tile=(12.0, 12.0),
    )


def cork(seed: int) -> Finish:
    """Pressed cork."""
    return Finish(
        textures.linear("#b98556"),
        roughness=0.85,
        specular=0.15,
        picture=textures.cork("#b98556", seed),
        tile=(12.0, 12.0),
    )


def shade(colour: str, seed: int, through: float = 0.55) -> Finish:
    """A lamp shade of paper or linen: an open surface that glows when lit from within."""
    picture, bump = textures.weave(colour, None, seed, 64)
    return Finish(
        textures.linear(colour),
        model="thin",
        roughness=0.9,
        picture=0.75 * linear_mean(picture, colour),
        bump=bump,
        through=through,
    )


def linear_mean(picture: Floats, colour: str) -> Floats:
    """A picture brought back to the mean of its colour, keeping its pattern at half strength."""
    target = textures.linear(colour)
    return np.asarray(target * (0.5 + 0.5 * picture / np.maximum(picture.mean(axis=(0, 1)), 1e-6)))


def foliage(colour: str) -> Finish:
    """A leaf: thin, a little shiny, letting some light through."""
    return Finish(textures.linear(colour), model="thin", roughness=0.45, through=0.35)


def glow(colour: str, radiance: float) -> Finish:
    """A lit surface: a bulb or an opal globe."""
    return Finish(textures.linear(colour) * radiance, model="light")


OAK: Final = "#c79f6d"
WALNUT: Final = "#74492c"
ASH: Final = "#dcc6a0"
BLACK: Final = "#2a2623"


def oak(seed: int) -> Finish:
    """Oiled oak."""
    return timber(OAK, seed)


def walnut(seed: int) -> Finish:
    """Oiled walnut."""
    return timber(WALNUT, seed)


def ash(seed: int) -> Finish:
    """Pale ash."""
    return timber(ASH, seed)


def black_ash(seed: int) -> Finish:
    """Ash stained black, its grain still showing."""
    return timber(BLACK, seed, contrast=0.5)


def brass() -> Finish:
    """Polished brass."""
    return metal("#c59a4c", 0.22)


def steel() -> Finish:
    """Brushed steel."""
    return metal("#bcbcb9", 0.3)


def soot() -> Finish:
    """Black powder-coated steel."""
    return painted_metal("#1d1c1a")


def fired(colour: str, seed: int, *, shiny: bool = False) -> Finish:
    """Glazed clay in one colour, for handles: a glaze without a vessel's profile."""
    picture = textures.clay(colour, seed, 0.05)
    return replace(gloss(picture) if shiny else satin(picture), bump=None, bump_height=0.0, tile=(24.0, 24.0))
