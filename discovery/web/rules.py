"""Query rules as the API takes and tells them. What is wrong with one is for its own room to say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC
from typing import Any

from marshmallow import Schema, fields, validate

from discovery.search.rule_desk import ListedRule
from discovery.search.rules import (
    ACTIONS,
    DEFAULT_WEIGHT,
    LONGEST,
    LONGEST_ADDRESS,
    MATCHES,
    MOST_ITEMS,
    MOST_QUERIES,
    written,
)
from discovery.web import schemas
from discovery.web.schemas import Text
from discovery.web.shaping import a_text, maybe_moment, maybe_text, some_objects
from discovery.web.who import named, who_field

_TEXTS = {"type": "array", "items": {"type": "string", "minLength": 1, "maxLength": LONGEST}}


class QueryRuleShape(Schema):
    """A query rule. Keys that its action has no use for are absent."""

    id = a_text("its id")
    origin = a_text("the rules file, or a record, which can be changed here", enum=["file", "record"])
    by = maybe_text("who wrote it; null for the file's")
    at = maybe_moment("when; null for the file's")
    rule = fields.Dict(
        keys=fields.String(),
        required=True,
        metadata={"description": "the rule itself, as a PUT takes it"},
    )


class QueryRuleList(Schema):
    """All query rules, those of the file first."""

    rules = some_objects(QueryRuleShape)


class RuleTable(Schema):
    """What people have decided about some queries."""

    action = fields.Raw(
        required=True,
        metadata={"description": "what it does", "type": "string", "enum": list(ACTIONS)},
    )
    queries = fields.Raw(
        metadata={
            "description": "the queries it is for; case, accents and plurals do not count. Synonyms "
            "without it all mean the same, with it they go one way",
            "minItems": 1,
            "maxItems": MOST_QUERIES,
            **_TEXTS,
        }
    )
    match = fields.Raw(
        metadata={
            "description": "for queries that are those words, or that contain them",
            "type": "string",
            "enum": list(MATCHES),
            "default": MATCHES[0],
        }
    )
    in_ = fields.Raw(
        data_key="in",
        metadata={
            "description": "one side only; required with where",
            "type": "string",
            "enum": list(schemas.SIDES),
        },
    )
    items = fields.Raw(
        metadata={
            "description": "ids, SKUs or file names to pin in this order, to bury or to boost",
            "minItems": 1,
            "maxItems": MOST_ITEMS,
            **_TEXTS,
        }
    )
    where = fields.Raw(
        metadata={
            "description": "in place of items: what to bury or boost, values by field",
            "type": "object",
        }
    )
    to = fields.Raw(
        metadata={
            "description": "the query that is searched for instead, or the address to send people to",
            "type": "string",
            "minLength": 1,
            "maxLength": LONGEST_ADDRESS,
        }
    )
    words = fields.Raw(
        metadata={"description": "synonyms", "minItems": 1, "maxItems": MOST_QUERIES, **_TEXTS}
    )
    weight = fields.Raw(
        metadata={
            "description": "what a boost adds to a score",
            "type": "number",
            "exclusiveMinimum": 0,
            "maximum": 1,
            "default": DEFAULT_WEIGHT,
        }
    )
    from_ = fields.Raw(
        data_key="from",
        metadata={"description": "first day, in UTC", "type": "string", "format": "date"},
    )
    until = fields.Raw(metadata={"description": "last day, in UTC", "type": "string", "format": "date"})
    note = Text(
        validate=validate.Length(max=LONGEST_ADDRESS, error="at most {max} characters"),
        metadata={"description": "why, for those who ask later"},
    )
    by = who_field()


def taken(body: Mapping[str, Any]) -> tuple[dict[str, Any], str]:
    """Return the table of a rule, and who says so; the rest of the body is read by the rules' own room.

    Raises:
        InputInvalid: naming ``by``.
    """
    table = {name: value for name, value in body.items() if name != "by"}
    loaded = schemas.load(_BY, {name: value for name, value in body.items() if name == "by"})
    return table, named(loaded["by"])


class _By(Schema):
    by = who_field()


_BY = _By()


def told(one: ListedRule) -> dict[str, Any]:
    """Return one rule."""
    at = None if one.at is None else one.at.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return {"id": one.rule.id, "origin": one.origin, "by": one.by, "at": at, "rule": written(one.rule)}


def listing(rules: Sequence[ListedRule]) -> dict[str, Any]:
    """Return several rules."""
    return {"rules": [told(one) for one in rules]}
