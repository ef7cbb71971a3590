"""Saved searches as the API takes and tells them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from marshmallow import Schema, fields, validate

from discovery.curation.collection_model import LONGEST_OWNER
from discovery.errors import FieldProblem, InputInvalid
from discovery.saved.model import Alert, Changes, SavedSearch
from discovery.web import grammar, schemas, shapes
from discovery.web.kept import a_name, a_note, an_owner
from discovery.web.pages.view import kept_address
from discovery.web.schemas import MOST_CURSOR_CHARACTERS, Object, Text, Whole
from discovery.web.serialise import API, moment
from discovery.web.serialise import document as item_document
from discovery.web.shaping import (
    a_flag,
    a_text,
    a_whole,
    an_object,
    maybe_moment,
    maybe_text,
    some_objects,
)
from discovery.web.who import named, who_field
from mappings.documents import AssetDocument, ProductDocument

LONGEST_ADDRESS = 8000
ADDRESS_PARAMETERS = (
    "q", "in", "sort", "mode", "facets", "size", "understand", "as_words", "palette", "tolerance",
)  # fmt: skip
"""What an address may say of a search that is kept, beside its filters."""

MOST_TOLD = 100
"""Items of each kind of change that a reply shows; it counts all."""

_UNKNOWN = {"unknown": "unknown field", "type": "expected an object"}
_ALERTS = [alert.value for alert in Alert]

Documents = Mapping[str, AssetDocument | ProductDocument]


def _a_request(*, required: bool = True) -> Object:
    return Object(
        required=required,
        metadata={"description": "the whole request, as POST /search takes it, without after"},
    )


def _an_alert(**given: Any) -> Text:
    return Text(
        validate=validate.OneOf(_ALERTS, error="expected one of {choices}"),
        metadata={
            "description": "when the owner is told by mail what changed: never, once a day, or with each run "
            "of the job `alerts`; the owner must be an e-mail address"
        },
        **given,
    )


class SearchDraft(Schema):
    """A search to keep."""

    error_messages = _UNKNOWN

    name = a_name()
    owner = an_owner(load_default=None)
    note = a_note(load_default=None)
    request = _a_request(required=False)
    address = Text(
        load_default=None,
        allow_none=True,
        validate=validate.Length(max=LONGEST_ADDRESS, error="at most {max} characters"),
        metadata={"description": "in place of it: what follows the ? of an address of GET /search"},
    )
    alert = _an_alert(load_default=Alert.OFF.value)
    by = who_field()


class SearchChange(Schema):
    """What may be changed of a saved search; what is not given stays, null clears."""

    error_messages = _UNKNOWN

    name = a_name(required=False)
    owner = an_owner()
    note = a_note()
    request = _a_request(required=False)
    alert = _an_alert()
    by = who_field()


class SearchRun(Schema):
    """Which page of a saved search to show; an empty object asks for its first."""

    error_messages = _UNKNOWN

    size = Whole(
        load_default=None,
        allow_none=True,
        validate=validate.Range(1, error="at least {min}"),
        metadata={"description": "hits of a page; as it was saved when not given"},
    )
    after = Text(
        load_default=None,
        allow_none=True,
        validate=validate.Length(max=MOST_CURSOR_CHARACTERS, error="at most {max} characters"),
        metadata={"description": "the next of the page before"},
    )


class SeenShape(Schema):
    """What a saved search found when it was last seen."""

    at = maybe_moment("when it was kept, its owner was told, or somebody said that it is seen")
    total = a_whole("how many items it found then")


class BrokenShape(Schema):
    """Why a saved search cannot be run."""

    since = maybe_moment("since when that is known")
    reason = a_text("why, in words")
    errors = some_objects(shapes.FieldProblemShape)


class SavedSearchLinksShape(Schema):
    """Addresses that belong to a saved search."""

    self = a_text("this search")
    run = a_text("POST: what it finds now")
    changes = a_text("what changed since it was last seen")
    page = a_text("the search page with it")


class SavedSearchShape(Schema):
    """A search that somebody keeps."""

    id = a_text("stays the same, whatever it is called")
    name = a_text("what it is called")
    owner = maybe_text("who answers for it, and is told")
    note = maybe_text("what there is to say of it")
    request = fields.Dict(
        keys=fields.String(), required=True, metadata={"description": "as POST /search takes it"}
    )
    alert = a_text("when the owner is told what changed", enum=_ALERTS)
    seen = fields.Nested(SeenShape, required=True, allow_none=True)
    broken = fields.Nested(BrokenShape, required=True, allow_none=True)
    by = a_text("who made it")
    made = maybe_moment("when")
    changed = maybe_moment("when it was last changed")
    version = a_text("changes whenever people change it; the ETag of the reply holds it")
    links = an_object(SavedSearchLinksShape)


class SavedSearchList(Schema):
    """Saved searches, by name."""

    total = a_whole("how many there are")
    searches = some_objects(SavedSearchShape)


class ChangedItemShape(Schema):
    """An item that a search finds now and did not, or the other way round."""

    id = a_text("id of the asset, or SKU")
    gone = a_flag("whether there is no such item any more")
    asset = fields.Nested(shapes.Asset, required=True, allow_none=True)
    product = fields.Nested(shapes.Product, required=True, allow_none=True)


class SearchChanges(Schema):
    """What changed of a result since it was last seen."""

    search = an_object(SavedSearchShape)
    since = maybe_moment("when it was last seen")
    at = maybe_moment("when this was looked at")
    total_before = a_whole("how many items it found then")
    total = a_whole("how many it finds now")
    listed = a_flag(
        "whether items can be told one by one; not where there are too many, or not found as asked"
    )
    fallback_reason = maybe_text("why the search cannot be done as it was saved just now")
    entered_total = a_whole("how many items came")
    left_total = a_whole("how many left")
    entered = some_objects(ChangedItemShape)
    left = some_objects(ChangedItemShape)


class _ListParameters(Schema):
    error_messages = _UNKNOWN

    owner = Text(
        load_default=None, validate=validate.Length(max=LONGEST_OWNER, error="at most {max} characters")
    )


_DRAFT, _CHANGE, _RUN, _LIST = SearchDraft(), SearchChange(), SearchRun(), _ListParameters()
LIST_PARAMETERS = tuple(_LIST.fields)


def draft(body: Mapping[str, Any]) -> dict[str, Any]:
    """Return a new search's ``name``, ``owner``, ``note``, ``request``, ``alert`` and ``by``.

    Raises:
        InputInvalid: naming every field that is wrong, but for those of the request.
    """
    data = dict(schemas.load(_DRAFT, body))
    given = data.pop("address")
    if (given is None) is ("request" not in data):
        message = "expected exactly one of request and address"
        raise InputInvalid(f"request: {message}", (FieldProblem("request", message),))
    if given is not None:
        pairs = grammar.pairs_of(given.encode("ascii", "replace"))
        data["request"] = grammar.parse(pairs, ADDRESS_PARAMETERS).body
    return data | {"name": data["name"].strip(), "alert": Alert(data["alert"]), "by": named(data["by"])}


def change(body: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a body changes of a saved search.

    Raises:
        InputInvalid: as for :func:`draft`.
    """
    data = dict(schemas.load(_CHANGE, body))
    data.pop("by")
    if "name" in data:
        data["name"] = data["name"].strip()
    return data | ({"alert": Alert(data["alert"])} if "alert" in data else {})


