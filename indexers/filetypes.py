"""What kind of file a name and its first bytes speak of. Pure."""

from __future__ import annotations

import mimetypes
from dataclasses import dataclass
from pathlib import PurePosixPath

from discovery.vision.sniffing import describe_bytes

PICTURE_ENDINGS = frozenset(
    {"jpg", "jpeg", "jpe", "jfif", "png", "apng", "webp", "gif", "tif", "tiff", "bmp", "dib", "avif"}
    | {"ppm", "pgm", "pbm", "pnm", "jp2", "j2k", "jpx", "jpf"}
)
"""Endings of files that must open as a picture: one that does not is broken, not of another kind."""

_TYPES = {
    "ai": "application/illustrator",
    "arw": "image/x-sony-arw",
    "cr2": "image/x-canon-cr2",
    "cr3": "image/x-canon-cr3",
    "dng": "image/x-adobe-dng",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "eps": "application/postscript",
    "flac": "audio/flac",
    "glb": "model/gltf-binary",
    "heic": "image/heic",
    "heif": "image/heif",
    "indd": "application/x-indesign",
    "jxl": "image/jxl",
    "key": "application/vnd.apple.keynote",
    "m4a": "audio/mp4",
    "m4v": "video/x-m4v",
    "md": "text/markdown",
    "mkv": "video/x-matroska",
    "mov": "video/quicktime",
    "mp3": "audio/mpeg",
    "mp4": "video/mp4",
    "nef": "image/x-nikon-nef",
    "odt": "application/vnd.oasis.opendocument.text",
    "ogg": "audio/ogg",
    "orf": "image/x-olympus-orf",
    "otf": "font/otf",
    "pdf": "application/pdf",
    "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "psb": "image/vnd.adobe.photoshop",
    "psd": "image/vnd.adobe.photoshop",
    "raf": "image/x-fuji-raf",
    "rw2": "image/x-panasonic-rw2",
    "svg": "image/svg+xml",
    "ttf": "font/ttf",
    "usdz": "model/vnd.usdz+zip",
    "wav": "audio/wav",
    "webm": "video/webm",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
"""What the standard library's table leaves out or takes from the machine it runs on."""

_BY_LIKENESS = {
    "an SVG drawing": "image/svg+xml",
    "an MP4 film": "video/mp4",
    "a QuickTime film": "video/quicktime",
    "a Matroska or WebM film": "video/x-matroska",
    "a PDF document": "application/pdf",
    "a PostScript document": "application/postscript",
    "a Photoshop document": "image/vnd.adobe.photoshop",
    "an HTML page": "text/html",
    "an XML document": "application/xml",
    "a JSON document": "application/json",
    "plain text": "text/plain",
    "a ZIP archive or an Office document": "application/zip",
    "a gzip archive": "application/gzip",
}

_DOCUMENTS = ("text/", "application/pdf", "application/msword", "application/rtf", "application/postscript")
_DOCUMENT_WORDS = (
    "officedocument",
    "opendocument",
    "ms-excel",
    "ms-powerpoint",
    "iwork",
    "keynote",
    "indesign",
)

_opened_by_name = mimetypes.MimeTypes(())


@dataclass(frozen=True, slots=True)
class FileType:
    """``type``: image, video, audio, document or other; ``format`` is the short name that people use."""

    type: str
    mime: str
    format: str


def is_picture(name: str, data: bytes) -> bool:
    """Return whether the file must open as a picture: by its name, or by its bytes if that says nothing."""
    ending = _ending(name)
    if ending in PICTURE_ENDINGS:
        return True
    likeness = describe_bytes(data)
    opened = likeness.endswith(" picture") and not likeness.startswith(("a HEI", "a JPEG XL"))
    return opened and _by_name(ending) is None


def file_type(name: str, data: bytes) -> FileType:
    """Return what a file that is no picture is: by its name, else by its first bytes."""
    ending = _ending(name)
    mime = _by_name(ending) or _BY_LIKENESS.get(describe_bytes(data), "application/octet-stream")
    return FileType(_broad(mime), mime, ending or mime.rpartition("/")[2])


def _ending(name: str) -> str:
    return PurePosixPath(name).suffix.removeprefix(".").lower()


def _by_name(ending: str) -> str | None:
    return _TYPES.get(ending) or _opened_by_name.guess_type(f"file.{ending}")[0]


def _broad(mime: str) -> str:
    broad = mime.partition("/")[0]
    if broad in ("image", "video", "audio"):
        return broad
    is_document = mime.startswith(_DOCUMENTS) or any(word in mime for word in _DOCUMENT_WORDS)
    return "document" if is_document else "other"
