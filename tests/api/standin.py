"""A read side in memory: enough of its behaviour to hold the web room to its own promises."""

from __future__ import annotations

import dataclasses
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from discovery.audit.asking import check_rules, search_body
from discovery.audit.changes import changed
from discovery.audit.feedback import Feedback, reported
from discovery.audit.listing import (
    FindingsPage,
    FindingsQuery,
    FindingsSummary,
    RunRequest,
    RunView,
    VersionedFinding,
)
from discovery.audit.model import About
from discovery.audit.reports.model import Report, Section, make_report
from discovery.audit.reports.pictures import with_pictures
from discovery.config import SearchSettings
from discovery.curation.collections import Collections
from discovery.curation.duplicate_listing import GroupsPage, GroupsQuery, ListedGroup
from discovery.curation.duplicate_listing import check as check_groups
from discovery.curation.duplicate_words import DuplicateWord, Effect
from discovery.curation.review import ReviewPage, ReviewQuery, check
from discovery.curation.rule_records import KeptRule
from discovery.curation.words import LinkWord, PastWord
from discovery.duplicates.lookup import Alike
from discovery.engine.records import Stored
from discovery.errors import (
    CursorExpired,
    EngineConflict,
    FieldProblem,
    ImageUnreadable,
    InputInvalid,
    NotFound,
    RunInProgress,
)
from discovery.linking.outcome import Decision
from discovery.saved.searches import SavedSearches
from discovery.scheduler.model import JobState, JobView
from discovery.search.request import (
    Condition,
    FacetValue,
    Filters,
    Hit,
    Mode,
    SearchPage,
    SearchRequest,
    SimilarRequest,
    Suggestion,
    Suggestions,
    Viewer,
)
from discovery.search.rule_book import RuleBook
from discovery.search.rule_desk import RuleDesk
from discovery.search_log.model import Asked, Opened
from discovery.usage.model import Action, Coverage, Event, Feed, Refused, Taken, read_event, read_feed
from discovery.web import examples
from discovery.web.schemas import load, search_schema
from discovery.web.services import (
    Audits,
    Check,
    Comparison,
    Explained,
    Jobs,
    KnownModel,
    Links,
    Reading,
    SearchLog,
    Services,
    Usage,
)
from mappings.documents import AssetDocument, ProductDocument
from mappings.fields import Side, find_field

Document = AssetDocument | ProductDocument
PIXEL = bytes.fromhex("524946461a000000574542505650384c0d0000002f00000010071011118888fe0700")


def values_of(document: Document, side: Side, name: str) -> tuple[Any, ...]:
    field = find_field(side, name)
    assert field is not None
    value: Any = document
    for part in field.path.split("."):
        value = getattr(value, part)
    if value is None:
        return ()
    values = value if isinstance(value, tuple) else (value,)
    if field.attribute is not None:
        prefix = f"{field.attribute}\x1f"
        return tuple(v.removeprefix(prefix) for v in values if v.startswith(prefix))
    return values


def meets(document: Document, side: Side, condition: Condition) -> bool:
    values = values_of(document, side, condition.field)
    return (
        (not condition.any or any(v in values for v in condition.any))
        and all(v in values for v in condition.all)
        and not any(v in values for v in condition.none)
        and (condition.exists is None or condition.exists == bool(values))
        and (condition.gt is None or any(v > condition.gt for v in values))
        and (condition.gte is None or any(v >= condition.gte for v in values))
        and (condition.lt is None or any(v < condition.lt for v in values))
        and (condition.lte is None or any(v <= condition.lte for v in values))
    )


def passes(document: Document, side: Side, filters: Filters, leaving_out: str | None = None) -> bool:
    conditions = (c for c in filters.conditions if c.field != leaving_out)
    return all(meets(document, side, c) for c in conditions) and (
        not filters.alternatives
        or any(all(meets(document, side, c) for c in group) for group in filters.alternatives)
    )


