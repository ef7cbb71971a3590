"""How a run tells where it is; the command line shows it, tests and services stay silent."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """What a run reports to. Called from several threads; must not raise."""

    def expect(self, items: int) -> None:
        """``items`` more will be worked on; called again and again while a source is listed."""

    def advance(self, items: int) -> None:
        """``items`` are done: written, failed or found unchanged."""

    def say(self, stage: str) -> None:
        """Name what the run does now: ``"reading"``, ``"connecting"``, ``"removing"``."""


class Silent:
    """Progress that nobody watches."""

    def expect(self, items: int) -> None:
        """Do nothing."""

    def advance(self, items: int) -> None:
        """Do nothing."""

    def say(self, stage: str) -> None:
        """Do nothing."""
