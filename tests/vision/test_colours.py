"""Naming colours."""

from __future__ import annotations

import re

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFilter

from discovery.vision.colours import NAMES, dominant_colours, has_plain_background, name_of, to_lab
from discovery.vision.images import Picture
from tests.vision.conftest import drawn, pictured, plain


def names(image: Image.Image) -> list[str]:
    return [colour.name for colour in dominant_colours(pictured(image))]


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("#000000", "black"),
        ("#ffffff", "white"),
        ("#808080", "grey"),
        ("#ff0000", "red"),
        ("#cc0000", "red"),
        ("#800020", "burgundy"),
        ("#ffc0cb", "pink"),
        ("#ff00ff", "magenta"),
        ("#ff7f50", "coral"),
        ("#ff8000", "orange"),
        ("#ffff00", "yellow"),
        ("#d4a017", "mustard"),
        ("#808000", "olive"),
        ("#008000", "green"),
        ("#98e4c0", "mint"),
        ("#008080", "teal"),
        ("#40e0d0", "turquoise"),
        ("#add8e6", "light blue"),
        ("#0000ff", "blue"),
        ("#4169e1", "blue"),
        ("#1b2a4a", "navy"),
        ("#b8a4dc", "lavender"),
        ("#8b4513", "brown"),
        ("#c19a6b", "tan"),
        ("#f5f5dc", "cream"),
    ],
)
def test_well_known_colours_have_their_names(code: str, name: str) -> None:
    assert names(plain(code)) == [name]


def test_one_colour_covers_everything() -> None:
    [colour] = dominant_colours(pictured(plain("#c41e1e")))
    assert (colour.name, colour.hex, colour.share) == ("red", "#c41e1e", 1.0)


def test_the_ground_of_a_packshot_is_left_out() -> None:
    image = plain("white", 300, 300)
    ImageDraw.Draw(image).ellipse((70, 70, 230, 230), fill="#1f5fc4")
    assert names(image) == ["blue"]


def test_a_softly_shaded_ground_is_left_out_too() -> None:
    shade = np.linspace(250, 215, 300)[:, None].repeat(300, axis=1)
    image = Image.fromarray(np.repeat(shade[:, :, None], 3, axis=2).astype(np.uint8))
    ImageDraw.Draw(image).rectangle((90, 90, 210, 210), fill="#2f8f3e")
    assert names(image.filter(ImageFilter.GaussianBlur(1)))[0] == "green"
    assert dominant_colours(pictured(image))[0].share > 0.6


def test_a_picture_that_fills_its_frame_keeps_its_border() -> None:
    image = plain("#c4161c", 200, 200)
    image.paste((31, 95, 196), (100, 0, 200, 200))
    assert set(names(image)) == {"red", "blue"}


def test_white_things_inside_the_subject_stay() -> None:
    image = plain("white", 300, 300)
    draw = ImageDraw.Draw(image)
    draw.rectangle((60, 60, 240, 240), fill="#1a2547")
    draw.rectangle((110, 110, 190, 190), fill="white")
    assert names(image) == ["navy", "white"] or names(image) == ["white", "navy"]


def test_a_small_dark_fold_of_a_red_thing_is_red() -> None:
    image = plain("white", 200, 200)
    image.paste((196, 22, 28), (30, 30, 170, 170))
    image.paste((107, 20, 38), (30, 30, 170, 60))
    assert names(image) == ["red"]


@pytest.mark.parametrize("size", [(1, 1), (2, 500), (500, 2), (64, 64), (7, 7)])
def test_shares_are_sensible_for_any_shape(size: tuple[int, int]) -> None:
    for image in (plain("teal", *size), drawn(3, *size)):
        colours = dominant_colours(pictured(image))
        assert 1 <= len(colours) <= 5
        assert 0 < sum(colour.share for colour in colours) <= 1.01
        assert [colour.share for colour in colours] == sorted((c.share for c in colours), reverse=True)
        assert len({colour.name for colour in colours}) == len(colours)
        assert all(re.fullmatch("#[0-9a-f]{6}", colour.hex) for colour in colours)


def test_cielab_agrees_with_published_values() -> None:
    # Lindbloom's calculator, sRGB, D65.
    lab = to_lab(np.array([[255, 255, 255], [0, 0, 0], [255, 0, 0], [0, 0, 255]], dtype=np.uint8))
    expected = [(100, 0, 0), (0, 0, 0), (53.24, 80.09, 67.20), (32.30, 79.19, -107.86)]
    np.testing.assert_allclose(lab, expected, atol=0.02)


def test_every_name_is_what_its_own_values_are_called() -> None:
    table = list(NAMES)
    for name, codes in NAMES.items():
        rgb = np.array([list(bytes.fromhex(code[1:])) for code in codes], dtype=np.uint8)
        found = {table[index] for index in name_of(to_lab(rgb))}
        greys = {"black", "charcoal", "grey", "white"}
        assert found <= ({name} | greys if name not in greys else greys), name


def framed(ground: Image.Image) -> Picture:
    ground.paste((180, 30, 30), (60, 60, 140, 140))
    return Picture(ground, *ground.size, "png", "image/png", 1)


def test_an_even_ground_is_plain_whatever_its_colour_and_a_busy_one_is_not() -> None:
    assert has_plain_background(framed(Image.new("RGB", (200, 200), "white")))
    assert has_plain_background(framed(Image.new("RGB", (200, 200), (40, 60, 80))))
    halves = Image.new("RGB", (200, 200), "white")
    halves.paste((90, 70, 50), (0, 120, 200, 200))
    assert not has_plain_background(framed(halves))
    assert not has_plain_background(framed(Image.effect_noise((200, 200), 120).convert("RGB")))
