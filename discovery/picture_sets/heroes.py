"""Whether a product's main picture can be shown. Pure."""

from __future__ import annotations

import enum
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from discovery.config import AuditSettings
from discovery.picture_sets.licences import ended
from discovery.picture_sets.scopes import least_long_edge
from mappings.documents import AssetDocument, AssetLink, ProductSource

HERO = "hero"


class Problem(enum.StrEnum):
    """What keeps a main picture from being shown, as it is counted and filtered by."""

    NONE = "no main picture"
    NOT_THERE = "not there"
    LICENCE = "licence ended"
    NOT_LISTED = "no longer listed"
    NO_PICTURE = "not a picture"
    UNAPPROVED = "unapproved"
    SMALL = "too small"


@dataclass(frozen=True, slots=True)
class Flaw:
    """One reason against a main picture, in words. What is ``forbidden`` must not be shown at all."""

    problem: Problem
    reason: str
    forbidden: bool = False


@dataclass(frozen=True, slots=True)
class Hero:
    """A product's main picture, ``None`` where there is none to look at, and what is wrong with it.

    Of several it is the first one without a flaw, else the first one.
    """

    picture: AssetDocument | None
    flaws: tuple[Flaw, ...]

    @property
    def usable(self) -> bool:
        """Whether it can be shown as it is."""
        return not self.flaws

    @property
    def problems(self) -> tuple[str, ...]:
        """What is wrong with it, each once."""
        return tuple(dict.fromkeys(str(flaw.problem) for flaw in self.flaws))


def hero_of(
    said: ProductSource,
    links: Sequence[AssetLink],
    assets: Iterable[AssetDocument],
    settings: AuditSettings,
    now: datetime,
    absent: Collection[str] = (),
) -> Hero:
    """Return the main picture among ``assets``, those that ``links`` tie to the product.

    ``absent`` are the ids of those that their source no longer lists, as far as anybody looked.
    """
    heroes = {link.id for link in links if link.role == HERO}
    least = least_long_edge(settings, (said.name,), (said.family,) if said.family else ())
    judged = [
        Hero(asset, _flaws(asset, settings, least, now, absent)) for asset in assets if asset.id in heroes
    ]
    if judged:
        return next((hero for hero in judged if hero.usable), judged[0])
    if any(image.role == HERO for image in said.images):
        return Hero(
            None, (Flaw(Problem.NOT_THERE, "the main picture that its catalogue names is not there"),)
        )
    return Hero(None, (Flaw(Problem.NONE, "none of its assets is its main picture"),))


def is_unapproved(status: str, settings: AuditSettings) -> bool:
    """Return whether a state of approval keeps a file from showing a product."""
    return status.casefold() in {state.casefold() for state in settings.unapproved}


def _flaws(
    picture: AssetDocument, settings: AuditSettings, least: int, now: datetime, absent: Collection[str]
) -> tuple[Flaw, ...]:
    found: list[Flaw] = []
    media, ends = picture.media, picture.source.licence_ends
    if ends is not None and ended(ends, now):
        found.append(Flaw(Problem.LICENCE, f"its licence ended on {ends:%Y-%m-%d}", forbidden=True))
    if picture.id in absent:
        found.append(Flaw(Problem.NOT_LISTED, "its source no longer lists it", forbidden=True))
    if media.type != "image":
        found.append(Flaw(Problem.NO_PICTURE, f"it is no picture but {media.type}"))
    if is_unapproved(picture.curation.status, settings):
        found.append(Flaw(Problem.UNAPPROVED, f"its status is {picture.curation.status}"))
    if media.width and media.height and max(media.width, media.height) < least:
        reason = f"{media.width} x {media.height} pixels; the long edge needs {least}"
        found.append(Flaw(Problem.SMALL, reason))
    return tuple(found)
