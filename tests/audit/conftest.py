"""An audit of a catalogue of its own, and a clock that it goes by."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from discovery.audit.service import AuditService
from discovery.config import (
    AuditSettings,
    EngineSettings,
    IndexSettings,
    ModelSettings,
    Settings,
)
from discovery.engine.client import Engine

DEMO = "demo"
Serve = Callable[..., AuditService]


class Clock:
    """A clock that stands where it is put; at first, where the machine's is."""

    def __init__(self) -> None:
        self.now = datetime.now(UTC)

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **by: float) -> None:
        self.now += timedelta(**by)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def settings(prefix: str, tmp_path: Path) -> Settings:
    return Settings(
        engine=EngineSettings(prefix=prefix),
        model=ModelSettings(batch_size=4),
        index=IndexSettings(workers=2, bulk_documents=50, retries=1),
        home=tmp_path / "home",
    )


@pytest.fixture
def serve(engine: Engine, settings: Settings, clock: Clock) -> Serve:
    """Return an audit over this test's own catalogue: ``serve(most_new_share=1.0)``."""

    def service(**given: Any) -> AuditService:
        audit = dataclasses.replace(AuditSettings(), **given)
        return AuditService(engine, dataclasses.replace(settings, audit=audit), clock=clock)

    return service
