"""What the web room is given: the use cases behind its addresses, composed elsewhere and passed in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Literal, Protocol

from discovery.scheduler.model import JobState, JobView
from discovery.search.request import SearchPage, SearchRequest, SimilarRequest, Suggestions, Viewer
from mappings.documents import AssetDocument, ProductDocument
from mappings.fields import Side


class Search(Protocol):
    """The read side. Every method raises errors of ``discovery.errors`` and nothing else on purpose."""

    def search(self, request: SearchRequest, viewer: Viewer) -> SearchPage:
        """Answer a search by words."""

    def similar(self, request: SimilarRequest, viewer: Viewer) -> SearchPage:
        """Answer a search by a picture."""

    def suggest(self, side: Side, q: str) -> Suggestions:
        """Complete what is being typed."""

    def asset(self, id: str, viewer: Viewer) -> AssetDocument:
        """Return one asset, or raise ``NotFound``."""

    def product(self, sku: str, viewer: Viewer) -> ProductDocument:
        """Return one product, or raise ``NotFound``."""

    def product_assets(self, sku: str, viewer: Viewer) -> tuple[AssetDocument, ...]:
        """Return the assets that show a product, its main picture first, or raise ``NotFound``."""


class Jobs(Protocol):
    """The job table."""

    def jobs(self) -> tuple[JobView, ...]:
        """Return every job and how it stands."""

    def ask(self, id: str) -> JobState:
        """Ask for a run now, or raise ``NotFound`` or ``RunInProgress``."""


@dataclass(frozen=True, slots=True)
class Check:
    """Whether one thing that the service needs answers; ``reason`` says why not and what to do."""

    name: str
    ok: bool
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """One figure of another room for ``/metrics``, taken when it is asked for."""

    name: str
    help: str
    value: float
    kind: Literal["gauge", "counter"] = "gauge"
    labels: Mapping[str, str] = field(default_factory=dict)


def no_readings() -> tuple[Reading, ...]:
    """Return nothing: the other rooms have no figures of their own."""
    return ()


@dataclass(frozen=True, slots=True)
class Services:
    """Everything that the routes call.

    ``thumbnails`` takes an asset and one of the configured sizes and returns WebP bytes or the path of
    a WebP file; ``originals`` takes an asset and returns a path or a binary stream that is closed after
    the reply. Both raise ``NotFound`` where there is none and ``SourceUnavailable`` where it cannot be read.
    """

    search: Search
    thumbnails: Callable[[AssetDocument, int], bytes | Path]
    originals: Callable[[AssetDocument], Path | BinaryIO]
    readiness: Callable[[], tuple[Check, ...]]
    jobs: Jobs
    readings: Callable[[], tuple[Reading, ...]] = no_readings
