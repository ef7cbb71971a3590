"""Collections as conditions: an item is in one if the record of the collection lists it. Pure.

The engine looks the list up in the record when it runs the query (terms lookup), as it was last written: what
was just put into a collection is found in it, nothing has to be written onto items, and totals, facets and
pages are counted on the very set. See docs/decisions/0017.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from discovery.search.clauses import Clause, any_of, none_of, refused
from discovery.search.request import Condition, Filters, Listing, Value
from mappings.fields import Field, Side, find_field


def is_listed(side: Side, name: str) -> bool:
    """Return whether items of ``side`` have this field by standing in a list."""
    field = find_field(side, name)
    return field is not None and field.listed is not None


def names_a_collection(side: Side, filters: Filters) -> bool:
    """Return whether any condition is about collections."""
    every = [*filters.conditions, *(one for group in filters.alternatives for one in group)]
    return any(is_listed(side, condition.field) for condition in every)


def without_collections(side: Side, filters: Filters) -> Filters:
    """Return filters that let everything pass that these do, with nothing about collections in them."""
    alternatives = filters.alternatives
    if any(is_listed(side, condition.field) for group in alternatives for condition in group):
        alternatives = ()
    conditions = (one for one in filters.conditions if not is_listed(side, one.field))
    return Filters(tuple(conditions), alternatives)


def placed(side: Side, filters: Filters, listing: Listing) -> Filters:
    """Return the filters with collections by their ids, whether they were named by id or by name.

    Raises:
        InputInvalid: naming the value that is no collection.
    """
    by_name: dict[str, list[str]] = {}
    for ident, name in listing.names.items():
        by_name.setdefault(name.casefold(), []).append(ident)

    def found(value: Value, at: str) -> tuple[Value, ...]:
        if value in listing.names:
            return (value,)
        ids = by_name.get(str(value).strip().casefold())
        if not ids:
            raise refused(at, f"there is no collection {str(value)[:100]!r}")
        return tuple(ids)

    def meant(condition: Condition, at: str) -> Condition:
        if not is_listed(side, condition.field):
            return condition

        def all_found(values: tuple[Value, ...], operator: str) -> tuple[Value, ...]:
            each = (found(value, f"{at}.{operator}.{number}") for number, value in enumerate(values))
            return tuple(ident for ids in each for ident in ids)

        return replace(
            condition,
            any=all_found(condition.any, "any"),
            all=all_found(condition.all, "all"),
            none=all_found(condition.none, "none"),
        )

    conditions = tuple(meant(one, f"filters.{one.field}") for one in filters.conditions)
    groups = tuple(
        tuple(meant(one, f"filters.or.{number}.{one.field}") for one in group)
        for number, group in enumerate(filters.alternatives)
    )
    return Filters(conditions, groups, listing)


def in_collection(field: Field, id: Value, listing: Listing) -> Clause:
    """Return the clause that an item stands in a collection."""
    return {"terms": {field.path: {"index": listing.index, "id": str(id), "path": field.listed}}}


def membership(field: Field, condition: Condition, listing: Listing | None, at: str) -> Iterator[Clause]:
    """Yield the clauses of one condition on collections.

    Raises:
        InputInvalid: naming ``at``, where no collection can be named, or by an operator that is for numbers.
    """
    if listing is None:
        raise refused(at, "collections cannot be named here")
    for operator in ("gt", "gte", "lt", "lte"):
        if getattr(condition, operator) is not None:
            raise refused(f"{at}.{operator}", f"{operator} is for numbers and dates, {field.name} is a text")
    if condition.any:
        yield any_of([in_collection(field, value, listing) for value in condition.any])
    for value in condition.all:
        yield in_collection(field, value, listing)
    if condition.none:
        yield none_of([in_collection(field, value, listing) for value in condition.none])
    if condition.exists is not None:
        anywhere = [in_collection(field, value, listing) for value in listing.names]
        yield (
            (any_of(anywhere) if condition.exists else none_of(anywhere))
            if anywhere
            else ({"match_none": {}} if condition.exists else {"match_all": {}})
        )
