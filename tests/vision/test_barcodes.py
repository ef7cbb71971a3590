"""Barcodes in pictures: read where they stand, and nothing made up."""

from __future__ import annotations

import io

import numpy as np
import pytest
import zxingcpp
from PIL import Image

from discovery.config import ImageSettings
from discovery.vision.barcodes import MOST_EDGE, barcodes
from discovery.vision.images import Picture, open_picture

EAN13, EAN8, UPCA = "4006381333931", "96385074", "036000291452"
FORMATS = {
    EAN13: zxingcpp.BarcodeFormat.EAN13,
    EAN8: zxingcpp.BarcodeFormat.EAN8,
    UPCA: zxingcpp.BarcodeFormat.UPCA,
}


def label(code: str, scale: int = 3) -> Image.Image:
    made = zxingcpp.create_barcode(code, FORMATS[code])
    return Image.fromarray(np.array(made.to_image(scale=scale))).convert("RGB")


def box(*labels: Image.Image, size: tuple[int, int] = (1400, 1100), turned: int = 0) -> Picture:
    """A brown box with labels on it, photographed as a JPEG."""
    photo = Image.new("RGB", size, (150, 110, 70))
    for number, one in enumerate(labels):
        photo.paste(one, (60 + number * (one.width + 60), 80))
    buffer = io.BytesIO()
    photo.rotate(turned, expand=True).save(buffer, "JPEG", quality=80)
    return open_picture(buffer.getvalue(), ImageSettings(), target=256)


@pytest.mark.parametrize("code", [EAN13, EAN8, UPCA])
@pytest.mark.parametrize("turned", [0, 90, 180])
def test_a_code_on_a_box_is_read_however_it_lies(code: str, turned: int) -> None:
    (found,) = barcodes(box(label(code, 4), turned=turned))
    assert found.zfill(14) == code.zfill(14)


def test_several_codes_come_once_each() -> None:
    shown = box(label(EAN13, 4), label(EAN13, 4), label(EAN8, 4), size=(1900, 1100))
    assert barcodes(shown) == (EAN13, EAN8)


def test_other_codes_and_plain_pictures_show_none() -> None:
    link = zxingcpp.create_barcode("https://shop.example/4006381333931", zxingcpp.BarcodeFormat.QRCode)
    assert barcodes(box(Image.fromarray(np.array(link.to_image(scale=6))).convert("RGB"))) == ()
    assert barcodes(box()) == ()


def test_noise_shows_none() -> None:
    chance = np.random.default_rng(7)
    for _ in range(20):
        noise = Image.fromarray(chance.integers(0, 256, (300, 400, 3), dtype=np.uint8))
        assert barcodes(Picture(noise, 400, 300, "png", "image/png", 1)) == ()


def test_a_picture_that_was_decoded_in_full_is_looked_at_smaller() -> None:
    large = Image.new("RGB", (MOST_EDGE * 2, 1600), "white")
    large.paste(label(EAN13, 12), (300, 300))
    assert barcodes(Picture(large, *large.size, "png", "image/png", 1)) == (EAN13,)
