"""Writes EXIF, IPTC and XMP into JPEG bytes, in pure Python: three segments put in front of the picture.

Sources: CIPA DC-008 (EXIF 2.32), IPTC IIM 4.2 in a Photoshop image resource 0x0404, Adobe XMP specification
part 3, IPTC Photo Metadata Standard 2023.1 (alt text), PLUS LDF 1.2 (licence end).
"""

from __future__ import annotations

import struct
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final
from xml.sax.saxutils import escape, quoteattr

DISCOVERY_NAMESPACE: Final = "https://vessbrook.example/ns/discovery/1.0/"
NAMESPACES: Final[dict[str, str]] = {
    "dc": "http://purl.org/dc/elements/1.1/",
    "xmp": "http://ns.adobe.com/xap/1.0/",
    "xmpRights": "http://ns.adobe.com/xap/1.0/rights/",
    "photoshop": "http://ns.adobe.com/photoshop/1.0/",
    "Iptc4xmpCore": "http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/",
    "plus": "http://ns.useplus.org/ldf/xmp/1.0/",
    "discovery": DISCOVERY_NAMESPACE,
}
SEGMENT_LIMIT: Final = 65533


@dataclass(frozen=True, slots=True)
class Caption:
    """What a picture says about itself; an empty string, an empty tuple or None is left out of the file."""

    title: str = ""
    description: str = ""
    keywords: tuple[str, ...] = ()
    creator: str = ""
    rights: str = ""
    created: date | None = None
    alt_text: str = ""
    licence_end: date | None = None
    usage_terms: str = ""
    status: str = ""


def embed(jpeg: bytes, caption: Caption) -> bytes:
    """The JPEG with the caption in it; ValueError when the bytes are no JPEG or a segment would not fit."""
    if jpeg[:2] != b"\xff\xd8":
        raise ValueError("not a jpeg: expected the bytes to begin with ff d8")
    start = 2
    if jpeg[2:4] == b"\xff\xe0":  # the JFIF header stays first
        start = 4 + int(struct.unpack(">H", jpeg[4:6])[0])
    segments = b"".join(
        [
            _segment(0xE1, b"Exif\x00\x00" + exif(caption)),
            _segment(0xE1, b"http://ns.adobe.com/xap/1.0/\x00" + xmp(caption).encode()),
            _segment(0xED, b"Photoshop 3.0\x00" + _resource(0x0404, iptc(caption))),
        ]
    )
    return jpeg[:start] + segments + jpeg[start:]


def exif(caption: Caption) -> bytes:
    """A little-endian TIFF block: description, artist, copyright, time of the picture."""
    entries: list[tuple[int, bytes]] = []
    for tag, text in ((0x010E, caption.description), (0x013B, caption.creator), (0x8298, caption.rights)):
        if text:
            entries.append((tag, _ascii(text)))
    taken = _ascii(f"{caption.created:%Y:%m:%d} 10:00:00") if caption.created else b""
    if taken:
        entries.append((0x0132, taken))
    entries.sort()
    count = len(entries) + (1 if taken else 0)
    offset = 8 + 2 + 12 * count + 4
    directory, data = b"", b""
    for tag, value in entries:
        directory += _entry(tag, value, offset + len(data))
        data += value + b"\x00" * (len(value) % 2) if len(value) > 4 else b""
    if taken:
        # 0x8298 (copyright) sorts before 0x8769, the pointer to the EXIF directory.
        inner = offset + len(data)
        directory += struct.pack("<HHII", 0x8769, 4, 1, inner)
        data += (
            struct.pack("<H", 1) + _entry(0x9003, taken, inner + 2 + 12 + 4) + struct.pack("<I", 0) + taken
        )
    return (
        b"II*\x00" + struct.pack("<I", 8) + struct.pack("<H", count) + directory + struct.pack("<I", 0) + data
    )


