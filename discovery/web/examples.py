"""Examples of the description: requests to try, and replies made by the same code as the real ones."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from discovery.scheduler.model import JobRun, JobState, JobView
from discovery.search.request import FacetValue, Hit, Mode, SearchPage, Suggestion, Suggestions
from discovery.web import serialise
from mappings.documents import (
    AssetDocument,
    AssetLink,
    AssetSource,
    AssetsSide,
    Colour,
    Curation,
    Media,
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
    curation=Curation(),
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
}

SIMILAR: dict[str, Any] = {
    "asset": {"asset": _ID, "size": 12},
    "product": {"product": "TIDE-MUG-SEA", "in": "products", "intent": "same_look"},
    "region": {"asset": _ID, "region": [0.25, 0.1, 0.5, 0.5], "min_similarity": 0.4},
}


def replies() -> dict[str, Any]:
    """Return an example of each reply by the name of its schema."""
    answer = SearchPage(
        total=1,
        took_ms=9,
        mode=Mode.HYBRID,
        fallback_reason=None,
        hits=(
            Hit(
                _ID, ASSET, 0.63, {"text": 0.25, "visual": 0.38}, {"title": ("Tide <mark>mug</mark> in sea",)}
            ),
        ),
        facets={"colour": (FacetValue("teal", "teal", 1, True), FacetValue("white", "white", 4, False))},
        next=None,
    )
    suggested = Suggestions((Suggestion("Tide mug", "product", None, "TIDE-MUG"),), None)
    return {
        "Page": serialise.page(answer, REQUEST_ID),
        "Asset": serialise.asset(ASSET),
        "Product": serialise.product(PRODUCT),
        "ProductAssets": serialise.assets([ASSET]),
        "SuggestionList": serialise.suggestions(suggested),
        "JobTable": serialise.jobs([JOB]),
        "JobAsked": serialise.asked(JOB_STATE),
        "Live": {"status": "live"},
        "Ready": {"status": "ready", "checks": [{"name": "engine", "ok": True, "reason": None}]},
    }
