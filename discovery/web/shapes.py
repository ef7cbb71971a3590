"""What replies hold, as schemas: the API is described from them, and tests hold replies to them."""

from __future__ import annotations

from marshmallow import Schema, fields

from discovery.scheduler.model import OUTCOMES
from discovery.search.rules import ACTIONS
from discovery.web.shaping import a_flag as _flag
from discovery.web.shaping import a_number as _number
from discovery.web.shaping import a_text as _text
from discovery.web.shaping import a_whole as _whole
from discovery.web.shaping import an_object as _inside
from discovery.web.shaping import maybe_flag as _maybe_flag
from discovery.web.shaping import maybe_moment as _moment
from discovery.web.shaping import maybe_text as _maybe
from discovery.web.shaping import maybe_whole as _maybe_whole
from discovery.web.shaping import some_objects as _each
from discovery.web.shaping import some_texts as _texts


class AssetSourceShape(Schema):
    """Where a file lies."""

    name = _text("name of the source")
    key = _text("path of the file in its source")
    uri = _text("its whole address")
    modified = _moment("when the file last changed")


class ColourShape(Schema):
    """A dominant colour."""

    name = _text("name of the colour, as the filter takes it")
    hex = _text("the colour itself", pattern="^#[0-9a-f]{6}$")
    share = _number("share of the subject's pixels, 0 to 1")


class MediaShape(Schema):
    """What the bytes are."""

    type = _text("image, video, audio, document or other")
    mime = _text("media type")
    format = _text("file format")
    width = _maybe_whole("pixels")
    height = _maybe_whole("pixels")
    bytes = _whole("size of the file")
    orientation = _maybe("portrait, landscape or square")
    colours = _each(ColourShape)
    plain_background = _maybe_flag("whether its ground is plain; null for what is no picture")
    barcodes = _texts("EAN and UPC codes that it shows")
    checksum = _text("digest of the bytes, sha256:…")


class ProductLinkShape(Schema):
    """A product that an asset shows."""

    sku = _text("SKU")
    name = _maybe("name of the product")
    brand = _maybe("brand of the product")
    role = _text("hero, alternate, back, detail, swatch, lifestyle or packaging")
    method = _text("how the link was found")
    confidence = _number("0 to 1")
    reasons = _texts("why it holds, in words; in the reply of the asset itself, not in lists")


class RightsShape(Schema):
    """What the file says of its use."""

    usage_terms = _maybe("usage terms in the file")
    licence_ends = _moment("when the licence ends")


class CurationShape(Schema):
    """What people decided."""

    status = _text("approval status")
    rights = _inside(RightsShape)
    version = fields.Dict(required=True, metadata={"description": "empty until versions are kept"})


class UsageShape(Schema):
    """How often the item is used."""

    used = _whole("times downloaded or published")
    last_used = _moment("when last")
    downloaded = _whole("times downloaded")
    published = _whole("times published")
    channels = _texts("channels where it is published now")
    viewed = _whole("times looked at")
    last_viewed = _moment("when last")


class LinksShape(Schema):
    """Addresses of an asset's parts; null where there is none."""

    self = _text("this asset")
    thumbnail = _maybe("its thumbnail; add size=")
    file = _text("the file itself")
    similar = _maybe("what looks like it")


class Asset(Schema):
    """One file of one source."""

    id = _text("the same on every run")
    kind = _text("asset", enum=["asset"])
    filename = _text("file name")
    title = _maybe("title")
    description = _maybe("description")
    alt_text = _maybe("what the picture shows, for those who do not see it")
    keywords = _texts("keywords")
    categories = _texts("categories, each a path")
    creator = _maybe("who made it")
    copyright = _maybe("copyright notice")
    created = _moment("when it was made")
    source = _inside(AssetSourceShape)
    media = _inside(MediaShape)
    products = _each(ProductLinkShape)
    link_state = _text(
        "whether its links hold or wait: auto, decided, review (somebody should look), conflict (two "
        "products claim it), none"
    )
    curation = _inside(CurationShape)
    usage = _inside(UsageShape)
    links = _inside(LinksShape)


class ProductSourceShape(Schema):
    """Where a product's record lies."""

    name = _text("name of the catalogue")
    key = _text("its key there")
    modified = _moment("when the record last changed")


class AssetLinkShape(Schema):
    """An asset that shows a product."""

    id = _text("id of the asset")
    role = _text("hero, alternate, back, detail, swatch, lifestyle or packaging")
    method = _text("how the link was found")
    confidence = _number("0 to 1")


