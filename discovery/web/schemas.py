"""The door: what a request may hold, exactly. Unknown fields are refused, types are not guessed."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any, get_args

from marshmallow import Schema, ValidationError, fields, post_load, validate

from discovery.config import SearchSettings
from discovery.errors import FieldProblem, InputInvalid
from discovery.search.examples import MOST_EXAMPLES, MOST_WEIGHT
from discovery.search.palette import LEAST_TOLERANCE, MOST_COLOURS, MOST_TOLERANCE, TOLERANCE
from discovery.search.request import ExamplePicture, Filters, Mode, SearchRequest, SimilarRequest
from discovery.usage.model import LONGEST, MOST_AT_ONCE
from discovery.web.conditions import FilterReader, is_text, known_field, unknown_field
from mappings.fields import SORTS, Side

MOST_FACETS = 40
# A cursor may hold a mark for each hit of the largest page, and a point in time of many shards.
MOST_CURSOR_CHARACTERS = 65_536
MOST_ID_CHARACTERS = 512
MOST_AS_WORDS, MOST_AS_WORDS_CHARACTERS = 20, 200
MOST_COLOUR_CHARACTERS = 40
SIDES: tuple[Side, ...] = get_args(Side)
ALL_SORTS = tuple(dict.fromkeys(name for side in SIDES for name in SORTS[side]))
INTENTS = ("same_look", "same_product")


class Text(fields.String):
    """A text that can be written as UTF-8."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(
            *args,
            error_messages={
                "invalid": "expected a text",
                "null": "expected a text, found null",
                "required": "is required",
            },
            **kwargs,
        )

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> str:
        if not is_text(value):
            raise self.make_error("invalid")
        return str(super()._deserialize(value, *args, **kwargs))


class Whole(fields.Integer):
    """A JSON integer; neither a text nor true."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(
            *args,
            error_messages={
                "invalid": "expected a whole number",
                "null": "expected a whole number",
            },
            **kwargs,
        )

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> int:
        if type(value) is not int:
            raise self.make_error("invalid")
        return int(super()._deserialize(value, *args, **kwargs) or 0)


class Number(fields.Float):
    """A finite JSON number; neither a text nor true."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(
            *args,
            error_messages={
                "invalid": "expected a number",
                "null": "expected a number",
            },
            **kwargs,
        )

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> float:
        if type(value) not in (int, float) or abs(value) > 1e15 or not math.isfinite(value):
            raise self.make_error("invalid")
        return float(super()._deserialize(value, *args, **kwargs) or 0.0)


class Flag(fields.Boolean):
    """True or false in JSON; neither a text nor a number."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(
            *args,
            error_messages={"invalid": "expected true or false", "null": "expected true or false"},
            **kwargs,
        )

    def _deserialize(self, value: Any, *_args: Any, **_kwargs: Any) -> bool:
        if not isinstance(value, bool):
            raise self.make_error("invalid")
        return value


class Listed(fields.List[Any]):
    """A JSON list."""

    def __init__(self, *args: Any, expected: str = "expected a list", **kwargs: Any) -> None:
        super().__init__(*args, error_messages={"invalid": expected, "null": expected}, **kwargs)


class Object(fields.Dict):
    """A JSON object."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(
            *args,
            error_messages={
                "invalid": "expected an object",
                "null": "expected an object",
            },
            **kwargs,
        )


def _choice(choices: tuple[str, ...], default: str, description: str, data_key: str | None = None) -> Text:
    return Text(
        data_key=data_key,
        load_default=default,
        validate=validate.OneOf(choices, error="expected one of {choices}"),
        metadata={"description": description},
    )


def _longest(most: int) -> validate.Length:
    return validate.Length(max=most, error="at most {max} characters")


class _Asked(Schema):
    """What both kinds of search take."""

    error_messages = {"unknown": "unknown field", "type": "expected an object"}  # noqa: RUF012

    side = _choice(SIDES, "assets", "which side is searched", "in")
    filters = Object(
        keys=fields.String(),
        load_default=dict,
        metadata={"description": "conditions by field; all must hold"},
    )
    facets = Listed(
        Text(),
        load_default=list,
        validate=validate.Length(max=MOST_FACETS, error="at most {max} facets"),
        metadata={"description": "fields whose values are counted over the whole result"},
    )
    after = Text(
        load_default=None,
        allow_none=True,
        validate=_longest(MOST_CURSOR_CHARACTERS),
        metadata={"description": "the next of the page before"},
    )

    palette = Listed(
        Text(validate=_longest(MOST_COLOUR_CHARACTERS)),
        load_default=list,
        validate=validate.Length(max=MOST_COLOURS, error="at most {max} colours"),
        metadata={"description": "colours that pictures must have: hexadecimal such as #1d3557, or names"},
    )
    tolerance = Number(
        load_default=None,
        allow_none=True,
        validate=validate.Range(LEAST_TOLERANCE, MOST_TOLERANCE, error="from {min} to {max}"),
        metadata={
            "description": "how different a colour may be (CIE94): 1 is just seen, 25 is another colour; "
            f"{TOLERANCE:g} when not given"
        },
    )

    def _common(self, data: dict[str, Any]) -> tuple[Side, Filters, tuple[str, ...]]:
        side: Side = data["side"]
        reader = FilterReader(side)
        filters = reader.read(data["filters"])
        problems = reader.problems + list(_facet_problems(side, data["facets"]))
        if "sort" in data and data["sort"] not in SORTS[side]:
            problems.append(FieldProblem("sort", f"{side} have the sorts {', '.join(SORTS[side])}"))
        if problems:
            raise _invalid(problems)
        return side, filters, tuple(dict.fromkeys(data["facets"]))