def words_of(document: Document) -> str:
    if isinstance(document, AssetDocument):
        parts = [document.source.filename, document.source.title or "", *document.source.keywords]
        parts += [*document.product.name, *document.product.sku]
    else:
        parts = [document.source.sku, document.source.title, document.source.brand or ""]
        parts += [value for values in document.source.attribute_values.values() for value in values]
    return " ".join(parts).lower()


class MemorySearch:
    """Answers from two tuples of documents and remembers what it was asked."""

    def __init__(self, assets: Iterable[AssetDocument], products: Iterable[ProductDocument]) -> None:
        self.held: dict[Side, tuple[Document, ...]] = {
            "assets": tuple(assets),
            "products": tuple(products),
        }
        self.asked: list[SearchRequest | SimilarRequest] = []
        self.viewers: list[Viewer] = []
        self.failure: Exception | None = None

    def search(self, request: SearchRequest, viewer: Viewer) -> SearchPage:
        self._ask(request, viewer)
        words = request.q.lower().split()
        found = [d for d in self.held[request.side] if all(w in words_of(d) for w in words)]
        if request.sort == "name":
            found.sort(key=lambda d: d.id)
        return self._page(request, found, Mode.TEXT, {"text": 0.5} if words else {})

    def similar(self, request: SimilarRequest, viewer: Viewer) -> SearchPage:
        self._ask(request, viewer)
        for picture in request.pictures():
            if picture.image is not None and picture.image.startswith(b"<"):
                raise ImageUnreadable("the bytes are HTML, expected a picture")
            if picture.asset is not None:
                self.asset(picture.asset, viewer)
            if picture.product is not None:
                self.product(picture.product, viewer)
        found = [d for d in self.held[request.side] if d.id != request.asset]
        return self._page(request, found, Mode.VISUAL, {"visual": 0.8})

    def attributes(self, side: Side) -> tuple[str, ...]:
        return ("attribute.material", "attribute.season") if side == "products" else ()

    def suggest(self, side: Side, q: str) -> Suggestions:
        titles = [d.source.title or d.id for d in self.held[side] if q and q.lower() in words_of(d)]
        return Suggestions(tuple(Suggestion(title, "query") for title in dict.fromkeys(titles[:5])), None)

    def asset(self, id: str, viewer: Viewer) -> AssetDocument:
        self._meet(viewer)
        for document in self.held["assets"]:
            if document.id == id and isinstance(document, AssetDocument):
                return document
        raise NotFound(f"no asset {id[:100]!r}", (FieldProblem("id", "no such asset"),))

    def product(self, sku: str, viewer: Viewer) -> ProductDocument:
        self._meet(viewer)
        for document in self.held["products"]:
            if isinstance(document, ProductDocument) and document.source.sku == sku:
                return document
        raise NotFound(f"no product {sku[:100]!r}", (FieldProblem("sku", "no such product"),))

    def product_assets(self, sku: str, viewer: Viewer) -> tuple[AssetDocument, ...]:
        return tuple(self.asset(link.id, viewer) for link in self.product(sku, viewer).assets.links)

    def versions(self, asset: AssetDocument, viewer: Viewer) -> tuple[AssetDocument, ...]:
        self.asset(asset.id, viewer)
        return ()

    def documents(self, side: Side, ids: Sequence[str], viewer: Viewer) -> Mapping[str, Document]:
        self._meet(viewer)
        return {one.id: one for one in self.held[side] if one.id in ids}

    def _ask(self, request: SearchRequest | SimilarRequest, viewer: Viewer) -> None:
        self._meet(viewer)
        self.asked.append(request)

    def _meet(self, viewer: Viewer) -> None:
        self.viewers.append(viewer)
        if self.failure is not None:
            raise self.failure

    def _page(
        self,
        request: SearchRequest | SimilarRequest,
        found: list[Document],
        mode: Mode,
        signals: dict[str, float],
    ) -> SearchPage:
        side, filters = request.side, request.filters
        hits = [d for d in found if passes(d, side, filters)]
        facets = {name: self._facet(found, side, filters, name) for name in request.facets}
        size = request.size or 24
        cursor = request.after or "0"
        if not re.fullmatch("[0-9]{1,8}", cursor):
            raise CursorExpired("the cursor is not one of ours", (FieldProblem("after", "not a cursor"),))
        start = int(cursor)
        shown = hits[start : start + size]
        return SearchPage(
            total=len(hits),
            took_ms=1,
            mode=mode,
            fallback_reason=None,
            hits=tuple(Hit(d.id, d, sum(signals.values()), signals, {}) for d in shown),
            facets=facets,
            next=str(start + size) if start + size < len(hits) else None,
        )

    def _facet(
        self, found: list[Document], side: Side, filters: Filters, name: str
    ) -> tuple[FacetValue, ...]:
        chosen = {v for c in filters.conditions if c.field == name for v in (*c.any, *c.all)}
        counts: Counter[Any] = Counter()
        for document in found:
            if passes(document, side, filters, leaving_out=name):
                counts.update(set(values_of(document, side, name)))
        ordered = sorted(counts.items(), key=lambda item: (-item[1], str(item[0])))
        return tuple(
            FacetValue(v, str(v).lower() if isinstance(v, bool) else str(v), n, v in chosen)
            for v, n in ordered[:50]
        )


