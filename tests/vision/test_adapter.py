"""A map from looks to words: fitted in closed form, local, repeatable, and the same after it was kept."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from discovery.errors import ModelUnavailable
from discovery.vision.adapter import (
    MEAN_SHARE,
    AdaptedEmbedder,
    Adapter,
    Features,
    Tuning,
    WordMap,
    fit_words,
)
from discovery.vision.colours import BIN_COUNT, histogram
from discovery.vision.embedder import Floors, unit
from discovery.vision.fake import FakeEmbedder
from discovery.vision.looks import LookTuning, fit_looks, spread_out
from tests.vision.conftest import drawn, pictured, plain

KINDS, EACH, LOOK, WORDS = 6, 30, 40, 16
FLOORS = Floors(0.4, 0.5, 0.9, 0.6)


def features(seed: int, kinds: int = KINDS, each: int = EACH) -> tuple[Features, np.ndarray, list[str]]:
    """Pictures of a few kinds, each kind a cloud of looks with a text of its own."""
    random = np.random.default_rng(7)
    centres, texts = random.standard_normal((KINDS, LOOK)), unit(random.standard_normal((KINDS, WORDS)))
    drawn_now = np.random.default_rng(seed)
    kind = np.repeat(np.arange(kinds), each)
    looks = unit(centres[kind] + 0.4 * drawn_now.standard_normal((len(kind), LOOK)))
    colours = np.abs(drawn_now.standard_normal((len(kind), BIN_COUNT))).astype(np.float32)
    bases = unit(drawn_now.standard_normal((len(kind), WORDS)))
    return Features(looks, unit(colours), bases), texts[kind], [f"{n}" for n in range(len(kind))]


def right(adapter: WordMap, seed: int = 2) -> float:
    held, targets, _ = features(seed)
    texts = np.unique(targets, axis=0)
    nearest = texts[(adapter.vectors(held) @ texts.T).argmax(axis=1)]
    return float((nearest == targets).all(axis=1).mean())


def test_what_was_not_fitted_on_is_placed_by_its_kinds_words() -> None:
    known, targets, groups = features(1)
    adapter = fit_words(known, targets, groups, Tuning())
    assert right(adapter) > 0.95
    vectors = adapter.vectors(known)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)


def test_of_what_all_captions_share_a_part_is_left_in() -> None:
    known, targets, groups = features(1)
    adapter = fit_words(known, targets, groups, Tuning())
    np.testing.assert_allclose(adapter.mean, MEAN_SHARE * targets.mean(axis=0), atol=1e-6)
    # The weights make up for all of it, not for the part: what was fitted on is told apart as before.
    said, _ = adapter.predicted(known)
    assert float(np.abs(said + targets.mean(axis=0) - targets).mean()) < 0.1


def test_a_stranger_keeps_the_models_own_vector() -> None:
    known, targets, groups = features(1)
    adapter = fit_words(known, targets, groups, Tuning(blend=0.1, near=0.6))
    far = Features(-8 * known.looks[:4], known.histograms[:4], known.bases[:4])
    np.testing.assert_allclose(adapter.vectors(far), far.bases, atol=1e-5)


def test_two_catalogues_do_not_pull_at_each_other() -> None:
    known, targets, groups = features(1)
    own = np.arange(len(groups)) < 3 * EACH
    one = fit_words(known.rows(own), targets[own], groups[: 3 * EACH], Tuning())
    both = fit_words(known, targets, groups, Tuning())
    held, held_targets, _ = features(2, kinds=3)
    for adapter in (one, both):
        closeness = (adapter.vectors(held) * held_targets).sum(axis=1)
        assert closeness.mean() > 0.7


def test_few_landmarks_do_nearly_as_well_as_all() -> None:
    known, targets, groups = features(1, each=80)
    assert right(fit_words(known, targets, groups, Tuning(), most_landmarks=120)) > 0.9


def test_landmarks_are_spread_over_products_and_never_drawn() -> None:
    groups = ["a"] * 90 + ["b"] * 5 + ["c"] * 5
    chosen = spread_out(groups, 12)
    assert [groups[place] for place in chosen].count("a") == 4
    np.testing.assert_array_equal(chosen, spread_out(groups, 12))
    np.testing.assert_array_equal(spread_out(groups, 1000), np.arange(100))


def test_a_kept_map_is_the_same_map() -> None:
    known, targets, groups = features(1)

    def made() -> Adapter:
        words = fit_words(known, targets, groups, Tuning(colour=0.3, blend=0.2))
        return Adapter("base", words, fit_looks(known.looks, known.histograms, groups, LookTuning()))

    adapter = made()
    again = Adapter.from_bytes(adapter.to_bytes())
    assert again.words is not None
    assert (again.digest, again.words.tuning.colour, again.base) == (adapter.digest, 0.3, "base")
    np.testing.assert_array_equal(again.vectors(known), adapter.vectors(known))
    np.testing.assert_array_equal(again.fitted_looks(known), adapter.fitted_looks(known))
    assert made().digest == adapter.digest


def test_what_did_not_pay_leaves_the_model_as_it_is() -> None:
    known, targets, groups = features(1)
    words = Adapter("base", fit_words(known, targets, groups, Tuning()), None)
    looks = Adapter("base", None, fit_looks(known.looks, known.histograms, groups, LookTuning()))
    again = Adapter.from_bytes(looks.to_bytes())
    np.testing.assert_array_equal(again.vectors(known), known.bases)
    np.testing.assert_array_equal(Adapter.from_bytes(words.to_bytes()).fitted_looks(known), known.looks)
    assert len({words.digest, looks.digest}) == 2


def test_a_map_of_before_strangers_were_known_is_read_as_it_was() -> None:
    adapter = fake_fit()
    assert adapter.looks is not None
    before = dataclasses.replace(adapter, looks=dataclasses.replace(adapter.looks, landmarks=None))
    again = Adapter.from_bytes(before.to_bytes())
    assert again.digest == before.digest != adapter.digest
    known, _, _ = features(1)
    assert again.looks is not None
    assert again.familiar(known).all()


@pytest.mark.parametrize("cut", [0, 10, 5000])
def test_half_a_map_is_none(cut: int) -> None:
    known, targets, groups = features(1)
    data = Adapter("base", fit_words(known, targets, groups, Tuning()), None).to_bytes()
    with pytest.raises(ModelUnavailable, match="discovery model adapt"):
        Adapter.from_bytes(data[:cut])


def fake_fit() -> Adapter:
    fake = FakeEmbedder()
    made = fake.embed_pictures([fake.prepare(pictured(drawn(seed))) for seed in range(12)])
    known = Features(
        *(np.stack(rows) for rows in zip(*((m.look, m.histogram, m.vector) for m in made), strict=True))
    )
    targets = fake.embed_texts([f"thing {n % 3}" for n in range(12)])
    groups = [str(n // 2) for n in range(12)]
    words = fit_words(known, targets, groups, Tuning())
    return Adapter(fake.recipe.digest, words, fit_looks(known.looks, known.histograms, groups, LookTuning()))


def test_an_adapted_embedder_has_the_models_words_and_other_vectors_and_looks() -> None:
    fake, adapter = FakeEmbedder(), fake_fit()
    adapted = AdaptedEmbedder(fake, adapter, FLOORS)
    assert adapted.recipe.digest != fake.recipe.digest
    assert (adapted.recipe.adapter, adapted.recipe.floors) == (adapter.digest, FLOORS)
    prepared = adapted.prepare(pictured(drawn(1)))
    [own], [fitted] = fake.embed_pictures([prepared]), adapted.embed_pictures([prepared])
    assert fitted.look.shape == (adapted.recipe.look_dimension,) != own.look.shape
    assert fitted.base_look is not None
    np.testing.assert_array_equal(fitted.base_look, own.look)
    assert fitted.base is not None
    np.testing.assert_array_equal(fitted.base, own.vector)
    assert float(fitted.vector @ adapted.embed_text("thing 1")) > float(
        own.vector @ fake.embed_text("thing 1")
    )
    assert adapted.embed_pictures([]) == []


@pytest.mark.parametrize(("near", "familiar"), [(0.99, False), (-1.0, True)])
def test_an_adapted_embedder_says_which_pictures_are_of_its_kinds(near: float, familiar: bool) -> None:
    fake, adapter = FakeEmbedder(), fake_fit()
    assert adapter.looks is not None
    looks = dataclasses.replace(adapter.looks, near=near)
    adapted = AdaptedEmbedder(fake, dataclasses.replace(adapter, looks=looks), FLOORS)
    [stranger] = adapted.embed_pictures([fake.prepare(pictured(drawn(99)))])
    assert stranger.familiar is familiar
    only_words = AdaptedEmbedder(fake, dataclasses.replace(adapter, looks=None), FLOORS)
    assert only_words.embed_pictures([fake.prepare(pictured(drawn(99)))])[0].familiar


def test_an_adapter_of_another_model_is_refused_and_named() -> None:
    adapter = fake_fit()
    known, targets, groups = features(1)
    other = fit_words(known, targets, groups, Tuning())
    with pytest.raises(ModelUnavailable, match=r"0123456789abcdef.*'fake'"):
        AdaptedEmbedder(FakeEmbedder(), Adapter("0123456789abcdef", other, None), FLOORS)
    assert adapter.base == FakeEmbedder().recipe.digest


def test_a_histogram_is_of_the_subject_not_of_its_ground() -> None:
    red_on_white, red_on_black = plain("white", 90, 90), plain("black", 90, 90)
    for image in (red_on_white, red_on_black):
        image.paste((200, 20, 30), (25, 25, 65, 65))
    blue = plain("white", 90, 90)
    blue.paste((20, 40, 200), (25, 25, 65, 65))
    red, same, other = (histogram(pictured(one)) for one in (red_on_white, red_on_black, blue))
    assert red.shape == (BIN_COUNT,)
    assert float(red @ red) == pytest.approx(1, abs=1e-5)
    assert float(red @ same) > 0.95
    assert float(red @ other) < 0.05
