"""From one file's bytes to what its document says of them: ``media``, embedded metadata, thumbnails."""

from __future__ import annotations

import base64
import dataclasses
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import numpy as np
from numpy.typing import NDArray

from discovery.config import ImageSettings
from discovery.duplicates.bands import bands
from discovery.vision.barcodes import barcodes
from discovery.vision.colours import dominant_colours, has_plain_background, packed
from discovery.vision.embedder import Embedder, Embedding, ModelInput
from discovery.vision.hashing import perceptual_hash, signature
from discovery.vision.images import Picture, open_picture, thumbnail
from discovery.vision.metadata import EmbeddedMetadata, parse_xmp, read_metadata
from indexers.filetypes import file_type
from indexers.sidecars import merged, read_json_sidecar
from mappings.documents import Media

VECTOR_DECIMALS = 6
HISTOGRAM_DECIMALS = 4
MODEL_SIDE = 256
"""Pixels that models are given of a picture's shorter edge, before they cut its middle out."""

SQUARE = 0.05
"""A picture whose edges differ by no more than this share is square."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """An opened picture, ready for the model: its ``media`` without vectors, and the model's input."""

    media: Media
    input: ModelInput


class Thumbnails:
    """Small versions of pictures: ``<home>/thumbnails/<aa>/<checksum of the original>-<size>.webp``.

    A run makes the smallest, which every list of hits shows; the others are made when first asked for.
    """

    def __init__(self, home: Path, sizes: tuple[int, ...]) -> None:
        self._folder = home / "thumbnails"
        self.smallest = min(sizes)

    def path(self, checksum: str, size: int) -> Path:
        """Return where the thumbnail of that size lies, or would."""
        digest = checksum.removeprefix("sha256:")
        return self._folder / digest[:2] / f"{digest}-{size}.webp"

    def read(self, checksum: str, size: int) -> bytes | None:
        """Return one as it is kept, ``None`` where it is not."""
        try:
            return self.path(checksum, size).read_bytes()
        except OSError:
            return None

    def make(self, checksum: str, size: int, picture: Picture) -> None:
        """Make one unless it is there; a reader sees a whole file or none."""
        path = self.path(checksum, size)
        if path.exists():
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".webp")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(thumbnail(picture, size))
            Path(temporary).replace(path)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise


def decode_target(limits: ImageSettings) -> int:
    """Return the shorter edge to decode for: what the smallest thumbnail, colours, hash and model need."""
    return max(MODEL_SIDE, min(limits.thumbnail_sizes))


def picture_media(
    data: bytes, checksum: str, limits: ImageSettings, thumbnails: Thumbnails, embedder: Embedder
) -> Prepared:
    """Open a picture, make its smallest thumbnail, and say all of it but its vectors.

    Raises:
        ImageUnreadable: for a broken picture, or one that breaks a limit.
    """
    picture = open_picture(data, limits, target=decode_target(limits))
    colours = dominant_colours(picture)
    prepared = embedder.prepare(picture)
    fingerprint = perceptual_hash(picture)
    thumbnails.make(checksum, thumbnails.smallest, picture)
    media = Media(
        type="image",
        mime=picture.mime,
        format=picture.format,
        bytes=len(data),
        checksum=checksum,
        width=picture.width,
        height=picture.height,
        orientation=orientation(picture.width, picture.height),
        colours=colours,
        colour=tuple(dict.fromkeys(colour.name for colour in colours)),
        palette=packed(colours),
        plain_background=has_plain_background(picture),
        barcodes=barcodes(picture) if limits.barcodes else (),
        perceptual_hash=fingerprint,
        hash_bands=bands(fingerprint),
        signature=base64.b64encode(signature(picture)).decode(),
        histogram=_numbers(prepared.histogram, HISTOGRAM_DECIMALS),
    )
    return Prepared(media, prepared)


def remake_thumbnail(data: bytes, checksum: str, limits: ImageSettings, thumbnails: Thumbnails) -> None:
    """Make the thumbnail of a known picture if it is missing.

    Raises:
        ImageUnreadable: as :func:`picture_media`.
    """
    if not thumbnails.path(checksum, thumbnails.smallest).exists():
        thumbnails.make(
            checksum, thumbnails.smallest, open_picture(data, limits, target=decode_target(limits))
        )


def file_media(name: str, data: bytes, checksum: str) -> Media:
    """Say what a file is that is no picture."""
    kind = file_type(PurePosixPath(name).name, data)
    return Media(type=kind.type, mime=kind.mime, format=kind.format, bytes=len(data), checksum=checksum)


def metadata_of(data: bytes, sidecar: tuple[bytes, str] | None) -> EmbeddedMetadata:
    """Return what lies in the file and beside it; what cannot be read of it becomes a warning."""
    inside = read_metadata(data)
    if sidecar is None:
        return inside
    beside, kind = sidecar
    return merged(inside, parse_xmp(beside) if kind == "xmp" else read_json_sidecar(beside))


def with_vectors(media: Media, embedding: Embedding, recipe: str) -> Media:
    """Return ``media`` with the vectors of ``recipe``, in numbers short enough to be sent."""
    return dataclasses.replace(
        media,
        recipe=recipe,
        vector=_numbers(embedding.vector),
        look=_numbers(embedding.look),
        base=None if embedding.base is None else _numbers(embedding.base),
        base_look=None if embedding.base_look is None else _numbers(embedding.base_look),
    )


def orientation(width: int, height: int) -> str:
    """Return portrait, landscape or square."""
    if abs(width - height) <= SQUARE * max(width, height):
        return "square"
    return "landscape" if width > height else "portrait"


def _numbers(vector: NDArray[np.float32], decimals: int = VECTOR_DECIMALS) -> tuple[float, ...]:
    return tuple(np.round(vector.astype(np.float64), decimals).tolist())