class MemoryJobs:
    """One job that has run, and one that is running."""

    def __init__(self) -> None:
        running = dataclasses.replace(
            examples.JOB_STATE,
            job="index",
            outcome="running",
            due=examples.JOB_RUN.due,
            started=examples.JOB_RUN.started,
            asked=None,
        )
        state = dataclasses.replace(examples.JOB_STATE, asked=None)
        self.views = {
            "index": dataclasses.replace(examples.JOB, id="index", state=running, runs=()),
            "reconcile": dataclasses.replace(examples.JOB, state=state),
        }

    def jobs(self) -> tuple[JobView, ...]:
        return tuple(self.views.values())

    def ask(self, id: str) -> JobState:
        if id not in self.views:
            raise NotFound(f"no job {id[:100]!r}", (FieldProblem("id", "no such job"),))
        state = self.views[id].state
        assert state is not None
        if state.running:
            raise RunInProgress(f"job {id!r} is running")
        asked = dataclasses.replace(state, asked=examples.JOB_STATE.asked)
        self.views[id] = dataclasses.replace(self.views[id], state=asked)
        return asked


class MemoryLinks:
    """Links of one asset; what was decided is remembered."""

    def __init__(self, search: MemorySearch) -> None:
        self._search = search
        self.decided: list[tuple[LinkWord, str]] = []
        self.failure: Exception | None = None

    def explain(self, asset: str) -> Explained:
        return dataclasses.replace(examples.EXPLAINED, asset=self._search.asset(asset, Viewer()))

    def history(self, asset: str) -> Sequence[PastWord]:
        return [dataclasses.replace(word, asset=asset) for word in examples.HISTORY]

    def product_history(self, sku: str) -> Sequence[PastWord]:
        return [dataclasses.replace(word, sku=sku) for word in examples.HISTORY]

    def reasons(self, asset: str) -> Mapping[str, Sequence[str]]:
        return {"TIDE/1": ("its name carries TIDE/1",)} if self._search.asset(asset, Viewer()) else {}

    def review(self, query: ReviewQuery) -> ReviewPage:
        if self.failure is not None:
            raise self.failure
        check(query)
        return examples.REVIEW

    def decide(self, words: Sequence[LinkWord], by: str) -> Sequence[Decision]:
        if self.failure is not None:
            raise self.failure
        known = {document.id for document in self._search.held["assets"]}
        problems = tuple(
            FieldProblem(f"decisions.{number}.asset", "no such asset")
            for number, word in enumerate(words)
            if word.asset not in known
        )
        if problems:
            raise InputInvalid("no such asset", problems)
        self.decided += [(word, by) for word in words]
        return [
            dataclasses.replace(examples.DECISION, asset=word.asset, sku=word.sku, by=by) for word in words
        ]


