from __future__ import annotations

import io
from pathlib import Path

import pytest
from PIL import Image

from discovery.config import ImageSettings
from discovery.vision.contact_sheet import COLUMNS, ROWS, Tile, contact_sheet

LIMITS = ImageSettings()


def picture(width: int, height: int, colour: str = "#b03030") -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (width, height), colour).save(out, "PNG")
    return out.getvalue()


@pytest.mark.parametrize(("count", "pages"), [(0, 1), (1, 1), (COLUMNS * ROWS, 1), (COLUMNS * ROWS + 1, 2)])
def test_a_sheet_has_as_many_pages_as_its_pictures_need(tmp_path: Path, count: int, pages: int) -> None:
    tiles = (Tile(picture(40, 60), f"Picture {n}") for n in range(count))
    assert contact_sheet("Spring", "", tiles, LIMITS, tmp_path / "sheet.pdf") == pages
    made = (tmp_path / "sheet.pdf").read_bytes()
    assert made.startswith(b"%PDF-")
    assert f"/Count {pages}".encode() in made


def test_what_cannot_be_drawn_leaves_its_place_and_its_words(tmp_path: Path) -> None:
    tiles = [
        Tile(b"no picture", "broken"),
        Tile(None, "gone", "It is gone", warning=True),
        Tile(picture(4000, 3), "a line"),
        Tile(picture(3, 4000), "W" * 400, "word " * 90),
        Tile(picture(30, 30), "\u6771\u4eac \u0000 \U0001f600"),
    ]
    assert contact_sheet("T" * 300, "note " * 400, tiles, LIMITS, tmp_path / "s.pdf", page_of="Page {}") == 1
