"""One figure, its target, and how a list of them is told: as a table on the screen and as a page."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Target:
    """A bound that a figure must keep: ``least`` or ``most``, whichever is given."""

    least: float | None = None
    most: float | None = None

    def holds(self, value: float) -> bool:
        """Return whether ``value`` keeps the bound."""
        return (self.least is None or value >= self.least) and (self.most is None or value <= self.most)

    def __str__(self) -> str:
        bounds = [("≥", self.least), ("≤", self.most)]
        return " and ".join(f"{sign} {bound:g}" for sign, bound in bounds if bound is not None)


@dataclass(frozen=True, slots=True)
class Measured:
    """One figure of one workload. Without a ``target`` it is told and cannot fail."""

    workload: str
    name: str
    value: float
    target: Target | None = None
    detail: str = ""

    @property
    def holds(self) -> bool:
        """Whether the target, if there is one, is kept."""
        return self.target is None or self.target.holds(self.value)

    @property
    def verdict(self) -> str:
        """What stands in the table: yes, NO, or nothing where there is no target."""
        if self.target is None:
            return ""
        return "yes" if self.holds else "NO"


HEADINGS = ("workload", "figure", "value", "target", "holds", "detail")


def rows(measured: Iterable[Measured]) -> list[tuple[str, ...]]:
    """Return the figures as rows of text under :data:`HEADINGS`."""
    return [
        (
            one.workload,
            one.name,
            f"{one.value:.3g}" if abs(one.value) < 1000 else f"{one.value:,.0f}",
            str(one.target or ""),
            one.verdict,
            one.detail,
        )
        for one in measured
    ]


def table(measured: Sequence[Measured]) -> str:
    """Return the figures as an aligned table; the detail stands last and is not padded."""
    lines = [HEADINGS, *rows(measured)]
    widths = [max(len(line[place]) for line in lines) for place in range(len(HEADINGS) - 1)]
    padded = (
        "  ".join([*(text.ljust(width) for text, width in zip(line, widths, strict=False)), line[-1]])
        for line in lines
    )
    return "\n".join(line.rstrip() for line in padded)


def page(measured: Sequence[Measured], machine: str, command: str) -> str:
    """Return the figures as a page of ``docs/``, made by ``command``."""
    cells = [HEADINGS, tuple("---" for _ in HEADINGS), *rows(measured)]
    grid = "\n".join(f"| {' | '.join(text.replace('|', '/') for text in line)} |" for line in cells)
    return (
        "# Measurements\n\n"
        f"Made by `{command}`; do not edit. Each figure is a ratio or a share within one\n"
        "run, so that another machine should come to about the same.\n\n"
        f"{machine}\n\n{grid}\n"
    )


def machine_line(engine_version: str) -> str:
    """Return what the figures were measured on."""
    return (
        f"{_processor()}, {len(os.sched_getaffinity(0))} cores; Python {platform.python_version()}, "
        f"torch {metadata.version('torch')}, OpenSearch {engine_version}; "
        f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC"
    )


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        lines = []
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, "") or platform.machine()
