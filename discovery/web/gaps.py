"""What is asked for and not found, as the API tells it: queries, and the products to photograph."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from marshmallow import Schema, fields, validate

from discovery.engine.cursors import cursor_of, sort_of
from discovery.errors import FieldProblem, InputInvalid
from discovery.search_log.gaps import GapReport, Verdict
from discovery.search_log.reports.plain import gap_json, summary_json, wanted_json
from discovery.web import schemas
from discovery.web.schemas import MOST_CURSOR_CHARACTERS, Text, Whole
from discovery.web.shaping import (
    a_number,
    a_text,
    a_whole,
    an_object,
    maybe_moment,
    maybe_text,
    some_objects,
    some_texts,
)

DEFAULT_SIZE, MOST_SIZE = 50, 200

T = TypeVar("T")


class PageLink(Schema):
    """Where it is shown."""

    page = a_text("path of its page")


class LackingShape(Schema):
    """A product that lacks pictures that can be shown."""

    sku = a_text("SKU")
    name = a_text("its name")
    parent = maybe_text("SKU of the product that it is a variant of")
    family = maybe_text("its family")
    status = maybe_text("its lifecycle status")
    price = fields.Float(required=True, allow_none=True, metadata={"description": "its price"})
    currency = maybe_text("ISO 4217 code")
    pictures = a_whole("how many assets show it")
    problems = some_texts("what keeps its main picture from being shown")
    lacking = some_texts("views that it needs and has not")
    completeness = a_whole("percent of the pictures that it needs")
    uses = a_whole("how often it was viewed, downloaded and published")
    links = an_object(PageLink)


class WantedShape(LackingShape):
    """A product to photograph, and why."""

    variants = a_whole("variants beside it that lack pictures, too")
    queries = some_texts("queries that it answers to, those most often in vain first")
    unmet = a_whole("how often these were asked in vain")
    demand = a_number("its share of that, among all products that answer and lack pictures")
    score = a_number("what the list is ordered by: demand, weighed by need, use and price")
    reason = a_text("why, in words")


class GapShape(Schema):
    """A query that was asked in vain, and still would be."""

    query = a_text("the words, as they were most often typed; addresses and long numbers are masked")
    verdict = a_text("what is to be done about it", enum=[one.value for one in Verdict])
    reason = a_text("what is known, in words")
    unmet = a_whole("how often it was asked in vain")
    asked = a_whole("how often it was asked at all")
    accounts = a_whole("by how many accounts; 0 where nobody is known")
    empty = a_whole("how often nothing was found")
    by_look = a_whole("how often only what looks like it was found")
    opened = a_whole("after how many a hit was opened")
    refined = a_whole("after how many other words were tried")
    last = maybe_moment("when last")
    pictures = a_whole("assets that have these words now")
    products = a_whole("products that have these words now")
    products_lacking = a_whole("those of them, sold still, that lack pictures that can be shown")
    lacking = some_objects(LackingShape)
    did_you_mean = maybe_text("a better spelling, where nothing has these words")
    links = an_object(PageLink)


class _Told(Schema):
    made = maybe_moment("when this was made; it is told again for a minute")
    since = maybe_moment("when the first search was recorded")
    retention_days = a_whole("days that searches are kept")
    asked = a_whole("questions by words; typing, filtering and sorting are none of their own")
    queries = a_whole("different queries among them, about")
    empty = a_whole("questions that found nothing")
    by_look = a_whole("questions that found only what looks like it")
    clicks = a_whole("hits that were opened")
    closed = a_whole("queries that found nothing then, and pictures now")
    total = a_whole("how many there are on all pages")
    next = maybe_text("the after of the next page; null on the last one")


class GapList(_Told):
    """One page of queries that were asked in vain, those most often so first."""

    gaps = some_objects(GapShape)


class WantedList(_Told):
    """One page of products to photograph, the most wanted first."""

    products = some_objects(WantedShape)


class _Parameters(Schema):
    error_messages = {"unknown": "unknown field", "type": "expected an object"}  # noqa: RUF012

    after = Text(
        load_default=None,
        validate=validate.Length(max=MOST_CURSOR_CHARACTERS, error="at most {max} characters"),
    )
    size = Whole(
        load_default=DEFAULT_SIZE,
        validate=validate.Range(1, MOST_SIZE, error="a number from {min} to {max}"),
    )


_PARAMETERS = _Parameters()
PARAMETERS = tuple(_PARAMETERS.fields)


def gaps(report: GapReport, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the page of queries that the parameters of an address ask for.

    Raises:
        InputInvalid: naming every parameter that is wrong.
    """
    some, after = _page(report.gaps, given, lambda one: (-one.unmet, one.row.form))
    return {**_told(report, report.gaps, after), "gaps": [gap_json(one) for one in some]}


def wanted(report: GapReport, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the page of products that the parameters of an address ask for.

    Raises:
        InputInvalid: naming every parameter that is wrong.
    """
    some, after = _page(report.wanted, given, lambda one: (-one.score, one.product.sku))
    return {**_told(report, report.wanted, after), "products": [wanted_json(one) for one in some]}


def _told(report: GapReport, listed: Sequence[Any], after: str | None) -> dict[str, Any]:
    return {**summary_json(report), "total": len(listed), "next": after}


def _page(
    listed: Sequence[T], given: Mapping[str, Any], place: Callable[[T], tuple[float, str]]
) -> tuple[Sequence[T], str | None]:
    """Return the part of a sorted list after a cursor, and the cursor of what follows.

    A cursor is the place of the last entry in the order, so a list that was made anew goes on from there.
    """
    asked = schemas.load(_PARAMETERS, given)
    rest = listed
    if asked["after"] is not None:
        last = _uncursor(asked["after"])
        rest = [one for one in listed if place(one) > last]
    some = rest[: asked["size"]]
    more = len(rest) > len(some)
    return some, cursor_of(list(place(some[-1]))) if more else None


def _uncursor(text: str) -> tuple[float, str]:
    try:
        value, key = sort_of(text)
    except ValueError:
        value = key = None
    if type(value) not in (int, float) or not isinstance(key, str):
        message = "is no cursor of this list"
        raise InputInvalid(f"after: {message}", (FieldProblem("after", message),))
    return value, key
