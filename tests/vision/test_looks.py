"""Looks that were fitted to a catalogue: what changes from view to view counts little."""

from __future__ import annotations

import dataclasses
import itertools

import numpy as np
import pytest

from discovery.vision.colours import BIN_COUNT, REACHED, histogram
from discovery.vision.embedder import unit
from discovery.vision.looks import LANDMARKS, LookTuning, coloured, fit_looks
from tests.vision.conftest import pictured, plain

PRODUCTS, VIEWS, LONG = 60, 4, 32


def views(seed: int, products: int = PRODUCTS) -> tuple[np.ndarray, np.ndarray, list[str]]:
    """Pictures of products that differ in a few directions, and by far more in others from side to side."""
    random = np.random.default_rng(seed)
    product = np.repeat(random.standard_normal((products, LONG)) * ([0.3] * 8 + [0.02] * 24), VIEWS, axis=0)
    view = random.standard_normal((products * VIEWS, LONG)) * ([0.02] * 8 + [1.0] * 4 + [0.02] * 20)
    colours = np.abs(random.standard_normal((products, BIN_COUNT))).repeat(VIEWS, axis=0)
    groups = [str(n) for n in range(products) for _ in range(VIEWS)]
    return unit(product + view), unit(colours), groups


def found(looks: np.ndarray, groups: list[str]) -> float:
    alike = looks @ looks.T
    np.fill_diagonal(alike, -1)
    return float(
        np.mean([groups[near] == group for near, group in zip(alike.argmax(1), groups, strict=True)])
    )


def test_pictures_of_a_product_not_fitted_on_find_each_other() -> None:
    own, histograms, groups = views(1)
    held, colours, products = views(2)
    space = dataclasses.replace(fit_looks(own, histograms, groups, LookTuning()), colour=0.0)
    assert found(held, products) < 0.3
    assert found(space.looks(held, colours), products) > 0.8


def test_without_several_pictures_of_a_product_all_of_them_stand_in() -> None:
    own, histograms, _ = views(1)
    alone = [str(n) for n in range(len(own))]
    space = fit_looks(own, histograms, alone, LookTuning())
    white = space.features.of(own)
    assert np.linalg.norm(white, axis=1) == pytest.approx(1, abs=1e-4)
    variances = np.linalg.eigvalsh(np.cov(white.T))
    assert variances[-1] < 4 * variances.mean()  # of the looks themselves the largest is above seven times


def test_a_space_knows_the_kinds_that_it_was_fitted_to() -> None:
    own, histograms, groups = views(1)
    space = fit_looks(own, histograms, groups, LookTuning())
    assert space.landmarks is not None
    assert len(space.landmarks) == len(own)
    held, _, _ = views(2)
    others = unit(np.random.default_rng(3).standard_normal((50, LONG)))
    assert np.quantile(space.familiarity(held), 0.02) > np.quantile(space.familiarity(others), 0.98)


def test_a_space_knows_some_of_many_pictures_and_is_asked_with_fewer_than_it_compares() -> None:
    own, histograms, groups = views(1, products=200)
    space = fit_looks(own, histograms, groups, LookTuning())
    assert space.landmarks is not None
    assert len(space.landmarks) == LANDMARKS
    two = dataclasses.replace(space, landmarks=own[:2])
    assert two.familiarity(own[:1])[0] == pytest.approx((own[0] @ own[:2].T).mean(), abs=1e-5)


def test_a_looks_cosine_is_the_weighted_mean_of_its_blocks() -> None:
    own, histograms, groups = views(1)
    space = fit_looks(own, histograms, groups, LookTuning(colour=0.5))
    features, colours = space.features.of(own), space.colours.of(histograms)
    looks = space.looks(own, histograms)
    assert looks.shape == (len(own), space.dimension)
    blocks = (features @ features.T + 0.5 * colours @ colours.T) / 1.5
    np.testing.assert_allclose(looks @ looks.T, blocks, atol=1e-5)


def test_every_colour_of_a_screen_is_in_a_bin_that_is_kept() -> None:
    steps = range(0, 256, 51)
    made = [
        histogram(pictured(plain(f"#{r:02x}{g:02x}{b:02x}", 8, 8)))
        for r, g, b in itertools.product(steps, repeat=3)
    ]
    left_out = np.setdiff1d(np.arange(BIN_COUNT), REACHED)
    assert not np.stack(made)[:, left_out].any()


def test_a_models_own_look_tells_the_same_shape_in_two_colours_apart() -> None:
    red, blue = (histogram(pictured(plain(colour, 40, 40))) for colour in ("red", "blue"))
    shape = unit(np.ones((1, 5), dtype=np.float32))
    one, other = (coloured(shape, colours[None, :], 0.1)[0] for colours in (red, blue))
    assert float(one @ one) == pytest.approx(1, abs=1e-5)
    assert float(one @ other) == pytest.approx(1 / 1.1, abs=1e-4)
