"""Collections as the API takes and tells them: themselves, what is in them, and links that share them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import quote

from marshmallow import Schema, ValidationError, fields, post_load, validate, validates_schema

from discovery.curation.collection_model import (
    LONGEST_OWNER,
    MOST_AT_ONCE,
    MOST_ITEMS,
    Collection,
    Counts,
    Item,
    ItemKind,
    Share,
)
from discovery.engine.cursors import cursor_of, sort_of
from discovery.errors import CursorExpired, FieldProblem
from discovery.search.request import Viewer
from discovery.web import schemas, shapes
from discovery.web.kept import a_name, a_note, an_owner
from discovery.web.schemas import MOST_CURSOR_CHARACTERS, MOST_ID_CHARACTERS, Listed, Text, Whole
from discovery.web.serialise import API, moment
from discovery.web.serialise import document as item_document
from discovery.web.services import Search
from discovery.web.shaping import (
    a_flag,
    a_text,
    a_whole,
    an_object,
    maybe_moment,
    maybe_text,
    some_objects,
    some_texts,
)
from discovery.web.who import named, who_field
from mappings.documents import AssetDocument, ProductDocument

DEFAULT_SIZE, MOST_SIZE = 50, 200
UNUSABLE = ("leave_out", "include")
_UNKNOWN = {"unknown": "unknown field", "type": "expected an object"}

Documents = Mapping[tuple[str, str], AssetDocument | ProductDocument]
"""Items that there are, by kind and id."""


def documents_of(search: Search, items: Sequence[Item], viewer: Viewer) -> Documents:
    """Return what items of a collection are now, those that there are and that the viewer may see."""
    assets = [item.id for item in items if item.kind == "asset"]
    products = [item.id for item in items if item.kind == "product"]
    found = {("asset", ident): one for ident, one in search.documents("assets", assets, viewer).items()}
    more = search.documents("products", products, viewer)
    return found | {("product", ident): one for ident, one in more.items()}


def _an_id(description: str) -> Text:
    return Text(
        validate=validate.Length(1, MOST_ID_CHARACTERS, error="from {min} to {max} characters"),
        metadata={"description": description},
    )


class CollectionRef(Schema):
    """An item by what it is: exactly one of both."""

    error_messages = _UNKNOWN

    asset = _an_id("id of an asset")
    product = _an_id("SKU of a product")

    @validates_schema
    def check(self, data: Mapping[str, Any], **_: Any) -> None:
        """Refuse both at once, and neither."""
        if len(data) != 1:
            raise ValidationError("expected exactly one of asset and product")

    @post_load
    def make(self, data: Mapping[str, Any], **_: Any) -> tuple[str, str]:
        """Return the kind and the id."""
        ((kind, ident),) = data.items()
        return kind, ident


def _refs(description: str) -> Listed:
    return Listed(
        fields.Nested(CollectionRef),
        load_default=list,
        validate=validate.Length(max=MOST_AT_ONCE, error="at most {max} at once"),
        metadata={"description": description},
    )


class CollectionDraft(Schema):
    """A new collection."""

    error_messages = _UNKNOWN

    name = a_name()
    owner = an_owner(load_default=None)
    note = a_note(load_default=None)
    items = _refs("what is in it, in this order")
    by = who_field()


class CollectionChange(Schema):
    """What may be changed of a collection; what is not given stays, null clears."""

    error_messages = _UNKNOWN

    name = a_name(required=False)
    owner = an_owner()
    note = a_note()
    cover = Text(
        allow_none=True,
        validate=validate.Length(1, MOST_ID_CHARACTERS, error="from {min} to {max} characters"),
        metadata={"description": "id of the asset in it that stands for it; null for the first"},
    )
    by = who_field()


class CollectionArrangement(Schema):
    """Items to put in, to move and to take away; all of it or nothing."""

    error_messages = _UNKNOWN

    add = _refs("stand in it from now on, in this order; with at, those that are in it move there")
    remove = _refs("stand in it no longer")
    at = Whole(
        load_default=None,
        allow_none=True,
        validate=validate.Range(0, MOST_ITEMS, error="from {min} to {max}"),
        metadata={"description": "before how many of the others; at the end when not given"},
    )
    by = who_field()


class ShareDraft(Schema):
    """A link for reading a collection."""

    error_messages = _UNKNOWN

    note = a_note(load_default=None)
    until = fields.Date(
        load_default=None,
        allow_none=True,
        error_messages={"invalid": "expected a day such as 2026-12-31"},
        metadata={"description": "its last day, in UTC; null: until it is revoked"},
    )
    by = who_field()


class CollectionLinksShape(Schema):
    """Addresses that belong to a collection."""

    self = a_text("this collection")
    items = a_text("what is in it")
    search = a_text("a search in it")
    cover = maybe_text("picture of its cover; add size=")
    files = a_text("its files as a ZIP, with a manifest of rights")
    contact_sheet = a_text("its pictures as a PDF")
    page = a_text("page for people")


class CollectionShape(Schema):
    """A collection: an ordered, named choice of assets and products."""

    id = a_text("stays the same, whatever it is called")
    name = a_text("what it is called; no two are called the same")
    owner = maybe_text("who answers for it")
    note = maybe_text("what there is to say of it")
    cover = maybe_text("id of the asset that stands for it; null: nobody chose one")
    count = a_whole("how many items it has, gone ones included")
    by = a_text("who made it")
    made = maybe_moment("when")
    changed = maybe_moment("when it was last changed")
    version = a_text("changes whenever it is written; the ETag of the reply holds it")
    links = an_object(CollectionLinksShape)


class CollectionList(Schema):
    """Collections, by name."""

    total = a_whole("how many there are")
    collections = some_objects(CollectionShape)


class CollectionItemShape(Schema):
    """One item of a collection."""

    kind = a_text("asset or product", enum=["asset", "product"])
    id = a_text("id of the asset, or SKU")
    name = a_text("what it was called when it came in")
    at = maybe_moment("when it came in")
    by = a_text("who put it in")
    gone = a_flag("whether there is no such item any more")
    was = some_texts("ids of the assets that were merged into it, and stood here")
    asset = fields.Nested(shapes.Asset, required=True, allow_none=True)
    product = fields.Nested(shapes.Product, required=True, allow_none=True)


class CollectionItems(Schema):
    """One page of what is in a collection, in its order."""

    collection = an_object(CollectionShape)
    total = a_whole("how many items it has")
    items = some_objects(CollectionItemShape)
    next = maybe_text("the after of the next page; null on the last one")


class CollectionArranged(Schema):
    """What a change of items did."""

    collection = an_object(CollectionShape)
    added = a_whole("items that were not in it before")
    moved = a_whole("items that were, and stand elsewhere now")
    removed = a_whole("items that are in it no longer")


class ShareShape(Schema):
    """A link for reading a collection."""

    id = a_text("its id, by which it is revoked")
    collection = a_text("id of the collection")
    note = maybe_text("what there is to say of it")
    until = maybe_text("its last day; null: until it is revoked", format="date")
    by = a_text("who made it")
    made = maybe_moment("when")


class ShareMade(ShareShape):
    """A link that was just made."""

    token = a_text("what makes the address; it is told this once and kept nowhere")
    address = a_text("where the collection is read with it, by whoever has it")


class ShareList(Schema):
    """The links of a collection, the oldest first."""

    shares = some_objects(ShareShape)


class _ItemsParameters(Schema):
    error_messages = _UNKNOWN

    after = Text(
        load_default=None,
        validate=validate.Length(max=MOST_CURSOR_CHARACTERS, error="at most {max} characters"),
    )
    size = Whole(
        load_default=DEFAULT_SIZE, validate=validate.Range(1, MOST_SIZE, error="from {min} to {max}")
    )


class _ListParameters(Schema):
    error_messages = _UNKNOWN

    owner = Text(
        load_default=None, validate=validate.Length(max=LONGEST_OWNER, error="at most {max} characters")
    )
    asset = Text(
        load_default=None, validate=validate.Length(max=MOST_ID_CHARACTERS, error="at most {max} characters")
    )
    product = Text(
        load_default=None, validate=validate.Length(max=MOST_ID_CHARACTERS, error="at most {max} characters")
    )


class _FilesParameters(Schema):
    error_messages = _UNKNOWN

    unusable = Text(
        load_default="leave_out",
        validate=validate.OneOf(UNUSABLE, error="expected one of {choices}"),
    )


_DRAFT, _CHANGE, _ARRANGEMENT, _SHARE = (
    CollectionDraft(),
    CollectionChange(),
    CollectionArrangement(),
    ShareDraft(),
)
_ITEMS, _LIST, _FILES = _ItemsParameters(), _ListParameters(), _FilesParameters()
ITEMS_PARAMETERS = tuple(_ITEMS.fields)
LIST_PARAMETERS = tuple(_LIST.fields)
FILES_PARAMETERS = tuple(_FILES.fields)

Refs = list[tuple[ItemKind, str]]


def draft(body: Mapping[str, Any]) -> dict[str, Any]:
    """Return a new collection's ``name``, ``owner``, ``note``, ``refs`` and ``by``.

    Raises:
        InputInvalid: naming every field that is wrong.
    """
    data = schemas.load(_DRAFT, body)
    return {
        "name": data["name"].strip(),
        "owner": data["owner"],
        "note": data["note"],
        "refs": data["items"],
        "by": named(data["by"]),
    }


def change(body: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a body changes of a collection.

    Raises:
        InputInvalid: naming every field that is wrong.
    """
    data = dict(schemas.load(_CHANGE, body))
    data.pop("by")
    return data | ({"name": data["name"].strip()} if "name" in data else {})