class MemoryDuplicates:
    """One group of two files; what was decided is remembered."""

    def __init__(self) -> None:
        self.decided: list[tuple[DuplicateWord, str]] = []
        self.here: Sequence[Alike] = ()

    def page(self, query: GroupsQuery) -> GroupsPage:
        check_groups(query)
        return GroupsPage(1, (examples.DUPLICATE_GROUP,), None)

    def one(self, id: str) -> ListedGroup:
        if id != examples.DUPLICATE_GROUP.group.id:
            raise NotFound(f"there is no group {id[:100]!r}", (FieldProblem("id", "no such group"),))
        return examples.DUPLICATE_GROUP

    def decide(self, words: Sequence[DuplicateWord], by: str, *, preview: bool) -> Sequence[Effect]:
        known = {one.id for one in examples.DUPLICATE_GROUP.group.members}
        problems = tuple(
            FieldProblem(f"decisions.{number}.assets", "no such asset")
            for number, word in enumerate(words)
            if not known.issuperset(word.assets)
        )
        if problems:
            raise InputInvalid("no such asset", problems)
        self.decided += [] if preview else [(word, by) for word in words]
        return [dataclasses.replace(examples.DUPLICATE_EFFECT, choice=word.choice) for word in words]

    def already_here(self, image: bytes) -> Sequence[Alike]:
        return self.here if image else ()


class MemoryAudits:
    """One run that is over, those that were asked for, and one finding."""

    def __init__(self) -> None:
        self.asked: list[RunRequest] = []
        self.runs = [examples.RUN]
        self.finding = examples.FINDING
        self.version = examples.FINDING_VERSION
        self.failure: Exception | None = None

    def ask(self, request: RunRequest) -> RunView:
        if self.failure is not None:
            raise self.failure
        check_rules("rules", request.rules)
        self.asked.append(request)
        return dataclasses.replace(examples.QUEUED_RUN, request=request)

    def run_views(self, most: int) -> Sequence[RunView]:
        if self.failure is not None:
            raise self.failure
        return self.runs[:most]

    def run_view(self, id: str) -> RunView:
        if id != examples.RUN.id:
            raise NotFound(f"there is no audit run {id[:100]!r}", (FieldProblem("id", "no such audit run"),))
        return examples.RUN

    def findings(self, query: FindingsQuery) -> FindingsPage:
        search_body(query)
        return FindingsPage(1, (self.finding,), None)

    def summary(self) -> FindingsSummary:
        return examples.SUMMARY

    def versioned(self, id: str) -> VersionedFinding:
        if id != self.finding.id:
            raise NotFound(f"there is no finding {id[:100]!r}", (FieldProblem("id", "no such finding"),))
        return VersionedFinding(self.finding, self.version)

    def change_versioned(
        self, id: str, change: Mapping[str, Any], who: str | None = None, expected: str | None = None
    ) -> VersionedFinding:
        found = self.versioned(id)
        if expected not in (None, found.version):
            raise EngineConflict("changed meanwhile")
        return VersionedFinding(changed(found.finding, change, datetime.now(UTC), who), "1-43")

    def tell(self, feedback: Feedback, about: About, who: str) -> VersionedFinding:
        return VersionedFinding(reported(feedback, about, None, datetime.now(UTC), who), "1-1")

    def report(
        self, run: str | None = None, *, pictured: bool = False, searches: Sequence[str] | None = None
    ) -> Report:
        if run is not None:
            self.run_view(run)
        assert examples.RUN.run is not None
        made = datetime(2026, 3, 2, 5, tzinfo=UTC)
        told = make_report(examples.RUN.run, [examples.RUN.run], [self.finding], made=made)
        sections = tuple(Section(one, one) for one in searches or ())
        told = dataclasses.replace(told, searches=sections)
        return with_pictures(told, lambda assets: ((one, PIXEL) for one in assets)) if pictured else told


