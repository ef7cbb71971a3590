"""The description of the API, made from the schemas, the table of addresses, of fields and of errors.

``python -m discovery.web.openapi`` writes ``docs/openapi.json``; a test fails when that is stale.
"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any

from apispec import APISpec
from apispec.ext.marshmallow import MarshmallowPlugin
from marshmallow import Schema

from discovery.config import SearchSettings
from discovery.errors import error_table
from discovery.search.request import Mode
from discovery.usage.model import LONGEST, MOST_COUNT, Action
from discovery.web import (
    audits,
    clicks,
    collections,
    duplicates,
    examples,
    feedback,
    links,
    rules,
    schemas,
    searches,
    shapes,
)
from discovery.web.conditions import (
    LARGEST_NUMBER,
    LISTS,
    MOST_CHARACTERS,
    MOST_GROUPS,
    MOST_VALUES,
    RANGES,
)
from discovery.web.operations import OPERATIONS, Operation
from discovery.web.problems import MEDIA_TYPE
from mappings.fields import FIELDS, SORTS, Kind

FILE = Path(__file__).parents[2] / "docs" / "openapi.json"

VERSION = "1.0"


@dataclass(frozen=True, slots=True)
class Body:
    """A body in JSON. ``single``: the schema of one that stands by itself in place of a list."""

    schema: type[Schema]
    examples: dict[str, Any]
    single: type[Schema] | None = None
    required: bool = True


BODIES: dict[str, Body] = {
    "decisions": Body(links.LinkDecisions, examples.DECISIONS, links.LinkDecision),
    "duplicates": Body(
        duplicates.DuplicateDecisions, examples.DUPLICATE_DECISIONS, duplicates.DuplicateDecision
    ),
    "rule": Body(rules.RuleTable, examples.RULES),
    "saved search": Body(searches.SearchDraft, examples.SAVED_SEARCHES),
    "search change": Body(searches.SearchChange, examples.SEARCH_CHANGES),
    "search run": Body(searches.SearchRun, examples.SEARCH_RUNS, required=False),
    "collection": Body(collections.CollectionDraft, examples.COLLECTIONS),
    "collection change": Body(collections.CollectionChange, examples.COLLECTION_CHANGE),
    "collection items": Body(collections.CollectionArrangement, examples.ARRANGEMENTS),
    "share": Body(collections.ShareDraft, examples.SHARES),
    "click": Body(clicks.ClickRequest, examples.CLICKS),
    "audit": Body(audits.AuditRequest, examples.AUDIT, required=False),
    "feedback": Body(feedback.FeedbackRequest, examples.FEEDBACK),
    "finding": Body(audits.FindingChange, examples.FINDING_CHANGE),
}
"""The bodies that :class:`Operation` names, beside those of searches."""

TAGS = (
    "Search",
    "Saved searches",
    "Items",
    "Collections",
    "Links",
    "Duplicates",
    "Audits",
    "Usage",
    "Jobs",
    "Models",
    "Service",
)

_ABOUT = (
    "Find assets by words, facets, filters and pictures, and products by the state of their pictures. "
    "Errors are application/problem+json (RFC 9457). Every reply carries X-Request-Id; a sane one that "
    "you send is kept. What a browser sends for a page of another origin is refused (403) unless it only "
    "reads; clients that send neither Sec-Fetch-Site nor Origin are no browsers, and pass."
)
_ATTRIBUTES = {"assets": r"^product\.[^.]+$", "products": r"^attribute\.[^.]+$"}


_WORD = {"type": "string", "minLength": 1, "maxLength": LONGEST}
_EVENT: dict[str, Any] = {
    "type": "object",
    "description": "One thing that was done with an asset, which is named by its id, or its source and key.",
    "required": ["id", "action", "at"],
    "properties": {
        "id": {**_WORD, "description": "the feed's own name for the event"},
        "action": {"type": "string", "enum": [action.value for action in Action]},
        "at": {"type": "string", "format": "date-time", "description": "when, or when last"},
        "asset": {**_WORD, "description": "id of the asset"},
        "source": {**_WORD, "description": "in place of its id: its source"},
        "key": {"type": "string", "minLength": 1, "maxLength": 1024, "description": "and its key there"},
        "product": {**_WORD, "description": "SKU of the product that it was used for"},
        "channel": {**_WORD, "description": "where; required of publications and withdrawals"},
        "by": {**_WORD, "description": "id of the account that did it, nothing else of a person"},
        "count": {"type": "integer", "minimum": 1, "maximum": MOST_COUNT, "default": 1},
    },
    "additionalProperties": False,
}


def describe(limits: SearchSettings) -> dict[str, Any]:
    """Return the OpenAPI 3.1 description of the API under these limits."""
    plugin = MarshmallowPlugin(schema_name_resolver=_name)
    spec = APISpec(
        title="Discovery",
        version=VERSION,
        openapi_version="3.1.0",
        info={"description": _ABOUT},
        plugins=[plugin],
        tags=[{"name": name} for name in TAGS],
    )
    bodies = {"search": schemas.search_schema(limits), "similar": schemas.similar_schema(limits)}
    told = {"usage": schemas.usage_schema(), "feed": schemas.feed_schema()}
    for name, body in (bodies | told).items():
        spec.components.schema(f"{name.title()}Request", schema=body)
    for taken in BODIES.values():
        spec.components.schema(_name(taken.schema), schema=taken.schema)
    spec.components.schema("UsageEvent", _EVENT)
    _add_components(spec, limits)
    replies = examples.replies()
    for operation in OPERATIONS:
        spec.path(operation.path, operations={operation.method: _operation(operation, replies)})
    described: dict[str, Any] = json.loads(json.dumps(spec.to_dict()))
    for name in bodies:
        properties = described["components"]["schemas"][f"{name.title()}Request"]["properties"]
        properties["filters"] = {"$ref": "#/components/schemas/Filters"}
    for name in ("SearchDraft", "SearchChange"):
        described["components"]["schemas"][name]["properties"]["request"] = _reference("SearchRequest")
    events = described["components"]["schemas"]["UsageRequest"]["properties"]["events"]
    events["items"] = {"$ref": "#/components/schemas/UsageEvent"}
    described["x-fields"] = _fields()
    described["x-sorts"] = {side: list(SORTS[side]) for side in SORTS}
    described["x-errors"] = [
        {"code": kind.code, "status": kind.status, "title": kind.title, "retry_after": kind.retry_after}
        for kind in error_table()
    ]
    return described


def text(limits: SearchSettings) -> str:
    """Return the description as it stands in the file."""
    return json.dumps(describe(limits), indent=1, ensure_ascii=False) + "\n"


def _name(schema: Any) -> str:
    kind = schema if isinstance(schema, type) else type(schema)
    return str(kind.__name__).removesuffix("Shape")


def _add_components(spec: APISpec, limits: SearchSettings) -> None:
    spec.components.schema("Problem", schema=shapes.Problem)
    for kind in Kind:
        spec.components.schema(_condition_name(kind), _condition(kind))
    names: dict[str, Any] = {}
    for side in FIELDS:
        for field in FIELDS[side].values():
            names.setdefault(field.name, _reference(_condition_name(field.kind)))
    group: dict[str, Any] = {
        "type": "object",
        "properties": names,
        "patternProperties": {
            pattern: _reference(_condition_name(Kind.KEYWORD)) for pattern in _ATTRIBUTES.values()
        },
        "additionalProperties": False,
    }
    spec.components.schema("Conditions", {**group, "minProperties": 1})
    alternatives = {
        "type": "array",
        "minItems": 1,
        "maxItems": MOST_GROUPS,
        "items": _reference("Conditions"),
    }
    spec.components.schema("Filters", {**group, "properties": {**names, "or": alternatives}})
    size = {"type": "integer", "minimum": 1, "maximum": limits.max_size, "default": limits.size}
    spec.components.schema("Size", size)
    spec.components.schema("SortName", {"type": "string", "enum": list(schemas.ALL_SORTS)})
    spec.components.schema("ModeName", {"type": "string", "enum": [mode.value for mode in Mode]})
    for status in sorted({status for operation in OPERATIONS for status in operation.errors}):
        spec.components.response(
            f"Problem{status}",
            {
                "description": HTTPStatus(status).phrase,
                "content": {MEDIA_TYPE: {"schema": _reference("Problem")}},
            },
        )


def _condition_name(kind: Kind) -> str:
    return f"{kind.value.title()}Condition"


def _condition(kind: Kind) -> dict[str, Any]:
    text_value: dict[str, Any] = {"type": "string", "pattern": r"\S", "maxLength": MOST_CHARACTERS}
    value = {
        Kind.KEYWORD: text_value,
        Kind.IDENTIFIER: text_value,
        Kind.NUMBER: {"type": "number", "minimum": -LARGEST_NUMBER, "maximum": LARGEST_NUMBER},
        Kind.DATE: {"type": "string", "format": "date"},
        Kind.FLAG: {"type": "boolean"},
    }[kind]
    values = {"type": "array", "minItems": 1, "maxItems": MOST_VALUES, "items": value}
    properties: dict[str, Any] = dict.fromkeys(LISTS, values)
    if kind in (Kind.NUMBER, Kind.DATE):
        properties |= dict.fromkeys(RANGES, value)
    properties["exists"] = {"type": "boolean"}
    return {
        "type": "object",
        "properties": properties,
        "additionalProperties": False,
        "minProperties": 1,
    }


def _reference(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


def _operation(operation: Operation, replies: dict[str, Any]) -> dict[str, Any]:
    described: dict[str, Any] = {
        "operationId": operation.id,
        "tags": [operation.tag],
        "summary": operation.summary,
        "responses": {str(operation.status): _reply(operation, replies)}
        | {
            str(status): {"$ref": f"#/components/responses/Problem{status}"}
            for status in sorted(operation.errors)
        },
    }
    if operation.description:
        described["description"] = operation.description
    if operation.parameters:
        described["parameters"] = [dict(parameter) for parameter in operation.parameters]
    if operation.body == "search":
        described["requestBody"] = {
            "required": True,
            "content": {"application/json": _body("SearchRequest", examples.SEARCH)},
        }
    elif operation.body in ("usage", "feed"):
        named = examples.USAGE if operation.body == "usage" else examples.FEEDS
        described["requestBody"] = {
            "required": True,
            "content": {"application/json": _body(f"{operation.body.title()}Request", named)},
        }
    elif operation.body == "similar":
        described["requestBody"] = {
            "required": True,
            "content": {
                "application/json": _body("SimilarRequest", examples.SIMILAR),
                "multipart/form-data": {"schema": _form()},
            },
        }
    elif operation.body is not None:
        body = BODIES[operation.body]
        described["requestBody"] = {
            "required": body.required,
            "content": {"application/json": _body_of(body)},
        }
    return described


def _body(name: str, named: dict[str, Any]) -> dict[str, Any]:
    return {"schema": _reference(name), "examples": {key: {"value": value} for key, value in named.items()}}


def _body_of(body: Body) -> dict[str, Any]:
    described = _body(_name(body.schema), body.examples)
    if body.single is not None:
        one = _reference(_name(body.single))
        described["schema"] = {"anyOf": [one, described["schema"]]}
    return described


def _form() -> dict[str, Any]:
    texts = {
        "in": "which side is searched",
        "filters": "JSON object, as in a JSON body",
        "facets": "JSON list, or names separated by commas",
        "region": "JSON list of x, y, width, height, or four numbers separated by commas",
        "intent": "what counts as similar",
        "min_similarity": "least cosine, 0 to 1",
        "examples": "JSON list of further pictures, as in a JSON body",
        "q": "what else it should be, such as: but blue",
        "palette": "JSON list of colours, or colours separated by commas",
        "tolerance": "how different a colour may be (CIE94)",
        "size": "hits of a page",
        "after": "the next of the page before",
    }
    properties: dict[str, Any] = {
        name: {"type": "array", "items": {"type": "string", "format": "binary"}, "description": told}
        for name, told in (
            ("image", "the picture, or several"),
            ("unlike", "pictures whose likes are not meant"),
        )
    }
    properties |= {name: {"type": "string", "description": told} for name, told in texts.items()}
    return {"type": "object", "required": ["image"], "properties": properties, "additionalProperties": False}


def _reply(operation: Operation, replies: dict[str, Any]) -> dict[str, Any]:
    if isinstance(operation.reply, tuple):
        content: dict[str, Any] = {media: {} for media in operation.reply}
        return {"description": operation.summary, "content": content}
    name = _name(operation.reply)
    return {
        "description": (operation.reply.__doc__ or name).splitlines()[0],
        "content": {"application/json": {"schema": operation.reply, "example": replies[name]}},
    }


def _fields() -> dict[str, list[dict[str, Any]]]:
    return {
        side: [
            {
                "name": field.name,
                "kind": field.kind.value,
                "facet": field.facet,
                "operators": _operators(field.kind),
                "help": field.help,
            }
            for field in FIELDS[side].values()
        ]
        for side in FIELDS
    }


def _operators(kind: Kind) -> list[str]:
    ranges = RANGES if kind in (Kind.NUMBER, Kind.DATE) else ()
    return [*LISTS, *ranges, "exists"]


if __name__ == "__main__":
    FILE.parent.mkdir(parents=True, exist_ok=True)
    FILE.write_text(text(SearchSettings()), encoding="utf-8")
    sys.stdout.write(f"wrote {FILE.name}\n")
