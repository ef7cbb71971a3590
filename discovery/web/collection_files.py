"""A collection as files to take along: everything in it as one ZIP with a manifest of rights, or on paper."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from discovery.audit.reports.plain import defused
from discovery.config import Settings
from discovery.curation.collection_model import Collection
from discovery.errors import DiscoveryError, NotFound, SourceUnavailable
from discovery.search.request import Viewer
from discovery.usage.model import Action
from discovery.vision.contact_sheet import Tile, contact_sheet
from discovery.web import serialise
from discovery.web.collections import documents_of
from discovery.web.language import translated
from discovery.web.services import Services
from discovery.web.usability import BAD, usability
from mappings.documents import AssetDocument, ProductDocument

MANIFEST = "manifest.csv"
MOST_TILES = 1200
CHUNK_BYTES = 1 << 18
AT_ONCE = 200
COLUMNS = (
    "file", "asset", "title", "usable", "why", "status", "licence_ends", "usage_terms", "creator",
    "copyright", "products", "source", "original", "checksum",
)  # fmt: skip

_UNSAFE = '<>:"/\\|?*'


@dataclass(frozen=True, slots=True)
class Entry:
    """One picture or file of a collection: where it lies in the ZIP, and how the API tells of it.

    ``told`` is ``None`` for what is gone.
    """

    path: str
    name: str
    document: AssetDocument | None
    told: dict[str, Any] | None


def entries(services: Services, one: Collection, viewer: Viewer) -> Iterator[Entry]:
    """Yield what is in a collection, in its order; a product stands for all its pictures, in a folder."""
    taken: set[str] = {MANIFEST}
    for start in range(0, len(one.items), AT_ONCE):
        some = one.items[start : start + AT_ONCE]
        found = documents_of(services.search, some, viewer)
        for item in some:
            document = found.get(item.key)
            if isinstance(document, ProductDocument):
                folder = f"{_plain(document.source.sku)}/"
                ids = [link.id for link in document.assets.links]
                linked = services.search.documents("assets", ids, viewer)
                pictures: list[Any] = [linked[ident] for ident in ids if ident in linked]
            else:
                folder, pictures = "", [document]
            for picture in pictures:
                if picture is None:
                    yield Entry("", item.name, None, None)
                    continue
                told = serialise.asset(picture)
                path = _free(folder + _plain(told["filename"]), taken)
                yield Entry(path, told["title"] or told["filename"], picture, told)


def zipped(
    services: Services, settings: Settings, one: Collection, viewer: Viewer, *, every: bool
) -> Iterator[bytes]:
    """Yield the bytes of a ZIP with the files of a collection and a manifest, one file in memory at most.

    What may not be used is left out unless ``every`` one is asked for; what is left out, and what cannot be
    read, stands in the manifest with the reason.
    """
    sink = _Sink()
    lines: list[list[str]] = []
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_STORED) as archive:
        for entry in entries(services, one, viewer):
            verdict = None if entry.told is None else usability(entry.told, settings.audit)
            problem = translated("It is gone") if verdict is None else ""
            if verdict is not None and verdict["tone"] == BAD and not every:
                problem = translated("Left out, as it may not be used")
            elif entry.document is not None:
                try:
                    yield from _file(services, entry, archive, sink)
                    services.usage.record(Action.DOWNLOAD, entry.document.id)
                except (NotFound, SourceUnavailable, OSError) as error:
                    detail = error.detail if isinstance(error, DiscoveryError) else ""
                    problem = f"{translated('Its file cannot be read')} {detail}".strip()
            lines.append(_line(entry, verdict, problem))
        archive.writestr(MANIFEST, _manifest(lines))
    yield sink.take()


def sheet(services: Services, settings: Settings, one: Collection, viewer: Viewer, target: Path) -> int:
    """Write the contact sheet of a collection to ``target``, a PDF; return how many pages it has."""
    size = max(settings.images.thumbnail_sizes)

    def tiles() -> Iterator[Tile]:
        for number, entry in enumerate(entries(services, one, viewer)):
            if number == MOST_TILES:
                yield Tile(None, "…", translated("There is more in the collection than fits here"))
                return
            if entry.document is None or entry.told is None:
                yield Tile(None, entry.name, translated("It is gone"), warning=True)
                continue
            verdict = usability(entry.told, settings.audit)
            yield Tile(
                _thumbnail(services, entry.document, size),
                entry.name,
                verdict["text"],
                verdict["tone"] == BAD,
            )

    page = translated("Page %(number)s", number="{}")
    return contact_sheet(one.name, one.note or "", tiles(), settings.images, target, page_of=page)


def _thumbnail(services: Services, document: AssetDocument, size: int) -> bytes | None:
    try:
        content = services.thumbnails(document, size)
        return content.read_bytes() if isinstance(content, Path) else content
    except (DiscoveryError, OSError):
        return None


def _file(services: Services, entry: Entry, archive: zipfile.ZipFile, sink: _Sink) -> Iterator[bytes]:
    assert entry.document is not None
    content = services.originals(entry.document)
    stream = content.open("rb") if isinstance(content, Path) else content
    # Pictures are compressed already, so files are stored as they are.
    with closing(stream), archive.open(entry.path, "w", force_zip64=True) as target:
        while chunk := stream.read(CHUNK_BYTES):
            target.write(chunk)
            yield sink.take()


def _line(entry: Entry, verdict: dict[str, str] | None, problem: str) -> list[str]:
    told = entry.told
    if told is None or verdict is None:
        return ["", "", entry.name, "no", problem, *[""] * (len(COLUMNS) - 5)]
    rights = told["curation"]["rights"]
    return [
        "" if problem else entry.path,
        told["id"],
        entry.name,
        "no" if verdict["tone"] == BAD else "yes",
        " · ".join(part for part in (problem, verdict["text"]) if part),
        told["curation"]["status"],
        rights["licence_ends"] or "",
        rights["usage_terms"] or "",
        told["creator"] or "",
        told["copyright"] or "",
        ", ".join(link["sku"] for link in told["products"]),
        told["source"]["name"],
        told["source"]["key"],
        told["media"]["checksum"],
    ]


def _manifest(lines: Iterable[Sequence[str]]) -> bytes:
    stream = io.StringIO(newline="")
    writer = csv.writer(stream)
    writer.writerow(COLUMNS)
    writer.writerows([defused(value) for value in line] for line in lines)
    return b"\xef\xbb\xbf" + stream.getvalue().encode("utf-8", "replace")


def _plain(name: str) -> str:
    """Return a name that every file system takes, with nothing in it that leads elsewhere."""
    kept = "".join("_" if c in _UNSAFE or not c.isprintable() else c for c in name).strip(" .")
    return kept or "file"


def _free(path: str, taken: set[str]) -> str:
    """Return ``path``, with a number where it is taken already; upper and lower case are the same."""
    free, number = path, 1
    while free.lower() in taken:
        number += 1
        named = PurePosixPath(path)
        free = str(named.with_name(f"{named.stem}-{number}{named.suffix}"))
    taken.add(free.lower())
    return free


class _Sink(io.RawIOBase):
    """Where a ZIP is written that is sent as it grows; what was taken is forgotten."""

    def __init__(self) -> None:
        self._written = bytearray()

    def writable(self) -> bool:
        """Return that it is."""
        return True

    def write(self, data: Any) -> int:
        """Keep some bytes until they are taken."""
        self._written += data
        return len(data)

    def take(self) -> bytes:
        """Return what was written since the last time."""
        taken = bytes(self._written)
        self._written.clear()
        return taken