class HeroShape(Schema):
    """A product's main picture."""

    usable = _flag("whether there is one that can be shown as it is")
    problems = _texts("what keeps it from being shown")


class PictureSetShape(Schema):
    """The pictures that one channel asks for."""

    channel = _maybe("the channel; null for all of them")
    percent = _whole("share of the views asked for that are there as they should be")
    problems = _texts("what is wrong with the others")


class CompletenessShape(Schema):
    """How a product stands with its pictures."""

    has_asset = _flag("whether any asset shows it")
    asset_count = _whole("how many do")
    roles = _texts("roles that its assets fill")
    percent = _whole("the least percentage of its picture sets")
    hero = _inside(HeroShape)
    lacking = _texts("views that it needs and has not, or not as they should be")
    sets = _each(PictureSetShape)


class ProductLinksShape(Schema):
    """Addresses of a product's parts; null where there is none."""

    self = _text("this product")
    assets = _text("its assets")
    thumbnail = _maybe("thumbnail of its main picture; add size=")
    similar = _maybe("what looks like its main picture")


class Product(Schema):
    """One product or variant of one catalogue."""

    id = _text("the SKU")
    kind = _text("product", enum=["product"])
    sku = _text("SKU")
    parent = _maybe("SKU of the product that this is a variant of")
    variant = _flag("whether it is a variant")
    name = _text("name")
    description = _maybe("description")
    brand = _maybe("brand")
    family = _maybe("family: products with the same attributes")
    categories = _texts("categories, each a path")
    price = fields.Float(required=True, allow_none=True, metadata={"description": "price"})
    currency = _maybe("ISO 4217 code")
    status = _maybe("lifecycle status")
    attributes = fields.Dict(
        keys=fields.String(),
        values=fields.List(fields.String()),
        required=True,
        metadata={"description": "values by attribute"},
    )
    identifiers = _texts("SKU, EAN and other identifiers")
    source = _inside(ProductSourceShape)
    assets = _each(AssetLinkShape)
    completeness = _inside(CompletenessShape)
    usage = _inside(UsageShape)
    links = _inside(ProductLinksShape)


class AppliedRuleShape(Schema):
    """A query rule that was applied."""

    id = _text("its id")
    action = _text("what it does", enum=list(ACTIONS))


class UnderstoodShape(Schema):
    """A part of the query that says something of an attribute."""

    text = _text("the part, as it was typed")
    field = _text("the field that it means")
    filter = fields.Dict(
        keys=fields.String(),
        required=True,
        metadata={"description": "the filter that it means, as a request takes it under the field's name"},
    )
    applied = _flag(
        "false where the filters would find nothing, or hide what bears that name: words were searched for"
    )


class HitShape(Schema):
    """One result. It holds ``asset`` or ``product``, as its kind says."""

    id = _text("id of the asset, or SKU")
    kind = _text("which of the two", enum=["asset", "product"])
    score = _number("by which hits are ordered when sorted by relevance")
    signals = fields.Dict(
        keys=fields.String(),
        values=fields.Float(),
        required=True,
        metadata={"description": "share of each signal in the score: identifier, text, visual, rule"},
    )
    matched = _texts("fields in which words were found, and identifier where that is why")
    rule = fields.Nested(
        AppliedRuleShape,
        required=True,
        allow_none=True,
        metadata={"description": "the query rule that brought or moved it"},
    )
    highlight = fields.Dict(
        keys=fields.String(),
        values=fields.List(fields.String()),
        required=True,
        metadata={"description": "matching passages by field, as HTML: escaped but for <mark>"},
    )
    asset = fields.Nested(Asset)
    product = fields.Nested(Product)


class FacetValueShape(Schema):
    """One value of a facet."""

    value = fields.Raw(
        required=True,
        metadata={"description": "what a filter takes", "type": ["string", "number", "boolean"]},
    )
    label = _text("what a person reads")
    count = _whole("hits with it, were this facet's own choice left out")
    selected = _flag("whether the filters name it")


class Page(Schema):
    """The reply to a search."""

    total = _whole("size of the whole result")
    took_ms = _whole("milliseconds in the engine and the model")
    mode = _text("what was done", enum=["text", "visual", "hybrid"])
    fallback_reason = _maybe("why it was not done as asked; null when it was")
    request_id = _text("names this request in the log")
    hits = _each(HitShape)
    facets = fields.Dict(
        keys=fields.String(), values=fields.List(fields.Nested(FacetValueShape)), required=True
    )
    next = _maybe("the after of the next page; null on the last one")
    corrected = _maybe("the spelling that was searched for, where the words as typed find nothing")
    understood = _each(UnderstoodShape)
    rules = _each(AppliedRuleShape)
    redirect = _maybe("where a query rule sends people who ask this")


