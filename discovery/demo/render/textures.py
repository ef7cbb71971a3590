"""Procedural surfaces: grain, glaze, weave, stone; linear RGB arrays (h, w, 3) or bump maps (h, w).

All but the glazes tile. Each takes a seed and gives the same array for the same arguments.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Final

import numpy as np

from discovery.demo.render.shapes import Floats

SIZE: Final = 512


def linear(colour: str) -> Floats:
    """The linear RGB of an sRGB colour written as ``#rrggbb``."""
    srgb = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255.0
    return np.asarray(np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4))


@lru_cache(maxsize=256)
def noise(
    seed: int,
    size: tuple[int, int] = (SIZE, SIZE),
    scale: tuple[float, float] = (8.0, 8.0),
    slope: float = 1.0,
) -> Floats:
    """Tiling noise of mean 0 and deviation 1; ``scale`` is the coarsest number of waves down and across."""
    rng = np.random.default_rng(seed)
    white = np.fft.fft2(rng.standard_normal(size))
    fy = np.fft.fftfreq(size[0])[:, None] * size[0] / scale[0]
    fx = np.fft.fftfreq(size[1])[None, :] * size[1] / scale[1]
    frequency = np.hypot(fy, fx)
    band = np.where(frequency < 0.5, 0.0, np.maximum(frequency, 1.0) ** (-1.0 - slope))
    field = np.fft.ifft2(white * band).real
    return np.asarray((field - field.mean()) / max(float(field.std()), 1e-9))


def mix(low: Floats, high: Floats, amount: Floats) -> Floats:
    """Colours between two, by an array of amounts (clipped to 0..1)."""
    share = np.clip(amount, 0, 1)[..., None]
    return low * (1 - share) + high * share


@lru_cache(maxsize=64)
def wood(colour: str, dark: str, seed: int, contrast: float = 1.0) -> Floats:
    """Grain that runs along the rows of the texture; one tile is about 18 cm wide and 72 cm long."""
    rows, columns = SIZE, SIZE
    across = np.linspace(0, 1, columns, endpoint=False)[None, :]
    warp = noise(seed, (rows, columns), (1.0, 2.0), 1.6)
    rings = np.sin(2 * np.pi * (5 * across + 0.55 * warp))
    fine = noise(seed + 1, (rows, columns), (3.0, 110.0), 0.4)
    pores = np.clip(noise(seed + 2, (rows, columns), (14.0, 160.0), 0.2) - 1.5, 0, None)
    figure = 0.34 + 0.2 * rings + 0.15 * fine + 0.12 * noise(seed + 3, (rows, columns), (1.0, 3.0), 1.2)
    return mix(linear(colour), linear(dark), contrast * (figure + 0.5 * pores))


def boards(colour: str, dark: str, seed: int, across: int = 6, lengths: int = 2) -> Floats:
    """Floorboards: strips of :func:`wood` of slightly different tone with thin joints."""
    rng = np.random.default_rng(seed)
    tile = np.zeros((1024, 1024, 3))
    width, length = 1024 // across, 1024 // lengths
    planks = [np.repeat(np.repeat(wood(colour, dark, seed + i, 0.8), 2, 0), 2, 1) for i in range(3)]
    for strip in range(across):
        shift = int(rng.integers(0, length))
        for part in range(lengths):
            plank, first = planks[int(rng.integers(3))], int(rng.integers(0, 1024 - width))
            grain = plank[:length, first : first + width] * rng.uniform(0.82, 1.12)
            grain[:2] *= 0.35
            grain[:, :2] *= 0.35
            rows = (np.arange(length) + part * length + shift) % 1024
            tile[rows, strip * width : (strip + 1) * width] = grain
    tile[:, across * width :] = tile[:, across * width - 1 : across * width]
    return tile


