"""What words say of attributes: "red women's jackets under 80" is a colour, two categories and a price.

No list of values stands here. A word is understood when the catalogue's own facets have it as a value; which
field it means is the one in which most items have it. Prices are read from words and numbers.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from discovery.search.clauses import Clause
from discovery.search.request import Condition, Filters, Understood
from discovery.search.wordforms import form
from mappings.documents import ATTRIBUTE_SEPARATOR
from mappings.fields import FIELDS, Field, Kind, Side, find_field

MOST_VALUES = 5000
"""Values of one field that are looked at, the most frequent first."""

MOST_OF_ONE = 300
"""An attribute of more values than this is a text, such as a name, not something to filter by."""

LEAST_SHARED = 1.5
"""Items that a value of an attribute has at least, on average, where the attribute is a facet of the page."""

LONGEST_VALUE = 4
"""Words of a value at most."""

LEAST_LETTERS = 3
"""Letters of a value at least: sizes such as S and XL are words of too many other things."""

LEAST_LINKED = 0.9
"""Assets are understood by their products' values only where this share of them shows a product: a filter on
products hides every picture that nobody has linked yet."""

_NAMED: dict[Side, tuple[str, ...]] = {
    "assets": ("product.brand", "product.category", "product.family", "category"),
    "products": ("brand", "category", "family"),
}
KINDS = frozenset({"category", "family", "product.category", "product.family"})
"""Fields whose values say what an item is, as its name does."""

_ATTRIBUTES: dict[Side, str] = {"assets": "product.", "products": "attribute."}
_CATEGORY_SEPARATOR = "/"
_PRICE = "price"
# Answers, not values: "no" in "no logo" is not the "no" of an attribute.
_NOTHING = frozenset(
    {"yes", "no", "none", "na", "n a", "other", "unknown", "true", "false", "default", "all"}
)

_AMOUNT = r"[$€£]?\s?(\d{1,9}(?:[.,]\d{1,2})?)\s?(?:[$€£]|(?:eur|euros?|usd|dollars?|gbp|pounds?)\b)?"
_UNITS = "mm|cm|m|km|g|kg|l|ml|cl|in|inch|inches|ft|oz|lbs?|w|kw|v|mah|gb|tb|mb|hz|px|dpi|years?|%|°"
_UNIT = rf"(?!\s?(?:{_UNITS})(?!\w))"
_END = r"(?![\w.,-])" + _UNIT
_PRICES: tuple[tuple[re.Pattern[str], tuple[str, ...]], ...] = tuple(
    (re.compile(rf"(?<!\S)(?:{words}){_END}", re.IGNORECASE), bounds)
    for words, bounds in (
        (rf"between\s{_AMOUNT}\s(?:and|to)\s{_AMOUNT}", ("gte", "lte")),
        (rf"(?:under|below|less than|cheaper than)\s{_AMOUNT}", ("lt",)),
        (rf"(?:up to|at most|max|no more than)\s{_AMOUNT}", ("lte",)),
        (rf"(?:over|above|more than)\s{_AMOUNT}", ("gt",)),
        (rf"(?:at least|from|min)\s{_AMOUNT}", ("gte",)),
    )
)


Counts = list[tuple[str, int]]
"""The values of a field, each with how many items have it."""


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The values of a side's facets, by :func:`key` of their words; of each the field and values it means.

    ``attributes`` are the catalogue's own that tell items apart, named as facets, those of most items first.
    """

    meanings: Mapping[str, tuple[str, tuple[str, ...]]] = field(default_factory=dict)
    priced: bool = False
    attributes: tuple[str, ...] = ()


def key(text: str) -> str:
    """Return words as they are compared here: "T-Shirts", "tshirt" and "t shirt" are one."""
    return "".join(form(text))


@dataclass(frozen=True, slots=True)
class Understanding:
    """What was understood of some words; ``words`` are those that were not, which still must be found."""

    parts: tuple[Understood, ...]
    words: str

    def filters(self, given: Filters) -> Filters:
        """Return ``given`` with what was understood."""
        own = tuple(condition_of(part) for part in self.parts)
        return Filters((*given.conditions, *own), given.alternatives)


def condition_of(part: Understood) -> Condition:
    """Return the filter that a part of a query became."""
    bounds: dict[str, Any] = dict(part.bounds)
    return Condition(part.field, any=part.values, **bounds)


def understand(side: Side, words: str, vocabulary: Vocabulary, leaving: Sequence[str] = ()) -> Understanding:
    """Return what ``words`` say of attributes, the longest value first from the left.

    ``leaving`` are texts that are to stay words: what a person has taken off.
    """
    kept = {key(text) for text in leaving}
    parts: list[Understood] = []
    if vocabulary.priced and side == "products":
        price = next(_prices(words), None)
        if price is not None and key(price.text) not in kept:
            parts.append(price)
            words = without_parts(words, (price,))
    typed = words.split()
    keys = [key(word) for word in typed]
    left: list[str] = []
    place = 0
    while place < len(typed):
        length, meant = _longest(keys[place:], vocabulary, kept)
        if meant is None:
            left.append(typed[place])
        else:
            parts.append(Understood(" ".join(typed[place : place + length]), meant[0], meant[1]))
        place += length
    return Understanding(tuple(parts), " ".join(left))


def without_parts(words: str, parts: Sequence[Understood]) -> str:
    """Return ``words`` without those that were understood."""
    left = f" {words} "
    for part in parts:
        left = left.replace(f" {part.text} ", " ", 1)
    return " ".join(left.split())