def iptc(caption: Caption) -> bytes:
    """IIM datasets, in UTF-8, each cut to its greatest length."""
    out = _dataset(1, 90, b"\x1b%G") + _dataset(2, 0, b"\x00\x04")
    for number, text, limit in (
        (5, caption.title, 64),
        (80, caption.creator, 32),
        (116, caption.rights, 128),
        (120, caption.description, 2000),
    ):
        if text:
            out += _dataset(2, number, _cut(text, limit))
    if caption.created:
        out += _dataset(2, 55, f"{caption.created:%Y%m%d}".encode())
    return out + b"".join(_dataset(2, 25, _cut(word, 64)) for word in caption.keywords)


def xmp(caption: Caption) -> str:
    """The XMP packet."""
    names = " ".join(f"xmlns:{prefix}={quoteattr(uri)}" for prefix, uri in NAMESPACES.items())
    simple = {
        "xmp:CreateDate": f"{caption.created:%Y-%m-%d}T10:00:00Z" if caption.created else "",
        "plus:LicenseEndDate": caption.licence_end.isoformat() if caption.licence_end else "",
        "xmp:Label": caption.status,  # where other tools keep and show the state of work
        "discovery:status": caption.status,
    }
    attributes = "".join(f" {name}={quoteattr(value)}" for name, value in simple.items() if value)
    body = "".join(
        [
            _alternative("dc:title", caption.title),
            _alternative("dc:description", caption.description),
            _alternative("dc:rights", caption.rights),
            _alternative("xmpRights:UsageTerms", caption.usage_terms),
            _alternative("Iptc4xmpCore:AltTextAccessibility", caption.alt_text),
            _list("dc:creator", "Seq", [caption.creator] if caption.creator else []),
            _list("dc:subject", "Bag", caption.keywords),
        ]
    )
    return (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>'
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        f'<rdf:Description rdf:about="" {names}{attributes}>{body}</rdf:Description>'
        '</rdf:RDF></x:xmpmeta><?xpacket end="w"?>'
    )


def _alternative(name: str, text: str) -> str:
    if not text:
        return ""
    return f'<{name}><rdf:Alt><rdf:li xml:lang="x-default">{escape(text)}</rdf:li></rdf:Alt></{name}>'


def _list(name: str, kind: str, items: Sequence[str]) -> str:
    if not items:
        return ""
    inner = "".join(f"<rdf:li>{escape(item)}</rdf:li>" for item in items)
    return f"<{name}><rdf:{kind}>{inner}</rdf:{kind}></{name}>"


def _segment(marker: int, payload: bytes) -> bytes:
    if len(payload) > SEGMENT_LIMIT:
        raise ValueError(
            f"segment of {len(payload)} bytes: expected at most {SEGMENT_LIMIT}, shorten the caption"
        )
    return b"\xff" + bytes([marker]) + struct.pack(">H", len(payload) + 2) + payload


def _resource(number: int, data: bytes) -> bytes:
    return (
        b"8BIM"
        + struct.pack(">H", number)
        + b"\x00\x00"
        + struct.pack(">I", len(data))
        + data
        + b"\x00" * (len(data) % 2)
    )


def _dataset(record: int, number: int, data: bytes) -> bytes:
    return b"\x1c" + bytes([record, number]) + struct.pack(">H", len(data)) + data


def _entry(tag: int, value: bytes, offset: int) -> bytes:
    place = value.ljust(4, b"\x00") if len(value) <= 4 else struct.pack("<I", offset)
    return struct.pack("<HHI", tag, 2, len(value)) + place


def _ascii(text: str) -> bytes:
    """EXIF text is ASCII: accents are dropped, a copyright sign is spelled out."""
    plain = unicodedata.normalize("NFKD", text.replace("©", "(c)")).encode("ascii", "ignore")
    return plain + b"\x00"


def _cut(text: str, limit: int) -> bytes:
    return text.encode()[:limit].decode(errors="ignore").encode()
