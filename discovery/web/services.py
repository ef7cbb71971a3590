"""What the web room is given: the use cases behind its addresses, composed elsewhere and passed in."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any, BinaryIO, Literal, Protocol

from discovery.audit.feedback import Feedback
from discovery.audit.listing import (
    FindingsPage,
    FindingsQuery,
    FindingsSummary,
    RunRequest,
    RunView,
    VersionedFinding,
)
from discovery.audit.model import About
from discovery.audit.reports.model import Report
from discovery.curation.collection_model import Collection, Counts, ItemKind, Share
from discovery.curation.duplicate_listing import GroupsPage, GroupsQuery, ListedGroup
from discovery.curation.duplicate_words import DuplicateWord, Effect
from discovery.curation.review import ReviewPage, ReviewQuery
from discovery.curation.words import LinkWord, PastWord
from discovery.duplicates.lookup import Alike
from discovery.linking.outcome import Decision, Outcome
from discovery.linking.verdict import Verdict
from discovery.saved.model import Alert, Changes, SavedSearch
from discovery.scheduler.model import JobState, JobView
from discovery.search.request import Hit, SearchPage, SearchRequest, SimilarRequest, Suggestions, Viewer
from discovery.search.rule_desk import ListedRule
from discovery.search_log.gaps import GapReport
from discovery.search_log.model import Asked, Opened
from discovery.usage.model import Action, Coverage, Feed, Taken
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

    def attributes(self, side: Side) -> tuple[str, ...]:
        """Return the catalogue's own attributes that tell items apart, those of most items first."""

    def asset(self, id: str, viewer: Viewer) -> AssetDocument:
        """Return one asset, or raise ``NotFound``."""

    def product(self, sku: str, viewer: Viewer) -> ProductDocument:
        """Return one product, or raise ``NotFound``."""

    def product_assets(self, sku: str, viewer: Viewer) -> tuple[AssetDocument, ...]:
        """Return the assets that show a product, its main picture first, or raise ``NotFound``."""

    def versions(self, asset: AssetDocument, viewer: Viewer) -> tuple[AssetDocument, ...]:
        """Return an asset and its other versions, the newest first; nothing where it has none."""

    def documents(
        self, side: Side, ids: Sequence[str], viewer: Viewer
    ) -> Mapping[str, AssetDocument | ProductDocument]:
        """Return those of ``ids`` that there are and that the viewer may see, by id."""


class Jobs(Protocol):
    """The job table."""

    def jobs(self) -> tuple[JobView, ...]:
        """Return every job and how it stands."""

    def ask(self, id: str) -> JobState:
        """Ask for a run now, or raise ``NotFound`` or ``RunInProgress``."""


class Explained(Protocol):
    """All that speaks for and against the products of one asset, and what holds."""

    @property
    def asset(self) -> AssetDocument:
        """The asset."""

    @property
    def verdict(self) -> Verdict:
        """What the linker says now."""

    @property
    def outcome(self) -> Outcome:
        """The links that hold, and the products that people refused."""

    @property
    def state(self) -> str:
        """What is to be done with it, people's word included."""

    @property
    def decisions(self) -> Sequence[Decision]:
        """What people said of it."""


class Links(Protocol):
    """Links between assets and products, and people's word on them."""

    def explain(self, asset: str) -> Explained:
        """Tell everything about the links of an asset, or raise ``NotFound``."""

    def history(self, asset: str) -> Sequence[PastWord]:
        """Return all that people ever said of the links of an asset, in order."""

    def product_history(self, sku: str) -> Sequence[PastWord]:
        """Return all that people ever said of the links of a product, in order."""

    def reasons(self, asset: str) -> Mapping[str, Sequence[str]]:
        """Return why the links of an asset hold, by SKU, where that is known."""

    def review(self, query: ReviewQuery) -> ReviewPage:
        """Return a page of what waits for people's word; a bad filter is ``InputInvalid``."""

    def decide(self, words: Sequence[LinkWord], by: str) -> Sequence[Decision]:
        """Keep what somebody says, all of it or none; what is wrong with it is ``InputInvalid``.

        An error of the engine in the middle names what was not kept; the same may be sent again.
        """


