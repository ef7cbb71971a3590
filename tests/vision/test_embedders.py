"""The contract that every embedder keeps."""

from __future__ import annotations

import dataclasses
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest

from discovery.errors import EmbeddingInvalid
from discovery.vision.embedder import Embedder, Recipe, validate
from tests.vision.conftest import drawn, pictured, plain


def cosine(a: np.ndarray, b: np.ndarray) -> float:
    return float(a @ b)


def test_every_picture_gets_two_unit_vectors_of_the_recipes_dimensions(embedder: Embedder) -> None:
    batch = [embedder.prepare(pictured(drawn(seed))) for seed in range(5)]
    embeddings = embedder.embed_pictures(batch)
    assert len(embeddings) == 5
    for embedding in embeddings:
        assert embedding.vector.shape == (embedder.recipe.dimension,)
        assert embedding.look.shape == (embedder.recipe.look_dimension,)
        assert embedding.vector.dtype == embedding.look.dtype == np.float32
        assert np.linalg.norm(embedding.vector) == pytest.approx(1, abs=1e-4)
        assert np.linalg.norm(embedding.look) == pytest.approx(1, abs=1e-4)


@pytest.mark.parametrize("text", ["red jacket", "", "  ", "näh maschine 縫製 🧵", "word " * 2000, "\x00"])
def test_every_text_gets_a_unit_vector(embedder: Embedder, text: str) -> None:
    vector = embedder.embed_text(text)
    assert vector.shape == (embedder.recipe.dimension,)
    assert vector.dtype == np.float32
    assert np.linalg.norm(vector) == pytest.approx(1, abs=1e-4)


def test_no_pictures_give_no_vectors(embedder: Embedder) -> None:
    assert embedder.embed_pictures([]) == []


def test_a_pictures_vector_does_not_depend_on_its_company(embedder: Embedder) -> None:
    batch = [embedder.prepare(pictured(drawn(seed))) for seed in range(11)]
    together = embedder.embed_pictures(batch)
    for index in (0, 4, 10):
        [alone] = embedder.embed_pictures([batch[index]])
        assert cosine(alone.vector, together[index].vector) > 0.9999
        assert cosine(alone.look, together[index].look) > 0.9999


def test_the_same_input_gives_the_same_vector(embedder: Embedder) -> None:
    picture = pictured(drawn(3))
    [first] = embedder.embed_pictures([embedder.prepare(picture)])
    [second] = embedder.embed_pictures([embedder.prepare(picture)])
    np.testing.assert_array_equal(first.look, second.look)
    np.testing.assert_array_equal(embedder.embed_text("a mug"), embedder.embed_text("a mug"))


def test_a_picture_looks_more_like_its_own_half_size_than_like_another(embedder: Embedder) -> None:
    image = drawn(1, 400, 300)
    pictures = [image, image.resize((200, 150)), drawn(2, 400, 300)]
    own, half, other = embedder.embed_pictures([embedder.prepare(pictured(one)) for one in pictures])
    assert cosine(own.look, half.look) > 0.95
    assert cosine(own.look, half.look) > cosine(own.look, other.look)


def test_pictures_of_any_shape_can_be_prepared_at_the_same_time_in_many_threads(embedder: Embedder) -> None:
    shapes = [(1, 1), (3, 900), (900, 3), (224, 224), (640, 480)]
    pictures = [pictured(plain("teal", *shape)) for shape in shapes] * 4
    with ThreadPoolExecutor(4) as pool:
        prepared = list(pool.map(embedder.prepare, pictures))
    assert len({(one.pixels.shape, str(one.pixels.dtype)) for one in prepared}) == 1
    assert prepared[0].pixels.shape[0] == 3
    assert len(embedder.embed_pictures(prepared)) == 20


def test_the_floors_are_cosines(embedder: Embedder) -> None:
    assert -1 < embedder.recipe.text_floor < 1
    assert -1 < embedder.recipe.similar_floor < 1


def test_the_weights_are_named_by_their_digest(embedder: Embedder) -> None:
    assert embedder.recipe.weights.startswith("sha256:")
    assert len(embedder.recipe.weights) == len("sha256:") + 64


RECIPE = Recipe("m", "sha256:0", "p", 4, 4, 0.1, 0.2, 0.9, 0.3)


@pytest.mark.parametrize(
    "change",
    [
        {"model": "n"},
        {"weights": "sha256:1"},
        {"preprocessing": "q"},
        {"dimension": 5},
        {"look_dimension": 5},
    ],
)
def test_whatever_changes_vectors_changes_the_digest(change: dict[str, Any]) -> None:
    assert dataclasses.replace(RECIPE, **change).digest != RECIPE.digest


def test_floors_do_not_change_the_digest() -> None:
    assert (
        dataclasses.replace(
            RECIPE, text_floor=0.9, similar_floor=0.9, duplicate_floor=0.9, visual_weight=0.9
        ).digest
        == RECIPE.digest
    )


@pytest.mark.parametrize(
    ("vectors", "said"),
    [
        (np.eye(3, 4), "shape"),
        (np.eye(2, 3), "shape"),
        (np.full((2, 4), np.nan), "finite"),
        (np.array([[1, 0, 0, 0], [0, np.inf, 0, 0]]), "finite"),
        (np.array([[1, 0, 0, 0], [0, 2, 0, 0]]), "norm 1"),
        (np.zeros((2, 4)), "norm 1"),
    ],
)
def test_unusable_vectors_never_leave(vectors: np.ndarray, said: str) -> None:
    with pytest.raises(EmbeddingInvalid, match=said):
        validate(vectors.astype(np.float32), 2, 4)


def test_the_fakes_words_are_near_their_colours() -> None:
    from discovery.vision.fake import FakeEmbedder

    fake = FakeEmbedder()
    red, blue = fake.embed_pictures([fake.prepare(pictured(plain(c))) for c in ("#c81e1e", "#2850be")])
    words = fake.embed_text("a red mug")
    assert cosine(words, red.vector) > fake.recipe.text_floor > cosine(words, blue.vector)
    assert cosine(fake.embed_text("mug"), red.vector) < fake.recipe.text_floor
