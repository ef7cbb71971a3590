"""All evidence about one asset, fused into a verdict. Pure: the same asset and products, the same verdict."""

from __future__ import annotations

import dataclasses
import hashlib
import itertools
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from discovery.config import LinkingSettings
from discovery.linking.book import Family, Look, ProductBook
from discovery.linking.captions import caption_colour_evidence, caption_evidence, name_words_evidence
from discovery.linking.evidence import GROUPS, IDENTIFYING, Evidence
from discovery.linking.fusion import Weights, alone, probabilities, shipped_weights, strongest
from discovery.linking.metadata import metadata_evidence
from discovery.linking.naming import name_evidence, path_evidence
from discovery.linking.patterns import Patterns
from discovery.linking.roles import ALTERNATE, HERO, caption_role, name_role, plain_role
from discovery.linking.sightings import (
    COPY,
    Declared,
    LookScale,
    Neighbour,
    barcode_evidence,
    colour_evidence,
    declared_evidence,
    visual_evidence,
)
from discovery.linking.verdict import Link, Proposal, State, Verdict, Weighed
from discovery.linking.words import MOST_WORDS, stem, words
from mappings.documents import AssetDocument

VERSION = "1"
"""Names this code; raise it when the same asset and products would get another verdict."""


MOST_CANDIDATES = 40
_CLAIM = 0.5
"""Probability from which a product that had no rival would be taken to claim the asset."""

_METHODS = {
    "name": "filename",
    "path": "path",
    "metadata": "metadata",
    "caption": "caption",
    "visual": "visual",
    "colour": "visual",
    "declared": "declared",
    "barcode": "barcode",
}
_GROUP_OF = {feature: group for group, features in GROUPS.items() for feature in features}
_STYLES = frozenset({"name_style", "metadata_style"})
_TELLING_LOOK = IDENTIFYING | {"name_colour"}
_SETTLING = IDENTIFYING | _STYLES | {"declared", "visual_copy"}
"""Without one of these a link needs somebody's word, however likely: names of things are not unique."""

_CLAIMING_LOOK = _TELLING_LOOK | {"declared", "caption_colour", "visual_copy"}


@dataclass(frozen=True, slots=True)
class Candidate:
    """A family with all evidence about it, and the values that the models are given."""

    family: Family
    evidence: tuple[Evidence, ...]
    values: Mapping[str, float]
    looks: Mapping[str, Mapping[str, float]]


class Linker:
    """Judges assets against the products of a book."""

    def __init__(
        self,
        book: ProductBook,
        settings: LinkingSettings,
        *,
        weights: Weights | None = None,
        scale: LookScale | None = None,
    ) -> None:
        self.book = book
        self._settings = settings
        self._weights = weights or shipped_weights()
        self._scale = scale or LookScale()
        self._patterns = Patterns(settings.patterns)

    @property
    def basis(self) -> str:
        """What a verdict rests on besides asset and products; where it changes, all must be judged anew."""
        facts = {
            "version": VERSION,
            "settings": dataclasses.asdict(self._settings),
            "weights": self._weights.text,
            "scale": dataclasses.astuple(self._scale),
        }
        return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()[:16]

    def judge(
        self,
        asset: AssetDocument,
        *,
        declared: Iterable[Declared] = (),
        neighbours: Sequence[Neighbour] = (),
        barcodes: Iterable[str] = (),
    ) -> Verdict:
        """Return which products the asset shows, with reasons.

        ``neighbours`` are pictures like it that are linked already by other evidence than their likeness to
        it; those of the asset itself do not count.
        """
        near = [one for one in neighbours if one.asset != asset.id] if self._settings.visual else []
        candidates = self.candidates(asset, declared=declared, neighbours=near, barcodes=barcodes)
        if not candidates:
            return Verdict(asset.id, State.NONE, reason="nothing speaks for any product")
        return _Judgement(asset, candidates, near, self._weights, self._settings).verdict()

    def candidates(
        self,
        asset: AssetDocument,
        *,
        declared: Iterable[Declared] = (),
        neighbours: Sequence[Neighbour] = (),
        barcodes: Iterable[str] = (),
        without: frozenset[str] = frozenset(),
    ) -> tuple[Candidate, ...]:
        """Return every family that anything speaks for; ``without`` leaves out groups of evidence."""
        source, book = asset.source, self.book
        evidence: list[Evidence] = []
        if "name" not in without:
            evidence += name_evidence(source.key, book, self._patterns)
        if "path" not in without:
            evidence += path_evidence(source.key, book)
        if not {"name", "path"} <= without:
            evidence += (
                piece
                for piece in name_words_evidence(source.key, book)
                if _GROUP_OF[piece.feature] not in without
            )
        if "metadata" not in without:
            evidence += metadata_evidence(source, book)
        if "caption" not in without:
            evidence += caption_evidence(source, book)
        if "visual" not in without:
            evidence += visual_evidence(neighbours, book)
        if "declared" not in without:
            evidence += declared_evidence(declared, book)
        if "barcode" not in without:
            evidence += barcode_evidence(barcodes, book)
        grouped: dict[str, list[Evidence]] = defaultdict(list)
        for piece in evidence:
            grouped[piece.family].append(piece)
        return tuple(
            self._candidate(asset, book.family(key), pieces, without)
            for key, pieces in sorted(grouped.items())
        )

    def _candidate(
        self, asset: AssetDocument, family: Family, pieces: list[Evidence], without: frozenset[str]
    ) -> Candidate:
        if "caption" not in without:
            pieces += caption_colour_evidence(asset.source, family)
        if "colour" not in without:
            pieces += colour_evidence(asset.media.colours, family)
        looks: dict[str, dict[str, float]] = {}
        for key in family.looks:
            own = strongest(piece for piece in pieces if piece.look == key)
            if own:
                looks[key] = {feature: piece.value for feature, piece in own.items()}
        values = {feature: piece.value for feature, piece in strongest(pieces).items()}
        if "colour_agrees" in values:
            # One look that fits is enough for a family.
            values.pop("colour_differs", None)
        return Candidate(family, tuple(pieces), values, looks)