def glaze(
    profile: Floats,
    colour: str,
    seed: int,
    *,
    inside: str | None = None,
    dip: str | None = None,
    dip_from: float = 0.0,
    dip_to: float = 0.35,
    rim: str | None = None,
    speckle: float = 0.0,
    speckle_colour: str = "#4a3426",
    mottle: float = 0.06,
    bands: Sequence[tuple[float, float, str]] = (),
    fade: str | None = None,
) -> Floats:
    """The painted surface of a revolved vessel, in the texture coordinates of :func:`shapes.revolve`.

    ``dip`` colours the outside between two relative heights with a hand-dipped wavering edge, ``bands`` are
    (from, to, colour), ``fade`` is reached at the foot, ``rim`` is where the glaze breaks, ``inside`` is
    the lining.
    """
    steps = np.linalg.norm(np.diff(profile, axis=0), axis=1)
    arc = np.concatenate([[0.0], np.cumsum(steps)]) / float(steps.sum())
    rows = np.linspace(0, 1, SIZE)
    low, high = float(profile[:, 1].min()), float(profile[:, 1].max())
    level = (np.interp(rows, arc, profile[:, 1]) - low) / (high - low)
    top = float(arc[int(np.argmax(profile[:, 1]))])
    within = (rows > top)[:, None] & np.ones((1, SIZE), dtype=bool)
    wave = 0.014 * noise(seed, (SIZE, SIZE), (1.0, 3.0), 1.4)
    height = level[:, None] + wave
    out = np.broadcast_to(linear(colour), (SIZE, SIZE, 3)).copy()
    if fade is not None:
        out = mix(out, linear(fade), np.broadcast_to(1.15 - 1.5 * height + 2 * wave, (SIZE, SIZE)))
    if dip is not None:
        edge = np.clip((height - dip_from) / 0.008, 0, 1) * np.clip((dip_to - height) / 0.008, 0, 1)
        out = mix(out, linear(dip), edge)
    for first, last, shade in bands:
        edge = np.clip((height - first) / 0.006, 0, 1) * np.clip((last - height) / 0.006, 0, 1)
        out = mix(out, linear(shade), edge)
    if inside is not None:
        out[within] = linear(inside)
    if rim is not None:
        near = np.exp(-(((rows - top) / 0.012) ** 2))[:, None]
        out = mix(out, linear(rim), np.broadcast_to(near * 0.95 + 3 * wave * near, (SIZE, SIZE)))
    if speckle:
        dots = np.maximum(noise(seed + 5, scale=(90, 90), slope=0.5) - 2.6 + speckle, 0)
        large = np.maximum(noise(seed + 6, scale=(45, 45), slope=1.0) - 3.1 + speckle, 0)
        out = mix(out, linear(speckle_colour), np.clip(4 * dots + 5 * large, 0, 0.85))
    tone = 1 + mottle * noise(seed + 7, scale=(3, 3), slope=0.8)[..., None]
    return np.asarray(np.clip(out * tone, 0.002, 0.92))


def clay(colour: str, seed: int, contrast: float = 0.07) -> Floats:
    """Unglazed earthenware or concrete: a colour with soft clouds and fine grit."""
    clouds = noise(seed, scale=(3, 3), slope=1.0)
    grit = noise(seed + 1, scale=(120, 120), slope=0.1)
    return np.asarray(np.clip(linear(colour) * (1 + contrast * clouds + 0.06 * grit)[..., None], 0.003, 0.95))


@lru_cache(maxsize=64)
def weave(colour: str, second: str | None, seed: int, threads: int = 48) -> tuple[Floats, Floats]:
    """A plain weave of two yarns: its colours and its bump."""
    y, x = np.meshgrid(np.arange(SIZE), np.arange(SIZE), indexing="ij")
    u, v = x * threads / SIZE, y * threads / SIZE
    over = (np.floor(u) + np.floor(v)) % 2
    warp_round = np.sqrt(np.clip(1 - (2 * (u % 1) - 1) ** 2, 0, 1))
    weft_round = np.sqrt(np.clip(1 - (2 * (v % 1) - 1) ** 2, 0, 1))
    crest_u = np.cos(np.pi * (v % 1 - 0.5))
    crest_v = np.cos(np.pi * (u % 1 - 0.5))
    bump = np.where(over > 0, warp_round * (0.4 + 0.6 * crest_u), weft_round * (0.4 + 0.6 * crest_v))
    slub_u = noise(seed, (1, SIZE), (1.0, 30.0), 0.4)
    slub_v = noise(seed + 1, (SIZE, 1), (30.0, 1.0), 0.4)
    tone = np.where(over > 0, slub_u, slub_v) + 0.6 * noise(seed + 2, scale=(40, 40), slope=0.4)
    first, other = linear(colour), linear(second or colour)
    yarn = np.where((over > 0)[..., None], first, other)
    return np.clip(yarn * (0.82 + 0.3 * bump + 0.08 * tone)[..., None], 0.003, 0.95), bump


