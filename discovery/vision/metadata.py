"""What a file says of itself: XMP before IPTC before EXIF, whatever of it can be read.

Fields follow the IPTC Photo Metadata Standard 2023.2; where a licence ends is PLUS's LicenseEndDate,
PRISM's expirationDate or IIM's expiration date. A broken block is a warning, never an error.
"""

from __future__ import annotations

import dataclasses
import io
import struct
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from PIL import ExifTags, Image, TiffImagePlugin

from discovery.config import ImageSettings
from discovery.vision import iptc, xmp
from discovery.vision.dates import moment

LONGEST_TEXT = 10_000
LONGEST_WORD = 200
MOST_WORDS = 500

_PHOTOSHOP_IPTC = 0x0404
_TIFF_XMP, _TIFF_IPTC = 700, 33723
_OLD_TITLE, _OLD_COMMENT, _OLD_AUTHOR, _OLD_KEYWORDS = 40091, 40092, 40093, 40094
_STATUSES = frozenset({"approved", "rejected", "draft", "in review", "archived"})


@dataclass(frozen=True, slots=True)
class EmbeddedMetadata:
    """Metadata in one file or beside it; ``None`` or empty where it says nothing.

    Texts have at most 10,000 characters, words 200, and there are at most 500 of them. ``created`` and
    ``licence_ends`` are aware; a date without a time is its midnight, without a zone in UTC. ``rating`` is
    XMP's, -1 (rejected) to 5. ``identifiers`` are what the file says it or its product is called
    elsewhere: identifiers, job numbers, GTINs.
    """

    title: str | None = None
    description: str | None = None
    alt_text: str | None = None
    keywords: tuple[str, ...] = ()
    creator: str | None = None
    copyright: str | None = None
    created: datetime | None = None
    usage_terms: str | None = None
    licence_ends: datetime | None = None
    rating: int | None = None
    status: str | None = None
    identifiers: tuple[str, ...] = ()
    camera: str | None = None
    warnings: tuple[str, ...] = ()


def read_metadata(data: bytes) -> EmbeddedMetadata:
    """Return what is embedded in ``data``, a picture or any other file that carries XMP.

    Never raises: blocks that cannot be read are named in ``warnings``.
    """
    warnings: list[str] = []
    image = _header(data)
    found: list[EmbeddedMetadata] = []
    packet = _xmp_block(image) if image is not None else xmp.find_packet(data)
    if packet:
        found.append(parse_xmp(packet))
    if image is not None:
        for name, read in (("IPTC", _from_iptc), ("EXIF", _from_exif), ("text", _from_text)):
            try:
                found.append(read(image))
            except Exception as error:  # noqa: BLE001 - Pillow's parsers raise nearly anything on broken blocks
                warnings.append(f"the {name} block cannot be read: {error or type(error).__name__}"[:300])
    return _merged(found, warnings)