def arrangement(body: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is to be put in and taken away: ``put``, ``remove``, ``at`` and ``by``.

    Raises:
        InputInvalid: naming every field that is wrong.
    """
    data = schemas.load(_ARRANGEMENT, body)
    return {
        "put": list(dict.fromkeys(data["add"])),
        "remove": data["remove"],
        "at": data["at"],
        "by": named(data["by"]),
    }


def share_draft(body: Mapping[str, Any]) -> tuple[str | None, date | None, str]:
    """Return the note, the last day and the maker of a link.

    Raises:
        InputInvalid: naming every field that is wrong.
    """
    data = schemas.load(_SHARE, body)
    return data["note"], data["until"], named(data["by"])


def listed_by(given: Mapping[str, Any]) -> dict[str, str | None]:
    """Return by what a list of collections is narrowed.

    Raises:
        InputInvalid: naming every parameter that is wrong.
    """
    narrowed: dict[str, str | None] = schemas.load(_LIST, given)
    return narrowed


def files_wanted(given: Mapping[str, Any]) -> bool:
    """Return whether files that may not be used are wanted too.

    Raises:
        InputInvalid: naming every parameter that is wrong.
    """
    return bool(schemas.load(_FILES, given)["unusable"] == "include")


@dataclass(frozen=True, slots=True)
class ItemsPage:
    """The items that one page shows, and the cursor of the next."""

    items: tuple[Item, ...]
    next: str | None


def items_page(one: Collection, given: Mapping[str, Any]) -> ItemsPage:
    """Return the page that the parameters of an address ask for.

    It goes on after the item that was last shown, wherever that stands by now.

    Raises:
        InputInvalid: naming every parameter that is wrong.
        CursorExpired: naming ``after``, where it is none.
    """
    asked = schemas.load(_ITEMS, given)
    start = 0 if asked["after"] is None else _start(one.items, asked["after"])
    shown = one.items[start : start + asked["size"]]
    more = start + len(shown) < len(one.items)
    return ItemsPage(shown, cursor_of([start + len(shown), *shown[-1].key]) if shown and more else None)


def _start(items: Sequence[Item], after: str) -> int:
    try:
        place, kind, ident = sort_of(after)
    except ValueError:
        message = "is no cursor of this list"
        raise CursorExpired(f"after: {message}", (FieldProblem("after", message),)) from None
    for number, item in enumerate(items):
        if item.key == (kind, ident):
            return number + 1
    return min(place, len(items)) if type(place) is int and place >= 0 else 0


def address(id: str) -> str:
    """Return the address of a collection."""
    return f"{API}/collections/{quote(id, safe='')}"


def page_address(id: str) -> str:
    """Return the address of a collection's page."""
    return f"/collections/{quote(id, safe='')}"


def collection(one: Collection, count: int | None = None) -> dict[str, Any]:
    """Return one collection; ``count`` is how many items it has, where they are not with it."""
    first = next((item.id for item in one.items if item.kind == "asset"), one.first)
    cover = one.cover or first
    return {
        "id": one.id,
        "name": one.name,
        "owner": one.owner,
        "note": one.note,
        "cover": one.cover,
        "count": len(one.items) if count is None else count,
        "by": one.by,
        "made": moment(one.made),
        "changed": moment(one.changed),
        "version": one.version,
        "links": {
            "self": address(one.id),
            "items": f"{address(one.id)}/items",
            "search": f"{API}/search?filter.collection={quote(one.id, safe='')}",
            "cover": None if cover is None else f"{API}/assets/{quote(cover, safe='')}/thumbnail",
            "files": f"{address(one.id)}/files.zip",
            "contact_sheet": f"{address(one.id)}/contact-sheet.pdf",
            "page": page_address(one.id),
        },
    }


def listing(found: Sequence[tuple[Collection, int]]) -> dict[str, Any]:
    """Return several collections."""
    return {"total": len(found), "collections": [collection(one, count) for one, count in found]}


def items(one: Collection, page: ItemsPage, documents: Documents) -> dict[str, Any]:
    """Return one page of items; what is gone is told as gone, by the name it had."""
    return {
        "collection": collection(one),
        "total": len(one.items),
        "items": [_item(item, documents.get(item.key)) for item in page.items],
        "next": page.next,
    }


def _item(one: Item, found: AssetDocument | ProductDocument | None) -> dict[str, Any]:
    told = None if found is None else item_document(found)
    return {
        "kind": one.kind,
        "id": one.id,
        "name": one.name,
        "at": moment(one.at),
        "by": one.by,
        "gone": found is None,
        "was": [place.item.id for place in one.was],
        "asset": told if one.kind == "asset" else None,
        "product": told if one.kind == "product" else None,
    }


def arranged(one: Collection, counts: Counts) -> dict[str, Any]:
    """Return what a change of items did."""
    done = {"added": counts.added, "moved": counts.moved, "removed": counts.removed}
    return {"collection": collection(one), **done}


def share(one: Share) -> dict[str, Any]:
    """Return one link."""
    return {
        "id": one.id,
        "collection": one.collection,
        "note": one.note,
        "until": None if one.until is None else one.until.isoformat(),
        "by": one.by,
        "made": moment(one.made),
    }


def share_made(one: Share, token: str) -> dict[str, Any]:
    """Return a link that was just made, with its token."""
    return {**share(one), "token": token, "address": f"{API}/shared/{quote(token, safe='')}"}


def shares(found: Sequence[Share]) -> dict[str, Any]:
    """Return the links of a collection."""
    return {"shares": [share(one) for one in found]}