def boucle(colour: str, seed: int) -> tuple[Floats, Floats]:
    """Looped wool: curls as a bump, a little shade between them."""
    curls = np.abs(noise(seed, scale=(34, 34), slope=1.2)) + 0.5 * np.abs(
        noise(seed + 1, scale=(70, 70), slope=0.8)
    )
    bump = curls / float(curls.max())
    return np.clip(linear(colour) * (0.7 + 0.75 * bump)[..., None], 0.003, 0.95), bump


def hide(colour: str, seed: int) -> tuple[Floats, Floats]:
    """Leather: a fine pebble bump and a worn tone."""
    pebble = -np.abs(noise(seed, scale=(50, 50), slope=0.7))
    tone = 1 + 0.07 * noise(seed + 1, scale=(3, 3), slope=0.9) + 0.05 * pebble
    return np.clip(linear(colour) * tone[..., None], 0.003, 0.9), pebble


def marble(colour: str, vein: str, seed: int) -> Floats:
    """Veined stone: thin ridges of warped noise over soft clouds."""
    base = noise(seed, scale=(2, 2), slope=1.1)
    ridge = np.exp(-np.abs(noise(seed + 1, scale=(2, 3), slope=1.3)) * 22)
    thin = np.exp(-np.abs(noise(seed + 2, scale=(4, 3), slope=1.1)) * 40)
    return mix(linear(colour), linear(vein), 0.75 * ridge + 0.35 * thin + 0.05 * base)


def terrazzo(colour: str, chips: Sequence[str], seed: int, count: int = 900) -> Floats:
    """Chips of stone set in cement, of many sizes, each turned its own way."""
    rng = np.random.default_rng(seed)
    points = rng.uniform(0, SIZE, (count, 2))
    size = rng.uniform(0.25, 1.0, count) * SIZE / np.sqrt(count)
    out = clay(colour, seed, 0.03)
    y, x = np.mgrid[0:SIZE, 0:SIZE].astype(np.float64)
    for (cy, cx), reach in zip(points, size, strict=True):
        angle, squeeze = rng.uniform(0, np.pi), rng.uniform(0.5, 0.95)
        shade = linear(chips[int(rng.integers(len(chips)))])
        window = int(reach) + 2
        rows = np.arange(int(cy) - window, int(cy) + window) % SIZE
        columns = np.arange(int(cx) - window, int(cx) + window) % SIZE
        dy = (y[rows][:, columns] - cy + SIZE / 2) % SIZE - SIZE / 2
        dx = (x[rows][:, columns] - cx + SIZE / 2) % SIZE - SIZE / 2
        a = (dx * np.cos(angle) + dy * np.sin(angle)) / reach
        b = (-dx * np.sin(angle) + dy * np.cos(angle)) / (reach * squeeze)
        chip = np.abs(a) ** 1.4 + np.abs(b) ** 1.4 < 0.55
        patch = out[np.ix_(rows, columns)]
        patch[chip] = shade * rng.uniform(0.85, 1.1)
        out[np.ix_(rows, columns)] = patch
    return np.asarray(np.clip(out, 0.003, 0.95))


def cane(colour: str, gap: str, seed: int, strands: int = 14) -> tuple[Floats, Floats]:
    """Woven cane or rush: a coarse weave with dark gaps."""
    picture, bump = weave(colour, None, seed, strands)
    return mix(linear(gap), picture, np.clip(bump * 2.2 - 0.15, 0, 1)), bump


def cork(colour: str, seed: int) -> Floats:
    """Cork: grains of several browns with dark pits."""
    grain = noise(seed, scale=(40, 40), slope=0.7)
    pits = np.clip(noise(seed + 1, scale=(26, 26), slope=0.9) - 1.7, 0, 1)
    return mix(linear(colour) * (1 + 0.16 * grain)[..., None].clip(0.3), linear("#4a2c18"), pits)


