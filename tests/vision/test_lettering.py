"""Lettering moves a picture's look less than it would, and nothing else is lost by that."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pytest

from benchmarks.copies import coded
from benchmarks.fit_lettering import lettered
from discovery.config import ImageSettings
from discovery.vision.embedder import Vector
from discovery.vision.images import open_picture
from discovery.vision.lettering import damped, directions
from discovery.vision.lite0 import FEATURES
from discovery.vision.starter import StarterEmbedder, load_starter
from tests.duplicates.copies import drawn


def test_the_directions_are_at_right_angles() -> None:
    along = directions()
    assert along.shape[1] == FEATURES
    assert along @ along.T == pytest.approx(np.eye(len(along)), abs=1e-5)


def test_what_lies_along_them_is_gone_and_the_rest_is_of_unit_norm() -> None:
    features = np.random.default_rng(3).normal(size=(5, FEATURES)).astype(np.float32)
    left = damped(features, directions())
    assert left @ directions().T == pytest.approx(0, abs=1e-5)
    assert np.linalg.norm(left, axis=1) == pytest.approx(1)


def test_a_lettered_picture_stays_more_like_itself(starter: StarterEmbedder, tmp_path: Path) -> None:
    chance = random.Random(11)
    plain = [drawn(seed) for seed in range(12)]
    files = [coded(one) for one in (*plain, *(lettered(one, chance) for one in plain))]

    def alike(embedder: StarterEmbedder) -> float:
        prepared = [embedder.prepare(open_picture(one, ImageSettings(), target=256)) for one in files]
        looks: Vector = np.array([one.look for one in embedder.embed_pictures(prepared)])
        own = (looks[:12] * looks[12:]).sum(axis=1)
        others = looks[12:] @ looks[12:].T
        return float(own.mean() - others[~np.eye(12, dtype=bool)].mean())

    unchanged = load_starter(tmp_path, "fp32", np.zeros((0, FEATURES), dtype=np.float32))
    assert alike(starter) > alike(unchanged) + 0.01
