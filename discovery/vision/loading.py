"""From settings to one embedder that a whole process may share.

Importing this module does not import torch; asking for a model does.
"""

from __future__ import annotations

import os
import threading
from collections import OrderedDict
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import numpy as np

from discovery.config import ModelSettings
from discovery.vision.embedder import Embedder, Embedding, ModelInput, Recipe, Vector
from discovery.vision.images import Picture

# What a text query may have to wait for: one slice of somebody else's batch, not the whole of it.
SLICE = 8
TEXTS = 64

FAKE = "fake"
STARTER = "starter"


class SerialEmbedder:
    """One model for many threads: a queue in front of it, and one thread that asks it.

    Two callers at once would share the cores badly, each with its own pool of threads inside torch.
    """

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self._queue = ThreadPoolExecutor(max_workers=1, thread_name_prefix="model")

    @property
    def recipe(self) -> Recipe:
        """The recipe of the model behind the queue."""
        return self._embedder.recipe

    def prepare(self, picture: Picture) -> ModelInput:
        """Return one picture as the model's input, in the calling thread."""
        return self._embedder.prepare(picture)

    def embed_pictures(self, batch: Sequence[ModelInput]) -> list[Embedding]:
        """Return one embedding for each prepared picture; other callers take turns between slices."""
        waiting: list[Future[list[Embedding]]] = [
            self._queue.submit(self._embedder.embed_pictures, batch[start : start + SLICE])
            for start in range(0, len(batch), SLICE)
        ]
        return [embedding for future in waiting for embedding in future.result()]

    def embed_text(self, text: str) -> Vector:
        """Return the text's vector."""
        return self._queue.submit(self._embedder.embed_text, text).result()

    def embed_texts(self, texts: Sequence[str]) -> Vector:
        """Return one row for each text; other callers take turns between parts of them."""
        waiting = [
            self._queue.submit(self._embedder.embed_texts, texts[start : start + TEXTS])
            for start in range(0, len(texts), TEXTS)
        ]
        rows = [future.result() for future in waiting]
        return np.concatenate(rows) if rows else np.zeros((0, self.recipe.dimension), dtype=np.float32)


class QueryVectors:
    """The vectors of recent query texts, at most ``capacity`` of them, least recently used out first."""

    def __init__(self, embedder: Embedder, capacity: int) -> None:
        self._embedder = embedder
        self._capacity = capacity
        self._known: OrderedDict[str, Vector] = OrderedDict()
        self._lock = threading.Lock()
        self.hits = 0
        self.misses = 0

    @property
    def recipe(self) -> Recipe:
        """The recipe that the vectors are made by."""
        return self._embedder.recipe

    def vector(self, text: str) -> Vector:
        """Return the unit vector [dimension] of ``text``; it is read-only, for callers share it.

        Raises:
            EmbeddingInvalid: as the embedder does; a failure is not remembered.
        """
        key = " ".join(text.split())
        with self._lock:
            known = self._known.get(key)
            if known is not None:
                self._known.move_to_end(key)
                self.hits += 1
                return known
            self.misses += 1
        # Outside the lock: known queries need not wait for the model.
        made = np.asarray(self._embedder.embed_text(key))
        made.flags.writeable = False
        with self._lock:
            if self._capacity:
                self._known[key] = made
                self._known.move_to_end(key)
                while len(self._known) > self._capacity:
                    self._known.popitem(last=False)
        return made


def load_embedder(settings: ModelSettings, home: Path) -> Embedder:
    """Load the model that ``settings`` name; what it computes once is kept under ``home / "model"``.

    ``"starter"``, any open_clip model as :mod:`discovery.vision.clip` takes it, or ``"fake"`` (for tests:
    deterministic, without weights). The embedder may be used by many threads.

    Raises:
        ModelUnavailable: with what is missing and the way out.
    """
    cache = home / "model"
    if settings.name == FAKE:
        from discovery.vision.fake import FakeEmbedder

        return SerialEmbedder(FakeEmbedder())
    _keep_threads_asleep()
    import torch

    torch.set_num_threads(settings.threads or len(os.sched_getaffinity(0)))
    if settings.name == STARTER:
        from discovery.vision.starter import load_starter

        return SerialEmbedder(load_starter(cache, settings.precision))
    from discovery.vision.clip import load_clip

    return SerialEmbedder(load_clip(settings.name, cache, settings.precision))


def _keep_threads_asleep() -> None:
    # Idle threads of OpenMP spin by default and take the cores from those that decode pictures. Read by
    # the library when it is loaded, so this must come before torch; a user's own choice stays.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
