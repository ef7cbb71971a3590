"""Contact sheets: pictures in rows with a few words below each, as a PDF for paper and for the eye."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from discovery.config import ImageSettings
from discovery.errors import ImageUnreadable
from discovery.vision.images import open_picture

DPI = 150
PAGE = (1240, 1754)
"""Pixels of an A4 page at that resolution."""

MARGIN, GAP = 80, 28
COLUMNS, ROWS = 3, 4
TITLE_SIZE, TEXT_SIZE, LEADING = 34, 19, 25
NAME_LINES, ABOUT_LINES = 2, 2
LONGEST_NOTE_LINES = 3
INK, QUIET, WARN, RULE, PAPER = "#1c1b1a", "#6b6660", "#a3271b", "#d9d5cf", "#ffffff"

WIDE_FONTS = ("NotoSans-Regular.ttf", "DejaVuSans.ttf")
"""Where the machine has one of them, it writes more scripts than the letters that come with Pillow."""


@dataclass(frozen=True, slots=True)
class Tile:
    """One picture of a sheet: its bytes (``None`` where there are none), its name, and a line about it.

    ``warning`` marks a line that says why it may not be used.
    """

    picture: bytes | None
    name: str
    line: str = ""
    warning: bool = False


def contact_sheet(
    title: str, note: str, tiles: Iterable[Tile], limits: ImageSettings, target: Path, *, page_of: str = "{}"
) -> int:
    """Write a sheet of ``tiles`` to ``target`` as a PDF of A4 pages; return how many pages it has.

    One page is in memory at a time, so a sheet may be long. ``page_of`` is how a page's number is told. A
    picture that cannot be opened leaves its place empty.
    """
    pages = 0
    for chosen in _pages(tiles):
        page = _drawn(title if pages == 0 else "", note if pages == 0 else "", chosen, limits)
        pages += 1
        ImageDraw.Draw(page).text(
            (PAGE[0] - MARGIN, PAGE[1] - MARGIN // 2),
            page_of.format(pages),
            fill=QUIET,
            font=_font(TEXT_SIZE),
            anchor="rm",
        )
        page.save(target, "PDF", resolution=DPI, title=title, append=pages > 1)
    return pages


def _pages(tiles: Iterable[Tile]) -> Iterator[Sequence[Tile]]:
    """Yield the tiles of each page; a sheet of nothing has one page."""
    rest = iter(tiles)
    yield list(itertools.islice(rest, COLUMNS * ROWS))
    while chosen := list(itertools.islice(rest, COLUMNS * ROWS)):
        yield chosen


def _drawn(title: str, note: str, tiles: Sequence[Tile], limits: ImageSettings) -> Image.Image:
    page = Image.new("RGB", PAGE, PAPER)
    draw = ImageDraw.Draw(page)
    text = _font(TEXT_SIZE)
    width = PAGE[0] - 2 * MARGIN
    top = MARGIN
    if title:
        large = _font(TITLE_SIZE)
        draw.text((MARGIN, top), _shortened(title, large, width), fill=INK, font=large)
        top += TITLE_SIZE + 16
        for line in _lines(note, text, width)[:LONGEST_NOTE_LINES]:
            draw.text((MARGIN, top), line, fill=QUIET, font=text)
            top += LEADING
        draw.line((MARGIN, top + 8, PAGE[0] - MARGIN, top + 8), fill=RULE, width=2)
        top += GAP
    across = (width - GAP * (COLUMNS - 1)) // COLUMNS
    down = (PAGE[1] - MARGIN - top - GAP * (ROWS - 1)) // ROWS
    frame = down - (NAME_LINES + ABOUT_LINES) * LEADING
    for number, tile in enumerate(tiles):
        left = MARGIN + (number % COLUMNS) * (across + GAP)
        upper = top + (number // COLUMNS) * (down + GAP)
        picture = _fitted(tile.picture, limits, (across, frame))
        if picture is None:
            draw.rectangle((left, upper, left + across, upper + frame), outline=RULE, width=2)
        else:
            # Captions stand on one line, so pictures stand on their lower edge.
            page.paste(picture, (left, upper + frame - picture.height))
        captions = [(line, INK) for line in _lines(tile.name, text, across)[:NAME_LINES]]
        about = WARN if tile.warning else QUIET
        captions += [(line, about) for line in _lines(tile.line, text, across)[:ABOUT_LINES]]
        for row, (line, colour) in enumerate(captions):
            draw.text((left, upper + frame + 8 + row * LEADING), line, fill=colour, font=text)
    return page


def _fitted(data: bytes | None, limits: ImageSettings, box: tuple[int, int]) -> Image.Image | None:
    if data is None:
        return None
    try:
        image = open_picture(data, limits, target=max(box)).image
    except ImageUnreadable:
        return None
    scale = min(box[0] / image.width, box[1] / image.height)
    size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    return image.resize(size, Image.Resampling.LANCZOS)


def _lines(text: str, font: ImageFont.FreeTypeFont, width: int) -> list[str]:
    """Return a text in lines no wider than ``width`` pixels; a word that is wider is cut."""
    lines: list[str] = []
    for word in text.split():
        joined = f"{lines[-1]} {word}" if lines else word
        if lines and font.getlength(joined) <= width:
            lines[-1] = joined
        else:
            lines.append(_shortened(word, font, width))
    return lines


def _shortened(text: str, font: ImageFont.FreeTypeFont, width: int) -> str:
    if font.getlength(text) <= width:
        return text
    while text and font.getlength(f"{text}…") > width:
        text = text[:-1]
    return f"{text}…"


def _font(size: int) -> ImageFont.FreeTypeFont:
    for name in WIDE_FONTS:
        try:
            return ImageFont.truetype(name, size)
        except OSError:
            continue
    built_in = ImageFont.load_default(size)
    assert isinstance(built_in, ImageFont.FreeTypeFont)
    return built_in
