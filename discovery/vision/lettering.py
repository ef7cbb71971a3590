"""What lettering does to a picture's features, taken out of them: a brand's name is not how a thing looks.

Letters laid over pictures move their features along few directions: four hold a third of all that moves.
They are found by ``python -m benchmarks.fit_lettering`` from pictures of the demo catalogue with and without
letters, and kept in ``lettering.npy``: float32 [directions, features], of unit norm, orthogonal.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from discovery.vision.embedder import Vector, unit

FILE = Path(__file__).parent / "lettering.npy"


def directions() -> Vector:
    """Return the directions [d, features] of the starter model's features."""
    found: Vector = np.load(FILE, allow_pickle=False)
    return found


def damped(features: Vector, along: Vector) -> Vector:
    """Return unit features [n, f] without what lies along orthonormal directions [d, f]."""
    return unit(features - (features @ along.T) @ along)
