"""Nothing is embedded twice in one run: the first file with some bytes is embedded, its copies wait."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from mappings.documents import Media

T = TypeVar("T")


@dataclass(slots=True)
class _Claim(Generic[T]):
    """Bytes that somebody works on. ``waiting`` are the copies; ``media`` is there once they are embedded."""

    waiting: list[T] = field(default_factory=list)
    media: Media | None = None


@dataclass(frozen=True, slots=True)
class First:
    """Nobody has had these bytes in this run: make their vectors."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """Somebody is at it; the copy is kept and handed out when the vectors are there."""


@dataclass(frozen=True, slots=True)
class Known:
    """The bytes are embedded but perhaps not yet written."""

    media: Media


@dataclass(frozen=True, slots=True)
class Written:
    """The bytes were embedded and written under this document id."""

    id: str


class Copies(Generic[T]):
    """The bytes that one run embeds, by checksum. ``T`` is what waits for vectors: an opened item.

    Vectors are held only until the engine has acknowledged them; after that 44 bytes a picture remain.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._claims: dict[bytes, _Claim[T]] = {}
        self._written: dict[bytes, bytes] = {}

    def claim(self, checksum: str, item: T) -> First | Waiting | Known | Written:
        """Ask for the vectors of ``checksum`` on behalf of ``item``."""
        key = _key(checksum)
        with self._lock:
            if key in self._written:
                return Written(self._written[key].hex())
            held = self._claims.get(key)
            if held is None:
                self._claims[key] = _Claim()
                return First()
            if held.media is not None:
                return Known(held.media)
            held.waiting.append(item)
            return Waiting()

    def embedded(self, media: Media) -> list[T]:
        """Take note of the vectors; return the copies that waited for them."""
        with self._lock:
            held = self._claims[_key(media.checksum)]
            held.media = media
            waiting, held.waiting = held.waiting, []
            return waiting

    def failed(self, checksum: str) -> list[T]:
        """Take note that these bytes cannot be embedded; return the copies, which fail with them."""
        with self._lock:
            held = self._claims.pop(_key(checksum), None)
            return held.waiting if held else []

    def written(self, checksum: str, id: str) -> None:
        """Take note that a document with these vectors is in the index."""
        with self._lock:
            if self._claims.pop(_key(checksum), None) is not None:
                self._written[_key(checksum)] = bytes.fromhex(id)

    def dropped(self, checksum: str) -> None:
        """Take note that the document with these vectors was not written; its next copy is a first one."""
        with self._lock:
            self._claims.pop(_key(checksum), None)


def _key(checksum: str) -> bytes:
    return bytes.fromhex(checksum.removeprefix("sha256:"))
