"""What replies hold, as schemas: the API is described from them, and tests hold replies to them."""

from __future__ import annotations

from marshmallow import Schema, fields

from discovery.scheduler.model import OUTCOMES
from discovery.search.rules import ACTIONS
from discovery.web.shaping import (
    a_flag,
    a_number,
    a_text,
    a_whole,
    an_object,
    maybe_flag,
    maybe_moment,
    maybe_text,
    maybe_whole,
    some_objects,
    some_texts,
)


class AssetSourceShape(Schema):
    """Where a file lies."""

    name = a_text("name of the source")
    key = a_text("path of the file in its source")
    uri = a_text("its whole address")
    modified = maybe_moment("when the file last changed")


class ColourShape(Schema):
    """A dominant colour."""

    name = a_text("name of the colour, as the filter takes it")
    hex = a_text("the colour itself", pattern="^#[0-9a-f]{6}$")
    share = a_number("share of the subject's pixels, 0 to 1")


class MediaShape(Schema):
    """What the bytes are."""

    type = a_text("image, video, audio, document or other")
    mime = a_text("media type")
    format = a_text("file format")
    width = maybe_whole("pixels")
    height = maybe_whole("pixels")
    bytes = a_whole("size of the file")
    orientation = maybe_text("portrait, landscape or square")
    colours = some_objects(ColourShape)
    plain_background = maybe_flag("whether its ground is plain; null for what is no picture")
    barcodes = some_texts("EAN and UPC codes that it shows")
    checksum = a_text("digest of the bytes, sha256:…")


class ProductLinkShape(Schema):
    """A product that an asset shows."""

    sku = a_text("SKU")
    name = maybe_text("name of the product")
    brand = maybe_text("brand of the product")
    role = a_text("hero, alternate, back, detail, swatch, lifestyle or packaging")
    method = a_text("how the link was found")
    confidence = a_number("0 to 1")
    reasons = some_texts("why it holds, in words; in the reply of the asset itself, not in lists")


class RightsShape(Schema):
    """What the file says of its use."""

    usage_terms = maybe_text("usage terms in the file")
    licence_ends = maybe_moment("when the licence ends")


class AbsorbedShape(Schema):
    """An asset that was merged into another."""

    id = a_text("its id")
    name = a_text("its path in its source")
    source = a_text("its source")


class CurationShape(Schema):
    """What people decided."""

    status = a_text("approval status")
    rights = an_object(RightsShape)
    version = fields.Dict(required=True, metadata={"description": "empty until versions are kept"})
    merged_into = maybe_text("id of the asset that stands for it; null where it stands for itself")
    stands_for = some_objects(AbsorbedShape)


class UsageShape(Schema):
    """How often the item is used."""

    used = a_whole("times downloaded or published")
    last_used = maybe_moment("when last")
    downloaded = a_whole("times downloaded")
    published = a_whole("times published")
    channels = some_texts("channels where it is published now")
    viewed = a_whole("times looked at")
    last_viewed = maybe_moment("when last")


class LinksShape(Schema):
    """Addresses of an asset's parts; null where there is none."""

    self = a_text("this asset")
    thumbnail = maybe_text("its thumbnail; add size=")
    file = a_text("the file itself")
    similar = maybe_text("what looks like it")


class Asset(Schema):
    """One file of one source."""

    id = a_text("the same on every run")
    kind = a_text("asset", enum=["asset"])
    filename = a_text("file name")
    title = maybe_text("title")
    description = maybe_text("description")
    alt_text = maybe_text("what the picture shows, for those who do not see it")
    keywords = some_texts("keywords")
    categories = some_texts("categories, each a path")
    creator = maybe_text("who made it")
    copyright = maybe_text("copyright notice")
    created = maybe_moment("when it was made")
    source = an_object(AssetSourceShape)
    media = an_object(MediaShape)
    products = some_objects(ProductLinkShape)
    link_state = a_text(
        "whether its links hold or wait: auto, decided, review (somebody should look), conflict (two "
        "products claim it), none"
    )
    curation = an_object(CurationShape)
    usage = an_object(UsageShape)
    links = an_object(LinksShape)


class ProductSourceShape(Schema):
    """Where a product's record lies."""

    name = a_text("name of the catalogue")
    key = a_text("its key there")
    modified = maybe_moment("when the record last changed")


class AssetLinkShape(Schema):
    """An asset that shows a product."""

    id = a_text("id of the asset")
    role = a_text("hero, alternate, back, detail, swatch, lifestyle or packaging")
    method = a_text("how the link was found")
    confidence = a_number("0 to 1")


class HeroShape(Schema):
    """A product's main picture."""

    usable = a_flag("whether there is one that can be shown as it is")
    problems = some_texts("what keeps it from being shown")


