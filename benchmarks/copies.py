"""The copies that people make of a picture: smaller, recompressed, cut, mirrored, turned, with a banner."""

from __future__ import annotations

import io
from collections.abc import Iterator

from PIL import Image, ImageDraw

BANNER = 0.14
"""Of the picture's height."""


def coded(image: Image.Image, quality: int = 90) -> bytes:
    """Return a picture as JPEG."""
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=quality)
    return buffer.getvalue()


def copies(image: Image.Image, colour: tuple[int, int, int] = (190, 20, 40)) -> Iterator[tuple[str, bytes]]:
    """Yield each kind of copy of an RGB picture: half the size, JPEG at 40, 10 % cropped, and so on."""
    width, height = image.size
    left, top = width // 20, height // 20
    yield "resized", coded(image.resize((width // 2, height // 2), Image.Resampling.LANCZOS))
    yield "recompressed", coded(image, 40)
    yield "cropped", coded(image.crop((left, top, width - left, height - top)))
    yield "mirrored", coded(image.transpose(Image.Transpose.FLIP_LEFT_RIGHT))
    yield "turned", coded(image.transpose(Image.Transpose.ROTATE_90))
    yield "bannered", coded(bannered(image, colour))


def bannered(image: Image.Image, colour: tuple[int, int, int] = (190, 20, 40)) -> Image.Image:
    """Return the picture with a strip of a colour, and letters, over its foot."""
    shown = image.copy()
    draw = ImageDraw.Draw(shown)
    height = round(image.height * BANNER)
    top = image.height - height
    draw.rectangle((0, top, image.width, image.height), fill=colour)
    draw.text((image.width // 10, top + height // 5), "SALE -30 %", fill="white", font_size=height * 3 // 5)
    return shown