class Duplicates(Protocol):
    """Files that hold the same picture, and people's word on them."""

    def page(self, query: GroupsQuery) -> GroupsPage:
        """Return a page of groups; a bad filter is ``InputInvalid``."""

    def one(self, id: str) -> ListedGroup:
        """Return one group, or raise ``NotFound``."""

    def decide(self, words: Sequence[DuplicateWord], by: str, *, preview: bool) -> Sequence[Effect]:
        """Keep what somebody says, all of it or none, and tell what it does; a preview changes nothing.

        What is wrong with it is ``InputInvalid``. An error of the engine in the middle names what was not
        kept; the same may be sent again.
        """

    def already_here(self, image: bytes) -> Sequence[Alike]:
        """Return the assets that hold the picture, the most alike first."""


class QueryRules(Protocol):
    """Query rules: what people have decided about single queries."""

    def rules(self) -> Sequence[ListedRule]:
        """Return every rule, those of the file first."""

    def rule(self, id: str) -> ListedRule:
        """Return one rule, or raise ``NotFound``."""

    def put(self, id: str, table: Mapping[str, Any], by: str) -> ListedRule:
        """Keep a rule; what is wrong with it is ``InputInvalid``."""

    def delete(self, id: str) -> ListedRule:
        """Take a rule away and return it, or raise ``NotFound``."""


class Collections(Protocol):
    """Collections: ordered, named choices of assets and products."""

    def all(
        self, owner: str | None = None, asset: str | None = None, product: str | None = None
    ) -> Sequence[tuple[Collection, int]]:
        """Return collections by name, without their items, each with how many it has."""

    def get(self, id: str) -> Collection:
        """Return one collection, or raise ``NotFound``."""

    def create(
        self, name: str, owner: str | None, note: str | None, refs: Sequence[tuple[ItemKind, str]], by: str
    ) -> Collection:
        """Keep a new collection; what is wrong with it is ``InputInvalid``."""

    def change(self, id: str, change: Mapping[str, Any], expected: str | None = None) -> Collection:
        """Change a collection, or raise ``NotFound``, ``InputInvalid`` or ``EngineConflict``."""

    def arrange(
        self,
        id: str,
        put: Sequence[tuple[ItemKind, str]],
        remove: Sequence[tuple[ItemKind, str]],
        at: int | None,
        by: str,
        expected: str | None = None,
    ) -> tuple[Collection, Counts]:
        """Change what is in a collection, or raise as ``change`` does."""

    def delete(self, id: str, expected: str | None = None) -> Collection:
        """Take a collection away and return it, or raise ``NotFound`` or ``EngineConflict``."""

    def share(self, id: str, note: str | None, until: date | None, by: str) -> tuple[Share, str]:
        """Make a link for reading; return it and its token, or raise ``NotFound`` or ``InputInvalid``."""

    def shares(self, id: str) -> Sequence[Share]:
        """Return the links of a collection, or raise ``NotFound``."""

    def revoke(self, id: str, share: str) -> Share:
        """Take a link away and return it, or raise ``NotFound``."""

    def shared(self, token: str) -> Collection:
        """Return the collection that a link is for, or raise ``NotFound``."""


class SavedSearches(Protocol):
    """Searches that people keep."""

    def all(self, owner: str | None = None) -> Sequence[SavedSearch]:
        """Return saved searches by name."""

    def get(self, id: str) -> SavedSearch:
        """Return one, or raise ``NotFound``."""

    def create(
        self,
        name: str,
        owner: str | None,
        note: str | None,
        request: Mapping[str, Any],
        alert: Alert,
        by: str,
    ) -> SavedSearch:
        """Keep a new one; what is wrong with it is ``InputInvalid``."""

    def change(self, id: str, change: Mapping[str, Any], expected: str | None = None) -> SavedSearch:
        """Change one, or raise ``NotFound``, ``InputInvalid`` or ``EngineConflict``."""

    def delete(self, id: str, expected: str | None = None) -> SavedSearch:
        """Take one away and return it, or raise ``NotFound`` or ``EngineConflict``."""

    def changes(self, id: str) -> Changes:
        """Tell what changed since it was last seen, or raise ``NotFound`` or ``InputInvalid``."""

    def see(self, id: str) -> SavedSearch:
        """Let what it finds now count as seen, or raise ``NotFound`` or ``InputInvalid``."""


