"""The state of a product's pictures, as its document carries it. Pure.

The state depends on the product, its links, its assets and the settings, and on nothing else but the day on
which a licence ends. So it says when that will be (``changes``), and by which settings it was judged
(``basis``): whoever writes it can find what must be judged anew.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Sequence
from datetime import datetime

from discovery.config import AuditSettings
from discovery.picture_sets.heroes import HERO, hero_of
from discovery.picture_sets.licences import over_from
from discovery.picture_sets.needs import PictureSet, picture_sets
from mappings.documents import AssetDocument, AssetsSide, ProductSource, SetState, percent_token

VERSION = "1"
"""Names this code; raise it when the same pictures would get another state, and all are judged anew."""


MOST_BARE = 1000
"""Families whose products without pictures are remembered at a time."""


class SetJudge:
    """Judges the pictures of products by one set of settings."""

    def __init__(self, settings: AuditSettings) -> None:
        self._settings = settings
        scopes = [(scope.source, scope.family, scope.least_long_edge) for scope in settings.scopes]
        sets = [dataclasses.astuple(wanted) for wanted in settings.picture_sets]
        facts = [VERSION, settings.least_long_edge, sorted(settings.unapproved), scopes, sets]
        self.basis = hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:16]
        """Names what the state rests on besides product and pictures."""
        self._bare: dict[tuple[str | None, bool], AssetsSide] = {}

    def bare(self, said: ProductSource, now: datetime) -> AssetsSide:
        """Return the state of a product without any picture: the same for all of a family."""
        alike = (said.family, any(image.role == HERO for image in said.images))
        if alike not in self._bare:
            if len(self._bare) >= MOST_BARE:
                self._bare.clear()
            self._bare[alike] = self.judged(said, AssetsSide(), (), now)
        return self._bare[alike]

    def judged(
        self, said: ProductSource, side: AssetsSide, assets: Sequence[AssetDocument], now: datetime
    ) -> AssetsSide:
        """Return ``side`` with the state of its pictures; ``assets`` are those that its links name."""
        hero = hero_of(said, side.links, assets, self._settings, now)
        sets = picture_sets(said, side.links, assets, self._settings)
        return dataclasses.replace(
            side,
            roles=tuple(dict.fromkeys(link.role for link in side.links)),
            hero_usable=hero.usable,
            hero_problems=hero.problems,
            completeness=min((one.percent for one in sets), default=100),
            channels=tuple(percent_token(one.channel, one.percent) for one in sets if one.channel),
            lacking=tuple(
                dict.fromkeys(need.view for one in sets for need in one.needs if need.problem is not None)
            ),
            sets=tuple(_state(one) for one in sets),
            changes=_changes(side, assets, now),
            basis=self.basis,
        )


def _state(one: PictureSet) -> SetState:
    problems = tuple(need.problem for need in one.needs if need.problem is not None)
    return SetState(one.percent, one.channel, problems)


def _changes(side: AssetsSide, assets: Sequence[AssetDocument], now: datetime) -> datetime | None:
    """Return when the next licence of a main picture will have ended."""
    heroes = {link.id for link in side.links if link.role == HERO}
    licences = (asset.source.licence_ends for asset in assets if asset.id in heroes)
    ends = (over_from(end) for end in licences if end is not None)
    return min((moment for moment in ends if moment >= now), default=None)