class MemoryRules:
    """Kept rules in memory, read by their own room."""

    def __init__(self) -> None:
        self.kept: dict[str, KeptRule] = {}
        self.desk = RuleDesk(RuleBook(None, lambda: (), lambda: 0.0), self)

    def all(self) -> Sequence[KeptRule]:
        return [self.kept[name] for name in sorted(self.kept)]

    def put(self, id: str, table: Mapping[str, Any], by: str) -> KeptRule:
        self.kept[id] = KeptRule(id, table, by, NOW)
        return self.kept[id]

    def delete(self, id: str) -> KeptRule:
        if id not in self.kept:
            raise NotFound(f"there is no query rule {id[:100]!r}")
        return self.kept.pop(id)


class MemoryRecords:
    """Records in memory: written over what was read, found by terms, the newest last."""

    def __init__(self) -> None:
        self.kept: dict[str, Stored] = {}

    def get(self, _index: str, id: str) -> Stored | None:
        return self.kept.get(id)

    def put(
        self, _index: str, id: str, source: Mapping[str, Any], expected: Stored | None, **_: Any
    ) -> Stored:
        before = self.kept.get(id)
        if (before and before.seq_no) != (expected and expected.seq_no):
            raise EngineConflict("changed meanwhile")
        self.kept[id] = Stored(dict(source), (before.seq_no if before else 0) + 1, 1)
        return self.kept[id]

    def refresh(self, _index: str) -> None:
        """Everything is seen at once."""

    def delete(self, _index: str, id: str, expected: Stored) -> None:
        if self.kept.get(id) != expected:
            raise EngineConflict("changed meanwhile")
        del self.kept[id]

    def search(self, _index: str, body: Mapping[str, Any]) -> dict[str, Any]:
        terms = [pair for one in body["query"]["bool"]["filter"] for pair in one["term"].items()]
        hits = [
            {"_id": key, "_source": one.source, "_seq_no": one.seq_no, "_primary_term": one.primary_term}
            for key, one in self.kept.items()
            if all(_holds(one.source.get(name), value) for name, value in terms)
        ]
        return {"hits": {"hits": hits[: body["size"]]}}


def _holds(found: Any, value: Any) -> bool:
    return value in found if isinstance(found, list) else found == value


class MemoryReader:
    """Documents by their ids."""

    def __init__(self, search: MemorySearch) -> None:
        self._documents = search.held

    def multi_get(self, index: str, ids: Sequence[str], **_: Any) -> dict[str, dict[str, Any]]:
        side: Side = "assets" if index.endswith("assets") else "products"
        return {one.id: one.to_source() for one in self._documents[side] if one.id in ids}

    def positions(self, _index: str) -> dict[str, int]:
        return {}


def collections_over(search: MemorySearch) -> Collections:
    records: Any = MemoryRecords()
    reader: Any = MemoryReader(search)
    return Collections(records, reader, "test", clock=lambda: NOW)


class MemorySettled:
    """All that a search in memory finds."""

    mode, fallback_reason = Mode.TEXT, None

    def __init__(self, found: Sequence[str]) -> None:
        self._found = found
        self.total = len(found)

    def ids(self, _most: int) -> tuple[str, ...]:
        return tuple(self._found)

    def among(self, ids: Iterable[str]) -> frozenset[str]:
        return frozenset(self._found) & frozenset(ids)


class MemorySettling:
    """The read side as saved searches ask it."""

    def __init__(self, search: MemorySearch) -> None:
        self.documents = search.documents
        self._search = search

    def settled(self, request: SearchRequest, viewer: Viewer) -> Any:
        whole = dataclasses.replace(request, size=1000, after=None, facets=())
        return MemorySettled([hit.id for hit in self._search.search(whole, viewer).hits])

    def valueless(self, _request: SearchRequest) -> tuple[str, ...]:
        return ()


