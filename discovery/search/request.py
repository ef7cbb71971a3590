"""What is asked and what is answered: the types that cross between routes, query and response."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from mappings.documents import AssetDocument, ProductDocument
from mappings.fields import Side

Value = str | int | float | bool


class Mode(enum.Enum):
    """How a query is answered. ``AUTO`` decides; a reply never says ``AUTO`` but what was done."""

    AUTO = "auto"
    TEXT = "text"
    VISUAL = "visual"
    HYBRID = "hybrid"


@dataclass(frozen=True, slots=True)
class Condition:
    """What one field must meet; every given operator must hold.

    ``any``, ``all`` and ``none`` hold values; ``gt``, ``gte``, ``lt`` and ``lte`` bound numbers and
    dates; ``exists`` asks whether the field has a value at all.
    """

    field: str
    any: tuple[Value, ...] = ()
    all: tuple[Value, ...] = ()
    none: tuple[Value, ...] = ()
    gt: Value | None = None
    gte: Value | None = None
    lt: Value | None = None
    lte: Value | None = None
    exists: bool | None = None


@dataclass(frozen=True, slots=True)
class Listing:
    """The collections there are: the ``index`` of their records, and the ``names`` of all, by id."""

    index: str
    names: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Filters:
    """All ``conditions`` hold, and where ``alternatives`` are given at least one of these groups does.

    ``listing`` is needed, and looked up, only where a collection is named.
    """

    conditions: tuple[Condition, ...] = ()
    alternatives: tuple[tuple[Condition, ...], ...] = ()
    listing: Listing | None = None


@dataclass(frozen=True, slots=True)
class SearchRequest:
    """A search by words. ``q`` may be empty: then everything that passes the filters is a hit.

    ``palette`` are colours, hexadecimal or by name, that pictures must have to within ``tolerance`` (CIE94).
    ``understand`` says whether words that are values of the catalogue become filters; ``None`` leaves it to
    the mode: in ``AUTO`` they do. ``as_words`` are texts of the query that stay words all the same.
    """

    side: Side = "assets"
    q: str = ""
    mode: Mode = Mode.AUTO
    filters: Filters = field(default_factory=Filters)
    facets: tuple[str, ...] = ()
    sort: str = "relevance"
    size: int | None = None
    after: str | None = None
    understand: bool | None = None
    as_words: tuple[str, ...] = ()
    palette: tuple[str, ...] = ()
    tolerance: float | None = None


@dataclass(frozen=True, slots=True)
class ExamplePicture:
    """A picture to compare with: an indexed ``asset``, a ``product``'s main picture, or ``image`` bytes.

    Exactly one of the three is given. ``region`` is ``(x, y, width, height)``, each 0 to 1 of the picture.
    What is like a ``negative`` one is not meant.
    """

    asset: str | None = None
    product: str | None = None
    image: bytes | None = None
    region: tuple[float, float, float, float] | None = None
    weight: float = 1.0
    negative: bool = False


@dataclass(frozen=True, slots=True)
class SimilarRequest:
    """A search by pictures: one that is given here, as an :class:`ExamplePicture`, and ``examples``.

    ``q`` says what else it should be ("but blue"). ``min_similarity`` is a cosine, ``None`` for the model's
    own floor.
    """

    side: Side = "assets"
    asset: str | None = None
    product: str | None = None
    image: bytes | None = None
    region: tuple[float, float, float, float] | None = None
    examples: tuple[ExamplePicture, ...] = ()
    q: str = ""
    palette: tuple[str, ...] = ()
    tolerance: float | None = None
    intent: Literal["same_product", "same_look"] = "same_look"
    min_similarity: float | None = None
    filters: Filters = field(default_factory=Filters)
    facets: tuple[str, ...] = ()
    size: int | None = None
    after: str | None = None

    def pictures(self) -> tuple[ExamplePicture, ...]:
        """Return every picture that is given."""
        own = ExamplePicture(self.asset, self.product, self.image, self.region)
        given = any(one is not None for one in (self.asset, self.product, self.image))
        return (own, *self.examples) if given else self.examples


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who asks. Every query passes through ``access`` filters made from it."""

    account: str | None = None


@dataclass(frozen=True, slots=True)
class Applied:
    """A query rule that was applied: to a whole query, or to one hit."""

    id: str
    action: str


@dataclass(frozen=True, slots=True)
class Understood:
    """A part of a query that says something of an attribute: its ``text``, and the filter that it means.

    ``bounds`` are operators with their values. ``applied`` is false where the filters would have found
    nothing, or hidden too much of what says the words or bears them as its name, and the words were searched
    for instead.
    """

    text: str
    field: str
    values: tuple[Value, ...] = ()
    bounds: tuple[tuple[str, Value], ...] = ()
    applied: bool = True


@dataclass(frozen=True, slots=True)
class Hit:
    """One result. ``signals`` holds each signal's share of ``score``: identifier, text, visual, rule.

    ``matched`` names the fields in which words were found; ``rule`` is the query rule that brought or moved
    the hit. Of a search by a picture the signals are cosines: visual, and meaning where it takes part.
    ``document`` lacks what is for finding only: vectors, tokens, paths.
    """

    id: str
    document: AssetDocument | ProductDocument
    score: float
    signals: Mapping[str, float]
    highlight: Mapping[str, tuple[str, ...]]
    matched: tuple[str, ...] = ()
    rule: Applied | None = None


@dataclass(frozen=True, slots=True)
class FacetValue:
    """One value of a facet. ``value`` is what a filter takes, ``label`` what a person reads."""

    value: Value
    label: str
    count: int
    selected: bool


@dataclass(frozen=True, slots=True)
class SearchPage:
    """One page. ``total`` and ``facets`` are of exactly the set that the pages walk through.

    ``corrected`` is the spelling that was searched for where the words as typed found nothing.
    ``understood`` are the parts of the query that became filters, or would have; ``rules`` are the query
    rules that were for it, and ``redirect`` is where one of them sends people.
    """

    total: int
    took_ms: int
    mode: Mode
    fallback_reason: str | None
    hits: tuple[Hit, ...]
    facets: Mapping[str, tuple[FacetValue, ...]]
    next: str | None
    corrected: str | None = None
    understood: tuple[Understood, ...] = ()
    rules: tuple[Applied, ...] = ()
    redirect: str | None = None


@dataclass(frozen=True, slots=True)
class Suggestion:
    """One completion of what is being typed."""

    text: str
    kind: Literal["query", "asset", "product", "facet"]
    field: str | None = None
    id: str | None = None
    count: int | None = None


@dataclass(frozen=True, slots=True)
class Suggestions:
    """Completions, and a better spelling where the words as typed find nothing."""

    suggestions: tuple[Suggestion, ...]
    did_you_mean: str | None
