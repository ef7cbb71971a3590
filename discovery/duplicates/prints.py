"""What tells whether two files hold the same picture, read from what is indexed of them."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from discovery.duplicates.overlay import Signature
from discovery.duplicates.versions import series_of, version_of

DECLARED: Final = "declared"
"""The method of a link that a catalogue itself names."""

LIGHT: Final = (
    "id", "source.name", "source.key", "media.checksum", "media.perceptual_hash", "product.links.method",
    "curation.merged_into",
)  # fmt: skip
PLAIN: Final = (
    "id", "source.name", "source.key", "source.created", "source.modified", "media.checksum",
    "media.perceptual_hash", "media.width", "media.height", "product.linked", "product.links.sku",
    "product.links.method", "curation.merged_into",
)  # fmt: skip
FULL: Final = (*PLAIN, "media.look", "media.signature")


@dataclass(frozen=True, slots=True)
class Print:
    """What tells whether two files hold the same picture, and which of them to keep.

    ``stem`` is the same for versions of one file, ``series`` for views of one thing that names tell apart;
    ``skus`` are the products whose catalogue names the file.
    ``merged`` says that people have merged it into another already.
    """

    id: str
    name: str
    source: str
    checksum: str
    stem: str
    linked: bool = False
    skus: frozenset[str] = frozenset()
    pixels: int = 0
    made: datetime | None = None
    hash: int | None = None
    look: NDArray[np.float32] | None = None
    signature: Signature | None = None
    merged: bool = False
    series: str | None = None

    def without_picture(self) -> Print:
        """Return the print without vector and signature: thousands of them may be kept."""
        return Print(
            self.id, self.name, self.source, self.checksum, self.stem, self.linked, self.skus, self.pixels,
            self.made, self.hash, merged=self.merged, series=self.series,
        )  # fmt: skip


def naming(said: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the links of an asset that a catalogue itself names."""
    links = said.get("product", {}).get("links") or ()
    return [link for link in links if link["method"] == DECLARED]


def stem_of(source: str, key: str) -> str:
    """Return what versions of one file have in common."""
    return f"{source}\0{version_of(key).stem}"


def print_of(said: Mapping[str, Any]) -> Print:
    """Return what tells copies of one asset from its ``_source``."""
    source, media, product = said["source"], said["media"], said.get("product", {})
    made = source.get("created") or source.get("modified")
    look, digits, signature = media.get("look"), media.get("perceptual_hash"), media.get("signature")
    return Print(
        id=said["id"],
        name=source["key"],
        source=source["name"],
        checksum=media["checksum"],
        stem=stem_of(source["name"], source["key"]),
        linked=bool(product.get("linked")),
        skus=frozenset(link["sku"] for link in naming(said)),
        pixels=(media.get("width") or 0) * (media.get("height") or 0),
        made=datetime.fromisoformat(made) if made else None,
        hash=int(digits, 16) if digits else None,
        look=np.asarray(look, dtype=np.float32) if look else None,
        signature=Signature.from_bytes(base64.b64decode(signature)) if signature else None,
        series=series_of(source["key"]),
        merged=bool(said.get("curation", {}).get("merged_into")),
    )


def prints_of(said: Iterable[Mapping[str, Any]]) -> dict[str, Print]:
    """Return the prints of several assets, by id."""
    return {one.id: one for one in map(print_of, said)}
