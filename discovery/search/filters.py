"""Conditions of a request as clauses of the engine, each checked against the field it names."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime

from discovery.search.clauses import Clause, all_of, any_of, nearest, none_of, refused
from discovery.search.membership import membership
from discovery.search.request import Condition, Filters, Listing, Value
from mappings.documents import ATTRIBUTE_SEPARATOR, SUPERSEDED, attribute_token, percent_token
from mappings.fields import FIELDS, Field, Kind, Side, find_field

MOST_CONDITIONS = 200
"""Conditions of one request, alternatives included; the engine refuses more than 1,024 clauses."""

LARGEST_NUMBER = 2**53
MOST_PERCENT = 100
NO_TOKEN = ATTRIBUTE_SEPARATOR
"""A token that no document has."""

_RANGES = ("gt", "gte", "lt", "lte")
_RANGED = (Kind.NUMBER, Kind.DATE)


def known_field(side: Side, name: str, at: str) -> Field:
    """Return the field of that public name.

    Raises:
        InputInvalid: naming ``at``, with names that are near.
    """
    field = find_field(side, name)
    if field is None:
        raise refused(at, f"unknown field {name[:100]!r} of {side}{nearest(name, FIELDS[side])}")
    return field


def filter_clauses(side: Side, filters: Filters, leaving_out: Field | None = None) -> list[Clause]:
    """Return one clause for each condition and one for the alternatives; all of them must hold.

    ``leaving_out`` names a field whose own conditions are left out, for the counts of its facet.
    Conditions inside alternatives always stay.

    Raises:
        InputInvalid: naming ``filters.<field>.<operator>``.
    """
    if len(filters.conditions) + sum(len(group) for group in filters.alternatives) > MOST_CONDITIONS:
        raise refused("filters", f"expected at most {MOST_CONDITIONS} conditions")
    clauses: list[Clause] = []
    for condition in filters.conditions:
        at = f"filters.{condition.field}"
        field = known_field(side, condition.field, at)
        if leaving_out is None or not same_field(field, leaving_out):
            clauses += _condition(field, condition, at, filters.listing)
    groups = []
    for number, group in enumerate(filters.alternatives):
        inner: list[Clause] = []
        for condition in group:
            at = f"filters.or.{number}.{condition.field}"
            inner += _condition(known_field(side, condition.field, at), condition, at, filters.listing)
        groups.append(all_of(inner))
    if groups:
        clauses.append(any_of(groups))
    return clauses


def shown_clauses(side: Side, filters: Filters) -> list[Clause]:
    """Return what keeps assets out that people merged into others, unless the filters ask for them."""
    if side != "assets":
        return []
    every = (*filters.conditions, *(one for group in filters.alternatives for one in group))
    for condition in every:
        values = (*condition.any, *condition.all)
        if condition.field == "merged_into" or (condition.field == "status" and SUPERSEDED in values):
            return []
    return [none_of([{"exists": {"field": "curation.merged_into"}}])]


def same_field(one: Field, other: Field) -> bool:
    """Return whether two names mean one field: an attribute has as many names as spellings."""
    return (one.path, one.attribute, one.listed) == (other.path, other.attribute, other.listed)


def chosen_values(side: Side, filters: Filters, field: Field) -> tuple[Value, ...]:
    """Return the values of ``field`` that the request asks for, those of alternatives included."""
    every = [*filters.conditions, *(condition for group in filters.alternatives for condition in group)]
    chosen: dict[Value, None] = {}
    for condition in every:
        named = find_field(side, condition.field)
        if named is not None and same_field(named, field):
            chosen |= dict.fromkeys((*condition.any, *condition.all))
    return tuple(chosen)


def is_filtered(side: Side, filters: Filters, field: Field) -> bool:
    """Return whether a condition of its own, outside alternatives, narrows ``field``."""
    named = (find_field(side, condition.field) for condition in filters.conditions)
    return any(found is not None and same_field(found, field) for found in named)


def equals(field: Field, value: Value, at: str) -> Clause:
    """Return the clause that ``field`` has ``value``.

    Raises:
        InputInvalid: naming ``at``, for a value of another type than the field's.
    """
    if field.kind is Kind.DATE:
        day = _date(value, at)
        return {"range": {field.path: {"gte": day, "lte": day}}}
    return {"term": {field.path: {"value": _comparable(field, value, at)}}}


def _condition(field: Field, condition: Condition, at: str, listing: Listing | None) -> list[Clause]:
    if field.listed is not None:
        return list(membership(field, condition, listing, at))
    clauses: list[Clause] = []
    if condition.any:
        clauses.append(_one_of(field, condition.any, f"{at}.any"))
    clauses += [equals(field, value, f"{at}.all") for value in dict.fromkeys(condition.all)]
    if condition.none:
        clauses.append(none_of([_one_of(field, condition.none, f"{at}.none")]))
    bounds = dict(_bounds(field, condition, at))
    if bounds:
        clauses.append(_within(field, bounds))
    if condition.exists is not None:
        present = _exists(field)
        clauses.append(present if condition.exists else none_of([present]))
    return clauses


def _one_of(field: Field, values: tuple[Value, ...], at: str) -> Clause:
    if field.kind is Kind.DATE:
        return any_of([equals(field, value, at) for value in values])
    return {"terms": {field.path: [_comparable(field, value, at) for value in values]}}


def _exists(field: Field) -> Clause:
    if field.attribute is not None:
        return {"prefix": {field.path: {"value": f"{field.attribute}{ATTRIBUTE_SEPARATOR}"}}}
    return {"exists": {"field": field.path}}


def _bounds(field: Field, condition: Condition, at: str) -> Iterator[tuple[str, Value]]:
    for operator in _RANGES:
        value: Value | None = getattr(condition, operator)
        if value is None:
            continue
        if field.kind not in _RANGED:
            message = f"{operator} is for numbers and dates, {field.name} is {_DESCRIBED[field.kind]}"
            raise refused(f"{at}.{operator}", message)
        yield operator, _READ[field.kind](value, f"{at}.{operator}")


def _within(field: Field, bounds: dict[str, Value]) -> Clause:
    if field.attribute is None:
        return {"range": {field.path: bounds}}
    low, high = 0, MOST_PERCENT
    for operator, given in bounds.items():
        bound = float(given)
        if operator in ("gt", "gte"):
            low = max(low, math.floor(bound) + 1 if operator == "gt" else math.ceil(bound))
        else:
            high = min(high, math.ceil(bound) - 1 if operator == "lt" else math.floor(bound))
    if low > high:
        return {"match_none": {}}
    ends = {"gte": percent_token(field.attribute, low), "lte": percent_token(field.attribute, high)}
    return {"range": {field.path: ends}}


def _comparable(field: Field, value: Value, at: str) -> Value:
    read = _READ[field.kind](value, at)
    if field.attribute is None:
        return read
    if field.kind is Kind.NUMBER:
        number = float(read)
        whole = number.is_integer() and 0 <= number <= MOST_PERCENT
        return percent_token(field.attribute, int(number)) if whole else NO_TOKEN
    return attribute_token(field.attribute, str(read).replace(ATTRIBUTE_SEPARATOR, " ").strip())


def _text(value: Value, at: str) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise refused(at, f"expected a text, found {_shown(value)}")
    text = str(value)
    if any("\ud800" <= character <= "\udfff" for character in text):
        raise refused(at, "expected a text, found broken characters")
    return text


def _number(value: Value, at: str) -> int | float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise refused(at, f"expected a number, found {_shown(value)}")
    if not math.isfinite(value) or abs(value) > LARGEST_NUMBER:
        raise refused(at, "expected a number between -2^53 and 2^53")
    return value


def _flag(value: Value, at: str) -> bool:
    if not isinstance(value, bool):
        raise refused(at, f"expected true or false, found {_shown(value)}")
    return value


def _date(value: Value, at: str) -> str:
    """Return what the engine reads as a whole day, or as a moment in UTC."""
    message = f'expected a date such as "2026-03-31" or "2026-03-31T12:00:00Z", found {_shown(value)}'
    if not isinstance(value, str):
        raise refused(at, message)
    try:
        if len(value) == len("2026-03-31"):
            return date.fromisoformat(value).isoformat()
        moment = datetime.fromisoformat(value)
        zoned = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return zoned.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    except (ValueError, OverflowError):
        raise refused(at, message) from None


def _shown(value: object) -> str:
    return repr(value)[:100]


_READ: dict[Kind, Callable[[Value, str], Value]] = {
    Kind.KEYWORD: _text,
    Kind.IDENTIFIER: _text,
    Kind.NUMBER: _number,
    Kind.DATE: _date,
    Kind.FLAG: _flag,
}
_DESCRIBED = {Kind.KEYWORD: "a text", Kind.IDENTIFIER: "an identifier", Kind.FLAG: "true or false"}
