"""Checksums and perceptual hashes."""

from __future__ import annotations

import re

import pytest
from PIL import Image

from discovery.config import ImageSettings
from discovery.vision.hashing import checksum, hamming, orientation_hashes, perceptual_hash
from discovery.vision.images import open_picture
from tests.vision.conftest import drawn, encoded, pictured, plain

SAME = 6
TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def test_a_checksum_is_the_sha256_of_the_bytes() -> None:
    assert checksum(b"abc") == "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def test_a_hash_is_sixteen_hexadecimal_digits() -> None:
    for image in (drawn(), plain("white"), plain("black", 1, 1)):
        assert re.fullmatch(r"[0-9a-f]{16}", perceptual_hash(pictured(image)))


@pytest.mark.parametrize("seed", range(6))
def test_half_size_and_recompression_keep_the_hash(seed: int) -> None:
    image = drawn(seed, 640, 480)
    whole = perceptual_hash(pictured(image))
    assert hamming(whole, perceptual_hash(pictured(image.resize((320, 240))))) <= SAME
    recompressed = open_picture(encoded(image, "JPEG", quality=25), ImageSettings())
    assert hamming(whole, perceptual_hash(recompressed)) <= SAME
    assert hamming(whole, perceptual_hash(pictured(image.convert("L")))) <= SAME


def test_different_pictures_have_distant_hashes() -> None:
    hashes = [perceptual_hash(pictured(drawn(seed))) for seed in range(20)]
    distances = [hamming(a, b) for n, a in enumerate(hashes) for b in hashes[:n]]
    assert min(distances) > SAME


@pytest.mark.parametrize("orientation", TURNS)
def test_a_turned_or_mirrored_copy_is_found_by_the_hash_of_its_orientation(orientation: int) -> None:
    image = drawn(5, 320, 240)
    hashes = orientation_hashes(pictured(image))
    assert hashes[0] == perceptual_hash(pictured(image))
    turned = perceptual_hash(pictured(image.transpose(TURNS[orientation])))
    assert hamming(hashes[orientation - 1], turned) <= 2
    assert hamming(hashes[0], turned) > SAME


def test_the_distance_counts_bits() -> None:
    assert hamming("0000000000000000", "ffffffffffffffff") == 64
    assert hamming("00000000000000f0", "0000000000000010") == 3
