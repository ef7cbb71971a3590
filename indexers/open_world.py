"""Pictures from outside every catalogue, with captions: what a fitted model must not forget.

They are the front views of the demo catalogue, which comes with the installation. A caption is right about
the pictures of the same family: "ink blue stoneware mug" about mugs.
"""

from __future__ import annotations

import csv
import os
from dataclasses import dataclass
from pathlib import Path
from zipfile import BadZipFile

import numpy as np

from discovery.config import ImageSettings
from discovery.demo import CATALOGUE
from discovery.vision.adapter import Features, Matrix, features_of
from discovery.vision.embedder import Embedder
from discovery.vision.images import open_picture
from indexers.enrich import decode_target

CAPTIONED = "captions.npz"
_FRONT = "_front."
_AT_ONCE = 32


@dataclass(frozen=True, slots=True, eq=False)
class OpenWorld:
    """Pictures and the vectors of their captions; ``right`` [captions, pictures] says which belong."""

    features: Features
    captions: Matrix
    right: np.ndarray


def open_world(embedder: Embedder, home: Path) -> OpenWorld:
    """Return the demo catalogue's front views as ``embedder`` sees them; made once for a recipe."""
    file = home / "model" / f"open-world-{embedder.recipe.digest}.npz"
    try:
        with np.load(file, allow_pickle=False) as kept:
            features = Features(kept["looks"], kept["histograms"], kept["bases"])
            return OpenWorld(features, kept["captions"], kept["right"])
    except (OSError, ValueError, KeyError, EOFError, BadZipFile):
        pass
    made = _made(embedder)
    file.parent.mkdir(parents=True, exist_ok=True)
    partial = file.with_name(f"{file.stem}.{os.getpid()}.npz")
    np.savez(
        partial,
        looks=made.features.looks,
        histograms=made.features.histograms,
        bases=made.features.bases,
        captions=made.captions,
        right=made.right,
    )
    partial.replace(file)
    return made


def _made(embedder: Embedder) -> OpenWorld:
    rows = _shown()
    limits = ImageSettings()
    embedded = []
    for start in range(0, len(rows), _AT_ONCE):
        opened = [
            open_picture((CATALOGUE / "assets" / path).read_bytes(), limits, target=decode_target(limits))
            for _, _, path in rows[start : start + _AT_ONCE]
        ]
        embedded += embedder.embed_pictures([embedder.prepare(picture) for picture in opened])
    families = np.array([family for family, _, _ in rows])
    captions = embedder.embed_texts([caption for _, caption, _ in rows])
    return OpenWorld(features_of(embedded), captions, families[:, None] == families[None, :])


def _shown() -> list[tuple[str, str, str]]:
    """Return family, caption and picture of each product that has a front view."""
    with (CATALOGUE / "products.csv").open(encoding="utf-8", newline="") as file:
        found = [
            (row["family"], f"{row['colour']} {row['material']} {row['family']}".lower(), path)
            for row in csv.DictReader(file)
            for path in row["images"].split("|")
            if _FRONT in path
        ]
    return [row for row in found if (CATALOGUE / "assets" / row[2]).is_file()]
