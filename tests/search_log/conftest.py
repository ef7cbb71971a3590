"""A clock, searches to record, and a log in a real engine."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from discovery.config import EngineSettings, ModelSettings, Settings
from discovery.engine.client import Engine
from discovery.engine.reader import Reader
from discovery.engine.records import Records
from discovery.search_log.model import Asked
from discovery.search_log.recorder import SearchRecorder
from discovery.search_log.service import SearchLogService
from discovery.vision.fake import FakeEmbedder
from discovery.wiring import Service
from mappings.registry import SEARCH_LOG

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
_NUMBERS = itertools.count(1)

A_SEARCH = Asked("", "assets", NOON, "words", "", (), False, "hybrid", 0, 9, False)


def search(q: str, second: float = 0, **given: Any) -> Asked:
    """A search so many seconds after noon; it found nothing unless ``total`` says so."""
    given.setdefault("request", f"request-{next(_NUMBERS)}")
    return replace(A_SEARCH, q=q, at=NOON + timedelta(seconds=second), **given)


class Log:
    """The log of one prefix in a real engine, at a time that a test sets."""

    def __init__(self, engine: Engine, settings: Settings) -> None:
        self.now = NOON + timedelta(minutes=1)
        self.settings = settings
        self.service = Service(settings)
        self.service.lifecycle.ensure(FakeEmbedder().recipe)
        self.log = SearchLogService(engine, settings, self.service.search, lambda: self.now)
        self.recorder = SearchRecorder(self.log.keep, settings.search_log, lambda: self.now)
        self._reader = Reader(engine)
        self._index = SEARCH_LOG.write_alias(settings.engine.prefix)

    def kept(self, kind: str = "search") -> list[dict[str, Any]]:
        Records(self.service.engine).refresh(self._index)
        found = [hit["_source"] for hit in self._reader.scan(self._index, {"term": {"kind": kind}})]
        return sorted(found, key=lambda one: str(one["at"]))


@pytest.fixture
def log(engine: Engine, prefix: str, tmp_path: Path) -> Iterator[Log]:
    settings = Settings(
        engine=EngineSettings(url=engine.url, prefix=prefix),
        model=ModelSettings(name="fake"),
        home=tmp_path / "home",
    )
    made = Log(engine, settings)
    yield made
    made.service.engine.close()
