"""From the engine's reply to a page: documents, signals, marks and facets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from discovery.search import palette, text
from discovery.search.examples import COLOUR_SHARE, UNLIKE, UNLIKE_SHARE, WORDS, WORDS_SHARE
from discovery.search.facets import Facet, Labels, read_facet
from discovery.search.identifiers import SIGNAL as IDENTIFIER
from discovery.search.query import Likeness
from discovery.search.request import Applied, FacetValue, Hit
from discovery.search.shaping import SIGNAL as RULE
from discovery.search.shaping import is_rule, rule_named
from discovery.search.sorting import score_of
from discovery.search.vectors import MEANING, SIGNAL, cosine, similarity_of
from mappings.documents import AssetDocument, ProductDocument
from mappings.fields import Side

_DIGITS = 6
_NOISE = 4e-6
"""The engine adds scores up as 32-bit numbers."""

_DOCUMENTS: dict[Side, type[AssetDocument] | type[ProductDocument]] = {
    "assets": AssetDocument,
    "products": ProductDocument,
}


def total_of(reply: Mapping[str, Any]) -> int:
    """Return how many items the whole result has."""
    return int(reply["hits"]["total"]["value"])


def count_of(reply: Mapping[str, Any], name: str) -> int:
    """Return the count of a probe, 0 where it was not asked for."""
    return int(reply.get("aggregations", {}).get(name, {}).get("doc_count", 0))


def hidden_count(reply: Mapping[str, Any], *names: str) -> int:
    """Return the count of a probe over the whole index, named from without; 0 if not asked for."""
    counted = reply.get("aggregations", {}).get(names[0], {})
    for name in names:
        counted = counted.get(name, {})
    return int(counted.get("doc_count", 0))


def document(side: Side, hit: Mapping[str, Any]) -> AssetDocument | ProductDocument:
    """Return a hit's document; its vectors were not fetched."""
    return _DOCUMENTS[side].from_source(hit["_source"])


def words_hit(side: Side, hit: Mapping[str, Any], *, looked: bool) -> Hit:
    """Return one hit of a search by words: its score is the sum of its signals.

    What a rule adds or takes away is the rest of the score, so the sum holds for pinned and buried ones too.
    Else, where it was also ``looked`` for by vectors, the rest is the pictures' share.
    """
    named = _signals(hit)
    signals = {name: round(float(score), _DIGITS) for name, score in named.items() if not is_rule(name)}
    score = round(score_of(hit), _DIGITS)
    rule = rule_named(named)
    if rule is not None:
        signals[RULE] = round(score - sum(signals.values()), _DIGITS)
    elif looked and SIGNAL not in named:
        rest = _rest(hit, named)
        if rest > _NOISE * max(1.0, score) or not named:
            signals[SIGNAL] = round(rest, _DIGITS)
    highlight = text.read_highlight(side, hit.get("highlight", {}))
    return Hit(
        id=hit["_id"],
        document=document(side, hit),
        score=score,
        signals=signals,
        highlight=highlight,
        matched=(*((IDENTIFIER,) if IDENTIFIER in signals else ()), *highlight),
        rule=None if rule is None else Applied(*rule),
    )


def likeness_hit(side: Side, hit: Mapping[str, Any], likeness: Likeness) -> Hit:
    """Return one hit of a search by pictures: its signals are cosines, and how well words and colours fit.

    By one picture alone the score is how similar it is; else it is what the hits are ordered by.
    """
    scores, share = _signals(hit), likeness.share
    signals = {SIGNAL: round(likeness.pictures.scale * cosine(_rest(hit, scores), share), 5)}
    if likeness.meaning:
        signals[MEANING] = cosine(float(scores.get(MEANING, 0.0)), 1 - share) if MEANING in scores else 0.0
    if UNLIKE in scores:
        signals[UNLIKE] = -cosine(float(scores[UNLIKE]), UNLIKE_SHARE)
    if WORDS in scores:
        signals[WORDS] = cosine(float(scores[WORDS]), WORDS_SHARE * likeness.steered.share)
    if text.SIGNAL in scores:
        signals[text.SIGNAL] = round(float(scores[text.SIGNAL]), _DIGITS)
    if palette.SIGNAL in scores:
        signals[palette.SIGNAL] = round(float(scores[palette.SIGNAL]) / COLOUR_SHARE, _DIGITS)
    plainly = similarity_of(signals) if likeness.is_plain else round(score_of(hit), _DIGITS)
    return Hit(id=hit["_id"], document=document(side, hit), score=plainly, signals=signals, highlight={})


def read_facets(
    facets: Sequence[Facet], reply: Mapping[str, Any], siblings: Sequence[Mapping[str, Any]], labels: Labels
) -> dict[str, tuple[FacetValue, ...]]:
    """Return every facet in the order in which it was asked for."""
    further = iter(siblings)
    counted = {facet.name: next(further) if facet.narrowed else reply for facet in facets}
    # A facet of collections asks for nothing while there are none, and a reply then has no such part.
    return {
        facet.name: read_facet(facet, counted[facet.name].get("aggregations", {}), labels) for facet in facets
    }


def _rest(hit: Mapping[str, Any], named: Mapping[str, float]) -> float:
    """Return what the named signals leave of a hit's score: the share of the one that has no name."""
    return score_of(hit) - sum(float(score) for score in named.values())


def _signals(hit: Mapping[str, Any]) -> Mapping[str, float]:
    named = hit.get("matched_queries", {})
    return named if isinstance(named, Mapping) else {}
