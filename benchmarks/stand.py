"""Where a measurement stands: an engine, a home and index names of its own, and nothing left behind."""

from __future__ import annotations

import dataclasses
import json
import os
import secrets
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

from filelock import FileLock, Timeout

from benchmarks import data
from discovery.config import (
    EngineSettings,
    ImageSettings,
    ModelSettings,
    SearchSettings,
    Settings,
    default_home,
)
from discovery.engine.client import Engine, connect
from discovery.engine.embedded import EmbeddedEngine
from discovery.engine.indices import Indices
from discovery.engine.reader import Reader
from discovery.errors import SourceUnavailable
from discovery.search.pictures import EmbedderModel
from discovery.search.service import SearchService
from discovery.search.standing import Searching
from discovery.vision.embedder import Embedder, Recipe
from discovery.vision.loading import QueryVectors, load_embedder
from indexers.catalogue import Catalogue
from indexers.lifecycle import Lifecycle
from mappings.documents import AssetDocument

PREFIX = "bench-"
READY_SECONDS = 120
CHECKOUT = Path(__file__).parents[1]


class BusyError(Exception):
    """Another benchmark runs; two at once would measure each other."""


@dataclasses.dataclass(frozen=True, slots=True)
class Indexed:
    """What a run in a process of its own did: times of each side and of all, peak memory in MB, counts.

    ``base_mb`` is what the process had before the first picture, ``peak_mb`` its most up to the last one.
    """

    assets_seconds: float
    products_seconds: float
    process_seconds: float
    peak_mb: float
    base_mb: float
    counts: Mapping[str, int]
    stages: Mapping[str, float]


class Stand:
    """The surroundings of one benchmark run.

    ``home`` is a folder of its own for thumbnails, locks and what the model keeps; ``quick`` asks for less.
    """

    def __init__(self, engine: Engine, home: Path, *, quick: bool, engine_pid: int) -> None:
        self.engine = engine
        self.engine_pid = engine_pid
        self.home = home
        self.quick = quick
        self._run = secrets.token_hex(3)
        self._embedder: Embedder | None = None
        self._fashion: Indexed | None = None

    @classmethod
    @contextmanager
    def open(cls, *, quick: bool) -> Iterator[Self]:
        """Start or join the benchmarks' own node, with the configuration's heap and the user's parts.

        Raises:
            BusyError: another benchmark runs.
        """
        user = default_home(os.environ)
        home = user / "benchmarks"
        home.mkdir(parents=True, exist_ok=True)
        try:
            with FileLock(home / "running.lock", timeout=0):
                work = home / "work"
                shutil.rmtree(work, ignore_errors=True)
                (home / "model").mkdir(exist_ok=True)
                embedded = EmbeddedEngine(home, EngineSettings().heap_mb, parts_home=user)
                address = embedded.start()
                engine = connect(EngineSettings(), address.url)
                try:
                    Indices(engine).close_leftovers(PREFIX)
                    yield cls(engine, work, quick=quick, engine_pid=address.pid)
                finally:
                    shutil.rmtree(work, ignore_errors=True)
                    Indices(engine).close_leftovers(PREFIX)
                    engine.close()
                    embedded.leave()
        except Timeout:
            raise BusyError("another benchmark is running; wait for its end, then start this one") from None

    def settings(self, name: str) -> Settings:
        """Return settings under which ``name`` is an index of its own with thumbnails of its own."""
        home = self.home / name
        if not home.exists():
            home.mkdir(parents=True)
            # What a model computes once is no part of any figure.
            (home / "model").symlink_to(self.home.parent / "model", target_is_directory=True)
        return Settings(
            engine=EngineSettings(url=self.engine.url, prefix=self.prefix(name)),
            home=home,
        )

    def prefix(self, name: str) -> str:
        """Return the beginning of the index names of ``name``."""
        return f"{PREFIX}{self._run}-{name}"

    def embedder(self) -> Embedder:
        """Return the starter model, loaded once."""
        if self._embedder is None:
            self._embedder = load_embedder(ModelSettings(), self.settings("model").home)
        return self._embedder

    def catalogue(self, name: str, recipe: Recipe) -> Catalogue:
        """Return the catalogue of ``name``; its indices are made if they are missing."""
        return Lifecycle(self.engine, self.settings(name)).ensure(recipe)

    def search(
        self,
        name: str,
        reader: Searching | None = None,
        settings: SearchSettings | None = None,
        embedder: Embedder | None = None,
    ) -> SearchService:
        """Return the read side over ``name``, with the starter model unless another is given.

        ``reader`` may watch what is asked.
        """
        made_by = embedder or self.embedder()
        model = EmbedderModel(
            lambda: made_by, ImageSettings(), QueryVectors(made_by, ModelSettings().query_cache).vector
        )
        return SearchService(
            reader or Reader(self.engine), settings or SearchSettings(), self.prefix(name), model, _unread
        )

    def drop(self, name: str) -> None:
        """Take away the indices and the home of ``name``."""
        Indices(self.engine).close_leftovers(self.prefix(name))
        shutil.rmtree(self.home / name, ignore_errors=True)

    def fashion(self) -> Indexed:
        """Index the fashion catalogue once, in a process of its own; return how that went."""
        if self._fashion is None:
            self._fashion = self.index_apart(data.FASHION, products=True, limit=self.fashion_pictures)
        return self._fashion

    def garments(self) -> list[data.Garment]:
        """Return the garments whose pictures are indexed."""
        listed = data.records_of(data.fashion_pictures())[: self.fashion_pictures]
        pictured = {record.key.removesuffix(".jpg") for record in listed}
        return [one for one in data.garments() if one.sku in pictured]

    @property
    def fashion_pictures(self) -> int:
        """How many of the fashion pictures are indexed."""
        return 400 if self.quick else 4000

    def index_apart(self, name: str, *, products: bool, limit: int) -> Indexed:
        """Index fashion pictures, at most ``limit``, under ``name`` in a process of its own."""
        settings = self.settings(name)
        asked = {"home": str(settings.home), "url": settings.engine.url, "prefix": settings.engine.prefix}
        reply = run_python("benchmarks.apart", [json.dumps({**asked, "products": products, "limit": limit})])
        return Indexed(**json.loads(reply))


