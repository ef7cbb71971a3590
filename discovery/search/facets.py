"""Facets: which are asked for, how they are counted, and how counts become values with their labels.

Invariant: totals, facets and pages are of one and the same set. The usual way to keep the siblings of a
chosen value ("red 12" beside the chosen "blue 7") is a post-filter, which cuts the hits after the facets
were counted. Here it would lie: the visual part of a query is "the nearest so many that pass the filters",
so a filter that stands outside it changes what that means. Therefore every condition stands in the
query, and a facet that is itself narrowed is counted by a further query of size 0 that leaves out its own
conditions and nothing else. See docs/decisions/0003.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from discovery.search.clauses import Clause, refused
from discovery.search.filters import chosen_values, equals, is_filtered, known_field
from discovery.search.membership import in_collection
from discovery.search.request import FacetValue, Filters, Listing, Value
from mappings.documents import ATTRIBUTE_SEPARATOR
from mappings.fields import Field, Kind, Side

RAW = "raw"
"""The subfield that holds a value as it was spelt."""

MOST_FACETS = 50
MOST_SPELLINGS = 2000
_SHARD_VALUES = 2000
_RESERVED = re.compile(r'[.?+*|{}\[\]()"\\#@&<>~^$-]')
_LETTERS = str.maketrans(
    {"ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "đ": "d", "ð": "d", "ł": "l", "þ": "th", "ħ": "h"}
)

Labels = Callable[[Field, list[str]], Mapping[str, str]]
"""Asks for the spellings of a field's values; a value without one is missing from the answer."""


@dataclass(frozen=True, slots=True)
class Facet:
    """One facet that is asked for. ``narrowed`` says that a condition of its own narrows the result.

    ``listing`` is there where its values are collections.
    """

    name: str
    field: Field
    chosen: tuple[Value, ...]
    narrowed: bool
    listing: Listing | None = None


def asked_facets(side: Side, names: tuple[str, ...], filters: Filters) -> tuple[Facet, ...]:
    """Return the facets of those names, each once.

    Raises:
        InputInvalid: naming ``facets``, for an unknown field or one whose values are not counted.
    """
    if len(names) > MOST_FACETS:
        raise refused("facets", f"expected at most {MOST_FACETS} facets, found {len(names)}")
    facets = []
    for name in dict.fromkeys(names):
        field = known_field(side, name, "facets")
        if not field.facet:
            raise refused("facets", f"{name} is no facet; filter by it instead")
        chosen = chosen_values(side, filters, field)
        listing = filters.listing if field.listed is not None else None
        facets.append(Facet(name, field, chosen, is_filtered(side, filters, field), listing))
    return tuple(facets)


def facet_aggregations(facets: tuple[Facet, ...], values: int) -> dict[str, Clause]:
    """Return what counts ``facets``: their most frequent values, and each chosen one however rare."""
    aggregations: dict[str, Clause] = {}
    for facet in facets:
        if facet.field.listed is not None:
            if facet.listing is not None and facet.listing.names:
                held = {
                    value: in_collection(facet.field, value, facet.listing) for value in facet.listing.names
                }
                aggregations[f"facet {facet.name}"] = {"filters": {"filters": held}}
            continue
        terms: dict[str, Any] = {
            "field": facet.field.path,
            "size": values,
            "shard_size": max(_SHARD_VALUES, values),
            "order": [{"_count": "desc"}, {"_key": "asc"}],
        }
        if facet.field.attribute is not None:
            terms["include"] = _values_of(facet.field)
        aggregations[f"facet {facet.name}"] = {"terms": terms}
        if facet.chosen:
            each = {
                str(number): equals(facet.field, value, f"filters.{facet.name}")
                for number, value in enumerate(facet.chosen)
            }
            aggregations[f"chosen {facet.name}"] = {"filters": {"filters": each}}
    return aggregations


