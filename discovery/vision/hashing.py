"""Fingerprints of bytes and of pictures.

The perceptual hash is the usual one of 64 bits: the signs, about their median, of the 8 x 8 lowest
frequencies of a discrete cosine transform of a 32 x 32 grey version (Zauner, "Implementation and
Benchmarking of Perceptual Image Hash Functions", 2010). A distance of at most 6 bits means the same
picture, resized or recompressed; crops and mirror images are beyond it.
"""

from __future__ import annotations

import hashlib

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from discovery.vision.images import Picture

_SIDE = 32
_KEPT = 8

SIGNATURE_SIDE, CHROMA_SIDE = 64, 16
"""Edges of a signature's planes: brightness, and each of the two of colour."""

SIGNATURE_BYTES = SIGNATURE_SIDE**2 + 2 * CHROMA_SIDE**2


def _cosines() -> NDArray[np.float64]:
    """Return the first rows of the orthonormal DCT-II matrix, shape (8, 32)."""
    frequency = np.arange(_KEPT)[:, None]
    position = np.arange(_SIDE)[None, :]
    matrix: NDArray[np.float64] = np.cos(np.pi * frequency * (2 * position + 1) / (2 * _SIDE))
    matrix *= np.sqrt(2 / _SIDE)
    matrix[0] /= np.sqrt(2)
    return matrix


_COSINES = _cosines()


def checksum(data: bytes) -> str:
    """Return ``"sha256:"`` and the digest of ``data`` in hexadecimal."""
    return "sha256:" + hashlib.sha256(data).hexdigest()


def perceptual_hash(picture: Picture) -> str:
    """Return the picture's 64-bit perceptual hash as 16 hexadecimal digits."""
    return _digits(_spectrum(picture))


def orientation_hashes(picture: Picture) -> tuple[str, ...]:
    """Return the hashes of the picture's eight orientations, in the order of EXIF's values 1 to 8.

    A turned or mirrored copy is found where one of them equals the copy's own hash; the first is
    :func:`perceptual_hash`. Mirroring a picture negates its odd frequencies, so one transform is enough.
    """
    upright = _spectrum(picture)
    sign = np.where(np.arange(_KEPT) % 2 == 0, 1.0, -1.0)
    mirrored, upended = upright * sign[None, :], upright * sign[:, None]
    turned = mirrored * sign[:, None]
    orientations = (upright, mirrored, turned, upended, upright.T, upended.T, turned.T, mirrored.T)
    return tuple(_digits(spectrum) for spectrum in orientations)


def signature(picture: Picture) -> bytes:
    """Return the picture, stretched to a square, as its brightness (64 x 64) and colours (16 x 16, twice).

    Row by row, one byte a pixel: Y, Cb and Cr of ITU-R BT.601 in full range, as JPEG has them. It is what two
    pictures are laid over each other by, to see whether one is a part of the other.
    """
    planes = picture.small.convert("YCbCr").split()
    sides = (SIGNATURE_SIDE, CHROMA_SIDE, CHROMA_SIDE)
    return b"".join(
        plane.resize((side, side), Image.Resampling.BOX).tobytes()
        for plane, side in zip(planes, sides, strict=True)
    )


def hamming(a: str, b: str) -> int:
    """Return in how many of 64 bits two hashes of 16 hexadecimal digits differ."""
    return (int(a, 16) ^ int(b, 16)).bit_count()


def _spectrum(picture: Picture) -> NDArray[np.float64]:
    small = picture.small.convert("L").resize((_SIDE, _SIDE), Image.Resampling.BILINEAR)
    grey = np.asarray(small, dtype=np.float64)
    return _COSINES @ grey @ _COSINES.T


def _digits(spectrum: NDArray[np.float64]) -> str:
    bits = spectrum > np.median(spectrum.ravel()[1:])
    return np.packbits(bits).tobytes().hex()
