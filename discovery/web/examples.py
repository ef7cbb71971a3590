"""Examples of the description: requests to try, and replies made by the same code as the real ones."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from datetime import UTC, date, datetime
from typing import Any

from discovery.audit.listing import FindingsPage, FindingsSummary, RunRequest, RunView
from discovery.audit.model import About, Event, Finding, RuleCounts, finding_id
from discovery.audit.model import AuditRun as Run
from discovery.audit.model import Outcome as RunOutcome
from discovery.curation.collection_model import Collection, Counts, Item, Share
from discovery.curation.duplicate_listing import GroupsPage, ListedGroup
from discovery.curation.duplicate_words import Choice, Effect
from discovery.curation.review import ReviewEntry, ReviewPage
from discovery.curation.words import PastWord, Word
from discovery.duplicates.groups import Group, Pair
from discovery.duplicates.groups import State as GroupState
from discovery.duplicates.lookup import Alike
from discovery.duplicates.prints import Print
from discovery.duplicates.verdict import Kind as Certainty
from discovery.duplicates.verdict import Likeness
from discovery.errors import FieldProblem
from discovery.linking.outcome import Decision, Kind, Outcome
from discovery.linking.verdict import Link, Proposal, State, Verdict, Weighed
from discovery.saved.model import Alert, Broken, Changes, SavedSearch, Seen
from discovery.scheduler.model import JobRun, JobState, JobView
from discovery.search.request import (
    Applied,
    FacetValue,
    Hit,
    Mode,
    SearchPage,
    Suggestion,
    Suggestions,
    Understood,
)
from discovery.search.rule_desk import ListedRule
from discovery.search.rules import Rule
from discovery.search_log.gaps import Today, lacking, make_report
from discovery.search_log.model import RolledUp, Row
from discovery.usage.model import Coverage, Feed, Refused, Taken
from discovery.web import audits, collections, duplicates, gaps, links, models, rules, searches, serialise
from discovery.web.services import Comparison, KnownModel
from mappings.documents import (
    AppliedLink,
    AssetDocument,
    AssetLink,
    AssetSource,
    AssetsSide,
    Colour,
    Curation,
    LinkDocument,
    Media,
    ProductCuration,
    ProductDocument,
    ProductLink,
    ProductSide,
    ProductSource,
    SetState,
    Usage,
    asset_id,
    percent_token,
)

REQUEST_ID = "5f0c2d7b9f6a4c0f8f2f8d5a0e1b3c47"
_KEY = "mugs/tide-mug-sea_front.jpg"
_ID = asset_id("studio", _KEY)

ASSET = AssetDocument(
    id=_ID,
    source=AssetSource(
        name="studio",
        key=_KEY,
        uri=f"/photos/{_KEY}",
        filename="tide-mug-sea_front.jpg",
        title="Tide mug in sea green",
        description="A stoneware mug from the front, on white.",
        alt_text="Sea green mug with a round handle",
        keywords=("mug", "stoneware"),
        categories=("mugs",),
        creator="A. Moreau",
        copyright="© 2025 the studio",
        usage_terms="own channels only",
        licence_ends=datetime(2027, 12, 31, tzinfo=UTC),
        created=datetime(2025, 2, 3, 9, 30, tzinfo=UTC),
        modified=datetime(2025, 3, 1, 8, 0, tzinfo=UTC),
    ),
    media=Media(
        type="image",
        mime="image/jpeg",
        format="jpeg",
        bytes=81_234,
        checksum="sha256:" + "3c9d" * 16,
        width=842,
        height=1061,
        orientation="portrait",
        colours=(Colour("teal", "#2f7f79", 0.62), Colour("white", "#f4f4f2", 0.2)),
        colour=("teal", "white"),
    ),
    product=ProductSide(
        linked=True,
        link_state="auto",
        sku=("TIDE-MUG-SEA",),
        links=(ProductLink("TIDE-MUG-SEA", "hero", "filename", 0.98, "Tide mug", "Ostrea"),),
    ),
    curation=Curation("approved"),
    usage=Usage(),
)

PRODUCT = ProductDocument(
    id="shop:TIDE-MUG-SEA",
    source=ProductSource(
        name="shop",
        key="TIDE-MUG-SEA",
        row=12,
        sku="TIDE-MUG-SEA",
        title="Tide mug, sea green",
        parent="TIDE-MUG",
        variant=True,
        identifiers=("TIDE-MUG-SEA", "4006381333931"),
        description="A stoneware mug for 350 ml.",
        brand="Ostrea",
        family="Mug",
        categories=("Table/Mugs",),
        price=18.0,
        currency="EUR",
        status="active",
        attribute_values={"colour": ("Sea green",), "material": ("Stoneware",)},
    ),
    assets=AssetsSide(
        linked=True,
        count=1,
        roles=("hero",),
        hero_usable=True,
        completeness=50,
        channels=(percent_token("shop", 50),),
        lacking=("back",),
        sets=(SetState(50, "shop", ("no back",)),),
        links=(AssetLink(_ID, "hero", "filename", 0.98),),
    ),
    curation=ProductCuration(),
    usage=Usage(),
)

_OWNER = "archive-1:4711:9f3c2a"
_DUE = datetime(2026, 3, 2, 4, tzinfo=UTC)

JOB_RUN = JobRun(
    job="reconcile",
    token=61,
    outcome="problems",
    owner=_OWNER,
    due=_DUE,
    cause="due",
    started=datetime(2026, 3, 2, 4, 0, 1, tzinfo=UTC),
    finished=datetime(2026, 3, 2, 4, 3, 20, tzinfo=UTC),
    figures={"listed": 48_213, "sampled": 50, "missing": 2},
    reason="assets studio: 2 items are in the source but not in the index",
)
JOB_STATE = JobState(
    "reconcile", 61, "problems", _OWNER, served=_DUE, asked=datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
)
JOB = JobView(
    id="reconcile",
    title="Compare sources and index",
    why="the index must not lie: missing, extra and outdated items are told",
    trigger="0 4 * * *",
    limit_seconds=21_600.0,
    next_due=datetime(2026, 3, 3, 4, tzinfo=UTC),
    state=JOB_STATE,
    runs=(JOB_RUN,),
    last_success=JOB_RUN.finished,
)

SEARCH: dict[str, Any] = {
    "words": {"q": "green mug", "facets": ["colour", "product.category"]},
    "filters": {
        "in": "assets",
        "q": "mug",
        "filters": {
            "colour": {"any": ["teal", "blue"]},
            "width": {"gte": 800},
            "keyword": {"none": ["studio"]},
            "or": [{"product.family": {"any": ["Mug"]}}, {"linked": {"any": [False]}}],
        },
        "sort": "newest",
        "size": 12,
    },
    "products": {"in": "products", "filters": {"asset.colour": {"any": ["teal"]}}, "sort": "price"},
    "language": {"in": "products", "q": '"stoneware mug" -blue price:..20', "understand": False},
}

RULES: dict[str, Any] = {
    "pin": {
        "action": "pin",
        "queries": ["mugs"],
        "in": "products",
        "items": ["TIDE-MUG-SEA"],
        "until": "2026-12-31",
    },
    "boost": {
        "action": "boost",
        "queries": ["gift"],
        "match": "contains",
        "in": "products",
        "where": {"brand": ["Ostrea"]},
        "weight": 0.4,
    },
    "synonyms": {"action": "synonyms", "words": ["mug", "cup"]},
    "redirect": {"action": "redirect", "queries": ["returns"], "to": "/help/returns", "by": "shop team"},
}
LISTED_RULE = ListedRule(
    Rule("autumn-mugs", "pin", ("mugs",), side="products", items=("TIDE-MUG-SEA",), ends=date(2026, 12, 31)),
    "record",
    "shop team",
    datetime(2026, 9, 1, 8, tzinfo=UTC),
)

SIMILAR: dict[str, Any] = {
    "asset": {"asset": _ID, "size": 12},
    "product": {"product": "TIDE-MUG-SEA", "in": "products", "intent": "same_look"},
    "region": {"asset": _ID, "region": [0.25, 0.1, 0.5, 0.5], "min_similarity": 0.4},
    "steered": {"asset": _ID, "q": "but blue"},
    "several": {
        "examples": [
            {"asset": _ID, "weight": 2},
            {"product": "TIDE-MUG-SAND"},
            {"asset": _ID[::-1], "negative": True},
        ],
        "palette": ["#1d3557"],
    },
}


LINKED = Link("TIDE-MUG-SEA", "hero", 0.97)
PROPOSAL = Proposal(
    sku="TIDE-MUG-SEA",
    name="Tide mug, sea green",
    probability=0.62,
    role="hero",
    method="filename",
    links=(LINKED,),
    reasons=("its name carries the style TIDE-MUG",),
    evidence=(Weighed("name_style", 1.0, 2.4, "its name carries the style TIDE-MUG"),),
)
RIVAL = replace(PROPOSAL, sku="TIDE-MUG-SAND", name="Tide mug, sand", probability=0.31, links=(), evidence=())
VERDICT = Verdict(
    _ID, State.REVIEW, (PROPOSAL, RIVAL), "the best, TIDE-MUG-SEA, has 62 %, and 95 % are asked for"
)
DECISION = Decision(
    _ID,
    "TIDE-MUG-SEA",
    Kind.ACCEPT,
    "a.moreau",
    datetime(2026, 3, 2, 9, 30, tzinfo=UTC),
    "hero",
    "seen on the shoot list",
)


HISTORY = (
    PastWord(
        _ID,
        "TIDE-MUG-SEA",
        Word.REFUSE,
        "j.okafor",
        datetime(2026, 2, 27, 16, 5, tzinfo=UTC),
        why="looks like sand",
        last=False,
    ),
    PastWord(_ID, DECISION.sku, Word.ACCEPT, DECISION.by, DECISION.at, DECISION.role, DECISION.why),
)


_COPY_ID = "0c9d2f7a41e86b35d1f0a297"
_ORIGINAL = Print(
    _ID, "mugs/tide_front.jpg", "studio", "sha256:9f2c…", "", linked=True, skus=frozenset({"TIDE-MUG-SEA"}),
    pixels=4_000_000,
)  # fmt: skip
_COPY = Print(_COPY_ID, "press/tide-web.jpg", "press", "sha256:71aa…", "", pixels=640_000)
DUPLICATE_LIKENESS = Likeness(Certainty.SAME, 0.982)
DUPLICATE_PAIR = Pair(_ORIGINAL, _COPY, DUPLICATE_LIKENESS)
DUPLICATE_GROUP = ListedGroup(
    Group(
        "5b1f0c77aa39d2e4c8f61b02",
        Certainty.SAME,
        (_ORIGINAL, _COPY),
        (DUPLICATE_PAIR,),
        "a catalogue names it",
    ),
    GroupState.OPEN,
    datetime(2026, 3, 1, 4, tzinfo=UTC),
    datetime(2026, 3, 2, 4, tzinfo=UTC),
    {_ID: ASSET},
    (),
)
DUPLICATE_EFFECT = Effect(_COPY_ID, _ID, Choice.MERGE, None, ("press",), ())
DUPLICATE_DECISIONS: dict[str, Any] = {
    "group": {"group": DUPLICATE_GROUP.group.id, "decision": "merge"},
    "merge": {"assets": [_COPY_ID], "decision": "merge", "into": _ID, "why": "the press copy is smaller"},
    "several": {
        "decisions": [
            {"assets": [_ID, _COPY_ID], "decision": "keep_both", "why": "the agency needs its own file"},
            {"group": "77d0c1e5b2a94f3380ce61aa", "decision": "undo"},
        ],
        "preview": True,
    },
}


@dataclass(frozen=True, slots=True)
class _Explained:
    asset: AssetDocument
    verdict: Verdict
    outcome: Outcome
    state: str
    decisions: tuple[Decision, ...]


EXPLAINED = _Explained(
    ASSET,
    VERDICT,
    Outcome(
        (
            AppliedLink(
                "TIDE-MUG-SEA", "hero", "decided", 1.0, ("a.moreau accepted it: seen on the shoot list",)
            ),
        ),
        (),
    ),
    "decided",
    (DECISION,),
)
REVIEW = ReviewPage(
    1,
    (
        ReviewEntry(
            LinkDocument(
                id=_ID,
                source="studio",
                name=_KEY,
                state="review",
                judged=datetime(2026, 3, 2, 4, tzinfo=UTC),
                digest="",
                pending=False,
                reason=VERDICT.reason,
                probability=0.62,
                sku=("TIDE-MUG-SEA", "TIDE-MUG-SAND"),
                proposals=(asdict(PROPOSAL), asdict(RIVAL)),
            ),
            ASSET,
        ),
    ),
    None,
)

_BEGUN = datetime(2026, 3, 2, 4, 10, tzinfo=UTC)
_RUN = "audit-1772424600000-3f9a1c"
RUN = RunView(
    _RUN,
    "finished",
    _BEGUN,
    RunRequest(by="a.moreau"),
    _BEGUN,
    Run(
        id=_RUN,
        started=_BEGUN,
        finished=datetime(2026, 3, 2, 4, 12, 30, tzinfo=UTC),
        as_of=_BEGUN,
        outcome=RunOutcome.FINISHED,
        assets=48_213,
        products=6_120,
        sources={"assets/studio": 48_213, "products/shop": 6_120},
        rules={"asset-unlinked": RuleCounts(subjects=48_213, flagged=12, new=2, still=10, settled=3)},
        severities={"warning": 12},
    ),
)
QUEUED_RUN = RunView(_RUN, "queued", _BEGUN, RunRequest(by="a.moreau"))
FINDING = Finding(
    id=finding_id("asset-unlinked", "asset", _ID),
    rule="asset-unlinked",
    severity="warning",
    subject=About("asset", _ID, _KEY, "studio", None, _ID),
    verdict="unlinked",
    reasons=("no product names it, and nothing in its name or metadata leads to one",),
    confidence=1.0,
    state="waived",
    first_seen=datetime(2026, 2, 23, 4, 10, tzinfo=UTC),
    last_seen=_BEGUN,
    owner="studio@example.org",
    waived_until=date(2026, 6, 30),
    note="kept for the anniversary book",
    run=_RUN,
    history=(
        Event(datetime(2026, 2, 23, 4, 10, tzinfo=UTC), "found"),
        Event(datetime(2026, 2, 24, 9, tzinfo=UTC), "state waived, waived until 2026-06-30", "a.moreau"),
    ),
)
FINDING_VERSION = "1-42"
SUMMARY = FindingsSummary(
    pending=12,
    waived=1,
    overdue=2,
    unassigned=9,
    severities={"warning": 12},
    rules={"asset-unlinked": 12},
    owners={"studio@example.org": 3},
    sources={"studio": 12},
)

DECISIONS: dict[str, Any] = {
    "one": {"asset": _ID, "sku": "TIDE-MUG-SEA", "decision": "refuse", "why": "it is the sand one"},
    "several": {
        "by": "a.moreau",
        "decisions": [
            {"asset": _ID, "sku": "TIDE-MUG-SEA", "decision": "move", "to": "TIDE-MUG-SAND"},
            {
                "asset": asset_id("studio", "mugs/2.jpg"),
                "sku": "TIDE-MUG",
                "decision": "accept",
                "role": "hero",
            },
        ],
    },
}
_UNPICTURED = {"in": "products", "filters": {"has_asset": {"any": [False]}}, "sort": "name"}
SAVED_SEARCHES: dict[str, Any] = {
    "with an alert": {
        "name": "Teal mugs without a product",
        "owner": "a.moreau@example.com",
        "request": {"q": "mug", "filters": {"colour": {"any": ["teal"]}, "linked": {"any": [False]}}},
        "alert": "daily",
    },
    "for a report": {"name": "Products without pictures", "request": _UNPICTURED},
}
SEARCH_CHANGES: dict[str, Any] = {
    "no more letters": {"alert": "off"},
    "another question": {"request": {"q": "bowl"}, "note": "bowls since March"},
}
SEARCH_RUNS: dict[str, Any] = {"a first page": {}, "a small one": {"size": 5}}
SAVED_SEARCH = SavedSearch(
    "7b204d683f9a1c5e",
    "Teal mugs without a product",
    "a.moreau@example.com",
    None,
    SAVED_SEARCHES["with an alert"]["request"],
    Alert.DAILY,
    "a.moreau",
    _BEGUN,
    _BEGUN,
    FINDING_VERSION,
    Seen(_BEGUN, 3, None),
)
BROKEN_SEARCH = replace(
    SAVED_SEARCH,
    broken=Broken(
        _BEGUN,
        "filters.product.glaze: no item has a value of it any more",
        (FieldProblem("filters.product.glaze", "no item has a value of it any more"),),
    ),
)

COLLECTIONS: dict[str, Any] = {
    "a new one": {"name": "Spring lookbook", "owner": "a.moreau@example.com", "items": [{"asset": _ID}]},
    "with a product": {"name": "Sea colours", "note": "for the window", "items": [{"product": "TIDE-MUG"}]},
}
COLLECTION_CHANGE: dict[str, Any] = {
    "a cover": {"cover": _ID},
    "another name and no owner": {"name": "Summer lookbook", "owner": None},
}
ARRANGEMENTS: dict[str, Any] = {
    "to the front": {"add": [{"asset": _ID}, {"product": "TIDE-MUG"}], "at": 0},
    "out": {"remove": [{"asset": _ID}], "by": "a.moreau"},
}
SHARES: dict[str, Any] = {"for the agency": {"note": "agency", "until": "2099-12-31"}, "without an end": {}}
COLLECTION = Collection(
    "3f9a1c5e7b204d68",
    "Spring lookbook",
    "a.moreau@example.com",
    None,
    _ID,
    (
        Item("asset", _ID, _KEY, _BEGUN, "a.moreau"),
        Item("product", "OLD-MUG", "Old mug", _BEGUN, "a.moreau"),
    ),
    "a.moreau",
    _BEGUN,
    _BEGUN,
    FINDING_VERSION,
)
SHARE = Share("9b204d683f9a1c5e", COLLECTION.id, "agency", date(2099, 12, 31), "a.moreau", _BEGUN)

AUDIT: dict[str, Any] = {
    "all": {},
    "some": {"rules": ["asset-unlinked", "link-conflict"], "dry_run": True, "by": "a.moreau"},
}
FINDING_CHANGE: dict[str, Any] = {
    "waive": {"waived_until": "2099-12-31", "note": "kept for the anniversary book", "by": "a.moreau"},
    "assign": {"state": "acknowledged", "owner": "studio@example.org", "due": "2099-12-31"},
}

FEEDBACK: dict[str, Any] = {
    "outdated": {"asset": _ID, "complaint": "outdated", "note": "the old logo", "by": "a.moreau"},
    "wrong": {"product": "TIDE-MUG-SEA", "complaint": "wrong"},
}

CLICKS: dict[str, Any] = {"first": {"request_id": REQUEST_ID, "id": _ID, "position": 1}}

USAGE: dict[str, Any] = {
    "shop": {
        "feed": "shop",
        "complete_until": "2026-03-02T00:00:00Z",
        "events": [
            {
                "id": "order-page-8131",
                "action": "publication",
                "asset": _ID,
                "product": "TIDE-MUG-SEA",
                "channel": "webshop",
                "at": "2026-03-01T08:12:00Z",
            },
            {
                "id": "cdn-2026-03-01",
                "action": "view",
                "asset": _ID,
                "at": "2026-03-01T23:59:59Z",
                "count": 412,
            },
        ],
    }
}

FEEDS: dict[str, Any] = {
    "complete": {"feed": "shop", "since": "2025-01-01T00:00:00Z", "complete_until": "2026-03-02T00:00:00Z"},
    "retired": {"feed": "old-shop", "retired": True},
}

FEED = Feed("shop", datetime(2025, 1, 1, tzinfo=UTC), datetime(2026, 3, 2, tzinfo=UTC))
TAKEN = Taken(1, 1, (Refused(2, (FieldProblem("asset", "is required: its id, or its source and key"),)),), ())


_ROW = Row("green mug sea", "sea green mugs", 12, 3, 9, 1, 0, 4, datetime(2026, 3, 1, 16, 20, tzinfo=UTC))
GAPS = make_report(
    RolledUp((_ROW,), datetime(2026, 1, 5, 9, tzinfo=UTC), 1204, 37, 12, 311, 840),
    [(_ROW, Today(0, 1, 1, (lacking(PRODUCT),)))],
    made=datetime(2026, 3, 2, 8, tzinfo=UTC),
    retention_days=90,
)


MODELS = (
    KnownModel("ff25f81910a7c8c6", "starter", "configured", serves=False),
    KnownModel(
        "0c1d9a77e2b14f05",
        "starter",
        "adopted",
        serves=True,
        base="ff25f81910a7c8c6",
        reason="better on products held out by 0.55 (at least 0.02 was asked for)",
        fitted=_BEGUN,
        pictures=3200,
        held_out=800,
        figures={
            "base": {"queries": 0.229, "open_world": 0.61},
            "adapted": {"queries": 0.782, "open_world": 0.58},
        },
    ),
)
FOUND = Hit(_ID, ASSET, 0.41, {"visual": 0.41}, {})
COMPARED = Comparison("0c1d9a77e2b14f05", (FOUND,), "ff25f81910a7c8c6", ())


def replies() -> dict[str, Any]:
    """Return an example of each reply by the name of its schema."""
    answer = SearchPage(
        total=1,
        took_ms=9,
        mode=Mode.HYBRID,
        fallback_reason=None,
        hits=(
            Hit(
                _ID,
                ASSET,
                0.93,
                {"text": 0.25, "visual": 0.38, "rule": 0.3},
                {"title": ("Tide <mark>mug</mark> in sea",)},
                ("title",),
                Applied("tide-first", "boost"),
            ),
        ),
        facets={"colour": (FacetValue("teal", "teal", 1, True), FacetValue("white", "white", 4, False))},
        next=None,
        understood=(Understood("sea green", "product.colour", ("sea green",)),),
        rules=(Applied("tide-first", "boost"),),
    )
    suggested = Suggestions((Suggestion("Tide mug", "product", None, "TIDE-MUG"),), None)
    return {
        "Page": serialise.page(answer, REQUEST_ID),
        "QueryRule": rules.told(LISTED_RULE),
        "QueryRuleList": rules.listing([LISTED_RULE]),
        "ClickTaken": {"recorded": True},
        "GapList": gaps.gaps(GAPS, {}),
        "WantedList": gaps.wanted(GAPS, {}),
        "Asset": serialise.asset(ASSET),
        "Product": serialise.product(PRODUCT),
        "ProductAssets": serialise.assets([ASSET]),
        "Versions": serialise.assets([ASSET]),
        "SuggestionList": serialise.suggestions(suggested),
        "FacetNameList": serialise.facet_names("products", ("attribute.season", "attribute.material")),
        "SavedSearch": searches.search(BROKEN_SEARCH),
        "SavedSearchList": searches.listing([SAVED_SEARCH]),
        "SearchChanges": searches.changes(
            Changes(SAVED_SEARCH, _BEGUN, _BEGUN, 3, 3, (_ID,), ("0f8f2f8d5a0e1b3c475f0c2d",)), {_ID: ASSET}
        ),
        "Collection": collections.collection(COLLECTION),
        "CollectionList": collections.listing([(COLLECTION, 2)]),
        "CollectionItems": collections.items(
            COLLECTION, collections.ItemsPage(COLLECTION.items, None), {("asset", _ID): ASSET}
        ),
        "CollectionArranged": collections.arranged(COLLECTION, Counts(added=1)),
        "Share": collections.share(SHARE),
        "ShareMade": collections.share_made(SHARE, "Qm9vay1vZi1zcHJpbmctbG9va3MtMjAyNi1zaGFyZWQ"),
        "ShareList": collections.shares([SHARE]),
        "LinkExplanation": links.explanation(EXPLAINED, HISTORY),
        "ProductHistory": links.product_history(HISTORY),
        "ReviewList": links.review(REVIEW),
        "DecisionsTaken": links.decisions_taken([DECISION]),
        "SimilarPage": {
            **serialise.page(answer, REQUEST_ID),
            "already_here": duplicates.already_here([Alike(_ORIGINAL, DUPLICATE_LIKENESS)]),
        },
        "DuplicateGroup": duplicates.group(DUPLICATE_GROUP),
        "DuplicateGroupList": duplicates.page(GroupsPage(1, (DUPLICATE_GROUP,), None)),
        "DuplicateEffects": duplicates.effects([DUPLICATE_EFFECT], preview=False),
        "AuditRun": audits.run(RUN),
        "AuditRunList": audits.runs([RUN]),
        "FindingList": audits.findings(FindingsPage(1, (FINDING,), None)),
        "FindingsSummary": audits.summary(SUMMARY),
        "FindingDetail": audits.finding_detail(FINDING, FINDING_VERSION),
        "UsageTaken": serialise.taken(TAKEN, None),
        "UsageCoverage": serialise.coverage(Coverage(FEED.since), [FEED]),
        "ModelList": models.listing(MODELS),
        "ModelComparison": models.comparison("sea green mug", COMPARED),
        "JobTable": serialise.jobs([JOB]),
        "JobAsked": serialise.asked(JOB_STATE),
        "Live": {"status": "live"},
        "Ready": {"status": "ready", "checks": [{"name": "engine", "ok": True, "reason": None}]},
    }