def _facet_problems(side: Side, names: list[str]) -> Iterator[FieldProblem]:
    for number, name in enumerate(names):
        field = known_field(side, name)
        if field is None:
            yield FieldProblem(f"facets.{number}", f"{name!r}: {unknown_field(side, name)}")
        elif not field.facet:
            yield FieldProblem(f"facets.{number}", f"{name!r} can be filtered but not counted as a facet")


def _size(limits: SearchSettings) -> Whole:
    return Whole(
        load_default=None,
        allow_none=True,
        validate=validate.Range(1, limits.max_size, error="from {min} to {max}"),
        metadata={"description": f"hits of a page; {limits.size} when not given"},
    )


def _true_false_or_null(value: Any) -> None:
    if value is not None and not isinstance(value, bool):
        raise ValidationError("expected true or false")


def search_schema(limits: SearchSettings) -> Schema:
    """Return the schema of a search by words; it loads a ``SearchRequest``."""

    class SearchBody(_Asked):
        q = Text(
            load_default="",
            validate=_longest(limits.max_query_characters),
            metadata={
                "description": 'words, "phrases", -words that must not be there, field:value; '
                "or a whole identifier; empty for everything"
            },
        )
        understand = fields.Raw(
            load_default=None,
            validate=_true_false_or_null,
            metadata={
                "description": "whether words that are values of the catalogue become filters, which the "
                "reply names; when not given, in mode auto",
                "type": ["boolean", "null"],
            },
        )
        as_words = Listed(
            Text(validate=_longest(MOST_AS_WORDS_CHARACTERS)),
            load_default=list,
            validate=validate.Length(max=MOST_AS_WORDS, error="at most {max} texts"),
            metadata={"description": "parts of q that stay words all the same: what somebody took off"},
        )
        mode = _choice(tuple(mode.value for mode in Mode), "auto", "how the words are understood")
        sort = _choice(ALL_SORTS, "relevance", "order of the hits")
        size = _size(limits)

        @post_load
        def make(self, data: dict[str, Any], **_: Any) -> SearchRequest:
            side, filters, facets = self._common(data)
            return SearchRequest(
                side=side,
                q=data["q"].strip(),
                mode=Mode(data["mode"]),
                filters=filters,
                facets=facets,
                sort=data["sort"],
                size=data["size"],
                after=data["after"],
                understand=data["understand"],
                as_words=tuple(data["as_words"]),
                palette=tuple(data["palette"]),
                tolerance=data["tolerance"],
            )

    return SearchBody()


def _part() -> Listed:
    expected = "expected a list of four numbers: x, y, width, height, each 0 to 1"
    return Listed(
        Number(),
        load_default=None,
        validate=validate.Length(equal=4, error=expected),
        expected=expected,
        metadata={"description": "x, y, width, height, each 0 to 1 of the picture"},
    )


class ExampleSchema(Schema):
    """One picture to compare with."""

    error_messages = _Asked.error_messages

    asset = Text(load_default=None, validate=_longest(MOST_ID_CHARACTERS), metadata={"description": "id"})
    product = Text(load_default=None, validate=_longest(MOST_ID_CHARACTERS), metadata={"description": "SKU"})
    region = _part()
    weight = Number(
        load_default=1.0,
        validate=validate.Range(0, MOST_WEIGHT, min_inclusive=False, error="above 0, at most {max}"),
        metadata={"description": "what it counts beside the others"},
    )
    negative = Flag(load_default=False, metadata={"description": "what is like it is not meant"})

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> ExamplePicture:
        """Return the picture."""
        return ExamplePicture(**{**data, "region": _region(data["region"])})