def searches_over(search: MemorySearch) -> SavedSearches:
    records: Any = MemoryRecords()
    reader: Any = MemoryReader(search)
    schema = search_schema(SearchSettings())
    return SavedSearches(
        records, reader, MemorySettling(search), lambda raw: load(schema, raw), "test", clock=lambda: NOW
    )


class MemoryUsage:
    """What was told, in memory, by the room's own rules."""

    def __init__(self) -> None:
        self.recorded: list[tuple[Action, str]] = []
        self.events: dict[tuple[str, str], Event] = {}
        self.declared: dict[str, Feed] = {}

    def record(self, action: Action, asset: str) -> None:
        self.recorded.append((action, asset))

    def take(self, feed: str, rows: Sequence[object]) -> Taken:
        refused, known = [], 0
        for number, row in enumerate(rows):
            event = read_event(row if isinstance(row, dict) else {}, feed, NOW)
            if isinstance(event, tuple):
                refused.append(Refused(number, event))
                continue
            known += (feed, event.id) in self.events
            self.events[feed, event.id] = event
        return Taken(len(rows) - len(refused) - known, known, tuple(refused), ())

    def declare(self, name: Any, since: Any, complete_until: Any) -> Feed:
        feed = read_feed(name, since, complete_until, NOW, self.declared.get(name))
        if isinstance(feed, tuple):
            raise InputInvalid("; ".join(problem.message for problem in feed), feed)
        self.declared[name] = feed
        return feed

    def retire(self, name: str) -> None:
        if self.declared.pop(name, None) is None:
            raise NotFound(f"there is no usage feed {name[:100]!r}")

    def desk(self) -> Usage:
        return Usage(
            record=self.record,
            take=self.take,
            declare=self.declare,
            retire=self.retire,
            feeds=lambda: tuple(self.declared.values()),
            coverage=lambda: Coverage(None, ("no usage feed is declared",)),
        )


class MemorySearchLog:
    """What was recorded, in memory."""

    def __init__(self, *, enabled: bool = True) -> None:
        self.enabled = enabled
        self.recorded: list[Asked | Opened] = []

    def desk(self) -> SearchLog:
        return SearchLog(self.enabled, self.recorded.append, lambda: examples.GAPS)


NOW = datetime(2026, 6, 15, 12, tzinfo=UTC)


class MemoryModels:
    """The models of the examples; the same hits for all words."""

    def all(self) -> tuple[KnownModel, ...]:
        return examples.MODELS

    def compare(self, _q: str, _viewer: Viewer) -> Comparison:
        return examples.COMPARED


def services_over(
    search: MemorySearch,
    *,
    thumbnails: Callable[[AssetDocument, int], bytes | Path] = lambda _asset, _size: PIXEL,
    originals: Callable[[AssetDocument], Any] | None = None,
    jobs: Jobs | None = None,
    links: Links | None = None,
    audits: Audits | None = None,
    usage: MemoryUsage | None = None,
    rules: MemoryRules | None = None,
    duplicates: MemoryDuplicates | None = None,
    search_log: MemorySearchLog | None = None,
) -> Services:
    def no_original(asset: AssetDocument) -> Path:
        raise NotFound(f"asset {asset.id} has no file")

    return Services(
        search=search,
        thumbnails=thumbnails,
        originals=originals or no_original,
        readiness=lambda: (Check("engine", True), Check("model", True)),
        jobs=jobs or MemoryJobs(),
        models=MemoryModels(),
        links=links or MemoryLinks(search),
        audits=audits or MemoryAudits(),
        rules=(rules or MemoryRules()).desk,
        collections=collections_over(search),
        searches=searches_over(search),
        duplicates=duplicates or MemoryDuplicates(),
        usage=(usage or MemoryUsage()).desk(),
        search_log=(search_log or MemorySearchLog()).desk(),
        readings=lambda: (Reading("discovery_model_cache_vectors", "query vectors kept", 3.0),),
    )


def with_source(document: AssetDocument, **changes: Any) -> AssetDocument:
    return dataclasses.replace(document, source=dataclasses.replace(document.source, **changes))