class PictureSetShape(Schema):
    """The pictures that one channel asks for."""

    channel = maybe_text("the channel; null for all of them")
    percent = a_whole("share of the views asked for that are there as they should be")
    problems = some_texts("what is wrong with the others")


class CompletenessShape(Schema):
    """How a product stands with its pictures."""

    has_asset = a_flag("whether any asset shows it")
    asset_count = a_whole("how many do")
    roles = some_texts("roles that its assets fill")
    percent = a_whole("the least percentage of its picture sets")
    hero = an_object(HeroShape)
    lacking = some_texts("views that it needs and has not, or not as they should be")
    sets = some_objects(PictureSetShape)


class ProductLinksShape(Schema):
    """Addresses of a product's parts; null where there is none."""

    self = a_text("this product")
    assets = a_text("its assets")
    thumbnail = maybe_text("thumbnail of its main picture; add size=")
    similar = maybe_text("what looks like its main picture")


class Product(Schema):
    """One product or variant of one catalogue."""

    id = a_text("the SKU")
    kind = a_text("product", enum=["product"])
    sku = a_text("SKU")
    parent = maybe_text("SKU of the product that this is a variant of")
    variant = a_flag("whether it is a variant")
    name = a_text("name")
    description = maybe_text("description")
    brand = maybe_text("brand")
    family = maybe_text("family: products with the same attributes")
    categories = some_texts("categories, each a path")
    price = fields.Float(required=True, allow_none=True, metadata={"description": "price"})
    currency = maybe_text("ISO 4217 code")
    status = maybe_text("lifecycle status")
    attributes = fields.Dict(
        keys=fields.String(),
        values=fields.List(fields.String()),
        required=True,
        metadata={"description": "values by attribute"},
    )
    identifiers = some_texts("SKU, EAN and other identifiers")
    source = an_object(ProductSourceShape)
    assets = some_objects(AssetLinkShape)
    completeness = an_object(CompletenessShape)
    usage = an_object(UsageShape)
    links = an_object(ProductLinksShape)


class AppliedRuleShape(Schema):
    """A query rule that was applied."""

    id = a_text("its id")
    action = a_text("what it does", enum=list(ACTIONS))


class UnderstoodShape(Schema):
    """A part of the query that says something of an attribute."""

    text = a_text("the part, as it was typed")
    field = a_text("the field that it means")
    filter = fields.Dict(
        keys=fields.String(),
        required=True,
        metadata={"description": "the filter that it means, as a request takes it under the field's name"},
    )
    applied = a_flag(
        "false where the filters would find nothing, or hide what bears that name: words were searched for"
    )


class HitShape(Schema):
    """One result. It holds ``asset`` or ``product``, as its kind says."""

    id = a_text("id of the asset, or SKU")
    kind = a_text("which of the two", enum=["asset", "product"])
    score = a_number("by which hits are ordered when sorted by relevance")
    signals = fields.Dict(
        keys=fields.String(),
        values=fields.Float(),
        required=True,
        metadata={"description": "share of each signal in the score: identifier, text, visual, rule"},
    )
    matched = some_texts("fields in which words were found, and identifier where that is why")
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
    label = a_text("what a person reads")
    count = a_whole("hits with it, were this facet's own choice left out")
    selected = a_flag("whether the filters name it")


class Page(Schema):
    """The reply to a search."""

    total = a_whole("size of the whole result")
    took_ms = a_whole("milliseconds in the engine and the model")
    mode = a_text("what was done", enum=["text", "visual", "hybrid"])
    fallback_reason = maybe_text("why it was not done as asked; null when it was")
    request_id = a_text("names this request in the log")
    hits = some_objects(HitShape)
    facets = fields.Dict(
        keys=fields.String(), values=fields.List(fields.Nested(FacetValueShape)), required=True
    )
    next = maybe_text("the after of the next page; null on the last one")
    corrected = maybe_text("the spelling that was searched for, where the words as typed find nothing")
    understood = some_objects(UnderstoodShape)
    rules = some_objects(AppliedRuleShape)
    redirect = maybe_text("where a query rule sends people who ask this")


class ProductAssets(Schema):
    """The assets of one product."""

    total = a_whole("how many")
    assets = some_objects(Asset)


class Versions(Schema):
    """The files that are versions of one another, the newest first; none of a file without others."""

    total = a_whole("how many")
    assets = some_objects(Asset)


class SuggestionShape(Schema):
    """One completion."""

    text = a_text("what to show and search for")
    kind = a_text("what it is", enum=["query", "asset", "product", "facet"])
    field = maybe_text("field of a facet")
    id = maybe_text("id of an asset, or SKU")
    count = maybe_whole("how many hits")


