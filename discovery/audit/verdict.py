"""Outdated is a verdict, not an age; and so is unused. Pure: reasons in words, a confidence, or unknown."""

from __future__ import annotations

import enum
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from discovery.audit import scopes
from discovery.audit.context import Context
from discovery.audit.model import AssetSubject
from discovery.picture_sets.licences import ended
from mappings.documents import ProductDocument

OUTDATED_FROM = 0.5
"""Confidence from which something counts as outdated."""

DAYS_OF_A_YEAR = 365.25
_SEASON = re.compile(
    r"(?i)\b(ss|fs|spring(?: */? *summer)?|summer|fw|aw|hw|(?:autumn|fall)(?: */? *winter)?|winter)"
    r"[ /_-]*(?:20)?(\d{2})(?:[/-](?:20)?(\d{2}))?\b"
)
_SUMMER = ("ss", "fs", "spring", "summer")


class Cause(enum.StrEnum):
    """Why something is outdated."""

    LICENCE = "licence"
    SUPERSEDED = "superseded"
    LIFECYCLE = "lifecycle"
    SEASON = "season"
    CHANGED = "changed"
    UNUSED = "unused"
    AGE = "age"


@dataclass(frozen=True, slots=True)
class Ground:
    """One cause with its reason in words and how surely it alone makes something outdated, 0 to 1."""

    cause: Cause
    reason: str
    weight: float


@dataclass(frozen=True, slots=True)
class Outdated:
    """Whether a file is outdated: ``yes``, ``no``, or ``unknown`` with what is missing."""

    answer: str
    confidence: float
    grounds: tuple[Ground, ...] = ()
    missing: tuple[str, ...] = ()


def outdated(subject: AssetSubject, context: Context, without: frozenset[Cause] = frozenset()) -> Outdated:
    """Return the verdict on a file from everything that is known of it.

    Causes ``without`` are left aside, for rules that do not repeat what another rule tells. Causes add up as
    independent evidence does, 1 - product of (1 - weight), so that neither age nor a later change of the
    product is enough alone.
    """
    grounds = tuple(ground for ground in _grounds(subject, context) if ground.cause not in without)
    confidence = 1 - math.prod(1 - ground.weight for ground in grounds)
    if confidence >= OUTDATED_FROM:
        return Outdated("yes", round(confidence, 3), grounds)
    missing = tuple(_missing(subject))
    if missing:
        return Outdated("unknown", 0.0, grounds, missing)
    return Outdated("no", round(1 - confidence, 3), grounds)


def _grounds(subject: AssetSubject, context: Context) -> Iterator[Ground]:
    said, now = subject.asset.source, context.now
    if said.licence_ends is not None and ended(said.licence_ends, now):
        yield Ground(Cause.LICENCE, f"its licence ended on {said.licence_ends:%Y-%m-%d}", 1.0)
    if (newer := context.newer.get(subject.asset.id)) is not None:
        yield Ground(Cause.SUPERSEDED, newer.why, newer.confidence)
    products = subject.products
    whole = bool(products) and len(products) >= len(subject.asset.product.sku)
    if whole and all(is_discontinued(product, context) for product in products):
        yield Ground(Cause.LIFECYCLE, f"{_they(products)} discontinued", 0.9)
    elif whole and all(season_over(product, now) for product in products):
        yield Ground(Cause.SEASON, f"the season of {_names(products)} is over", 0.8)
    made = said.created or said.modified
    changed = [p for p in products if made and _outran(p, made, context)]
    if changed:
        yield Ground(Cause.CHANGED, f"{_names(changed)} changed after it was made ({made:%Y-%m-%d})", 0.3)
    years = scopes.stale_years_of(subject, context)
    if years and made is not None and now - made > timedelta(days=years * DAYS_OF_A_YEAR):
        age = (now - made).days / DAYS_OF_A_YEAR
        yield Ground(Cause.AGE, f"it was made {age:.1f} years ago; {years:g} is the limit", 0.3)
    last = subject.asset.usage.last_used
    if (
        years
        and _trusted(context)
        and last is not None
        and now - last > timedelta(days=years * DAYS_OF_A_YEAR)
    ):
        yield Ground(Cause.UNUSED, f"it was last used on {last:%Y-%m-%d}", 0.4)