@dataclass(frozen=True, slots=True)
class KnownModel:
    """The configured model (``outcome`` configured), or a try to fit it to the catalogue (adopted, refused).

    ``figures`` are what was measured of ``base`` and ``adapted`` on products that the fit had not seen, by
    name; there are none of the configured model.
    """

    recipe: str
    name: str
    outcome: str
    serves: bool
    base: str | None = None
    reason: str | None = None
    fitted: datetime | None = None
    pictures: int | None = None
    held_out: int | None = None
    figures: Mapping[str, Mapping[str, float | None]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Comparison:
    """What the pictures' part of a search finds now and by the model that served before.

    ``before`` is ``None`` where no other model's vectors are kept.
    """

    recipe: str
    now: tuple[Hit, ...]
    before_recipe: str | None = None
    before: tuple[Hit, ...] | None = None


class Models(Protocol):
    """The configured model and those fitted to the catalogue."""

    def all(self) -> tuple[KnownModel, ...]:
        """Return the configured model, then every try to fit it, the newest first."""

    def compare(self, q: str, viewer: Viewer) -> Comparison:
        """Search by the look of pictures alone, with the model that serves and with the one before."""


class Audits(Protocol):
    """The audit: runs, findings, reports."""

    def ask(self, request: RunRequest) -> RunView:
        """Keep that a run is wanted, or raise ``InputInvalid`` or ``RunInProgress``."""

    def run_views(self, most: int) -> Sequence[RunView]:
        """Return the last runs, the newest first."""

    def run_view(self, id: str) -> RunView:
        """Return one run, or raise ``NotFound``."""

    def findings(self, query: FindingsQuery) -> FindingsPage:
        """Return a page of findings; a bad filter is ``InputInvalid``."""

    def summary(self) -> FindingsSummary:
        """Return how many findings are pending, by what they are."""

    def versioned(self, id: str) -> VersionedFinding:
        """Return one finding, or raise ``NotFound``."""

    def change_versioned(
        self, id: str, change: Mapping[str, Any], who: str | None = None, expected: str | None = None
    ) -> VersionedFinding:
        """Change a finding, or raise ``NotFound``, ``InputInvalid`` or ``EngineConflict``."""

    def tell(self, feedback: Feedback, about: About, who: str) -> VersionedFinding:
        """Keep what somebody says is wrong, or raise ``EngineConflict``."""

    def report(
        self, run: str | None = None, *, pictured: bool = False, searches: Sequence[str] | None = None
    ) -> Report:
        """Return what reports are made from, with thumbnails or without, or raise ``NotFound``.

        An unknown one of the saved ``searches`` is ``InputInvalid``.
        """


@dataclass(frozen=True, slots=True)
class Usage:
    """Usage, recorded and told.

    ``record`` takes note of what was done with an asset here; it never fails and never waits. ``take`` keeps
    what a feed tells, ``declare`` how far it tells everything, and both refuse what is wrong by name.
    """

    record: Callable[[Action, str], None]
    take: Callable[[str, Sequence[object]], Taken]
    declare: Callable[[Any, Any, Any], Feed]
    retire: Callable[[str], None]
    feeds: Callable[[], tuple[Feed, ...]]
    coverage: Callable[[], Coverage]


@dataclass(frozen=True, slots=True)
class SearchLog:
    """The log of searches. ``record`` never fails and never waits; it is not called unless ``enabled``.

    ``gaps`` tells what is asked for and not found, by all that was ever recorded and is kept.
    """

    enabled: bool
    record: Callable[[Asked | Opened], None]
    gaps: Callable[[], GapReport]


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
    models: Models
    links: Links
    audits: Audits
    rules: QueryRules
    collections: Collections
    searches: SavedSearches
    duplicates: Duplicates
    usage: Usage
    search_log: SearchLog
    readings: Callable[[], tuple[Reading, ...]] = no_readings