class SuggestionList(Schema):
    """Completions of what is being typed."""

    suggestions = some_objects(SuggestionShape)
    did_you_mean = maybe_text("a better spelling where the words as typed find nothing")


class FacetNameShape(Schema):
    """A field whose values can be counted."""

    field = a_text("its name, as `facets` takes it")
    attribute = a_flag("whether it is an attribute of the catalogue")


class FacetNameList(Schema):
    """What can be counted of a side."""

    facets = some_objects(FacetNameShape)


class FeedShape(Schema):
    """Where usage is told from; it has told everything from one moment to the other."""

    name = a_text("its name")
    since = maybe_moment("from when on")
    complete_until = maybe_moment("until when; later, maybe not")


class UsageCoverage(Schema):
    """How far counts of usage can be trusted, and the feeds that they come from."""

    complete = a_flag("whether nothing is missing that would make something used look unused")
    since = maybe_moment("from when on all feeds tell; null without a feed")
    missing = some_texts("what is missing")
    feeds = some_objects(FeedShape)


class EventRefused(Schema):
    """An event that was not taken."""

    row = a_whole("its place in events, the first is 0")
    errors = fields.List(fields.Nested(lambda: FieldProblemShape()), required=True)


class UsageTaken(Schema):
    """What became of the events."""

    taken = a_whole("kept now")
    known = a_whole("told before; they count once")
    refused = some_objects(EventRefused)
    unknown_assets = some_texts(
        "ids of which nothing is indexed; their events are kept, and count when it is"
    )
    feed = fields.Nested(
        FeedShape,
        required=True,
        allow_none=True,
        metadata={"description": "how far the feed is complete; null if not told, or something was refused"},
    )


class JobRunShape(Schema):
    """One run of a job that is over."""

    number = a_whole("grows by one with each run of the job")
    outcome = a_text(
        "what came of it: problems are for people to look at, stopped and lost runs are made up for",
        enum=list(OUTCOMES),
    )
    cause = a_text("its time had come, or somebody asked", enum=["due", "asked"])
    due = maybe_moment("the time it was for")
    started = maybe_moment("when it began")
    finished = maybe_moment("when it ended")
    owner = a_text("the scheduler that ran it: host, process and a mark of its own")
    figures = fields.Dict(
        keys=fields.String(),
        values=fields.Float(),
        required=True,
        metadata={"description": "what it counted"},
    )
    reason = maybe_text("the first thing that went wrong")


class JobUnderWayShape(Schema):
    """The run of a job that is under way."""

    due = maybe_moment("the time it is for")
    cause = a_text("its time had come, or somebody asked", enum=["due", "asked"])
    started = maybe_moment("when it began")
    owner = a_text("the scheduler that runs it")


class JobShape(Schema):
    """One job and how it stands."""

    id = a_text("its name in addresses and on the command line")
    title = a_text("what it does")
    why = a_text("what that is for")
    trigger = maybe_text("when it is due; null: only when asked for")
    limit_seconds = a_number("after so long it is ended")
    next_due = maybe_moment("when it is due next")
    asked = maybe_moment("when somebody asked for a run that is to come")
    running = fields.Nested(
        JobUnderWayShape, required=True, allow_none=True, metadata={"description": "the run under way"}
    )
    last_success = maybe_moment("when it last did all it should")
    runs = some_objects(JobRunShape)


class JobTable(Schema):
    """All jobs."""

    jobs = some_objects(JobShape)


class JobAsked(Schema):
    """A run of a job is to come, at the next look of a scheduler."""

    job = a_text("its id")
    asked = maybe_moment("when it was first asked for")


class FieldProblemShape(Schema):
    """What is wrong with one input."""

    field = a_text("its name in the request")
    message = a_text("what is wrong, and what was expected")


class CheckShape(Schema):
    """Whether one thing that the service needs answers."""

    name = a_text("what")
    ok = a_flag("whether it answers")
    reason = maybe_text("why not, and what to do")


class Problem(Schema):
    """An error (RFC 9457)."""

    type = a_text("where it is described", format="uri-reference")
    title = a_text("what kind of error")
    status = a_whole("HTTP status")
    code = a_text("stable name of the error")
    detail = a_text("what is wrong here, and what to do")
    request_id = a_text("names this request in the log")
    errors = fields.List(fields.Nested(FieldProblemShape))
    checks = fields.List(fields.Nested(CheckShape))


class Live(Schema):
    """The process lives."""

    status = a_text("live", enum=["live"])


class Ready(Schema):
    """Everything that the service needs answers."""

    status = a_text("ready", enum=["ready"])
    checks = some_objects(CheckShape)
