"""Saved searches as people see them, and what is remembered of what they found. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from discovery.errors import FieldProblem
from mappings.fields import Side

MOST_SEARCHES = 2000
"""Of one service: each is a query that new items are held against."""

MOST_LISTED = 10_000
"""Items of one result that are remembered one by one; of a larger one only their number."""


class Alert(StrEnum):
    """When the owner is told of changes: never, once a day, or with each run of the job that looks."""

    OFF = "off"
    DAILY = "daily"
    EACH_RUN = "each_run"


@dataclass(frozen=True, slots=True)
class Broken:
    """Why a saved search cannot be run, and since when that is known."""

    since: datetime
    reason: str
    problems: tuple[FieldProblem, ...] = ()
    told: bool = False


@dataclass(frozen=True, slots=True)
class Seen:
    """What a search found when it was last looked at, or its owner last told.

    ``ids`` is ``None`` where there were too many to list. ``positions`` tell how far the index was written.
    """

    at: datetime
    total: int
    ids: frozenset[str] | None
    positions: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SavedSearch:
    """A saved search: ``request`` is what ``POST /search`` takes.

    ``version`` changes when people change it.
    """

    id: str
    name: str
    owner: str | None
    note: str | None
    request: Mapping[str, Any]
    alert: Alert
    by: str
    made: datetime
    changed: datetime
    version: str = ""
    seen: Seen | None = None
    broken: Broken | None = None

    @property
    def side(self) -> Side:
        """What it looks for."""
        return "products" if self.request.get("in") == "products" else "assets"


@dataclass(frozen=True, slots=True)
class Changes:
    """What a search finds now that it did not, and the other way round, since it was last seen.

    ``listed`` is false where the items cannot be told one by one: there are too many, or the search cannot be
    done as it was (``fallback_reason``).
    """

    search: SavedSearch
    since: datetime
    at: datetime
    before: int
    total: int
    entered: tuple[str, ...] = ()
    left: tuple[str, ...] = ()
    listed: bool = True
    fallback_reason: str | None = None

    @property
    def any(self) -> bool:
        """Whether anything changed that can be told."""
        if self.fallback_reason is not None:
            return False
        return bool(self.entered or self.left) if self.listed else self.before != self.total


def reason_of(problems: Sequence[FieldProblem]) -> str:
    """Return problems in one line."""
    return "; ".join(f"{problem.field}: {problem.message}" for problem in problems[:5])
