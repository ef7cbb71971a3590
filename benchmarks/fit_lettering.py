"""``python -m benchmarks.fit_lettering [--write]``: the directions in which lettering moves features.

They are found on pictures of the demo catalogue, each embedded as it is and with words drawn over it, and
judged on luma's photographs, which took no part: how like a picture stays to itself when it is lettered, how
often another lettered picture is nearer than the picture itself, and if products are found as before.
"""

from __future__ import annotations

import io
import random
import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from benchmarks import data
from benchmarks.stand import CHECKOUT
from discovery.config import ImageSettings, default_home
from discovery.demo import CATALOGUE
from discovery.errors import DiscoveryError
from discovery.vision import lettering
from discovery.vision.embedder import Embedder, Vector
from discovery.vision.images import open_picture
from discovery.vision.lite0 import FEATURES
from discovery.vision.starter import load_starter

PICTURES, JUDGED, DIRECTIONS = 120, 200, 4
SIDE, SEED = 320, 5
WORDS = (
    "SALE", "NEW", "FRESH", "PURE", "COTTON", "COFFEE", "Classic", "Original", "500", "ml", "Natural",
    "organic", "STUDIO", "Premium", "tea", "soap", "shampoo", "100%", "care", "DELUXE", "Best", "Quality",
    "edition",
)  # fmt: skip
_STYLE = re.compile(r"([a-z]+\d+)")


def main() -> None:
    """Find the directions, say how they are judged, and keep them if that is asked."""
    unchanged = np.zeros((0, FEATURES), dtype=np.float32)
    embedder = load_starter(default_home({}) / "model", "fp32", unchanged)
    chance = random.Random(SEED)
    plain = list(_opened(sorted((CATALOGUE / "assets").rglob("*.jpg")), chance, PICTURES))
    moved = _looks(embedder, [lettered(one, chance) for one in plain]) - _looks(embedder, plain)
    _, sizes, found = np.linalg.svd(moved[:, :FEATURES], full_matrices=False)
    along = found[:DIRECTIONS].astype(np.float32)
    share = (sizes**2 / (sizes**2).sum())[:DIRECTIONS]
    sys.stdout.write(f"{DIRECTIONS} directions hold {share.sum():.2f} of what letters move\n")
    _judge(embedder, along)
    if "--write" in sys.argv:
        np.save(lettering.FILE, along)
        sys.stdout.write(f"wrote {lettering.FILE.relative_to(CHECKOUT)}\n")


def lettered(picture: Image.Image, chance: random.Random) -> Image.Image:
    """Return an RGB picture with some words drawn over it."""
    shown = picture.copy()
    draw = ImageDraw.Draw(shown)
    width, height = shown.size
    for _ in range(chance.randrange(2, 7)):
        text = " ".join(chance.choice(WORDS) for _ in range(chance.randrange(1, 4)))
        place = chance.randrange(width // 6, width // 2), chance.randrange(height // 6, 4 * height // 5)
        colour = tuple(chance.randrange(256) for _ in range(3))
        size = chance.randrange(max(10, height // 24), max(12, height // 9))
        draw.text(place, text, fill=colour, font_size=size)
    return shown


def _opened(files: Sequence[Path], chance: random.Random, most: int) -> Iterator[Image.Image]:
    shuffled = chance.sample(files, len(files))
    for file in shuffled[: most + 10]:
        try:
            open_picture(file.read_bytes(), ImageSettings())
        except DiscoveryError:
            continue
        if most == 0:
            return
        most -= 1
        with Image.open(file) as opened:
            yield opened.convert("RGB").resize((SIDE, SIDE * opened.height // opened.width))


def _looks(embedder: Embedder, pictures: Sequence[Image.Image]) -> Vector:
    prepared = []
    for picture in pictures:
        coded = io.BytesIO()
        picture.save(coded, "JPEG", quality=92)
        prepared.append(embedder.prepare(open_picture(coded.getvalue(), ImageSettings(), target=256)))
    return np.array([one.look for one in embedder.embed_pictures(prepared)], dtype=np.float32)


def _judge(embedder: Embedder, along: Vector) -> None:
    files = sorted(data.folder("luma").rglob("*.jpg"))
    styles = np.array([match[1] for file in files if (match := _STYLE.match(file.name.lower()))])
    pictures = []
    for file in files:
        if _STYLE.match(file.name.lower()):
            with Image.open(file) as opened:
                pictures.append(opened.convert("RGB").resize((SIDE, SIDE * opened.height // opened.width)))
    plain = _looks(embedder, pictures)
    written = _looks(embedder, [lettered(one, random.Random(n)) for n, one in enumerate(pictures[:JUDGED])])
    for name, directions in (("as they are", along[:0]), ("damped", along)):
        looks, letters = (
            np.hstack([lettering.damped(some[:, :FEATURES], directions), some[:, FEATURES:]])
            for some in (plain, written)
        )
        looks, letters = (some / np.linalg.norm(some, axis=1, keepdims=True) for some in (looks, letters))
        alike = looks @ looks.T
        np.fill_diagonal(alike, -1)
        nearest = np.argsort(-alike, axis=1)[:, :10]
        right = styles[nearest] == styles[:, None]
        kept = [(styles == style).sum() > 1 for style in styles]
        own = (looks[:JUDGED] * letters).sum(axis=1)
        among = letters @ letters.T
        np.fill_diagonal(among, -1)
        sys.stdout.write(
            f"{name}: R@1 {right[kept, 0].mean():.3f}, R@10 {right[kept].any(axis=1).mean():.3f}; lettered, "
            f"{own.mean():.3f} like itself, another lettered one nearer in "
            f"{(among.max(axis=1) > own).mean():.3f}\n"
        )


if __name__ == "__main__":
    main()
