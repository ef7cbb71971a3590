"""IPTC's older block, the Information Interchange Model (IIM 4.2), as Photoshop stores it."""

from __future__ import annotations

from collections.abc import Iterator

_MARKER = 0x1C
_CHARACTER_SET = (1, 90)
_UTF8 = b"\x1b%G"
_MOST_DATASETS = 2000

Datasets = dict[tuple[int, int], list[str]]


def read_iim(block: bytes) -> Datasets:
    """Return the texts by record and dataset number, in order; ends at the first byte that makes no sense.

    Texts are UTF-8 when the block says so or they are valid as such, else Latin-1.
    """
    raw = list(_datasets(block))
    says_utf8 = any(number == _CHARACTER_SET and value == _UTF8 for number, value in raw)
    texts: Datasets = {}
    for number, value in raw:
        if number != _CHARACTER_SET:
            texts.setdefault(number, []).append(_text(value, says_utf8))
    return texts


def _datasets(block: bytes) -> Iterator[tuple[tuple[int, int], bytes]]:
    place = 0
    for _ in range(_MOST_DATASETS):
        if place + 5 > len(block) or block[place] != _MARKER:
            return
        number = (block[place + 1], block[place + 2])
        length = int.from_bytes(block[place + 3 : place + 5], "big")
        place += 5
        if length & 0x8000:
            # Extended: the number is the length of the length.
            width = length & 0x7FFF
            length = int.from_bytes(block[place : place + width], "big")
            place += width
        if place + length > len(block):
            return
        yield number, block[place : place + length]
        place += length


def _text(value: bytes, says_utf8: bool) -> str:
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        return value.decode("utf-8", "replace") if says_utf8 else value.decode("latin-1")
