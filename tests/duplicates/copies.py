"""Pictures drawn by a seed, and what is known of them."""

from __future__ import annotations

import random

import numpy as np
from PIL import Image, ImageDraw

from discovery.config import ImageSettings
from discovery.duplicates.overlay import Signature
from discovery.duplicates.prints import Print
from discovery.vision.hashing import checksum, perceptual_hash, signature
from discovery.vision.images import open_picture

SIDE = 320


def drawn(seed: int) -> Image.Image:
    """Return shapes of several colours on white, as a packshot has them: never the same for two seeds."""
    chance = random.Random(seed)
    image = Image.new("RGB", (SIDE, SIDE), "white")
    draw = ImageDraw.Draw(image)
    for _ in range(14):
        x, y = chance.randrange(40, 220), chance.randrange(40, 220)
        box = (x, y, x + chance.randrange(20, 80), y + chance.randrange(20, 80))
        colour = tuple(chance.randrange(230) for _ in range(3))
        (draw.ellipse if chance.random() < 0.5 else draw.rectangle)(box, fill=colour)
    return image


def printed(name: str, data: bytes, look: float = 1.0, **given: object) -> Print:
    """Return what is known of a picture; ``look`` is the cosine of its look to that of all others here."""
    picture = open_picture(data, ImageSettings(), target=256)
    direction = np.array([look, (1 - look**2) ** 0.5], dtype=np.float32)
    known = {
        "checksum": checksum(data),
        "stem": name,
        "pixels": picture.width * picture.height,
        "hash": int(perceptual_hash(picture), 16),
        "look": direction,
        "signature": Signature.from_bytes(signature(picture)),
    }
    return Print(id=name, name=name, source="studio", **{**known, **given})  # type: ignore[arg-type]