def _missing(subject: AssetSubject) -> Iterator[str]:
    said = subject.asset.source
    if said.created is None and said.modified is None:
        yield "when it was made is not known"
    absent = len(subject.asset.product.sku) - len(subject.products)
    if absent > 0:
        yield f"{absent} of the products it shows could not be read"


def _trusted(context: Context) -> bool:
    return context.usage is not None and context.usage.complete


def is_discontinued(product: ProductDocument, context: Context) -> bool:
    """Return whether a product is sold no more."""
    ended = {status.casefold() for status in context.settings.discontinued}
    return (product.source.status or "").casefold() in ended


def season_over(product: ProductDocument, now: datetime) -> bool:
    """Return whether a product's seasons all have a year and lie behind; one without a year never ends."""
    seasons = product.source.attribute_values.get("season", ())
    ends = [season_end(season) for season in seasons]
    return bool(ends) and all(end is not None and end < now for end in ends)


def season_end(text: str) -> datetime | None:
    """Return when a season is over: ``SS24`` on 1 September 2024, ``FW 2023/24`` on 1 March 2024."""
    match = _SEASON.search(text)
    if match is None:
        return None
    name, first, second = match[1].lower(), int(match[2]), match[3]
    if name.startswith(_SUMMER):
        return datetime(2000 + first, 9, 1, tzinfo=UTC)
    return datetime(2000 + (int(second) if second else first + 1), 3, 1, tzinfo=UTC)


def _outran(product: ProductDocument, made: datetime, context: Context) -> bool:
    modified = product.source.modified
    return modified is not None and modified - made > timedelta(days=context.settings.changed_days)


class Use(enum.StrEnum):
    """How surely a file is never used."""

    USED = "used"
    DEFINITELY = "definitely never used"
    PROBABLY = "probably never used"
    TOO_YOUNG = "too young to say"
    PROTECTED = "protected"
    UNKNOWN = "unknown"


def use_of(subject: AssetSubject, context: Context) -> tuple[Use, str]:
    """Return how surely a file is never used, and the reason in words.

    Without a complete usage feed the answer is ``unknown``, however quiet it is.
    """
    asset, feed, now = subject.asset, context.usage, context.now
    if asset.usage.used > 0 or asset.usage.last_used is not None:
        return Use.USED, f"used {asset.usage.used} times"
    if feed is None or not feed.complete:
        return Use.UNKNOWN, "the usage feed is absent or incomplete"
    if asset.curation.status.casefold() in {status.casefold() for status in context.settings.protected}:
        return Use.PROTECTED, f"its status is {asset.curation.status}"
    if asset.product.linked:
        return Use.PROTECTED, "a product shows it"
    there = asset.source.created or asset.source.modified
    watched = (now - max(feed.since, asset.source.modified or feed.since)).days
    if watched < context.settings.unused_days:
        return Use.TOO_YOUNG, f"it has been watched for {max(0, watched)} days"
    if there is not None and there >= feed.since:
        return Use.DEFINITELY, f"no use since it was made on {there:%Y-%m-%d}"
    return Use.PROBABLY, f"no use since {feed.since:%Y-%m-%d}; what was before that is not known"


def _names(products: tuple[ProductDocument, ...] | list[ProductDocument]) -> str:
    skus = [product.source.sku for product in products]
    return ", ".join(skus[:3]) + (f" and {len(skus) - 3} more" if len(skus) > 3 else "")


def _they(products: tuple[ProductDocument, ...]) -> str:
    return f"{_names(products)} {'is' if len(products) == 1 else 'are'}"
