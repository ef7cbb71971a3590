"""What was asked for and not found, and which products are to be photographed because of it. Pure."""

from __future__ import annotations

import enum
import math
import statistics
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from discovery.search_log.model import RolledUp, Row
from mappings.documents import ProductDocument

LEAST_UNOPENED = 3
"""So often must something be found, and nothing be opened, before it is told."""

NO_PICTURE, NO_HERO, NO_VIEW = 1.0, 0.8, 0.4
"""How much a product needs a picture: it has none; none can be shown as its main one; a view is lacking."""

USE_WEIGHT = 0.25
PRICE_POWER = 0.25
LEAST_PRICE_FACTOR, MOST_PRICE_FACTOR = 0.8, 1.25
NAMED = 3


class Verdict(enum.StrEnum):
    """What is to be done about a query."""

    SHOOT = "shoot"
    """Products answer to it, and lack pictures that can be shown."""

    DESCRIBE = "describe"
    """Products answer to it and have their pictures, which do not say the words."""

    UNKNOWN = "unknown"
    """Nothing in the catalogue says the words."""

    UNOPENED = "unopened"
    """Pictures say the words, and nobody opened one."""


@dataclass(frozen=True, slots=True)
class Lacking:
    """A product that lacks pictures that can be shown; ``problems`` are what keeps its main one from it."""

    sku: str
    name: str
    parent: str | None
    family: str | None
    price: float | None
    currency: str | None
    status: str | None
    pictures: int
    problems: tuple[str, ...]
    views: tuple[str, ...]
    completeness: int
    uses: int

    @property
    def need(self) -> float:
        """How much it needs a picture, 0 to 1."""
        return NO_PICTURE if not self.pictures else NO_HERO if self.problems else NO_VIEW

    @property
    def why(self) -> str:
        """What it lacks, in words."""
        if not self.pictures:
            return "it has no picture"
        lacks = (
            f"it lacks {_joined(self.views)}" if self.views else f"its set is {self.completeness} % complete"
        )
        if not self.problems:
            return lacks
        told = {"no main picture": "none of its pictures is its main one"}
        return "; ".join(
            told.get(problem, f"its main picture cannot be shown: {problem}") for problem in self.problems
        )


@dataclass(frozen=True, slots=True)
class Today:
    """What the catalogue has for a query now, by its words.

    ``lacking`` are the first of the ``lacking_total`` products, sold still, that lack pictures.
    """

    pictures: int
    products: int
    lacking_total: int = 0
    lacking: tuple[Lacking, ...] = ()
    did_you_mean: str | None = None


@dataclass(frozen=True, slots=True)
class Gap:
    """A query that was asked in vain, ``unmet`` times, and still would be."""

    row: Row
    today: Today
    unmet: int
    verdict: Verdict

    @property
    def reason(self) -> str:
        """What there is to know, in words."""
        told = _reason(self)
        return told[:1].upper() + told[1:]


@dataclass(frozen=True, slots=True)
class Wanted:
    """A product to be photographed, with how many variants of it beside it.

    ``unmet`` is how often queries that it answers to were asked in vain; ``demand`` is its share of that
    among all products that answer and lack pictures; ``score`` weighs it by need, use and price.
    """

    product: Lacking
    variants: int
    queries: tuple[str, ...]
    unmet: int
    demand: float
    score: float

    @property
    def reason(self) -> str:
        """Why it is to be photographed, in words."""
        more = len(self.queries) - NAMED
        named = ", ".join([*(f'"{q}"' for q in self.queries[:NAMED]), *([f"+{more}"] if more > 0 else [])])
        return f"Asked for in vain {_times(self.unmet)} ({named}), and {self.product.why}."


@dataclass(frozen=True, slots=True)
class GapReport:
    """What is asked for and not found.

    ``closed`` counts queries that found nothing then and find pictures now. ``base_url`` is the service's
    address, for links; empty for links within it.
    """

    made: datetime
    retention_days: int
    log: RolledUp
    gaps: tuple[Gap, ...]
    wanted: tuple[Wanted, ...]
    closed: int
    base_url: str = ""


def lacking(one: ProductDocument) -> Lacking:
    """Return what a product's document says of its pictures."""
    source, assets = one.source, one.assets
    return Lacking(
        sku=source.sku,
        name=source.title,
        parent=source.parent,
        family=source.family,
        price=source.price,
        currency=source.currency,
        status=source.status,
        pictures=assets.count,
        problems=() if assets.hero_usable else assets.hero_problems or ("no main picture",),
        views=assets.lacking,
        completeness=assets.completeness,
        uses=one.usage.used + one.usage.viewed,
    )


def troubled(log: RolledUp) -> tuple[Row, ...]:
    """Return the queries that are worth looking at: those in vain, and those of which nothing was opened.

    Where nobody ever tells of clicks, none says anything.
    """
    return tuple(row for row in log.rows if row.failed or (log.clicks and _is_unopened(row)))