def parse_xmp(data: bytes) -> EmbeddedMetadata:
    """Return what an XMP packet or sidecar file says; one that cannot be read is only a warning."""
    try:
        packet = xmp.read_packet(data)
    except xmp.XmpUnreadableError as error:
        return EmbeddedMetadata(warnings=(f"the XMP block cannot be read: {error}"[:300],))
    warnings: list[str] = []
    ends = packet.first(f"{xmp.PLUS}LicenseEndDate") or packet.prism("expirationDate")
    created = packet.first(
        f"{xmp.PHOTOSHOP}DateCreated", f"{xmp.XMP}CreateDate", f"{xmp.EXIF}DateTimeOriginal"
    )
    return EmbeddedMetadata(
        title=_text(packet.first(f"{xmp.DC}title", f"{xmp.PHOTOSHOP}Headline")),
        description=_text(packet.first(f"{xmp.DC}description")),
        alt_text=_text(packet.first(f"{xmp.IPTC_CORE}AltTextAccessibility")),
        keywords=_words(packet.all(f"{xmp.DC}subject") or _split(packet.first(f"{xmp.PDF}Keywords"))),
        creator=_text("; ".join(packet.all(f"{xmp.DC}creator"))),
        copyright=_text(packet.first(f"{xmp.DC}rights")),
        created=_moment(created, "created", warnings),
        usage_terms=_text(packet.first(f"{xmp.RIGHTS}UsageTerms")),
        licence_ends=_moment(ends, "licence end", warnings),
        rating=_rating(packet.first(f"{xmp.XMP}Rating")),
        status=_status(packet.first(f"{xmp.DAM}status", f"{xmp.XMP}Label")),
        identifiers=_words(
            (
                *packet.all(f"{xmp.DC}identifier"),
                *packet.all(f"{xmp.PHOTOSHOP}TransmissionReference"),
                *packet.all(f"{xmp.IPTC_EXTENSION}ProductGTIN"),
                *packet.all(f"{xmp.IPTC_EXTENSION}ProductId"),
            )
        ),
        camera=_camera(packet.first(f"{xmp.TIFF}Make"), packet.first(f"{xmp.TIFF}Model")),
        warnings=tuple(warnings),
    )


def _header(data: bytes) -> Image.Image | None:
    try:
        return Image.open(io.BytesIO(data), formats=ImageSettings().formats)
    except Exception:  # noqa: BLE001 - no picture, or a broken one: opening it is where that is said
        return None


def _xmp_block(image: Image.Image) -> bytes | None:
    block = image.info.get("xmp") or image.info.get("XML:com.adobe.xmp")
    if block is None and isinstance(image, TiffImagePlugin.TiffImageFile):
        block = image.tag_v2.get(_TIFF_XMP)
    if isinstance(block, str):
        return block.encode()
    return bytes(block) if isinstance(block, bytes | bytearray) else None


def _iptc_block(image: Image.Image) -> bytes | None:
    resources = image.info.get("photoshop")
    if isinstance(resources, Mapping) and isinstance(resources.get(_PHOTOSHOP_IPTC), bytes):
        return bytes(resources[_PHOTOSHOP_IPTC])
    if isinstance(image, TiffImagePlugin.TiffImageFile):
        block: Any = image.tag_v2.get(_TIFF_IPTC)
        if isinstance(block, tuple):
            # Photoshop declares these bytes as 32-bit numbers, in the file's byte order.
            return struct.pack(f"{'<' if image.tag_v2.prefix == b'II' else '>'}{len(block)}L", *block)
        return block if isinstance(block, bytes) else None
    return None


def _from_iptc(image: Image.Image) -> EmbeddedMetadata:
    block = _iptc_block(image)
    said = iptc.read_iim(block) if block else {}
    warnings: list[str] = []

    def first(*numbers: int) -> str | None:
        return next((said[2, number][0] for number in numbers if (2, number) in said), None)

    def joined(day: int, time: int) -> str | None:
        return f"{first(day)} {first(time) or ''}" if first(day) else None

    return EmbeddedMetadata(
        title=_text(first(5, 105)),
        description=_text(first(120)),
        keywords=_words(said.get((2, 25), ())),
        creator=_text("; ".join(said.get((2, 80), ()))),
        copyright=_text(first(116)),
        created=_moment(joined(55, 60), "IPTC created", warnings),
        licence_ends=_moment(joined(37, 38), "IPTC expiration", warnings),
        status=_status(first(7)),
        identifiers=_words(said.get((2, 103), ())),
        warnings=tuple(warnings),
    )