def read_facet(facet: Facet, aggregations: Mapping[str, Any], labels: Labels) -> tuple[FacetValue, ...]:
    """Return the values of ``facet``, most frequent first, then by value; chosen ones are always there."""
    if facet.field.listed is not None:
        return _collections(facet, aggregations)
    counts: dict[Value, int] = {}
    for bucket in aggregations[f"facet {facet.name}"]["buckets"]:
        counts[_value(facet.field, bucket)] = bucket["doc_count"]
    chosen: dict[Value, None] = {}
    for number, value in enumerate(facet.chosen):
        key = _key(value)
        chosen[key] = None
        if key not in counts:
            counts[key] = aggregations[f"chosen {facet.name}"]["buckets"][str(number)]["doc_count"]
    spelt = labels(facet.field, [value for value in counts if isinstance(value, str)])
    ordered = sorted(counts.items(), key=lambda item: (-item[1], str(item[0])))
    return tuple(
        FacetValue(value, _label(value, spelt), count, selected=value in chosen) for value, count in ordered
    )


def _collections(facet: Facet, aggregations: Mapping[str, Any]) -> tuple[FacetValue, ...]:
    if facet.listing is None or not facet.listing.names:
        return ()
    buckets = aggregations[f"facet {facet.name}"]["buckets"]
    told = [
        FacetValue(value, name, buckets[value]["doc_count"], value in facet.chosen)
        for value, name in facet.listing.names.items()
    ]
    shown = [value for value in told if value.count or value.selected]
    return tuple(sorted(shown, key=lambda value: (-value.count, value.label, str(value.value))))


def spellings_body(field: Field, values: list[str]) -> Clause:
    """Return the search that counts how the items that have any of ``values`` spell them."""
    terms: dict[str, Any] = {"field": f"{field.path}.{RAW}", "size": MOST_SPELLINGS}
    if field.attribute is not None:
        terms["include"] = _values_of(field)
    tokens = [f"{_prefix(field)}{value}" for value in values]
    return {
        "size": 0,
        "track_total_hits": False,
        "query": {"bool": {"filter": [{"terms": {field.path: tokens}}]}},
        "aggs": {"spellings": {"terms": terms}},
    }


def read_spellings(field: Field, reply: Mapping[str, Any]) -> dict[str, str]:
    """Return the most frequent spelling of each value."""
    found: dict[str, str] = {}
    for bucket in reply["aggregations"]["spellings"]["buckets"]:
        spelling = str(bucket["key"]).removeprefix(_prefix(field)).strip()
        found.setdefault(folded(spelling), spelling)
    return found


def folded(value: str) -> str:
    """Return ``value`` as facets hold it: trimmed, lower case, without accents.

    The engine's normaliser does the same to far more scripts; where the two differ, a label falls back to
    the value and a chosen value is listed as it was given, with its exact count.
    """
    lower = value.strip().lower().translate(_LETTERS)
    parts = unicodedata.normalize("NFKD", lower) if not lower.isascii() else lower
    return "".join(c for c in parts if not unicodedata.combining(c))


def escape(text: str) -> str:
    """Return ``text`` with every character that a regular expression of the engine reserves escaped."""
    return _RESERVED.sub(lambda match: "\\" + match[0], text)


def value_of(field: Field, key: str) -> str:
    """Return the value within an indexed token."""
    return key.removeprefix(_prefix(field))


def _prefix(field: Field) -> str:
    return "" if field.attribute is None else f"{field.attribute}{ATTRIBUTE_SEPARATOR}"


def _values_of(field: Field) -> str:
    """Return the pattern of an attribute's values among those of all.

    Not ``.*``: OpenSearch up to 2.19.3 answers that with an error where all there is sorts before the prefix
    (OpenSearch issue 19636).
    """
    return f"{escape(_prefix(field))}.+"


def _value(field: Field, bucket: Mapping[str, Any]) -> Value:
    if field.kind is Kind.FLAG:
        return bool(bucket["key"])
    value = value_of(field, str(bucket["key"]))
    return int(value) if field.kind is Kind.NUMBER else value


def _key(value: Value) -> Value:
    if isinstance(value, str):
        return folded(value)
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _label(value: Value, spelt: Mapping[str, str]) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return spelt.get(value, value) if isinstance(value, str) else f"{value:g}"
