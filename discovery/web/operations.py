"""Every address of the API in one table: what it is for, what it takes, what it answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from marshmallow import Schema

from discovery.audit import listing
from discovery.audit.asking import ALL_NAMES
from discovery.audit.changes import LONGEST_OWNER
from discovery.audit.listing import PENDING_STATE, UNRESOLVED_STATE
from discovery.audit.model import SEVERITIES, STATES
from discovery.audit.reports.formats import FORMATS
from discovery.curation import duplicate_listing, review
from discovery.curation.review import WAITING
from discovery.search.palette import LEAST_TOLERANCE, MOST_COLOURS, MOST_TOLERANCE
from discovery.web import (
    audits,
    clicks,
    collections,
    duplicates,
    gaps,
    links,
    models,
    rules,
    searches,
    shapes,
)
from discovery.web.conditions import LARGEST_NUMBER, MOST_CHARACTERS
from discovery.web.identity import CONTINUES_HEADER
from discovery.web.schemas import (
    INTENTS,
    MOST_COLOUR_CHARACTERS,
    MOST_CURSOR_CHARACTERS,
    MOST_ID_CHARACTERS,
    SIDES,
)

Parameter = dict[str, Any]
_PICTURE = {"type": "string", "format": "binary"}


@dataclass(frozen=True, slots=True)
class Operation:
    """One method on one address. ``reply`` is a schema, or media types of a reply that is not JSON.

    ``body`` names one of ``openapi.BODIES``.
    """

    id: str
    method: Literal["get", "post", "patch", "put", "delete"]
    path: str
    tag: str
    summary: str
    reply: type[Schema] | tuple[str, ...]
    errors: tuple[int, ...]
    description: str = ""
    parameters: tuple[Parameter, ...] = ()
    body: str | None = None
    status: int = 200


def _query(name: str, description: str, schema: dict[str, Any], **extra: Any) -> Parameter:
    return {"name": name, "in": "query", "description": description, "schema": schema, **extra}


_ID = {"type": "string", "minLength": 1, "maxLength": MOST_ID_CHARACTERS}
_IF_MATCH: Parameter = {
    "name": "If-Match",
    "in": "header",
    "description": "the ETag of what is changed, as it was read",
    "schema": {"type": "string"},
    "example": '"1-42"',
}


_PACKED = (
    "In the collection's order; a product stands for all its pictures, in a folder of its own. "
    "`manifest.csv` tells of each what it is, whether it may be used and why, also of what is left out or "
    "cannot be read."
)
_PRINTED = "Twelve to a page, each with its name and whether it may be used; at most 1,200 of them."

_CONTINUES: Parameter = {
    "name": CONTINUES_HEADER,
    "in": "header",
    "description": "request_id of the search that the same asker made just before, for the log of searches: "
    "what was typed on the way, and filtered or looked for in other words, is then no question of its own",
    "schema": {"type": "string"},
}


def _named(name: str, description: str) -> Parameter:
    return {"name": name, "in": "path", "required": True, "description": description, "schema": _ID}


_OPERAND = {
    "oneOf": [
        {"type": "string", "minLength": 1, "maxLength": MOST_CHARACTERS},
        {"type": "number", "minimum": -LARGEST_NUMBER, "maximum": LARGEST_NUMBER},
        {"type": "boolean"},
    ]
}

_Q = _query("q", "words, or a whole identifier; empty for everything", {"type": "string"})
_IN = _query("in", "which side is searched", {"type": "string", "enum": list(SIDES), "default": "assets"})
_FACETS = _query(
    "facets",
    "fields whose values are counted, separated by commas",
    {"type": "array", "items": {"type": "string"}},
    style="form",
    explode=False,
    example=["colour", "product.category"],
)
_SIZE = _query("size", "hits of a page", {"$ref": "#/components/schemas/Size"})
_AFTER = _query(
    "after", "the next of the page before", {"type": "string", "maxLength": MOST_CURSOR_CHARACTERS}
)
_COLLECTION_SIZE = _query(
    "size",
    "items of a page",
    {
        "type": "integer",
        "minimum": 1,
        "maximum": collections.MOST_SIZE,
        "default": collections.DEFAULT_SIZE,
    },
)
_FILTERS = _query(
    "filters",
    "Conditions, each a parameter of its own: `filter.FIELD=value` (repeated: any of them), "
    "`filter.FIELD.OPERATOR=value` for all, none, gt, gte, lt, lte and exists, `not.FIELD=value`, and "
    "`or.GROUP.FIELD=value` for one level of alternatives. Different fields must all hold.",
    {
        "type": "object",
        "patternProperties": {
            r"^filter\.[a-z_.]{1,100}$": _OPERAND,
            r"^not\.[a-z_.]{1,100}$": _OPERAND,
            r"^or\.[0-9]{1,3}\.[a-z_.]{1,100}$": _OPERAND,
        },
        "additionalProperties": False,
    },
    style="form",
    explode=True,
    example={"filter.colour": "red", "filter.width.gte": 800},
)
_UNDERSTAND = _query(
    "understand",
    "whether words that are values of the catalogue become filters; when not given, in mode auto",
    {"type": "boolean"},
)
_AS_WORDS = _query(
    "as_words",
    "parts of q that stay words all the same, separated by commas",
    {"type": "array", "items": {"type": "string"}},
    style="form",
    explode=False,
)
_PALETTE = _query(
    "palette",
    "colours that pictures must have, hexadecimal or by name, separated by commas",
    {
        "type": "array",
        "items": {"type": "string", "maxLength": MOST_COLOUR_CHARACTERS},
        "maxItems": MOST_COLOURS,
    },
    style="form",
    explode=False,
    example=["#1d3557", "sand"],
)
_TOLERANCE = _query(
    "tolerance",
    "how different a colour may be (CIE94): 1 is just seen, 25 is another colour",
    {"type": "number", "minimum": LEAST_TOLERANCE, "maximum": MOST_TOLERANCE},
)
_SORT = _query("sort", "order of the hits", {"$ref": "#/components/schemas/SortName"})
_MODE = _query("mode", "how the words are understood", {"$ref": "#/components/schemas/ModeName"})

_SIMILAR = (
    _query("asset", "id of an indexed asset", {"type": "string", "maxLength": MOST_ID_CHARACTERS}),
    _query(
        "product", "SKU, whose main picture is meant", {"type": "string", "maxLength": MOST_ID_CHARACTERS}
    ),
    _query(
        "region",
        "x, y, width, height, each 0 to 1 of the picture, separated by commas",
        {
            "type": "array",
            "items": {"type": "number", "minimum": 0, "maximum": 1},
            "minItems": 4,
            "maxItems": 4,
        },
        style="form",
        explode=False,
    ),
    _query("intent", "what counts as similar", {"type": "string", "enum": list(INTENTS)}),
    _query("min_similarity", "least cosine, 0 to 1", {"type": "number", "minimum": 0, "maximum": 1}),
    _query("q", "what else it should be, such as: but blue", {"type": "string"}),
)

_ALWAYS = (400, 405, 421, 422, 500)
_SEARCHED = (*_ALWAYS, 503)
_SENT = (*_SEARCHED, 403, 413, 415)
_ITEM = (*_SEARCHED, 404)

API = "/api/v1"

_GAP_PAGES = (
    _AFTER,
    _query(
        "size",
        "entries of a page",
        {"type": "integer", "minimum": 1, "maximum": gaps.MOST_SIZE, "default": gaps.DEFAULT_SIZE},
    ),
)

OPERATIONS: tuple[Operation, ...] = (
    Operation(
        "search",
        "post",
        f"{API}/search",
        "Search",
        "Search by words, facets and filters",
        shapes.Page,
        _SENT,
        "Totals, facets and pages are of one and the same set, in every mode. The reply says what was done "
        "(`mode`) and why, where that is not what was asked for (`fallback_reason`).",
        parameters=(_CONTINUES,),
        body="search",
    ),
    Operation(
        "search_by_address",
        "get",
        f"{API}/search",
        "Search",
        "The same as an address",
        shapes.Page,
        _SEARCHED,
        parameters=(
            _Q,
            _IN,
            _MODE,
            _UNDERSTAND,
            _AS_WORDS,
            _PALETTE,
            _TOLERANCE,
            _FACETS,
            _SORT,
            _SIZE,
            _AFTER,
            _FILTERS,
            _CONTINUES,
        ),
    ),
    Operation(
        "similar",
        "post",
        f"{API}/similar",
        "Search",
        "Search by a picture: uploaded, an asset's or a product's",
        duplicates.SimilarPage,
        (*_SENT, 404),
        "As a multipart form the JSON fields are form fields. The asset that was asked about is not among "
        "the hits. Of an uploaded picture `already_here` tells which files hold it, whatever the filters.",
        body="similar",
    ),
    Operation(
        "similar_by_address",
        "get",
        f"{API}/similar",
        "Search",
        "Search by an indexed picture, as an address",
        duplicates.SimilarPage,
        _ITEM,
        parameters=(*_SIMILAR, _IN, _PALETTE, _TOLERANCE, _FACETS, _SIZE, _AFTER, _FILTERS),
    ),
    Operation(
        "suggest",
        "get",
        f"{API}/suggest",
        "Search",
        "Complete what is being typed",
        shapes.SuggestionList,
        _SEARCHED,
        parameters=(_Q, _IN),
    ),
    Operation(
        "facets",
        "get",
        f"{API}/facets",
        "Search",
        "What can be counted",
        shapes.FacetNameList,
        _SEARCHED,
        "The fields of a side that may be named as `facets`, then the attributes of its catalogue whose "
        "values tell items apart, those of most items first.",
        parameters=(_IN,),
    ),
    Operation(
        "click",
        "post",
        f"{API}/search/clicks",
        "Search",
        "Tell that a hit was opened",
        clicks.ClickTaken,
        _SENT,
        "For the log of searches. It is taken at once and kept a little later; the same hit of the same "
        "search counts once.",
        body="click",
        status=202,
    ),
    Operation(
        "search_gaps",
        "get",
        f"{API}/search/gaps",
        "Search",
        "What was asked for in vain, and still would be",
        gaps.GapList,
        _SEARCHED,
        "Queries of the same words are one. `verdict`: `shoot`, products answer and lack pictures that can "
        "be shown; `describe`, they have pictures that do not say the words; `unknown`, nothing says them; "
        "`unopened`, pictures do, and nobody opened one.",
        parameters=_GAP_PAGES,
    ),
    Operation(
        "search_gap_products",
        "get",
        f"{API}/search/gaps/products",
        "Search",
        "What to photograph next",
        gaps.WantedList,
        _SEARCHED,
        "Products that answer to queries in vain and lack pictures that can be shown, the most wanted first.",
        parameters=_GAP_PAGES,
    ),
    Operation(
        "search_gap_report",
        "get",
        f"{API}/search/gaps.{{format}}",
        "Search",
        "Both lists as a page or a file",
        tuple(dict.fromkeys(one.media_type for one in FORMATS.values())),
        _SEARCHED,
        parameters=(
            {
                "name": "format",
                "in": "path",
                "required": True,
                "description": "what kind of file; CSV holds what to photograph",
                "schema": {"type": "string", "enum": list(FORMATS)},
            },
        ),
    ),
    Operation(
        "rules",
        "get",
        f"{API}/search/rules",
        "Search",
        "All query rules",
        rules.QueryRuleList,
        _SEARCHED,
        "Pins, burials, boosts, replacements, redirects and synonyms: those of the rules file, and those "
        "that are kept here.",
    ),
    Operation(
        "rule",
        "get",
        f"{API}/search/rules/{{id}}",
        "Search",
        "One query rule",
        rules.QueryRuleShape,
        _ITEM,
        parameters=(_named("id", "id of the rule"),),
    ),
    Operation(
        "put_rule",
        "put",
        f"{API}/search/rules/{{id}}",
        "Search",
        "Keep a query rule, in the place of one of that id",
        rules.QueryRuleShape,
        (*_SENT, 404, 409),
        "The next query goes by it. A rule of the rules file is changed there.",
        parameters=(_named("id", "id of the rule: letters, digits, dots, dashes, underscores"),),
        body="rule",
    ),
    Operation(
        "delete_rule",
        "delete",
        f"{API}/search/rules/{{id}}",
        "Search",
        "Take a query rule away",
        rules.QueryRuleShape,
        (*_ITEM, 409),
        parameters=(_named("id", "id of the rule"),),
    ),
    Operation(
        "saved_searches",
        "get",
        f"{API}/searches",
        "Saved searches",
        "All saved searches, by name",
        searches.SavedSearchList,
        _SEARCHED,
        "One that cannot be run any more is listed with why (`broken`): it is kept until somebody changes or "
        "deletes it.",
        parameters=(_query("owner", "of this owner only", {"type": "string", "maxLength": LONGEST_OWNER}),),
    ),
    Operation(
        "save_search",
        "post",
        f"{API}/searches",
        "Saved searches",
        "Keep a search",
        searches.SavedSearchShape,
        (*_SENT, 409),
        "The request is checked as a search is. What it finds now counts as seen; what changes from then on "
        "is told to the owner, if `alert` says so.",
        body="saved search",
        status=201,
    ),
    Operation(
        "saved_search",
        "get",
        f"{API}/searches/{{id}}",
        "Saved searches",
        "One saved search",
        searches.SavedSearchShape,
        _ITEM,
        parameters=(_named("id", "id of the search"),),
    ),
    Operation(
        "change_search",
        "patch",
        f"{API}/searches/{{id}}",
        "Saved searches",
        "Change a saved search",
        searches.SavedSearchShape,
        (*_SENT, 404, 409),
        "With its ETag as `If-Match`, a change by somebody else meanwhile makes this 409.",
        parameters=(_named("id", "id of the search"), _IF_MATCH),
        body="search change",
    ),
    Operation(
        "delete_search",
        "delete",
        f"{API}/searches/{{id}}",
        "Saved searches",
        "Take a saved search away",
        searches.SavedSearchShape,
        (*_ITEM, 403, 409),
        parameters=(_named("id", "id of the search"), _IF_MATCH),
    ),
    Operation(
        "run_search",
        "post",
        f"{API}/searches/{{id}}/run",
        "Saved searches",
        "Run a saved search",
        shapes.Page,
        (*_SENT, 404),
        "The reply is that of the search. What was seen stays as it was.",
        parameters=(_named("id", "id of the search"),),
        body="search run",
    ),
    Operation(
        "search_changes",
        "get",
        f"{API}/searches/{{id}}/changes",
        "Saved searches",
        "What changed since a search was last seen",
        searches.SearchChanges,
        _ITEM,
        parameters=(_named("id", "id of the search"),),
    ),
    Operation(
        "see_search",
        "post",
        f"{API}/searches/{{id}}/seen",
        "Saved searches",
        "Let what a search finds now count as seen",
        searches.SavedSearchShape,
        (*_ITEM, 403, 409),
        parameters=(_named("id", "id of the search"),),
    ),
    Operation(
        "asset",
        "get",
        f"{API}/assets/{{id}}",
        "Items",
        "One asset",
        shapes.Asset,
        _ITEM,
        parameters=(_named("id", "id of the asset"),),
    ),
    Operation(
        "thumbnail",
        "get",
        f"{API}/assets/{{id}}/thumbnail",
        "Items",
        "Its thumbnail",
        ("image/webp",),
        _ITEM,
        "In the configured size that is nearest to the one asked for. With the `v` of the asset's own "
        "link it may be cached for ever.",
        parameters=(
            _named("id", "id of the asset"),
            _query(
                "size",
                "longest edge in pixels",
                {"type": "integer", "minimum": 1, "maximum": 100_000},
            ),
            _query("v", "version of the file, as in the asset's link", {"type": "string"}),
        ),
    ),
    Operation(
        "file",
        "get",
        f"{API}/assets/{{id}}/file",
        "Items",
        "The file itself",
        ("*/*",),
        (*_ITEM, 416),
        parameters=(_named("id", "id of the asset"),),
    ),
    Operation(
        "versions",
        "get",
        f"{API}/assets/{{id}}/versions",
        "Items",
        "An asset and its other versions",
        shapes.Versions,
        _ITEM,
        "By their names: `mug_v2.jpg` follows `mug.jpg` and `mug_v1.jpg` in one folder of one source.",
        parameters=(_named("id", "id of the asset"),),
    ),
    Operation(
        "product",
        "get",
        f"{API}/products/{{sku}}",
        "Items",
        "One product",
        shapes.Product,
        _ITEM,
        parameters=(_named("sku", "SKU"),),
    ),
    Operation(
        "product_assets",
        "get",
        f"{API}/products/{{sku}}/assets",
        "Items",
        "The assets that show a product",
        shapes.ProductAssets,
        _ITEM,
        parameters=(_named("sku", "SKU"),),
    ),
    Operation(
        "collections",
        "get",
        f"{API}/collections",
        "Collections",
        "All collections, by name",
        collections.CollectionList,
        _SEARCHED,
        parameters=(
            _query("owner", "of this owner only", {"type": "string", "maxLength": LONGEST_OWNER}),
            _query("asset", "that hold this asset only", _ID),
            _query("product", "that hold this product only", _ID),
        ),
    ),
    Operation(
        "create_collection",
        "post",
        f"{API}/collections",
        "Collections",
        "Make a collection",
        collections.CollectionShape,
        (*_SENT, 409),
        "An ordered choice of assets and products under a name of its own. It outlives rebuilds; "
        "`filter.collection` searches in it.",
        body="collection",
        status=201,
    ),
    Operation(
        "collection",
        "get",
        f"{API}/collections/{{id}}",
        "Collections",
        "One collection",
        collections.CollectionShape,
        _ITEM,
        parameters=(_named("id", "id of the collection"),),
    ),
    Operation(
        "change_collection",
        "patch",
        f"{API}/collections/{{id}}",
        "Collections",
        "Rename a collection, or change its owner, note or cover",
        collections.CollectionShape,
        (*_SENT, 404, 409),
        "With its ETag as `If-Match`, a change by somebody else meanwhile makes this 409.",
        parameters=(_named("id", "id of the collection"), _IF_MATCH),
        body="collection change",
    ),
    Operation(
        "delete_collection",
        "delete",
        f"{API}/collections/{{id}}",
        "Collections",
        "Take a collection away, with the links that share it",
        collections.CollectionShape,
        (*_ITEM, 403, 409),
        parameters=(_named("id", "id of the collection"), _IF_MATCH),
    ),
    Operation(
        "collection_items",
        "get",
        f"{API}/collections/{{id}}/items",
        "Collections",
        "What is in a collection, in its order",
        collections.CollectionItems,
        _ITEM,
        "What there is no longer is told as gone, by the name it had. What was merged into another asset is "
        "told under that one's `was`.",
        parameters=(
            _named("id", "id of the collection"),
            _AFTER,
            _COLLECTION_SIZE,
        ),
    ),
    Operation(
        "arrange_collection",
        "post",
        f"{API}/collections/{{id}}/items",
        "Collections",
        "Put items in, move them, take them away",
        collections.CollectionArranged,
        (*_SENT, 404, 409),
        "All of it or nothing. What is to be removed and is not there is no error. To reorder, add what is "
        "there already with `at`.",
        parameters=(_named("id", "id of the collection"), _IF_MATCH),
        body="collection items",
    ),
    Operation(
        "collection_files",
        "get",
        f"{API}/collections/{{id}}/files.zip",
        "Collections",
        "The files of a collection as a ZIP",
        ("application/zip",),
        _ITEM,
        _PACKED,
        parameters=(
            _named("id", "id of the collection"),
            _query(
                "unusable",
                "what to do with files that may not be used",
                {"type": "string", "enum": list(collections.UNUSABLE), "default": "leave_out"},
            ),
        ),
    ),
    Operation(
        "collection_contact_sheet",
        "get",
        f"{API}/collections/{{id}}/contact-sheet.pdf",
        "Collections",
        "The pictures of a collection as a PDF",
        ("application/pdf",),
        _ITEM,
        _PRINTED,
        parameters=(_named("id", "id of the collection"),),
    ),
    Operation(
        "collection_shares",
        "get",
        f"{API}/collections/{{id}}/shares",
        "Collections",
        "The links that share a collection",
        collections.ShareList,
        _ITEM,
        parameters=(_named("id", "id of the collection"),),
    ),
    Operation(
        "share_collection",
        "post",
        f"{API}/collections/{{id}}/shares",
        "Collections",
        "Make a link for reading a collection",
        collections.ShareMade,
        (*_SENT, 404, 409),
        "Whoever has its address reads the collection, until its last day or until it is revoked. The token "
        "is told this once.",
        parameters=(_named("id", "id of the collection"),),
        body="share",
        status=201,
    ),
    Operation(
        "revoke_share",
        "delete",
        f"{API}/collections/{{id}}/shares/{{share}}",
        "Collections",
        "Revoke a link",
        collections.ShareShape,
        (*_ITEM, 403, 409),
        parameters=(_named("id", "id of the collection"), _named("share", "id of the link")),
    ),
    Operation(
        "shared_collection",
        "get",
        f"{API}/shared/{{token}}",
        "Collections",
        "A shared collection",
        collections.CollectionItems,
        _ITEM,
        parameters=(
            _named("token", "token of the link"),
            _AFTER,
            _COLLECTION_SIZE,
        ),
    ),
    Operation(
        "shared_files",
        "get",
        f"{API}/shared/{{token}}/files.zip",
        "Collections",
        "The files of a shared collection as a ZIP",
        ("application/zip",),
        _ITEM,
        f"{_PACKED} Files that may not be used are always left out.",
        parameters=(_named("token", "token of the link"),),
    ),
    Operation(
        "shared_contact_sheet",
        "get",
        f"{API}/shared/{{token}}/contact-sheet.pdf",
        "Collections",
        "The pictures of a shared collection as a PDF",
        ("application/pdf",),
        _ITEM,
        _PRINTED,
        parameters=(_named("token", "token of the link"),),
    ),
    Operation(
        "explain_links",
        "get",
        f"{API}/assets/{{id}}/links/explain",
        "Links",
        "Why an asset is linked as it is",
        links.LinkExplanation,
        _ITEM,
        "Every piece of evidence, what each product scored by it, what holds, and what people said: "
        "`decisions` hold now, `history` is every word in order, changed and withdrawn ones too. It is "
        "judged now, by the products and settings of now; what holds is what the next run would apply.",
        parameters=(_named("id", "id of the asset"),),
    ),
    Operation(
        "product_history",
        "get",
        f"{API}/products/{{sku}}/links/history",
        "Links",
        "What people said of the links of a product",
        links.ProductHistory,
        _ITEM,
        "Every word in order, changed and withdrawn ones too.",
        parameters=(_named("sku", "SKU"),),
    ),
    Operation(
        "review_links",
        "get",
        f"{API}/links/review",
        "Links",
        "Links that wait for somebody's word",
        links.ReviewList,
        _SEARCHED,
        "The most probable first. What people have decided leaves the queue.",
        parameters=(
            _query("state", "of these only", {"type": "string", "enum": list(WAITING)}),
            _query("source", "assets of this source only", {"type": "string"}),
            _query("family", "only where a product of this family is proposed", {"type": "string"}),
            _query("sku", "only where this product is proposed", {"type": "string"}),
            _query(
                "min_probability",
                "least probability of the best proposal",
                {"type": "number", "minimum": 0, "maximum": 1},
            ),
            _AFTER,
            _query(
                "size",
                "entries of a page",
                {
                    "type": "integer",
                    "minimum": 1,
                    "maximum": review.MOST_SIZE,
                    "default": review.DEFAULT_SIZE,
                },
            ),
        ),
    ),
    Operation(
        "decide_links",
        "post",
        f"{API}/links/decisions",
        "Links",
        "Say which products assets show, and which not",
        links.DecisionsTaken,
        (*_SENT, 409),
        "One decision as an object, or several under `decisions`. All of it is looked at first, and if "
        "anything is wrong nothing is kept. It holds over runs, replaced files and rebuilds, until it is "
        "withdrawn or somebody says something else. Where the engine fails in the middle, `errors` name "
        "what may not be kept; sent again, all of it, the same word is not kept twice.",
        body="decisions",
    ),
    Operation(
        "duplicates",
        "get",
        f"{API}/duplicates",
        "Duplicates",
        "Groups of files that hold the same picture",
        duplicates.DuplicateGroupList,
        _SEARCHED,
        "The newest first. Groups are found by every audit, by `discovery duplicates find`, and when a new "
        "file comes that is there already.",
        parameters=(
            _query("kind", "of these only", {"type": "string", "enum": list(duplicates.KINDS)}),
            _query("state", "of these only", {"type": "string", "enum": list(duplicates.STATES)}),
            _query("source", "with a file of this source", {"type": "string"}),
            _query("asset", "with this asset", {"type": "string"}),
            _AFTER,
            _query(
                "size",
                "groups of a page",
                {
                    "type": "integer",
                    "minimum": 1,
                    "maximum": duplicate_listing.MOST_SIZE,
                    "default": duplicate_listing.DEFAULT_SIZE,
                },
            ),
        ),
    ),
    Operation(
        "duplicate_group",
        "get",
        f"{API}/duplicates/{{id}}",
        "Duplicates",
        "One group of files that hold the same picture",
        duplicates.DuplicateGroupShape,
        _ITEM,
        parameters=(_named("id", "id of the group"),),
    ),
    Operation(
        "decide_duplicates",
        "post",
        f"{API}/duplicates/decisions",
        "Duplicates",
        "Say which duplicates are meant, and which are one asset",
        duplicates.DuplicateEffects,
        (*_SENT, 409),
        "One decision as an object, or several under `decisions`. All of it is looked at first, and if "
        "anything is wrong nothing is kept. What was merged is hidden from searches that do not ask for it "
        "(`merged_into`, or status superseded); its keywords, its links and the places that catalogues name "
        "it by are the other asset's from then on. Nothing is lost: `undo` brings it all back. Later runs, "
        "replaced files and rebuilds respect it. With `preview`, which may stand beside one decision too, it "
        "says what it would do, and does nothing.",
        body="duplicates",
    ),
    Operation(
        "ask_audit",
        "post",
        f"{API}/audits/runs",
        "Audits",
        "Ask for an audit",
        audits.AuditRun,
        (*_SENT, 409),
        "It is kept before this answers, and worked off one at a time, by this process or, if this one "
        "ends, by the next: `Location` tells where to look. Runs queue; when very many wait, more are "
        "refused (409).",
        body="audit",
        status=202,
    ),
    Operation(
        "audit_runs",
        "get",
        f"{API}/audits/runs",
        "Audits",
        "The last audits, and those that wait",
        audits.AuditRunList,
        _SEARCHED,
        parameters=(
            _query(
                "size",
                "how many",
                {"type": "integer", "minimum": 1, "maximum": audits.MOST_RUNS, "default": audits.LAST_RUNS},
            ),
        ),
    ),
    Operation(
        "audit_run",
        "get",
        f"{API}/audits/runs/{{id}}",
        "Audits",
        "One audit: how it stands, what came of it",
        audits.AuditRun,
        _ITEM,
        parameters=(_named("id", "id of the run"),),
    ),
    Operation(
        "findings",
        "get",
        f"{API}/audits/findings",
        "Audits",
        "What is wrong, the most severe first",
        audits.FindingList,
        _SEARCHED,
        parameters=(
            _query("rule", "of this rule only", {"type": "string", "enum": list(ALL_NAMES)}),
            _query("severity", "of this severity only", {"type": "string", "enum": list(SEVERITIES)}),
            _query(
                "state",
                "of this state only; `unresolved`: all but the resolved ones; `pending`: nor the waived",
                {"type": "string", "enum": [*STATES, UNRESOLVED_STATE, PENDING_STATE]},
            ),
            _query(
                "subject",
                "about this asset or product only: an id or a SKU, or `asset:ID` or `product:SKU`",
                {"type": "string", "maxLength": MOST_ID_CHARACTERS},
            ),
            _query("owner", "of this owner only", {"type": "string", "maxLength": LONGEST_OWNER}),
            _query(
                "source",
                "about what is of this source or catalogue only",
                {"type": "string", "maxLength": MOST_ID_CHARACTERS},
            ),
            _query(
                "assigned",
                "whether somebody is to mend them",
                {"type": "string", "enum": ["true", "false"]},
            ),
            _AFTER,
            _query(
                "size",
                "findings of a page",
                {
                    "type": "integer",
                    "minimum": 1,
                    "maximum": listing.MOST_SIZE,
                    "default": listing.DEFAULT_SIZE,
                },
            ),
        ),
    ),
    Operation(
        "findings_summary",
        "get",
        f"{API}/audits/summary",
        "Audits",
        "How many findings are pending, by severity, rule, owner and source",
        audits.FindingsSummaryShape,
        _SEARCHED,
    ),
    Operation(
        "finding",
        "get",
        f"{API}/audits/findings/{{id}}",
        "Audits",
        "One finding, with its history",
        audits.FindingDetail,
        _ITEM,
        parameters=(_named("id", "id of the finding"),),
    ),
    Operation(
        "change_finding",
        "patch",
        f"{API}/audits/findings/{{id}}",
        "Audits",
        "Say what is to become of a finding",
        audits.FindingDetail,
        (*_SENT, 404, 409),
        "A day in `waived_until` waives it through that day. With the finding's ETag as `If-Match`, a change "
        "by somebody else meanwhile makes this 409, and nothing is changed.",
        parameters=(_named("id", "id of the finding"), _IF_MATCH),
        body="finding",
    ),
    Operation(
        "feedback",
        "post",
        f"{API}/feedback",
        "Audits",
        "Say what is wrong with an asset or a product",
        audits.FindingDetail,
        (*_SENT, 404, 409),
        "It becomes a finding of the rule `reported`, or is added to the one that is there; it stays until "
        "somebody resolves it.",
        body="feedback",
        status=201,
    ),
    Operation(
        "audit_report",
        "get",
        f"{API}/audits/report.{{format}}",
        "Audits",
        "The report on what is open now, as a page or a file",
        tuple(dict.fromkeys(one.media_type for one in FORMATS.values())),
        _ITEM,
        parameters=(
            {
                "name": "format",
                "in": "path",
                "required": True,
                "description": "what kind of file",
                "schema": {"type": "string", "enum": list(FORMATS)},
            },
            _query("run", "with the figures of this run; of the last finished one when not given", _ID),
            _query(
                "searches",
                "saved searches to show too, by id, separated by commas; else those of the settings",
                {"type": "array", "items": {"type": "string"}},
                style="form",
                explode=False,
            ),
        ),
    ),
    Operation(
        "tell_usage",
        "post",
        f"{API}/usage",
        "Usage",
        "Tell what was viewed, downloaded, published and withdrawn",
        shapes.UsageTaken,
        (*_SENT, 409),
        "An event counts once, however often it is told under its id. A bad one is refused by its place and "
        "named; the others are taken. `complete_until` is kept only if none was refused. Counts on assets "
        "and products follow with the next roll-up.",
        body="usage",
    ),
    Operation(
        "usage_feeds",
        "get",
        f"{API}/usage/feeds",
        "Usage",
        "Where usage is told from, and how far that is all",
        shapes.UsageCoverage,
        _SEARCHED,
    ),
    Operation(
        "declare_feed",
        "post",
        f"{API}/usage/feeds",
        "Usage",
        "Tell how far a feed has told everything, or that it is no longer waited for",
        shapes.UsageCoverage,
        (*_SENT, 404, 409),
        body="feed",
    ),
    Operation(
        "models",
        "get",
        f"{API}/models",
        "Models",
        "The configured model, and every try to fit it to the catalogue",
        models.ModelList,
        _SEARCHED,
        "`POST /api/v1/jobs/adapt/run` asks for another try.",
    ),
    Operation(
        "compare_models",
        "get",
        f"{API}/models/comparison",
        "Models",
        "What the model that serves and the one before find for the same words",
        models.ModelComparison,
        _SEARCHED,
        "By the look of pictures alone, from the generation that served before as long as it is kept.",
        parameters=(
            _query(
                "q",
                "the words",
                {"type": "string", "minLength": 1, "maxLength": models.LONGEST_QUERY},
                required=True,
            ),
        ),
    ),
    Operation(
        "jobs",
        "get",
        f"{API}/jobs",
        "Jobs",
        "The scheduler's jobs and their last runs",
        shapes.JobTable,
        _SEARCHED,
        "The latest run first. A run that was `lost` or `stopped` leaves its time to be served by the next.",
    ),
    Operation(
        "run_job",
        "post",
        f"{API}/jobs/{{id}}/run",
        "Jobs",
        "Ask for a run of a job now",
        shapes.JobAsked,
        (*_ITEM, 403, 409),
        "A scheduler takes it up at its next look. Asking again before that changes nothing; while the job "
        "is running it is refused.",
        parameters=(_named("id", "id of the job"),),
        status=202,
    ),
    Operation(
        "description",
        "get",
        f"{API}/openapi.json",
        "Service",
        "This description",
        ("application/json",),
        _ALWAYS,
    ),
    Operation("docs", "get", f"{API}/docs", "Service", "The same for reading", ("text/html",), _ALWAYS),
    Operation("live", "get", "/health/live", "Service", "Whether the process lives", shapes.Live, _ALWAYS),
    Operation(
        "ready",
        "get",
        "/health/ready",
        "Service",
        "Whether engine, index and model answer; 503 and why, if not",
        shapes.Ready,
        _SEARCHED,
    ),
    Operation("metrics", "get", "/metrics", "Service", "Figures for Prometheus", ("text/plain",), _ALWAYS),
)