def gap(row: Row, today: Today, *, clicks: bool) -> Gap | None:
    """Return what is missing, ``None`` where that is there by now."""
    if not today.pictures and row.failed:
        answered = Verdict.DESCRIBE if today.products else Verdict.UNKNOWN
        return Gap(row, today, row.failed, Verdict.SHOOT if today.lacking_total else answered)
    if today.pictures and clicks and _is_unopened(row):
        return Gap(row, today, row.asked, Verdict.SHOOT if today.lacking_total else Verdict.UNOPENED)
    return None


def make_report(
    log: RolledUp, looked_at: Iterable[tuple[Row, Today]], *, made: datetime, retention_days: int
) -> GapReport:
    """Return the report; ``looked_at`` are troubled queries with what the catalogue has for them now."""
    found: list[Gap] = []
    closed = 0
    for row, today in looked_at:
        one = gap(row, today, clicks=log.clicks > 0)
        if one is not None:
            found.append(one)
        closed += one is None
    found.sort(key=lambda one: (-one.unmet, one.row.form))
    return GapReport(made, retention_days, log, tuple(found), wanted(found), closed)


def wanted(gaps: Iterable[Gap]) -> tuple[Wanted, ...]:
    """Return the products to be photographed, the most wanted first; variants count with their parent."""
    groups: dict[str, _Group] = {}
    for one in gaps:
        if one.verdict is not Verdict.SHOOT:
            continue
        share = one.unmet / one.today.lacking_total
        for product in one.today.lacking:
            groups.setdefault(product.parent or product.sku, _Group({}, {}, 0.0)).add(one, product, share)
    prices = _prices(group.shown for group in groups.values())
    listed = (group.wanted(prices) for group in groups.values())
    return tuple(sorted(listed, key=lambda one: (-one.score, one.product.sku)))


@dataclass(slots=True)
class _Group:
    """A product with its variants, and what asks for them."""

    products: dict[str, Lacking]
    unmet: dict[str, int]
    demand: float

    def add(self, one: Gap, product: Lacking, share: float) -> None:
        self.products.setdefault(product.sku, product)
        self.unmet[one.row.q] = one.unmet
        self.demand += share

    @property
    def shown(self) -> Lacking:
        """The parent itself, else the variant that answers best."""
        listed = tuple(self.products.values())
        return next((one for one in listed if one.parent is None), listed[0])

    def wanted(self, prices: dict[str, float]) -> Wanted:
        product = self.shown
        most = max(one.need for one in self.products.values())
        uses = sum(one.uses for one in self.products.values())
        score = self.demand * most * (1 + USE_WEIGHT * math.log10(1 + uses)) * _price_factor(product, prices)
        queries = sorted(self.unmet, key=lambda q: (-self.unmet[q], q))
        unmet = sum(self.unmet.values())
        return Wanted(product, len(self.products) - 1, tuple(queries), unmet, self.demand, score)


def _is_unopened(row: Row) -> bool:
    return not row.opened and row.asked >= LEAST_UNOPENED


def _prices(products: Iterable[Lacking]) -> dict[str, float]:
    """Return the middle price in each currency."""
    listed: dict[str, list[float]] = {}
    for one in products:
        if one.price:
            listed.setdefault(one.currency or "", []).append(one.price)
    return {currency: statistics.median(found) for currency, found in listed.items()}


def _price_factor(product: Lacking, middle: dict[str, float]) -> float:
    if not product.price:
        return 1.0
    factor = float((product.price / middle[product.currency or ""]) ** PRICE_POWER)
    return min(MOST_PRICE_FACTOR, max(LEAST_PRICE_FACTOR, factor))


def _reason(one: Gap) -> str:
    today, row = one.today, one.row
    vain = " and ".join(_vain(row)) or f"{_number(today.pictures, 'picture')} found, none opened"
    products = _number(today.products, "product")
    if one.verdict is Verdict.SHOOT:
        have = "has" if today.products == 1 else "have"
        which = f"{today.lacking_total} of them" if today.lacking_total < today.products else "all of them"
        which = "it" if today.products == 1 else which
        lack = "lacks" if today.lacking_total == 1 else "lack"
        return f"{vain}; {products} {have} these words, and {which} {lack} a picture that can be shown"
    if one.verdict is Verdict.DESCRIBE:
        have = "has" if today.products == 1 else "have"
        return f"{vain}; {products} {have} these words, with pictures: link them, or give them these words"
    if one.verdict is Verdict.UNOPENED:
        return f"{vain}: are they the right ones?"
    if today.did_you_mean:
        return f'{vain}; perhaps "{today.did_you_mean}" was meant'
    return f"{vain}; nothing in the catalogue has these words: another word for something, or a wish"


def _vain(row: Row) -> Iterator[str]:
    if row.empty:
        yield f"{_times(row.empty)} nothing was found"
    if row.by_look:
        yield f"{_times(row.by_look)} only what looks like it"


def _times(count: int) -> str:
    return {1: "once", 2: "twice"}.get(count, f"{count:,} times")


def _number(count: int, noun: str) -> str:
    return f"{count:,} {noun}" + ("" if count == 1 else "s")


def _joined(words: Sequence[str]) -> str:
    return " and ".join(part for part in (", ".join(words[:-1]), words[-1]) if part)