def tiles(colour: str, joint: str, seed: int, rows: int = 8, columns: int = 4) -> tuple[Floats, Floats]:
    """Glazed wall tiles in running bond, each of its own tone; and the bump of their joints."""
    y, x = np.meshgrid(
        np.linspace(0, rows, SIZE, endpoint=False),
        np.linspace(0, columns, SIZE, endpoint=False),
        indexing="ij",
    )
    row = np.floor(y)
    x = x + 0.5 * (row % 2)
    edge = np.minimum(np.minimum(y % 1, 1 - y % 1) / rows * columns, np.minimum(x % 1, 1 - x % 1))
    rng = np.random.default_rng(seed)
    tone = rng.uniform(0.85, 1.08, (rows, columns + 1))[row.astype(int), (np.floor(x) % columns).astype(int)]
    flat = np.clip((edge - 0.012) / 0.02, 0, 1)
    glossy = linear(colour) * (tone * (1 + 0.03 * noise(seed + 1, scale=(6, 6))))[..., None]
    return np.clip(mix(linear(joint), glossy, flat), 0.003, 0.95), flat


def print_of_shapes(paper: str, shades: Sequence[str], seed: int) -> Floats:
    """An abstract art print: overlapping discs, arches and blocks of a few colours on paper with a margin."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0 : 1 : SIZE * 1j, 0 : 1 : SIZE * 1j]
    y = 1 - y
    out = np.broadcast_to(linear(paper), (SIZE, SIZE, 3)).copy()
    inside = (x > 0.14) & (x < 0.86) & (y > 0.12) & (y < 0.88)
    for step, shade in enumerate(shades):
        cx, cy, r = rng.uniform(0.25, 0.75), rng.uniform(0.25, 0.75), rng.uniform(0.13, 0.28)
        kind = (step + seed) % 3
        if kind == 0:
            area = np.hypot(x - cx, y - cy) < r
        elif kind == 1:
            area = ((np.hypot(x - cx, y - cy) < r) & (y >= cy)) | (
                (np.abs(x - cx) < r) & (y < cy) & (y > cy - 0.35)
            )
        else:
            area = (np.abs(x - cx) < r * 1.3) & (np.abs(y - cy) < r * 0.6)
        out[area & inside] = linear(shade)
    return out


def studio(kind: str) -> Floats:
    """The light of a studio as an environment map (128, 256, 3): up at row 0, the camera's side midway.

    ``soft`` has a large softbox from the upper left and a paler one on the right; ``high`` is brighter from
    above and has dark cards at the sides, which draw the edges of glass; ``day`` is a large window on the
    left, ``dusk`` the same in the evening.
    """
    rows, columns = 128, 256
    v, u = np.meshgrid(np.linspace(0, 1, rows), np.linspace(0, 1, columns), indexing="ij")

    def box(cu: float, cv: float, wu: float, wv: float, soft: float = 0.02) -> Floats:
        du = np.abs((u - cu + 0.5) % 1 - 0.5)
        across = np.clip((wu / 2 - du) / soft + 0.5, 0, 1)
        down = np.clip((wv / 2 - np.abs(v - cv)) / soft + 0.5, 0, 1)
        return np.asarray(across * down)

    sky = 0.55 + 0.3 * (1 - v)
    if kind == "soft":
        level = (
            0.5 * sky
            + 7.5 * box(0.70, 0.27, 0.14, 0.24)
            + 1.3 * box(0.27, 0.38, 0.09, 0.30)
            + 1.3 * box(0.9, 0.05, 0.4, 0.2)
        )
        warm = np.array([1.0, 0.985, 0.96])
    elif kind == "high":
        level = (
            0.85 * sky
            + 3.4 * box(0.69, 0.30, 0.06, 0.32)
            + 1.6 * box(0.31, 0.32, 0.04, 0.34)
            + 2.2 * box(0.5, 0.0, 1.0, 0.22)
        )
        level *= 1 - 0.9 * box(0.84, 0.5, 0.07, 0.7) - 0.9 * box(0.16, 0.5, 0.07, 0.7)
        warm = np.array([1.0, 0.99, 0.975])
    elif kind == "day":
        level = 0.34 * sky + 3.6 * box(0.73, 0.36, 0.22, 0.42, 0.06)
        warm = np.array([0.97, 0.985, 1.02])
    elif kind == "dusk":
        level = 0.10 * sky + 0.5 * box(0.73, 0.36, 0.2, 0.4, 0.06)
        warm = np.array([0.92, 0.97, 1.1])
    else:
        raise ValueError(f"unknown studio light {kind!r}: use soft, high, day or dusk")
    return np.asarray(np.clip(level, 0.01, None)[..., None] * warm)