def run_python(module: str, arguments: Sequence[str], python: str = sys.executable) -> str:
    """Run a module in a process of its own, by ``python``; return what it printed, its errors go to ours.

    Raises:
        subprocess.CalledProcessError: it failed.
    """
    with subprocess.Popen(
        [python, "-m", module, *arguments], cwd=CHECKOUT, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            printed, _ = process.communicate()
        except BaseException:
            process.terminate()
            raise
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, [module])
    return printed


@contextmanager
def serving(settings: Settings) -> Iterator[tuple[str, int]]:
    """Serve an index by the command, in a process of its own; yield its address and process id."""
    command = [sys.executable, "-m", "discovery", "serve", "--port", "0", "--no-scheduler"]
    with subprocess.Popen(
        command, cwd=CHECKOUT, env=environment(settings), stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            deadline = time.monotonic() + READY_SECONDS
            for line in process.stdout:
                if line.startswith("ready "):
                    yield line.split()[1], process.pid
                    return
                if time.monotonic() > deadline:
                    break
            raise RuntimeError("the service did not become ready")
        finally:
            process.terminate()


def _unread(asset: AssetDocument) -> bytes:
    raise SourceUnavailable(f"{asset.source.key}: no measurement opens an original")


def environment(settings: Settings) -> dict[str, str]:
    """Return the environment in which the command runs with ``settings``' home, engine and prefix."""
    given: dict[str, Any] = {
        "DISCOVERY_HOME": settings.home,
        "DISCOVERY_ENGINE__URL": settings.engine.url,
        "DISCOVERY_ENGINE__PREFIX": settings.engine.prefix,
        "DISCOVERY_SEARCH__VISUAL_CANDIDATES": settings.search.visual_candidates,
    }
    clean = {name: value for name, value in os.environ.items() if not name.startswith("DISCOVERY_")}
    return {**clean, **{name: str(value) for name, value in given.items()}}