class ProductAssets(Schema):
    """The assets of one product."""

    total = _whole("how many")
    assets = _each(Asset)


class SuggestionShape(Schema):
    """One completion."""

    text = _text("what to show and search for")
    kind = _text("what it is", enum=["query", "asset", "product", "facet"])
    field = _maybe("field of a facet")
    id = _maybe("id of an asset, or SKU")
    count = _maybe_whole("how many hits")


class SuggestionList(Schema):
    """Completions of what is being typed."""

    suggestions = _each(SuggestionShape)
    did_you_mean = _maybe("a better spelling where the words as typed find nothing")


class FeedShape(Schema):
    """Where usage is told from; it has told everything from one moment to the other."""

    name = _text("its name")
    since = _moment("from when on")
    complete_until = _moment("until when; later, maybe not")


class UsageCoverage(Schema):
    """How far counts of usage can be trusted, and the feeds that they come from."""

    complete = _flag("whether nothing is missing that would make something used look unused")
    since = _moment("from when on all feeds tell; null without a feed")
    missing = _texts("what is missing")
    feeds = _each(FeedShape)


class EventRefused(Schema):
    """An event that was not taken."""

    row = _whole("its place in events, the first is 0")
    errors = fields.List(fields.Nested(lambda: FieldProblemShape()), required=True)


class UsageTaken(Schema):
    """What became of the events."""

    taken = _whole("kept now")
    known = _whole("told before; they count once")
    refused = _each(EventRefused)
    unknown_assets = _texts("ids of which nothing is indexed; their events are kept, and count when it is")
    feed = fields.Nested(
        FeedShape,
        required=True,
        allow_none=True,
        metadata={"description": "how far the feed is complete; null if not told, or something was refused"},
    )


class JobRunShape(Schema):
    """One run of a job that is over."""

    number = _whole("grows by one with each run of the job")
    outcome = _text(
        "what came of it: problems are for people to look at, stopped and lost runs are made up for",
        enum=list(OUTCOMES),
    )
    cause = _text("its time had come, or somebody asked", enum=["due", "asked"])
    due = _moment("the time it was for")
    started = _moment("when it began")
    finished = _moment("when it ended")
    owner = _text("the scheduler that ran it: host, process and a mark of its own")
    figures = fields.Dict(
        keys=fields.String(),
        values=fields.Float(),
        required=True,
        metadata={"description": "what it counted"},
    )
    reason = _maybe("the first thing that went wrong")


class JobUnderWayShape(Schema):
    """The run of a job that is under way."""

    due = _moment("the time it is for")
    cause = _text("its time had come, or somebody asked", enum=["due", "asked"])
    started = _moment("when it began")
    owner = _text("the scheduler that runs it")


class JobShape(Schema):
    """One job and how it stands."""

    id = _text("its name in addresses and on the command line")
    title = _text("what it does")
    why = _text("what that is for")
    trigger = _maybe("when it is due; null: only when asked for")
    limit_seconds = _number("after so long it is ended")
    next_due = _moment("when it is due next")
    asked = _moment("when somebody asked for a run that is to come")
    running = fields.Nested(
        JobUnderWayShape, required=True, allow_none=True, metadata={"description": "the run under way"}
    )
    last_success = _moment("when it last did all it should")
    runs = _each(JobRunShape)


class JobTable(Schema):
    """All jobs."""

    jobs = _each(JobShape)


class JobAsked(Schema):
    """A run of a job is to come, at the next look of a scheduler."""

    job = _text("its id")
    asked = _moment("when it was first asked for")


class FieldProblemShape(Schema):
    """What is wrong with one input."""

    field = _text("its name in the request")
    message = _text("what is wrong, and what was expected")


class CheckShape(Schema):
    """Whether one thing that the service needs answers."""

    name = _text("what")
    ok = _flag("whether it answers")
    reason = _maybe("why not, and what to do")


class Problem(Schema):
    """An error (RFC 9457)."""

    type = _text("where it is described", format="uri-reference")
    title = _text("what kind of error")
    status = _whole("HTTP status")
    code = _text("stable name of the error")
    detail = _text("what is wrong here, and what to do")
    request_id = _text("names this request in the log")
    errors = fields.List(fields.Nested(FieldProblemShape))
    checks = fields.List(fields.Nested(CheckShape))


class Live(Schema):
    """The process lives."""

    status = _text("live", enum=["live"])


class Ready(Schema):
    """Everything that the service needs answers."""

    status = _text("ready", enum=["ready"])
    checks = _each(CheckShape)