def _longest(
    keys: Sequence[str], vocabulary: Vocabulary, kept: set[str]
) -> tuple[int, tuple[str, tuple[str, ...]] | None]:
    for length in range(min(LONGEST_VALUE, len(keys)), 0, -1):
        whole = "".join(keys[:length])
        meant = vocabulary.meanings.get(whole)
        if meant is not None and whole not in kept and all(keys[:length]):
            return length, meant
    return 1, None


def _prices(words: str) -> Iterator[Understood]:
    for pattern, bounds in _PRICES:
        found = pattern.search(words)
        if found is not None:
            amounts = [_amount(text) for text in found.groups()]
            yield Understood(found[0], _PRICE, (), tuple(zip(bounds, sorted(amounts), strict=True)))


def _amount(text: str) -> float | int:
    number = float(text.replace(",", "."))
    return int(number) if number.is_integer() else number


def vocabulary_body(side: Side) -> Clause:
    """Return the request that lists the values of a side's facets."""
    counted: dict[str, Any] = {
        name: {"terms": {"field": FIELDS[side][name].path, "size": MOST_VALUES}} for name in _NAMED[side]
    }
    counted["attributes"] = {"terms": {"field": _attribute_path(side), "size": MOST_VALUES}}
    if side == "products":
        counted["priced"] = {"filter": {"exists": {"field": FIELDS[side][_PRICE].path}}}
    else:
        counted["linked"] = {"filter": {"term": {FIELDS[side]["linked"].path: {"value": True}}}}
    return {"size": 0, "track_total_hits": True, "query": {"match_all": {}}, "aggs": counted}


def version_body() -> Clause:
    """Return the request whose answer changes when an index does."""
    return {"size": 0, "track_total_hits": True, "aggs": {"last": {"max": {"field": "run.indexed"}}}}


def read_version(reply: Mapping[str, Any]) -> tuple[Any, ...]:
    """Return what stands for the state of an index."""
    return reply["hits"]["total"]["value"], reply["aggregations"]["last"]["value"]


def read_vocabulary(side: Side, reply: Mapping[str, Any]) -> Vocabulary:
    """Return the vocabulary from the values of the facets."""
    counted = reply["aggregations"]
    total = int(reply["hits"]["total"]["value"])
    attributes = _attributes(side, counted)
    telling = _telling(attributes, total)
    if side == "assets" and (not total or counted["linked"]["doc_count"] < LEAST_LINKED * total):
        return Vocabulary(attributes=telling)
    meanings: dict[str, dict[str, tuple[int, dict[str, None]]]] = {}
    for name, values in (*_named(side, counted), *attributes.items()):
        for value, count in values:
            leaf = value.rpartition(_CATEGORY_SEPARATOR)[2] if name.endswith("category") else value
            if not _is_telling(leaf):
                continue
            fields = meanings.setdefault(key(leaf), {})
            before, listed = fields.get(name, (0, {}))
            fields[name] = (before + count, {**listed, value: None})
    return Vocabulary(
        {words: _most(fields) for words, fields in meanings.items()},
        priced=bool(counted.get("priced", {}).get("doc_count", 0)),
        attributes=telling,
    )


def _most(fields: Mapping[str, tuple[int, Mapping[str, None]]]) -> tuple[str, tuple[str, ...]]:
    name = max(fields, key=lambda one: fields[one][0])
    return name, tuple(fields[name][1])


def _is_telling(value: str) -> bool:
    shape = form(value)
    if not 1 <= len(shape) <= LONGEST_VALUE or " ".join(shape) in _NOTHING:
        return False
    letters = sum(character.isalpha() for word in shape for character in word)
    return letters >= LEAST_LETTERS and not any(character.isdigit() for word in shape for character in word)


def _named(side: Side, counted: Mapping[str, Any]) -> Iterator[tuple[str, Counts]]:
    for name in _NAMED[side]:
        buckets = counted[name]["buckets"]
        yield name, [(str(bucket["key"]), int(bucket["doc_count"])) for bucket in buckets]


def _attributes(side: Side, counted: Mapping[str, Any]) -> dict[str, Counts]:
    """Return the values of the catalogue's own attributes, but of those that are texts."""
    by_code: dict[str, Counts] = {}
    for bucket in counted["attributes"]["buckets"]:
        code, _, value = str(bucket["key"]).partition(ATTRIBUTE_SEPARATOR)
        by_code.setdefault(code, []).append((value, int(bucket["doc_count"])))
    found: dict[str, Counts] = {}
    for code, values in by_code.items():
        named = find_field(side, _ATTRIBUTES[side] + code)
        if named is not None and named.attribute == code and len(values) <= MOST_OF_ONE:
            found[named.name] = values
    return found


def _telling(attributes: Mapping[str, Counts], total: int) -> tuple[str, ...]:
    """Return the names of those that tell items apart: not one value for all, nor one for each."""
    held = {name: sum(count for _, count in values) for name, values in attributes.items()}
    telling = [
        name
        for name, values in attributes.items()
        if held[name] >= LEAST_SHARED * len(values) and any(count < total for _, count in values)
    ]
    return tuple(sorted(telling, key=lambda name: (-held[name], name)))


def _attribute_path(side: Side) -> str:
    found: Field | None = find_field(side, f"{_ATTRIBUTES[side]}any")
    assert found is not None
    assert found.kind is Kind.KEYWORD
    return found.path


def stored(parts: Sequence[Understood]) -> list[list[Any]]:
    """Return parts as a cursor holds them."""
    return [
        [part.text, part.field, list(part.values), [list(bound) for bound in part.bounds]] for part in parts
    ]


def from_stored(held: Sequence[Sequence[Any]]) -> tuple[Understood, ...]:
    """Return the parts that a cursor holds."""
    return tuple(
        Understood(text, name, tuple(values), tuple((operator, value) for operator, value in bounds))
        for text, name, values, bounds in held
    )
