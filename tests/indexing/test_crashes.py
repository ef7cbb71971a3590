"""Killed at any point and run again, the index comes to what an undisturbed run comes to."""

from __future__ import annotations

import dataclasses
import json
import os
import random
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from discovery.config import EngineSettings, Settings
from discovery.engine.client import Engine, connect
from discovery.engine.embedded import EmbeddedEngine
from discovery.errors import (
    EmbeddingInvalid,
    EngineTimedOut,
    EngineUnavailable,
    ModelUnavailable,
    RunInProgress,
    SourceUnavailable,
)
from discovery.vision.embedder import Embedding, ModelInput
from indexers import asset_run
from indexers.lifecycle import Lifecycle
from indexers.records import AssetRecord, Problem
from indexers.run import Run
from tests.indexing.stage import CountingEmbedder, Files, Stage, picture, product

ROOT = Path(__file__).parents[2]
CRASHES = 8


class World:
    """Files and products that change between runs."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.random = random.Random(7)
        self.files: dict[str, bytes] = {f"p/{n}.png": picture("red", spot=n) for n in range(14)}
        self.products: dict[str, list[str]] = {f"S{n}": [f"p/{n}.png", f"p/{n + 1}.png"] for n in range(10)}
        self.products |= {f"T{n}": [] for n in range(4)}

    def change(self) -> None:
        """Change, move, add and remove some of everything."""
        keys = self.random.sample(sorted(self.files), 4)
        self.files[keys[0]] = picture("blue", spot=self.random.randrange(200))
        self.files[f"moved/{self.random.randrange(10**6)}.png"] = self.files.pop(keys[1])
        del self.files[keys[2]]
        self.files[f"p/{self.random.randrange(20)}.png"] = picture("green", spot=self.random.randrange(200))
        skus = self.random.sample(sorted(self.products), 3)
        self.products[skus[0]] = self.random.sample(sorted(self.files), 2)
        del self.products[skus[1]]
        self.products[f"N{self.random.randrange(10**6)}"] = [keys[2], keys[0]]

    def told(self, stage: Stage, url: str, **more: int) -> str:
        paths = {}
        for number, (key, data) in enumerate(sorted(self.files.items())):
            path = self.folder / f"{number}.bin"
            path.write_bytes(data)
            paths[key] = str(path)
        return json.dumps(
            {
                "prefix": stage.settings.engine.prefix,
                "home": str(stage.settings.home),
                "url": url,
                "files": paths,
                "products": self.products,
                **more,
            }
        )

    def index(self, stage: Stage) -> None:
        stage.index(Files("studio", self.files), accept_shrink=True)
        stage.index_products(
            *(product(sku, *images) for sku, images in self.products.items()), accept_shrink=True
        )


def run_victim(told: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tests.indexing.victim", told],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def test_an_indexer_killed_again_and_again_converges(
    engine: Engine, stage: Stage, other_stage: Stage, tmp_path: Path
) -> None:
    world = World(tmp_path)
    first = run_victim(world.told(stage, engine.url))
    assert first.returncode == 0, first.stderr
    requests = json.loads(first.stdout.splitlines()[-1])["requests"]
    for crash in range(CRASHES):
        world.change()
        at = {("die_before", "die_after")[crash % 2]: world.random.randrange(5, requests)}
        killed = run_victim(world.told(stage, engine.url, **at))
        assert killed.returncode == -signal.SIGKILL, (at, killed.stderr)
    world.index(stage)
    world.index(other_stage)
    assert stage.everything() == other_stage.everything()
    repeated = stage.index(Files("studio", world.files))
    assert (repeated.written, repeated.gone, repeated.connected) == (0, 0, 0)


@pytest.fixture
def own_engine(tmp_path: Path, parts_home: Path) -> Iterator[EmbeddedEngine]:
    embedded = EmbeddedEngine(tmp_path / "engine-home", 512, parts_home=parts_home, short_lived=True)
    yield embedded
    embedded.leave()


def test_an_engine_killed_in_the_middle_ends_the_run_with_its_error_and_the_next_converges(
    own_engine: EmbeddedEngine, settings: Settings, other_stage: Stage, tmp_path: Path
) -> None:
    address = own_engine.start()
    connected = connect(EngineSettings(), address.url)

    class Killer(CountingEmbedder):
        def embed_pictures(self, batch: Sequence[ModelInput]) -> list[Embedding]:
            if self.embedded == 4:
                os.kill(address.pid, signal.SIGKILL)
            return super().embed_pictures(batch)

    killer = Killer()
    stage = Stage(Lifecycle(connected, settings).ensure(killer.recipe), settings, killer)
    world = World(tmp_path)
    with pytest.raises((EngineUnavailable, EngineTimedOut)):
        world.index(stage)
    connected.close()

    again = connect(EngineSettings(), own_engine.start().url)
    counting = CountingEmbedder()
    stage = Stage(Lifecycle(again, settings).ensure(counting.recipe), settings, counting)
    world.index(stage)
    world.index(other_stage)
    assert stage.everything() == other_stage.everything()
    again.close()


def test_a_second_run_over_the_same_source_is_refused(stage: Stage) -> None:
    files = Files("studio", {"a.png": picture("red")})
    inside, leave = threading.Event(), threading.Event()

    def slow() -> Iterator[AssetRecord | Problem]:
        inside.set()
        leave.wait(60)
        yield from files.items()

    class Slow(Files):
        def items(self) -> Iterator[AssetRecord | Problem]:
            return slow()

    first = threading.Thread(target=stage.index, args=(Slow("studio"),))
    first.start()
    assert inside.wait(60)
    with pytest.raises(RunInProgress, match="studio"):
        stage.index(files)
    stage.index(Files("another", {"b.png": picture("blue")}))
    leave.set()
    first.join(60)
    assert sorted(stage.assets()) == ["a.png", "b.png"]


def test_ctrl_c_ends_the_run_at_once_with_a_right_summary(stage: Stage) -> None:
    files = Files("studio", {f"{n:03}.png": picture("red", spot=n) for n in range(60)})
    forever = threading.Event()

    class Interrupting(CountingEmbedder):
        def embed_pictures(self, batch: Sequence[ModelInput]) -> list[Embedding]:
            if self.embedded >= 44:
                os.kill(os.getpid(), signal.SIGINT)
                forever.wait(1)
            return super().embed_pictures(batch)

    stage.embedder = Interrupting()
    # A shell lets what it runs in the background ignore Ctrl-C, and Python then makes no error of it.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        summary = stage.index(files)
    finally:
        signal.signal(signal.SIGINT, before)
    assert summary.outcome == "interrupted"
    assert summary.written == len(stage.assets()) > 0
    stage.embedder = CountingEmbedder()
    rest = stage.index(files)
    assert rest.outcome == "finished"
    assert rest.unchanged == summary.written
    assert len(stage.assets()) == 60


class BrokenError(Exception):
    """Something that nobody foresaw."""


def broken(*_args: object, **_how: object) -> Any:
    raise BrokenError("broken on purpose")


@pytest.mark.parametrize(
    "where",
    ["states", "documents", "embedded", "embed_pictures", "asset_document", "settle_if_due", "letters"],
)
def test_an_error_in_any_stage_ends_the_run_with_that_error(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    files = Files("studio", {f"{n:03}.png": picture("red", spot=n) for n in range(100)})
    stage.index(Files("studio", dict(list(files.files.items())[:50])))
    files.files = {key: data + b"\0" for key, data in files.files.items()}
    files.files["000.png"] = b"broken"
    places: dict[str, tuple[object, str]] = {
        "states": (stage.catalogue.assets, "states"),
        "documents": (stage.catalogue.assets, "documents"),
        "embedded": (stage.catalogue, "embedded"),
        "embed_pictures": (stage.embedder, "embed_pictures"),
        "asset_document": (asset_run, "asset_document"),
        "settle_if_due": (Run, "settle_if_due"),
        "letters": (Run, "fail"),
    }
    with monkeypatch.context() as patched:
        patched.setattr(*places[where], broken)
        with pytest.raises(BrokenError):
            stage.index(files)
    assert stage.index(files).outcome == "finished"
    assert len(stage.assets()) == 100


def test_a_model_that_is_gone_ends_the_run(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(_batch: object) -> Any:
        raise ModelUnavailable("no model")

    monkeypatch.setattr(stage.embedder, "embed_pictures", gone)
    with pytest.raises(ModelUnavailable):
        stage.index(Files("studio", {"a.png": picture("red")}))


def test_one_picture_that_the_model_cannot_do_fails_alone(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    embed = stage.embedder.embed_pictures

    def particular(batch: Sequence[ModelInput]) -> list[Embedding]:
        if any(one.pixels[2].mean() > 200 and one.pixels[0].mean() < 100 for one in batch):
            raise EmbeddingInvalid("not this one")
        return embed(batch)

    monkeypatch.setattr(stage.embedder, "embed_pictures", particular)
    files = {f"{n}.png": picture("red", spot=n) for n in range(3)} | {"blue.png": picture("blue", (400, 300))}
    summary = stage.index(Files("studio", files))
    assert (summary.embedded, summary.failed) == (3, 1)
    assert list(stage.letters()) == ["blue.png"]


def test_a_source_that_goes_down_while_it_is_read_ends_the_run(stage: Stage) -> None:
    def down() -> bytes:
        raise SourceUnavailable("no route to the share")

    class Down(Files):
        def record(self, key: str) -> AssetRecord:
            return dataclasses.replace(Files.record(self, key), read=down)

    files = Down("studio", {f"{n:03}.png": b"" for n in range(200)})
    with pytest.raises(SourceUnavailable, match="no route"):
        stage.index(files)