def similar_schema(limits: SearchSettings) -> Schema:
    """Return the schema of a search by a picture; it loads a ``SimilarRequest`` without the picture."""

    class SimilarBody(_Asked):
        asset = Text(load_default=None, validate=_longest(MOST_ID_CHARACTERS), metadata={"description": "id"})
        product = Text(
            load_default=None, validate=_longest(MOST_ID_CHARACTERS), metadata={"description": "SKU"}
        )
        region = _part()
        examples = Listed(
            fields.Nested(ExampleSchema),
            load_default=list,
            validate=validate.Length(max=MOST_EXAMPLES, error="at most {max} pictures"),
            metadata={"description": "further pictures, or ones whose likes are not meant"},
        )
        q = Text(
            load_default="",
            validate=_longest(limits.max_query_characters),
            metadata={"description": "what else it should be, such as: but blue"},
        )
        intent = _choice(INTENTS, "same_look", "what counts as similar")
        min_similarity = Number(
            load_default=None,
            validate=validate.Range(0, 1, error="from 0 to 1"),
            metadata={"description": "least cosine; the model's own floor when not given"},
        )
        size = _size(limits)

        @post_load
        def make(self, data: dict[str, Any], **_: Any) -> SimilarRequest:
            side, filters, facets = self._common(data)
            return SimilarRequest(
                side=side,
                asset=data["asset"],
                product=data["product"],
                region=_region(data["region"]),
                examples=tuple(data["examples"]),
                q=data["q"].strip(),
                palette=tuple(data["palette"]),
                tolerance=data["tolerance"],
                intent=data["intent"],
                min_similarity=data["min_similarity"],
                filters=filters,
                facets=facets,
                size=data["size"],
                after=data["after"],
            )

    return SimilarBody()


def suggest_schema(limits: SearchSettings) -> Schema:
    """Return the schema of a completion; it loads ``{"side", "q"}``."""

    class SuggestParameters(Schema):
        error_messages = _Asked.error_messages
        side = _choice(SIDES, "assets", "which side is searched", "in")
        q = Text(
            load_default="",
            validate=_longest(limits.max_query_characters),
            metadata={"description": "what has been typed so far"},
        )

    return SuggestParameters()


class FacetParameters(Schema):
    """The side whose facets are asked for."""

    error_messages = _Asked.error_messages

    side = _choice(SIDES, "assets", "which side is searched", "in")


class _UsageAsked(Schema):
    error_messages = _Asked.error_messages

    feed = Text(
        required=True,
        validate=_longest(LONGEST),
        metadata={"description": "name of where the events come from"},
    )
    since = Text(
        load_default=None,
        allow_none=True,
        metadata={"description": "from when on the feed tells everything; kept from the first time"},
    )
    complete_until = Text(
        load_default=None,
        allow_none=True,
        metadata={"description": "until when the feed has told everything, these events included"},
    )


def usage_schema() -> Schema:
    """Return the schema of told usage; what each event holds is looked at one by one."""

    class UsageBody(_UsageAsked):
        events = Listed(
            fields.Raw(),
            required=True,
            validate=validate.Length(max=MOST_AT_ONCE, error="at most {max} events at once"),
            metadata={"description": "what was done with assets"},
        )

    return UsageBody()


def feed_schema() -> Schema:
    """Return the schema of a feed's own word."""

    class FeedBody(_UsageAsked):
        retired = fields.Boolean(
            load_default=False,
            truthy={True},
            falsy={False},
            metadata={"description": "whether to wait for this feed no longer"},
        )

    return FeedBody()


def load(schema: Schema, raw: Mapping[str, Any]) -> Any:
    """Load ``raw``.

    Raises:
        InputInvalid: naming every field that is wrong, at once.
    """
    try:
        return schema.load(raw)
    except ValidationError as error:
        raise _invalid(list(_flat(error.messages))) from error


def _invalid(problems: list[FieldProblem]) -> InputInvalid:
    told = "; ".join(f"{problem.field}: {problem.message}" for problem in problems[:5])
    return InputInvalid(told, tuple(problems))


def _region(values: list[float] | None) -> tuple[float, float, float, float] | None:
    if values is None:
        return None
    x, y, width, height = values
    # A region that ends at the edge may pass it by a rounding of its parts.
    inside = min(x, y) >= 0 and min(width, height) > 0 and max(x + width, y + height) <= 1 + 1e-6
    if not inside:
        raise _invalid(
            [FieldProblem("region", "expected x, y, width, height inside the picture, each 0 to 1")]
        )
    return (x, y, width, height)


def _flat(messages: Any, at: str = "") -> Iterator[FieldProblem]:
    if isinstance(messages, dict):
        for key, inner in messages.items():
            inside = "" if key == "_schema" else str(key)
            yield from _flat(inner, ".".join(part for part in (at, inside) if part))
    elif isinstance(messages, list):
        for inner in messages:
            yield from _flat(inner, at)
    else:
        yield FieldProblem(at or "(body)", str(messages))
