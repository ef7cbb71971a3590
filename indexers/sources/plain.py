"""Opening text files: encodings, and files that are not what their ending says."""

from __future__ import annotations

import codecs
import io
from pathlib import Path
from typing import TextIO

from discovery.errors import InputInvalid, SourceUnavailable
from indexers.sources.options import bad_option

_SAMPLE = 8192
_MOST_CONTROL_SHARE = 0.05
_ORDERS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_KINDS = (
    (b"PK\x03\x04", "a zip archive or a workbook; a workbook's name ends in .xlsx"),
    (b"\xd0\xcf\x11\xe0", "an old Excel file; save it as .xlsx or CSV"),
    (b"%PDF", "a PDF"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"GIF8", "a picture"),
    (b"\x1f\x8b", "compressed; unpack it first"),
    (b"SQLite format 3", "a database"),
)


def sample(path: Path) -> bytes:
    """Return the first bytes of the file.

    Raises:
        SourceUnavailable: if it cannot be opened.
        InputInvalid: if it is empty.
    """
    try:
        with path.open("rb") as file:
            first = file.read(_SAMPLE)
    except OSError as error:
        raise unreadable(path, error) from error
    if not first.strip():
        raise InputInvalid(f"{path.name} is empty, expected a table with a header")
    return first


def text_encoding(path: Path, named: str) -> str:
    """Return the encoding to read ``path`` with: the ``named`` one, its byte order mark's, or UTF-8.

    Raises:
        SourceUnavailable: if it cannot be opened.
        InputInvalid: for an unknown encoding, an empty file, or a file that is not text.
    """
    if named:
        try:
            if codecs.lookup(named).name == "utf-8":
                named = "utf-8-sig"
            "".encode(named)
        except (LookupError, ValueError) as error:
            raise bad_option("encoding", f"{named!r} is not a known text encoding") from error
    first = sample(path)
    for magic, kind in _KINDS:
        if first.startswith(magic):
            raise InputInvalid(f"{path.name} is {kind}; expected a text table")
    start = first.lstrip(codecs.BOM_UTF8).lstrip()[:64].lower()
    if start.startswith((b"<!doctype html", b"<html", b"<?xml")):
        raise InputInvalid(f"{path.name} is an HTML or XML page, expected a text table")
    if named:
        return named
    for mark, encoding in _ORDERS:
        if first.startswith(mark):
            return encoding
    if first[1::2].count(0) > len(first) // 4 or first[::2].count(0) > len(first) // 4:
        wide = "utf-16-le" if first[1::2].count(0) > first[::2].count(0) else "utf-16-be"
        raise InputInvalid(f"{path.name} looks like UTF-16; name its encoding, as in encoding={wide}")
    control = sum(byte < 32 and byte not in b"\t\n\r\f\x00\x1b" for byte in first)
    if control + first.count(0) // 4 > len(first) * _MOST_CONTROL_SHARE:
        raise InputInvalid(f"{path.name} holds binary data, expected a text table")
    return "utf-8-sig"


def open_text(path: Path, encoding: str) -> TextIO:
    """Open ``path`` with its line ends as they are; bytes that cannot be decoded become lone surrogates.

    Raises:
        SourceUnavailable: if it cannot be opened.
    """
    try:
        return io.TextIOWrapper(path.open("rb"), encoding, errors="surrogateescape", newline="")
    except OSError as error:
        raise unreadable(path, error) from error


def unreadable(path: Path, error: Exception) -> SourceUnavailable:
    """Return the error for a file that cannot be read, or not to its end."""
    reason = error.strerror.lower() if isinstance(error, OSError) and error.strerror else str(error)
    return SourceUnavailable(f"{path.name} cannot be read: {reason}")