class _Judgement:
    """One asset's candidates on their way to a verdict."""

    def __init__(
        self,
        asset: AssetDocument,
        candidates: Sequence[Candidate],
        neighbours: Sequence[Neighbour],
        weights: Weights,
        settings: LinkingSettings,
    ) -> None:
        self._asset = asset
        self._neighbours = neighbours
        self._weights = weights
        self._settings = settings
        scores = {one.family.key: weights.family.score(one.values) for one in candidates}
        best = sorted(candidates, key=lambda one: (-scores[one.family.key], one.family.key))
        self._candidates = best[:MOST_CANDIDATES]
        self._scores = {one.family.key: scores[one.family.key] for one in self._candidates}
        self._family_chance = probabilities(self._scores, _together(self._candidates))

    def verdict(self) -> Verdict:
        found: list[Proposal] = []
        claims: list[str] = []
        contradicted = False
        for candidate in self._candidates:
            proposals, siblings = self._proposals(candidate)
            found += proposals
            if siblings and self._family_chance[candidate.family.key] >= self._settings.review:
                contradicted = True
                claims += siblings
        found.sort(key=lambda one: (-one.probability, one.sku))
        rivals = self._rival_families()
        if rivals:
            contradicted = True
            claims = rivals + claims
        kept = tuple(one for one in found if one.probability >= 0.005)[: self._settings.most_proposals]
        if not kept:
            return Verdict(self._asset.id, State.NONE, reason="nothing speaks for any product")
        state, reason = self._state(kept, claims if contradicted else [])
        return Verdict(
            self._asset.id, state, kept, reason, tuple(dict.fromkeys(claims)) if contradicted else ()
        )

    def _state(self, kept: tuple[Proposal, ...], claims: Sequence[str]) -> tuple[State, str]:
        best = kept[0]
        if claims:
            return State.CONFLICT, f"{' and '.join(dict.fromkeys(claims))} both claim it"
        if best.probability < self._settings.review:
            return State.NONE, f"the best guess, {best.sku}, is too weak ({best.probability:.0%})"
        ahead = best.probability - self._next(kept) >= self._settings.margin
        said = {one.feature for one in best.evidence if one.contribution > 0}
        if ahead and "declared" in said:
            return State.AUTO, f"the catalogue names it for {best.sku}, and nothing speaks against that"
        settled = bool(_SETTLING & said)
        if best.probability >= self._settings.auto and ahead:
            if not settled:
                return (
                    State.REVIEW,
                    f"{best.sku} is likely ({best.probability:.0%}), but nothing identifies it",
                )
            return State.AUTO, f"{best.sku} is sure ({best.probability:.0%}) and has no rival"
        return State.REVIEW, f"{best.sku} is likely ({best.probability:.0%}), not sure"

    def _next(self, kept: tuple[Proposal, ...]) -> float:
        """Return the probability of the best proposal that rules the first one out."""
        first = kept[0]
        together = {link.sku for link in first.links[:1]}
        shared = {p.sku for p in kept if "declared" in {e.feature for e in p.evidence if e.sku == p.sku}}
        others = (
            one.probability
            for one in kept[1:]
            if one.sku not in together and not {one.sku, first.sku} <= shared
        )
        return max(others, default=0.0)

    def _rival_families(self) -> list[str]:
        """Return a SKU of each family that claims the asset, where the best is not clearly ahead.

        One that is declared counts however far behind it is, for its link holds until somebody mends it.
        """
        chance, together = self._family_chance, _together(self._candidates)
        first, *others = sorted(self._candidates, key=lambda one: (-chance[one.family.key], one.family.key))
        if alone(self._scores[first.family.key]) < _CLAIM:
            return []
        rivals = [
            one
            for one in others
            if alone(self._scores[one.family.key]) >= _CLAIM
            and _claims(one)
            and _claims(first)
            and frozenset((first.family.key, one.family.key)) not in together
            and (
                "declared" in one.values
                or chance[first.family.key] - chance[one.family.key] < self._settings.margin
            )
        ]
        if not rivals:
            return []
        return [self._proposals(one)[0][0].sku for one in (first, *rivals) if self._proposals(one)[0]]

    def _proposals(self, candidate: Candidate) -> tuple[list[Proposal], list[str]]:
        """Return a family's proposals, and the SKUs of its looks that contradict one another."""
        family = candidate.family
        chance = self._family_chance[family.key]
        only = family.only_look
        if only is not None:
            return [self._proposal(candidate, only, chance, chance)], []
        if not family.looks:
            return [self._proposal(candidate, None, chance, chance)], []
        scores = {key: self._weights.look.score(values) for key, values in candidate.looks.items()}
        looks = probabilities(scores, _looks_together(candidate))
        ordered = sorted(looks, key=lambda key: (-looks[key], key))
        siblings = self._siblings(candidate, scores, looks, ordered)
        if family.umbrella is not None:
            best = ordered[0] if ordered and looks[ordered[0]] >= _CLAIM else None
            look = family.looks[best] if best is not None else None
            share = looks[best] if best is not None else 0.0
            return [self._proposal(candidate, look, chance, chance * share)], siblings
        return [
            self._proposal(candidate, family.looks[key], chance * looks[key], chance * looks[key])
            for key in ordered
        ], siblings

    def _siblings(
        self,
        candidate: Candidate,
        scores: Mapping[str, float],
        looks: Mapping[str, float],
        ordered: Sequence[str],
    ) -> list[str]:
        claiming = [
            key
            for key in ordered
            if alone(scores[key]) >= _CLAIM and _CLAIMING_LOOK & candidate.looks[key].keys()
        ]
        if len(claiming) < 2:
            return []
        first, together = claiming[0], _looks_together(candidate)
        parents = {key for key in claiming if candidate.family.root in candidate.family.looks[key].members}
        against = [
            key
            for key in claiming[1:]
            if not {first, key} & parents
            and frozenset((first, key)) not in together
            and ("declared" in candidate.looks[key] or looks[first] - looks[key] < self._settings.margin)
        ]
        if not against:
            return []
        return [_primary(candidate, candidate.family.looks[key]) for key in (first, *against)]

    def _proposal(
        self, candidate: Candidate, look: Look | None, root_chance: float, look_chance: float
    ) -> Proposal:
        """Return the proposal of one look, or of the umbrella alone."""
        family = candidate.family
        role, _ = self._role(candidate)
        skus = _linked(candidate, look)
        links = tuple(
            Link(sku, _role_on(sku, role, family, look), root_chance if sku == family.root else look_chance)
            for sku in skus
        )
        evidence = self._weighed(candidate, look)
        positive = [one for one in evidence if one.contribution > 0]
        method = _METHODS[_GROUP_OF[positive[0].feature]] if positive else "visual"
        return Proposal(
            sku=links[0].sku,
            name=family.name,
            probability=links[0].probability,
            role=role,
            method=method,
            links=links,
            reasons=tuple(dict.fromkeys(one.reason for one in evidence if one.contribution)),
            evidence=evidence,
        )

    def _weighed(self, candidate: Candidate, look: Look | None) -> tuple[Weighed, ...]:
        """Return every piece about the proposal with what it adds, the weightiest first."""
        own = look.key if look is not None else None
        pieces = [piece for piece in candidate.evidence if piece.look in (None, own)]
        for_family = strongest(piece for piece in candidate.evidence if piece.feature in candidate.values)
        for_look = strongest(piece for piece in pieces if own is not None and piece.look == own)
        counted = len(candidate.family.looks) > 1
        weighed = []
        for piece in dict.fromkeys((*pieces, *for_family.values())):
            added = 0.0
            if for_family.get(piece.feature) == piece:
                added += self._weights.family.weights.get(piece.feature, 0.0) * piece.value
            if counted and for_look.get(piece.feature) == piece:
                added += self._weights.look.weights.get(piece.feature, 0.0) * piece.value
            weighed.append(Weighed(piece.feature, piece.value, added, piece.reason, piece.sku))
        weighed.sort(key=lambda one: (-abs(one.contribution), one.feature, one.reason))
        return tuple(weighed)

    def _role(self, candidate: Candidate) -> tuple[str, str]:
        source, media = self._asset.source, self._asset.media
        said = words(stem(source.key))[:MOST_WORDS]
        role = name_role(word for word in said if word not in candidate.family.words)
        if role:
            return role, "the file name"
        role = caption_role(
            [*words(source.title or ""), *(w for k in source.keywords[:100] for w in words(k))]
        )
        if role:
            return role, "the metadata"
        skus = set(candidate.family.members)
        copies = [one for one in self._neighbours if one.sku in skus and one.similarity >= COPY]
        if copies:
            return max(copies, key=lambda one: (one.similarity, one.asset)).role, "a picture like it"
        last = said[-1] if len(said) > 1 else ""
        counter = int(last) if last.isdigit() and len(last) <= 3 else None
        return plain_role(media.width, media.height, counter), "its place"


