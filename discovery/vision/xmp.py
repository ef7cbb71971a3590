"""XMP packets (ISO 16684-1): RDF in XML, read without entities, DTDs or external references."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from defusedxml import ElementTree

MOST_BYTES = 8_000_000

_RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
_LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"

DC = "{http://purl.org/dc/elements/1.1/}"
XMP = "{http://ns.adobe.com/xap/1.0/}"
RIGHTS = "{http://ns.adobe.com/xap/1.0/rights/}"
PHOTOSHOP = "{http://ns.adobe.com/photoshop/1.0/}"
IPTC_CORE = "{http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/}"
IPTC_EXTENSION = "{http://iptc.org/std/Iptc4xmpExt/2008-02-29/}"
PLUS = "{http://ns.useplus.org/ldf/xmp/1.0/}"
EXIF = "{http://ns.adobe.com/exif/1.0/}"
TIFF = "{http://ns.adobe.com/tiff/1.0/}"
PDF = "{http://ns.adobe.com/pdf/1.3/}"
DAM = "{http://www.day.com/dam/1.0}"
# Found inside structures, such as the products shown in a picture.
NESTED = (f"{IPTC_EXTENSION}ProductGTIN", f"{IPTC_EXTENSION}ProductId")
PRISM_BASIC = "http://prismstandard.org/namespaces/basic/"
PRISM_RIGHTS = "http://prismstandard.org/namespaces/prismusagerights/"


class XmpUnreadableError(Exception):
    """A packet that is no XML, or more than XML ought to hold."""


@dataclass(frozen=True, slots=True)
class Packet:
    """The texts of each property by its qualified name, in order; a language alternative's default first."""

    properties: dict[str, tuple[str, ...]]

    def first(self, *names: str) -> str | None:
        """Return the first text of the first of ``names`` that has one."""
        return next((text for name in names for text in self.properties.get(name, ())), None)

    def all(self, *names: str) -> tuple[str, ...]:
        """Return every text of the first of ``names`` that has any."""
        return next((texts for name in names if (texts := self.properties.get(name, ()))), ())

    def prism(self, local: str) -> str | None:
        """Return a PRISM property's text, whichever edition's namespace it is in."""
        for name, texts in self.properties.items():
            if texts and name.endswith("}" + local) and name[1:].startswith((PRISM_BASIC, PRISM_RIGHTS)):
                return texts[0]
        return None


def read_packet(data: bytes) -> Packet:
    """Return the properties of the packet in ``data``, which may have wrapping or padding about it.

    Raises:
        XmpUnreadableError: when it cannot be parsed, or is larger than :data:`MOST_BYTES`.
    """
    if len(data) > MOST_BYTES:
        raise XmpUnreadableError(f"it has {len(data):,} bytes; at most {MOST_BYTES:,} are read")
    try:
        root = ElementTree.fromstring(_trimmed(data), forbid_dtd=True)
    except Exception as error:  # expat, defusedxml and codecs each raise their own kinds
        raise XmpUnreadableError(str(error) or type(error).__name__) from error
    properties: dict[str, tuple[str, ...]] = {}
    for description in root.iter(f"{_RDF}Description"):
        for name, value in description.attrib.items():
            if not name.startswith(_RDF):
                properties.setdefault(name, (value,))
        for element in description:
            properties.setdefault(element.tag, _texts(element))
    for name in NESTED:
        properties[name] = tuple(
            text for element in root.iter(name) if (text := (element.text or "").strip())
        )
    return Packet(properties)


def find_packet(data: bytes) -> bytes | None:
    """Return the first XMP packet inside any file, as the specification lets scanners find it."""
    start = data.find(b"<x:xmpmeta")
    end = data.find(b"</x:xmpmeta>", start)
    return data[start : end + len(b"</x:xmpmeta>")] if 0 <= start < end else None


def _trimmed(data: bytes) -> bytes:
    # Writers pad packets with zeros or spaces, which no XML parser takes after the root.
    return data.strip(b"\x00 \t\r\n") if data[:2] not in (b"\xfe\xff", b"\xff\xfe") else data


def _texts(element: Any) -> tuple[str, ...]:
    items = list(element.iter(f"{_RDF}li"))
    if not items:
        text = (element.text or "").strip() or element.get(f"{_RDF}resource", "")
        return (text,) if text else ()
    items.sort(key=lambda item: item.get(_LANGUAGE) != "x-default")
    return tuple(text for item in items if (text := (item.text or "").strip()))