def run(body: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a body says of the page to show, in place of what was saved.

    Raises:
        InputInvalid: naming every field that is wrong.
    """
    return {name: value for name, value in schemas.load(_RUN, body).items() if value is not None}


def owner_asked(given: Mapping[str, Any]) -> str | None:
    """Return whose searches are asked for.

    Raises:
        InputInvalid: naming every parameter that is wrong.
    """
    owner: str | None = schemas.load(_LIST, given)["owner"]
    return owner


def address(id: str) -> str:
    """Return the address of a saved search."""
    return f"{API}/searches/{quote(id, safe='')}"


def search(one: SavedSearch) -> dict[str, Any]:
    """Return one saved search."""
    broken = one.broken and {
        "since": moment(one.broken.since),
        "reason": one.broken.reason,
        "errors": [{"field": problem.field, "message": problem.message} for problem in one.broken.problems],
    }
    return {
        "id": one.id,
        "name": one.name,
        "owner": one.owner,
        "note": one.note,
        "request": dict(one.request),
        "alert": one.alert.value,
        "seen": one.seen and {"at": moment(one.seen.at), "total": one.seen.total},
        "broken": broken,
        "by": one.by,
        "made": moment(one.made),
        "changed": moment(one.changed),
        "version": one.version,
        "links": {
            "self": address(one.id),
            "run": f"{address(one.id)}/run",
            "changes": f"{address(one.id)}/changes",
            "page": kept_address(one.request),
        },
    }


def listing(found: Sequence[SavedSearch]) -> dict[str, Any]:
    """Return several saved searches."""
    return {"total": len(found), "searches": [search(one) for one in found]}


def changes(one: Changes, documents: Documents) -> dict[str, Any]:
    """Return what changed; ``documents`` are the items of it that there are, by id."""
    return {
        "search": search(one.search),
        "since": moment(one.since),
        "at": moment(one.at),
        "total_before": one.before,
        "total": one.total,
        "listed": one.listed,
        "fallback_reason": one.fallback_reason,
        "entered_total": len(one.entered),
        "left_total": len(one.left),
        "entered": [_item(ident, documents.get(ident)) for ident in one.entered[:MOST_TOLD]],
        "left": [_item(ident, documents.get(ident)) for ident in one.left[:MOST_TOLD]],
    }


def _item(ident: str, found: AssetDocument | ProductDocument | None) -> dict[str, Any]:
    told = None if found is None else item_document(found)
    return {
        "id": ident,
        "gone": found is None,
        "asset": told if isinstance(found, AssetDocument) else None,
        "product": told if isinstance(found, ProductDocument) else None,
    }