def _claims(candidate: Candidate) -> bool:
    """Return whether anything but colours speaks for the family."""
    return any(piece.feature not in GROUPS["colour"] for piece in candidate.evidence)


def _together(candidates: Sequence[Candidate]) -> set[frozenset[str]]:
    """Return the pairs of families that may share the asset: declared, and no code tells them apart."""
    declared = [one for one in candidates if "declared" in one.values]
    return {
        frozenset((one.family.key, other.family.key))
        for one, other in itertools.combinations(declared, 2)
        if bool((IDENTIFYING | _STYLES) & one.values.keys())
        == bool((IDENTIFYING | _STYLES) & other.values.keys())
    }


def _looks_together(candidate: Candidate) -> set[frozenset[str]]:
    """Return the pairs of looks that may share the asset, by the same rule."""
    declared = [key for key, values in candidate.looks.items() if "declared" in values]
    return {
        frozenset((one, other))
        for one, other in itertools.combinations(declared, 2)
        if bool(_TELLING_LOOK & candidate.looks[one].keys())
        == bool(_TELLING_LOOK & candidate.looks[other].keys())
    }


def _role_on(sku: str, role: str, family: Family, look: Look | None) -> str:
    """Return what a picture is to one member: another look's main picture is an alternate to the parent."""
    foreign = look is not None and sku == family.root and sku != family.umbrella and sku not in look.members
    return ALTERNATE if foreign and role == HERO else role


def _named_members(candidate: Candidate, look: Look) -> list[str]:
    """Return the members of a look that evidence names one by one."""
    said = {piece.sku for piece in candidate.evidence if piece.sku and piece.look == look.key}
    return [sku for sku in look.members if sku in said]


def _primary(candidate: Candidate, look: Look) -> str:
    """Return the product that a look's link is shown under.

    That is the one member that is named, or the only one; else the umbrella, for sizes look alike.
    """
    named = _named_members(candidate, look)
    if len(named) == 1:
        return named[0]
    if len(look.members) > 1 and candidate.family.umbrella is not None:
        return candidate.family.umbrella
    return (named or look.members)[0]


def _linked(candidate: Candidate, look: Look | None) -> tuple[str, ...]:
    """Return the SKUs that a look's picture belongs to: the primary one, the parent, the look's others."""
    root = (candidate.family.root,) if candidate.family.root else ()
    if look is None:
        return root
    return tuple(dict.fromkeys((_primary(candidate, look), *root, *look.members)))
