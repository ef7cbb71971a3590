"""Say in plain words what bytes look like, for people whose file is not what its name says."""

from __future__ import annotations

# Signatures as their specifications give them; offsets are in bytes.
_SIGNATURES: tuple[tuple[int, bytes, str], ...] = (
    (0, b"\xff\xd8\xff", "a JPEG picture"),
    (0, b"\x89PNG\r\n\x1a\n", "a PNG picture"),
    (0, b"GIF8", "a GIF picture"),
    (8, b"WEBP", "a WebP picture"),
    (0, b"II*\x00", "a TIFF picture"),
    (0, b"MM\x00*", "a TIFF picture"),
    (0, b"II+\x00", "a BigTIFF picture"),
    (0, b"MM\x00+", "a BigTIFF picture"),
    (0, b"BM", "a BMP picture"),
    (0, b"\x00\x00\x00\x0cjP  ", "a JPEG 2000 picture"),
    (0, b"\xff\x4f\xff\x51", "a JPEG 2000 picture"),
    (0, b"\xff\x0a", "a JPEG XL picture"),
    (0, b"\x00\x00\x00\x0cJXL ", "a JPEG XL picture"),
    (4, b"ftypavif", "an AVIF picture"),
    (4, b"ftypavis", "an AVIF picture"),
    (4, b"ftyphei", "a HEIC picture"),
    (4, b"ftyphev", "a HEIC picture"),
    (4, b"ftypmif1", "a HEIF picture"),
    (4, b"ftypqt", "a QuickTime film"),
    (4, b"ftyp", "an MP4 film"),
    (0, b"8BPS", "a Photoshop document"),
    (0, b"%PDF-", "a PDF document"),
    (0, b"%!PS", "a PostScript document"),
    (0, b"\xc5\xd0\xd3\xc6", "a PostScript document"),
    (0, b"\x00\x00\x01\x00", "an icon file"),
    (0, b"\x1aE\xdf\xa3", "a Matroska or WebM film"),
    (0, b"PK\x03\x04", "a ZIP archive or an Office document"),
    (0, b"\x1f\x8b", "a gzip archive"),
    (0, b"Rar!", "a RAR archive"),
    (0, b"7z\xbc\xaf", "a 7z archive"),
    (0, b"\x7fELF", "a program"),
    (0, b"MZ", "a program"),
)
_LONGEST_LOOK = 4096


def describe_bytes(data: bytes) -> str:
    """Return what ``data`` looks like, such as ``"an HTML page"``; never raises."""
    if not data:
        return "an empty file"
    for offset, signature, name in _SIGNATURES:
        if data[offset : offset + len(signature)] == signature:
            return name
    head = data[:_LONGEST_LOOK]
    if not head.strip(b"\x00"):
        return "a file of zero bytes"
    return _describe_text(head)


def _describe_text(head: bytes) -> str:
    text = head.decode("latin-1").lstrip("\xef\xbb\xbf \t\r\n").lower()
    if text.startswith("version https://git-lfs"):
        return "a Git LFS pointer, not the file itself"
    if text.startswith(("<!doctype html", "<html")) or ("<html" in text and text.startswith("<")):
        return "an HTML page"
    if text.startswith("<svg") or (text.startswith("<?xml") and "<svg" in text):
        return "an SVG drawing"
    if text.startswith("<?xml"):
        return "an XML document"
    if text.startswith(("{", "[")):
        return "a JSON document"
    printable = sum(byte >= 32 or byte in (9, 10, 13) for byte in head)
    return "plain text" if printable == len(head) and _is_utf8(head) else "unknown data"


def _is_utf8(head: bytes) -> bool:
    try:
        head.decode("utf-8")
    except UnicodeDecodeError as error:
        # The look may end in the middle of one character.
        return error.start >= len(head) - 3
    return True