def _from_exif(image: Image.Image) -> EmbeddedMetadata:
    exif = image.getexif()
    if not exif:
        return EmbeddedMetadata()
    details = exif.get_ifd(ExifTags.IFD.Exif)
    taken = details.get(ExifTags.Base.DateTimeOriginal)
    zone = details.get(ExifTags.Base.OffsetTimeOriginal) if taken else None
    taken = taken or exif.get(ExifTags.Base.DateTime)
    warnings: list[str] = []
    stamp = f"{taken}{zone or ''}" if isinstance(taken, str) and taken.strip("\x00 :0") else None
    return EmbeddedMetadata(
        title=_text(_wide(exif.get(_OLD_TITLE))),
        description=_text(exif.get(ExifTags.Base.ImageDescription)) or _text(_wide(exif.get(_OLD_COMMENT))),
        keywords=_words(_split(_wide(exif.get(_OLD_KEYWORDS)))),
        creator=_text(exif.get(ExifTags.Base.Artist)) or _text(_wide(exif.get(_OLD_AUTHOR))),
        copyright=_text(exif.get(ExifTags.Base.Copyright)),
        created=_moment(stamp, "EXIF date", warnings),
        camera=_camera(exif.get(ExifTags.Base.Make), exif.get(ExifTags.Base.Model)),
        warnings=tuple(warnings),
    )


def _from_text(image: Image.Image) -> EmbeddedMetadata:
    """Read the text chunks of PNG, by the keywords that its specification predefines."""
    said = image.info
    warnings: list[str] = []
    return EmbeddedMetadata(
        title=_text(said.get("Title")),
        description=_text(said.get("Description")),
        creator=_text(said.get("Author")),
        copyright=_text(said.get("Copyright")),
        warnings=tuple(warnings),
    )


def _merged(found: Iterable[EmbeddedMetadata], warnings: Iterable[str]) -> EmbeddedMetadata:
    merged = EmbeddedMetadata()
    notes = list(warnings)
    for one in found:
        notes += one.warnings
        missing = {
            field.name: getattr(one, field.name)
            for field in dataclasses.fields(one)
            if field.name != "warnings" and getattr(merged, field.name) in (None, ())
        }
        merged = dataclasses.replace(merged, **missing)
    return dataclasses.replace(merged, warnings=tuple(dict.fromkeys(notes)))


def _text(value: object, longest: int = LONGEST_TEXT) -> str | None:
    if isinstance(value, bytes):
        value = value.decode("utf-8", "replace")
    if not isinstance(value, str):
        return None
    kept = "".join(
        character if character in "\n\t" or unicodedata.category(character) not in ("Cc", "Cs") else " "
        for character in value[: 2 * longest].strip("\x00 \t\r\n")
    )
    return kept[:longest].strip() or None


def _words(values: Iterable[object]) -> tuple[str, ...]:
    words = (_text(value, LONGEST_WORD) for value in values)
    return tuple(dict.fromkeys(word for word in words if word))[:MOST_WORDS]


def _split(value: str | None) -> list[str]:
    return value.replace(";", ",").split(",") if value else []


def _wide(value: object) -> str | None:
    # Windows' own tags hold UTF-16 in bytes or in a list of them.
    if isinstance(value, tuple) and all(isinstance(part, int) and 0 <= part < 256 for part in value):
        value = bytes(value)
    return value.decode("utf-16-le", "replace") if isinstance(value, bytes) else None


def _moment(value: str | None, name: str, warnings: list[str]) -> datetime | None:
    if not value:
        return None
    found = moment(value)
    if found is None:
        warnings.append(f"{name}: expected a date such as 2027-01-31, found {value[:60]!r}")
    return found


def _rating(value: str | None) -> int | None:
    try:
        rating = round(float(value)) if value else None
    except (ValueError, OverflowError):
        return None
    return rating if rating is not None and -1 <= rating <= 5 else None


def _status(value: str | None) -> str | None:
    status = " ".join((value or "").lower().replace("_", " ").split())
    return status if status in _STATUSES else None


def _camera(make: object, model: object) -> str | None:
    maker, name = _text(make, LONGEST_WORD), _text(model, LONGEST_WORD)
    if maker and name and not name.lower().startswith(maker.lower().split()[0]):
        return f"{maker} {name}"
    return name or maker
