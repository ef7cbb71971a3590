"""Queries whose right answers are known: from columns of fashion, and as judged for the demo catalogue."""

from __future__ import annotations

import statistics
import tomllib
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.data import Garment
from discovery.search.request import Condition, Filters, Hit, Mode, SearchRequest, Viewer
from discovery.search.service import SearchService
from indexers.judging import gain
from mappings.documents import AssetDocument
from mappings.fields import Side

LEAST = 5
"""Garments that a query must have right answers among."""

JUDGEMENTS = Path(__file__).parents[1] / "tests" / "relevance" / "judgements.toml"

NO_COLOUR = frozenset({"NA", "Multi", ""})


@dataclass(frozen=True, slots=True)
class Judged:
    """A query and the SKUs that answer it. ``coloured`` says that it names a colour too."""

    text: str
    coloured: bool
    right: frozenset[str]


def judged_queries(garments: Sequence[Garment]) -> list[Judged]:
    """Return "watches", "navy blue shirts" …: every type, and every type and colour, with enough garments."""
    types = Counter(one.type for one in garments)
    both = Counter((one.type, one.colour) for one in garments if one.colour not in NO_COLOUR)
    queries = [
        Judged(plural(name), False, frozenset(one.sku for one in garments if one.type == name))
        for name, count in sorted(types.items())
        if count >= LEAST
    ]
    queries += [
        Judged(
            f"{colour.lower()} {plural(name)}",
            True,
            frozenset(one.sku for one in garments if (one.type, one.colour) == (name, colour)),
        )
        for (name, colour), count in sorted(both.items())
        if count >= LEAST
    ]
    return queries


def plural(name: str) -> str:
    """Return a type as people ask for it: "Watches" and "Tshirts" are plural already, "Belt" is not."""
    lower = name.lower()
    return lower if lower.endswith("s") else f"{lower}s"


@dataclass(frozen=True, slots=True)
class Judgements:
    """Judgements of the demo catalogue: SKUs by query, to tune on and held out, and what has no answer."""

    tuning: dict[str, list[str]]
    holdout: dict[str, list[str]]
    nothing: list[str]


def judgements() -> Judgements:
    """Return the judgements of the demo catalogue."""
    return Judgements(**tomllib.loads(JUDGEMENTS.read_text(encoding="utf-8")))


def ndcg(found: Sequence[str], right: Collection[str], depth: int = 10) -> float:
    """Return the normalised discounted cumulative gain of ``found``, an answer being right or not.

    Järvelin and Kekäläinen, "Cumulated Gain-Based Evaluation of IR Techniques" (ACM TOIS 20(4), 2002).
    """
    return gain((one in right for one in found), len(right), depth)


def mean_gain(
    search: SearchService, side: Side, queries: Mapping[str, Collection[str]], mode: Mode, depth: int = 10
) -> float:
    """Return the mean gain of ``queries`` with the SKUs that answer each, asked of one side in one mode."""
    gains = []
    for query, skus in queries.items():
        named = Condition("product.sku" if side == "assets" else "sku", any=tuple(skus))
        answers = search.search(SearchRequest(side=side, filters=Filters((named,)), size=1), Viewer()).total
        page = search.search(SearchRequest(side=side, q=query, mode=mode, size=depth), Viewer())
        gains.append(gain([bool(shown_skus(hit) & set(skus)) for hit in page.hits], answers, depth))
    return statistics.fmean(gains)


def shown_skus(hit: Hit) -> set[str]:
    """Return the SKUs that a hit shows, or is."""
    document = hit.document
    if isinstance(document, AssetDocument):
        return set(document.product.sku)
    return {document.source.sku}
