"""From settings to an embedder that many threads share."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from discovery.config import ModelSettings
from discovery.errors import EmbeddingInvalid
from discovery.vision.embedder import Embedding, ModelInput, Vector
from discovery.vision.fake import FakeEmbedder
from discovery.vision.loading import SLICE, QueryVectors, SerialEmbedder, load_embedder
from tests.vision.conftest import drawn, pictured


class Watched(FakeEmbedder):
    """Counts who asks, and at the same time how many."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.batches: list[int] = []
        self.most_at_once = 0
        self._inside = 0
        self._lock = threading.Lock()

    def embed_text(self, text: str) -> Vector:
        self._enter()
        self.texts.append(text)
        vector = super().embed_text(text)
        self._leave()
        return vector

    def embed_pictures(self, batch: Sequence[ModelInput]) -> list[Embedding]:
        self._enter()
        self.batches.append(len(batch))
        embeddings = super().embed_pictures(batch)
        self._leave()
        return embeddings

    def _enter(self) -> None:
        with self._lock:
            self._inside += 1
            self.most_at_once = max(self.most_at_once, self._inside)

    def _leave(self) -> None:
        with self._lock:
            self._inside -= 1


def test_many_threads_are_served_one_at_a_time_and_each_gets_its_own() -> None:
    watched = Watched()
    serial = SerialEmbedder(watched)
    pictures = [serial.prepare(pictured(drawn(seed))) for seed in range(3)]
    expected = [embedding.vector for embedding in FakeEmbedder().embed_pictures(pictures)]

    def ask(number: int) -> None:
        if number % 2:
            word = f"word{number}"
            np.testing.assert_array_equal(serial.embed_text(word), FakeEmbedder().embed_text(word))
        else:
            found = serial.embed_pictures(pictures * 5)
            for index, embedding in enumerate(found):
                np.testing.assert_array_equal(embedding.vector, expected[index % 3])

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(ask, range(40)))
    assert watched.most_at_once == 1


def test_a_large_batch_is_passed_on_in_slices_so_that_a_query_may_come_between() -> None:
    watched = Watched()
    serial = SerialEmbedder(watched)
    serial.embed_pictures([serial.prepare(pictured(drawn()))] * (2 * SLICE + 3))
    assert watched.batches == [SLICE, SLICE, 3]


def test_a_failure_of_the_model_reaches_who_asked() -> None:
    class Failing(FakeEmbedder):
        def embed_text(self, text: str) -> Vector:
            raise EmbeddingInvalid(f"expected finite numbers for {text}")

    serial = SerialEmbedder(Failing())
    with pytest.raises(EmbeddingInvalid):
        serial.embed_text("a")
    assert serial.embed_pictures([]) == []


def test_a_query_is_embedded_once() -> None:
    watched = Watched()
    vectors = QueryVectors(watched, 10)
    first = vectors.vector("red jacket")
    assert vectors.vector("  red   jacket ") is first
    assert watched.texts == ["red jacket"]
    assert (vectors.hits, vectors.misses) == (1, 1)
    assert vectors.recipe == watched.recipe


def test_the_least_recently_used_query_goes_first() -> None:
    watched = Watched()
    vectors = QueryVectors(watched, 2)
    for text in ("a", "b", "a", "c", "a", "b"):
        vectors.vector(text)
    assert watched.texts == ["a", "b", "c", "b"]


def test_a_cache_of_nothing_keeps_nothing() -> None:
    watched = Watched()
    vectors = QueryVectors(watched, 0)
    vectors.vector("a")
    vectors.vector("a")
    assert watched.texts == ["a", "a"]


def test_a_cached_vector_cannot_be_changed_by_who_got_it() -> None:
    vector = QueryVectors(FakeEmbedder(), 2).vector("a")
    with pytest.raises(ValueError, match="read-only"):
        vector[0] = 1


def test_a_failed_query_is_asked_again() -> None:
    class Flaky(Watched):
        def embed_text(self, text: str) -> Vector:
            if not self.texts:
                self.texts.append(text)
                raise EmbeddingInvalid("once")
            return super().embed_text(text)

    flaky = Flaky()
    vectors = QueryVectors(flaky, 5)
    with pytest.raises(EmbeddingInvalid):
        vectors.vector("a")
    assert vectors.vector("a").shape == (flaky.recipe.dimension,)


def test_the_cache_can_be_used_by_many_threads() -> None:
    vectors = QueryVectors(SerialEmbedder(FakeEmbedder()), 5)
    words = [f"w{number % 9}" for number in range(300)]
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(vectors.vector, words))
    for word, vector in zip(words, found, strict=True):
        np.testing.assert_array_equal(vector, FakeEmbedder().embed_text(word))


def test_the_fake_is_loaded_by_its_name(tmp_path: Path) -> None:
    assert load_embedder(ModelSettings(name="fake"), tmp_path).recipe.model == "fake"


@pytest.mark.parametrize(
    "module", ["loading", "precision", "images", "colours", "hashing", "metadata", "embedder", "fake"]
)
def test_only_asking_for_a_model_imports_torch(module: str) -> None:
    code = f"import sys, discovery.vision.{module}; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
