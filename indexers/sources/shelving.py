"""From the files of a listing to asset records: hidden names, patterns, sidecars, categories, versions."""

from __future__ import annotations

import hashlib
import posixpath
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from discovery.errors import SourceUnavailable
from indexers.records import AssetRecord, Problem
from indexers.sources.patterns import PathPatterns

SCHEMA = "1"
"""Part of every version; raise it when the same file would give another record."""

MOST_SIDECAR_BYTES = 16_000_000

_SIDECAR_KINDS = {".xmp": "xmp", ".json": "json"}
_LEFT_BEHIND = frozenset({"thumbs.db", "desktop.ini", "__macosx", "@eadir", "lost+found"})


@dataclass(frozen=True, slots=True)
class Found:
    """One file of a listing.

    ``key`` is its path relative to the source, as the place spells it; ``tag`` changes when its bytes
    may have changed. ``read`` returns at most so many bytes, or raises as ``AssetRecord.read`` does.
    """

    key: str
    uri: str
    size: int
    modified: datetime | None
    tag: str
    read: Callable[[int], bytes]


def is_hidden(name: str) -> bool:
    """Return whether a file or folder of this name is passed over: dot names and systems' leftovers."""
    return name.startswith(".") or name.lower() in _LEFT_BEHIND


def normal_key(key: str) -> str:
    """Return ``key`` in Unicode's composed form (NFC), which is how it is indexed and asked for."""
    return key if key.isascii() else unicodedata.normalize("NFC", key)


def printable(key: str) -> str:
    """Return ``key`` so that it can be shown and stored, even if its bytes are not UTF-8."""
    return key.encode("utf-8", "backslashreplace").decode("utf-8")


@dataclass(slots=True)
class _Group:
    """Files of one folder that begin alike up to the first dot; a sidecar is in its file's group."""

    prefix: str
    files: list[Found] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Shelf:
    """How the files of one source become records."""

    source: str
    patterns: PathPatterns
    categories: Callable[[str], tuple[str, ...]]
    max_bytes: int

    def records(self, listing: Iterable[Found | Problem]) -> Iterator[AssetRecord | Problem]:
        """Yield a record for each asset of ``listing``, and pass its problems on.

        The listing must be in ascending order of keys; then only files whose names begin alike are
        held at a time, however many there are.

        Raises:
            SourceUnavailable: where the listing raises it, or is out of order.
        """
        composed: set[str] = set()
        groups: list[_Group] = []
        previous = ""
        for found in listing:
            if isinstance(found, Problem):
                yield found
                continue
            if found.key < previous:
                raise SourceUnavailable(f"the listing is out of order at {printable(found.key)!r}")
            previous = found.key
            if any(is_hidden(name) for name in found.key.split("/")):
                continue
            while groups and not found.key.startswith(groups[-1].prefix):
                yield from self._settle(groups.pop(), composed)
            folder, name = posixpath.split(found.key)
            prefix = posixpath.join(folder, name.split(".", 1)[0])
            if not groups or groups[-1].prefix != prefix:
                groups.append(_Group(prefix))
            groups[-1].files.append(found)
        while groups:
            yield from self._settle(groups.pop(), composed)

    def _settle(self, group: _Group, composed: set[str]) -> Iterator[AssetRecord | Problem]:
        assets, sidecars = _parted(group.files)
        for key in sidecars:
            if key not in assets and self.patterns.takes(normal_key(key)):
                yield self._problem(
                    key, "is a sidecar without its file; add the file or exclude it", fatal=False
                )
        for found in assets.values():
            key = normal_key(found.key)
            if not self.patterns.takes(key):
                continue
            if _is_foreign(key):
                yield self._problem(found.key, "has a name that is not valid utf-8; rename the file")
            elif key in composed:
                yield self._problem(
                    found.key, "has the same name as another file once accents are composed; rename one"
                )
            else:
                if not key.isascii():
                    composed.add(key)
                beside = (s for s in sidecars.get(found.key, ()) if not self._leaves_out(s))
                yield self._record(found, key, next(beside, None))

    def _leaves_out(self, sidecar: Found) -> bool:
        return self.patterns.excludes(normal_key(sidecar.key))

    def _record(self, found: Found, key: str, sidecar: Found | None) -> AssetRecord:
        categories = self.categories(key)
        beside = (sidecar.key, sidecar.size, sidecar.tag) if sidecar else None
        said = repr((SCHEMA, found.size, found.tag, beside, categories))
        return AssetRecord(
            source=self.source,
            key=key,
            uri=found.uri,
            size=found.size,
            modified=found.modified,
            version=hashlib.blake2b(said.encode(), digest_size=8).hexdigest(),
            categories=categories,
            read=_Reading(found, self.max_bytes),
            sidecar=_Beside(sidecar),
        )

    def _problem(self, key: str, reason: str, *, fatal: bool = True) -> Problem:
        return Problem(self.source, printable(key), reason, fatal=fatal)


@dataclass(frozen=True, slots=True)
class _Reading:
    found: Found
    limit: int

    def __call__(self) -> bytes:
        return self.found.read(self.limit)


@dataclass(frozen=True, slots=True)
class _Beside:
    found: Found | None

    def __call__(self) -> tuple[bytes, str] | None:
        if self.found is None:
            return None
        kind = _SIDECAR_KINDS[_ending(self.found.key)]
        return self.found.read(MOST_SIDECAR_BYTES), kind


def _parted(files: Iterable[Found]) -> tuple[dict[str, Found], dict[str, list[Found]]]:
    """Return the assets by key, and by the key of its asset each one's sidecars, the best first.

    A JSON file that stands beside nothing is an asset like any other; an XMP file never is one, and is
    returned under its own key when it stands beside nothing.
    """
    assets = {f.key: f for f in files if _ending(f.key) not in _SIDECAR_KINDS}
    candidates = [f for f in files if f.key not in assets]
    named = _by_stem(assets)
    for lone in [f for f in candidates if _ending(f.key) == ".json" and not _owners(f.key, assets, named)]:
        assets[lone.key] = lone
        candidates.remove(lone)
    named = _by_stem(assets)
    ranked: dict[str, list[tuple[int, Found]]] = {}
    for sidecar in candidates:
        for owner in _owners(sidecar.key, assets, named) or [sidecar.key]:
            rank = 2 * (_ending(sidecar.key) == ".json") + (_stem(sidecar.key) != owner)
            ranked.setdefault(owner, []).append((rank, sidecar))
    return assets, {
        owner: [sidecar for _, sidecar in sorted(given, key=lambda pair: (pair[0], pair[1].key))]
        for owner, given in ranked.items()
    }


def _owners(sidecar: str, assets: dict[str, Found], named: dict[str, list[str]]) -> list[str]:
    stem = _stem(sidecar)
    beside = [key for key in named.get(stem, ()) if key != sidecar]
    return [stem, *beside] if stem in assets else beside


def _by_stem(assets: Iterable[str]) -> dict[str, list[str]]:
    named: dict[str, list[str]] = {}
    for key in assets:
        if _stem(key) != key:
            named.setdefault(_stem(key), []).append(key)
    return named


def _ending(key: str) -> str:
    return posixpath.splitext(key)[1].lower()


def _stem(key: str) -> str:
    return posixpath.splitext(key)[0]


def _is_foreign(key: str) -> bool:
    return not key.isascii() and any("\ud800" <= character <= "\udfff" for character in key)
