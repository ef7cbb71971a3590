"""Completion of what is being typed: names, facet values, identifiers; and better spellings."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from discovery.search.clauses import Clause
from discovery.search.facets import Labels, escape, folded, value_of
from discovery.search.identifiers import has_identifier, identifier_signal, looks_like_identifier
from discovery.search.request import Suggestion
from discovery.search.text import corrected, matching_clause, spelling
from mappings.documents import ATTRIBUTE_SEPARATOR
from mappings.fields import FIELDS, IDENTIFIERS, TYPED, Field, Kind, Side, find_field

NAMES, VALUES, QUERIES = 5, 8, 3
"""How many completions of each kind are made at most."""

LONGEST_TYPED = 80
"""Characters; a longer text was not typed but pasted, and nothing completes it."""

SHORTEST_IDENTIFIER = 3
_NAMES_LOOKED_AT = 50
_VALUES_LOOKED_AT = 4

# Attributes of either side, all in one field of tokens.
_ATTRIBUTES: dict[Side, str] = {"assets": "product.", "products": "attribute."}
_SUGGESTED: dict[Side, tuple[str, ...]] = {
    "assets": ("category", "keyword", "colour", "creator", "product.brand", "product.family"),
    "products": ("category", "brand", "family"),
}


def completion_bodies(side: Side, q: str, always: Sequence[Clause]) -> list[Clause]:
    """Return two requests: what completes ``q``, and what ``q`` finds as it stands."""
    names: dict[str, Any] = {
        "multi_match": {
            "query": q,
            "type": "bool_prefix",
            "operator": "and",
            "fields": [TYPED[side], f"{TYPED[side]}._2gram", f"{TYPED[side]}._3gram"],
        }
    }
    wanted = [names]
    if _may_begin_identifier(q):
        own = IDENTIFIERS[side][0]
        wanted += [
            {"constant_score": {"filter": {"prefix": {own: {"value": q}}}, "boost": 10.0}},
            identifier_signal(side, q),
        ]
    fields = dict(_value_fields(side))
    pattern = _beginning(q)
    completing = {
        "size": _NAMES_LOOKED_AT,
        "track_total_hits": False,
        "_source": ["id", "source.title", "source.filename", "source.sku", "source.identifiers"],
        "query": {
            "bool": {
                "filter": list(always),
                "should": wanted,
                "minimum_should_match": 1,
            }
        },
        "sort": [{"_score": {"order": "desc"}}, {"id": {"order": "asc"}}],
    }
    counting = {
        "size": 0,
        "track_total_hits": False,
        "query": {"bool": {"filter": list(always)}},
        "aggs": {
            "words": {"filter": matching_clause(q)},
            **{
                name: {"terms": {"field": field.path, "size": _VALUES_LOOKED_AT, "include": pattern}}
                for name, field in fields.items()
            },
            "attributes": {
                "terms": {
                    "field": _attribute_path(side),
                    "size": VALUES,
                    "include": f"[^{ATTRIBUTE_SEPARATOR}]+{ATTRIBUTE_SEPARATOR}{pattern}",
                }
            },
        },
        "suggest": spelling(q),
    }
    return [completing, counting]


def read_items(side: Side, q: str, reply: Mapping[str, Any]) -> list[Suggestion]:
    """Return items by their identifiers and names, each name once."""
    kind: Any = "asset" if side == "assets" else "product"
    found: dict[str, Suggestion] = {}
    squeezed = _squeezed(q)
    for hit in reply["hits"]["hits"]:
        source = hit["_source"]["source"]
        identifiers = [str(i) for i in source.get("identifiers", ())]
        named = [i for i in identifiers if _may_begin_identifier(q) and _squeezed(i).startswith(squeezed)]
        text = named[0] if named else source.get("title") or source.get("filename")
        found.setdefault(folded(text), Suggestion(text, kind, id=hit["_id"]))
    return list(found.values())[:NAMES]


def read_values(side: Side, reply: Mapping[str, Any], labels: Labels) -> list[Suggestion]:
    """Return the facet values that ``q`` begins, most frequent first, with how many items have each."""
    found: list[tuple[Field, str, int]] = []
    for name, field in _value_fields(side).items():
        buckets = reply["aggregations"][name]["buckets"]
        found += [(field, str(bucket["key"]), int(bucket["doc_count"])) for bucket in buckets]
    for bucket in reply["aggregations"]["attributes"]["buckets"]:
        code = str(bucket["key"]).partition(ATTRIBUTE_SEPARATOR)[0]
        attribute = find_field(side, _ATTRIBUTES[side] + code)
        if attribute is not None and attribute.attribute == code:
            found.append((attribute, value_of(attribute, str(bucket["key"])), int(bucket["doc_count"])))
    found.sort(key=lambda value: (-value[2], value[0].name, value[1]))
    return [
        Suggestion(labels(field, [value]).get(value, value), "facet", field=field.name, count=count)
        for field, value, count in found[:VALUES]
    ]


def completed_queries(q: str, reply: Mapping[str, Any]) -> list[str]:
    """Return ``q`` with its last word completed as in the names that match, most frequent first."""
    *before, last = q.split()
    counts: dict[str, int] = {}
    for hit in reply["hits"]["hits"]:
        title = str(hit["_source"]["source"].get("title") or "")
        for word in dict.fromkeys(re.findall(r"[^\W\d_]{3,}", title.lower())):
            if word.startswith(last.lower()) and word != last.lower():
                counts[word] = counts.get(word, 0) + 1
    best = sorted(counts, key=lambda word: (-counts[word], word))[:QUERIES]
    return [" ".join([*before, word]) for word in best]


def query_counts(queries: Sequence[str], always: Sequence[Clause]) -> Clause:
    """Return the request that counts what each completed query finds by its words."""
    return {
        "size": 0,
        "track_total_hits": False,
        "query": {"bool": {"filter": list(always)}},
        "aggs": {str(n): {"filter": matching_clause(query)} for n, query in enumerate(queries)},
    }


def read_queries(queries: Sequence[str], reply: Mapping[str, Any]) -> list[Suggestion]:
    """Return the completed queries with what they find, those that find nothing left out."""
    counts = [int(reply["aggregations"][str(n)]["doc_count"]) for n in range(len(queries))]
    return [Suggestion(query, "query", count=n) for query, n in zip(queries, counts, strict=True) if n]


def did_you_mean(q: str, reply: Mapping[str, Any]) -> str | None:
    """Return a better spelling where the words as typed find nothing."""
    if reply["aggregations"]["words"]["doc_count"]:
        return None
    return corrected(q, reply.get("suggest"))


def _value_fields(side: Side) -> dict[str, Field]:
    return {name: FIELDS[side][name] for name in _SUGGESTED[side] if FIELDS[side][name].kind is Kind.KEYWORD}


def _attribute_path(side: Side) -> str:
    field = find_field(side, _ATTRIBUTES[side] + "colour")
    assert field is not None
    return field.path


def _beginning(q: str) -> str:
    """Return the pattern of values of which some word begins with ``q``; values are folded, so ``q`` is."""
    return rf"(.*[ /,_\-])?{escape(folded(q))}.*"


def _may_begin_identifier(q: str) -> bool:
    return has_identifier(q) and len(_squeezed(q)) >= SHORTEST_IDENTIFIER and looks_like_identifier(q)


def _squeezed(text: str) -> str:
    return "".join(c for c in folded(text) if c.isalnum())
