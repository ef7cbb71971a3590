"""The shared catalogues: formats, copies and colours that nobody made for this test."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from discovery.config import ImageSettings
from discovery.errors import ImageUnreadable
from discovery.vision.colours import dominant_colours
from discovery.vision.embedder import Embedder
from discovery.vision.hashing import hamming, orientation_hashes, perceptual_hash
from discovery.vision.images import Picture, open_picture
from discovery.vision.metadata import read_metadata

pytestmark = pytest.mark.realdata

FAMILIES = {
    "black": {"black", "charcoal"},
    "blue": {"blue", "navy", "light blue", "turquoise", "teal"},
    "green": {"green", "olive", "lime", "mint", "teal", "khaki", "turquoise"},
    "gray": {"grey", "charcoal"},
    "orange": {"orange", "coral", "peach"},
    "purple": {"purple", "lavender", "plum"},
    "red": {"red", "burgundy", "coral", "pink"},
    "white": {"white", "cream"},
    "yellow": {"yellow", "mustard", "lime"},
}


def opened(file: Path, target: int | None = None) -> Picture:
    return open_picture(file.read_bytes(), ImageSettings(), target=target)


@pytest.mark.parametrize(
    ("name", "format"),
    [
        ("Iggy.1024.ppm", "ppm"),
        ("baboon.pgm", "ppm"),
        ("copyleft.tiff", "tiff"),
        ("giphy.gif", "gif"),
        ("marbles.pbm", "ppm"),
        ("ukbench09380.jpeg", "jpeg"),
        ("ukbench09380.webp", "webp"),
        # Their names say otherwise.
        ("ukbench09380.bmp", "jpeg"),
        ("ukbench09380.png", "jpeg"),
        ("ukbench09380.svg", "jpeg"),
    ],
)
def test_ten_formats_open_by_what_they_are(name: str, format: str, real_data: Path) -> None:
    picture = opened(real_data / "duplicates" / "formats_images" / name)
    assert picture.format == format
    assert picture.image.mode == "RGB"


def test_one_picture_in_five_files_has_one_hash(real_data: Path) -> None:
    folder = real_data / "duplicates" / "formats_images"
    assert len({perceptual_hash(opened(file)) for file in folder.glob("ukbench09380.*")}) == 1


def test_copies_are_near_and_others_far(real_data: Path) -> None:
    folder = real_data / "duplicates"
    original = opened(folder / "base_images" / "ukbench00120.jpg")
    own = perceptual_hash(original)
    for copy in ("mixed_images/ukbench00120_resize.jpg", "ukbench00120_gray.jpg", "alpha_channel_image.png"):
        assert hamming(own, perceptual_hash(opened(folder / copy))) <= 6, copy
    mirrored = perceptual_hash(opened(folder / "mixed_images" / "ukbench00120_hflip.jpg"))
    assert min(hamming(one, mirrored) for one in orientation_hashes(original)) <= 6
    hashes = [perceptual_hash(opened(file)) for file in sorted((folder / "base_images").glob("*.jpg"))]
    assert min(hamming(a, b) for n, a in enumerate(hashes) for b in hashes[:n]) > 6


def test_copies_look_alike_to_the_model_even_mirrored(starter: Embedder, real_data: Path) -> None:
    folder = real_data / "duplicates"
    names = [
        "base_images/ukbench00120.jpg",
        "mixed_images/ukbench00120_hflip.jpg",
        "mixed_images/ukbench00120_resize.jpg",
        "base_images/ukbench09268.jpg",
    ]
    batch = [starter.prepare(opened(folder / name)) for name in names]
    original, *others = (embedding.look for embedding in starter.embed_pictures(batch))
    mirrored, squeezed, other = (float(original @ look) for look in others)
    assert mirrored >= 0.9
    # This copy is also squeezed to a square, which the hash does not notice and the model does a little.
    assert squeezed >= 0.8 > starter.recipe.similar_floor > other


def test_a_corrupt_file_is_refused(real_data: Path) -> None:
    with pytest.raises(ImageUnreadable, match="unknown data"):
        opened(real_data / "duplicates" / "mixed_images" / "ukbench09268_corrupt.jpg")


def test_the_colour_in_a_files_name_is_among_the_colours_found(real_data: Path) -> None:
    files = sorted((real_data / "luma" / "media" / "w").rglob("*_main.jpg"))[::3]
    judged = [(file, re.search(r"-([a-z]+)_main", file.name)) for file in files]
    found = [
        bool(FAMILIES[match[1]] & {colour.name for colour in dominant_colours(opened(file, target=128))})
        for file, match in judged
        if match and match[1] in FAMILIES
    ]
    assert len(found) > 50
    assert sum(found) / len(found) >= 0.86


def test_every_photograph_of_the_gadgets_tells_something_readable(real_data: Path) -> None:
    for file in sorted((real_data / "gadgets" / "media").glob("*.jpg"))[:20]:
        assert read_metadata(file.read_bytes()).warnings == (), file.name
