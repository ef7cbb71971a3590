"""People's word on files that hold the same picture: both are meant, or one is the other from now on.

A decision is a record first, one for each two assets, and only then brought onto them. Nothing is thrown
away: what was merged is kept as it was, and comes back when the word is taken back.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from discovery.curation.duplicate_words import (
    MOST_TOGETHER,
    Choice,
    DuplicateWord,
    Effect,
    SaidOfPair,
    pairs_in,
)
from discovery.curation.words import LONGEST_BY, LONGEST_WHY, MOST_AT_ONCE
from discovery.duplicates.merges import Merge, heir_of
from discovery.engine.reader import Reader
from discovery.engine.records import Records, Stored
from discovery.errors import DiscoveryError, EngineConflict, FieldProblem, InputInvalid
from mappings.documents import Absorbed, AppliedLink, AssetDocument
from mappings.registry import ASSETS, DECISIONS

MOST_HISTORY = 50
_KIND = "duplicate"
_TRIES = 5
_DECLARED = "declared"
_READ = ("id", "source", "media.checksum", "media.type", "media.mime", "media.format", "media.bytes",
         "product.linked", "product.links", "product.sku", "curation")  # fmt: skip

Members = Callable[[str], tuple[str, ...]]
"""Returns the assets of a group, its suggested keeper first; none where there is no such group."""


@dataclass(frozen=True, slots=True)
class _Said:
    number: int
    asset: str
    other: str
    choice: Choice
    why: str


class DuplicateDecisions:
    """The decisions of one prefix. ``carry_out`` brings them onto the assets that it is given."""

    def __init__(
        self,
        records: Records,
        reader: Reader,
        prefix: str,
        members: Members,
        carry_out: Callable[[Sequence[str]], None],
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._records = records
        self._reader = reader
        self._index = DECISIONS.write_alias(prefix)
        self._assets = ASSETS.read_alias(prefix)
        self._members = members
        self._carry_out = carry_out
        self._clock = clock

    def kept(self) -> frozenset[frozenset[str]]:
        """Return the pairs of assets that people said are both meant."""
        found = self._scan([{"term": {"verdict": Choice.KEEP_BOTH.value}}], ("asset", "other"))
        return frozenset(frozenset((one["asset"], one["other"])) for one in found)

    def merges(self) -> list[Merge]:
        """Return what was ever merged, what was taken back included, in the order in which it was said."""
        found = self._scan([{"exists": {"field": "other"}}])
        ordered = sorted((one for one in found if one.get("before")), key=lambda one: (one["at"], one["id"]))
        return [_merge(one) for one in ordered]

    def standing_for(self, assets: Sequence[str]) -> dict[str, str]:
        """Return the asset that each of some assets is now; those that were not merged are themselves."""
        holding = {one.asset: one for one in self.merges() if one.holds}
        return {asset: heir_of(asset, holding) for asset in assets}

    def of(self, assets: Sequence[str]) -> list[SaidOfPair]:
        """Return what holds of some assets."""
        either = [{"terms": {"asset": list(assets)}}, {"terms": {"other": list(assets)}}]
        conditions: list[Mapping[str, Any]] = [
            {"bool": {"should": either, "minimum_should_match": 1}},
            {"terms": {"verdict": [Choice.KEEP_BOTH.value, Choice.MERGE.value]}},
        ]
        return [_said(one) for one in self._scan(conditions)]

    def decide(self, words: Sequence[DuplicateWord], by: str, *, preview: bool = False) -> list[Effect]:
        """Record what somebody says, and bring it onto the assets; all of it, or none if any is wrong.

        Returns what that does to each pair. With ``preview`` nothing is changed. Saying the same once more
        changes nothing, so what an error cut short may be sent again as it was.

        Raises:
            InputInvalid: naming each that is wrong: an unknown group or asset, a merge in a circle.
            EngineUnavailable, EngineTimedOut, EngineBusy, EngineConflict: naming each that may not be kept.
        """
        _check_sizes(words, by)
        named = self._named(words)
        said = [
            _Said(number, asset, other, word.choice, word.why)
            for number, word in enumerate(named)
            for asset, other in pairs_in(word)
        ]
        if len(said) > MOST_AT_ONCE:
            problem = FieldProblem("decisions", f"they speak of {len(said)} pairs; at most {MOST_AT_ONCE}")
            raise InputInvalid(f"{problem.field}: {problem.message}", (problem,))
        ids = sorted({ident for one in said for ident in (one.asset, one.other)})
        found = self._reader.multi_get(self._assets, ids, includes=_READ)
        documents = {ident: AssetDocument.from_source(source) for ident, source in found.items()}
        stored = {_id(one.asset, one.other): one for one in said}
        records = self._reader.multi_get(self._index, list(stored))
        self._check(said, documents, records)
        effects = [_effect(one, documents, records.get(_id(one.asset, one.other))) for one in said]
        if not preview:
            self._keep_all(said, documents, by, len(words))
        return effects

    def _named(self, words: Sequence[DuplicateWord]) -> list[DuplicateWord]:
        """Return the words with what groups stand for."""
        problems: list[FieldProblem] = []
        named: list[DuplicateWord] = []
        for number, word in enumerate(words):
            at = f"decisions.{number}"
            assets, into = word.assets, word.into
            if word.group is not None and assets:
                problems.append(FieldProblem(f"{at}.assets", "give either a group or assets"))
            elif word.group is not None:
                assets = self._members(word.group)
                into = into or (assets[0] if assets and word.choice is Choice.MERGE else None)
                if not assets:
                    problems.append(FieldProblem(f"{at}.group", f"there is no group {word.group[:100]!r}"))
            elif not assets:
                problems.append(FieldProblem(f"{at}.assets", "name a group, or assets"))
            together = set(assets) | ({into} if into else set())
            if assets and len(together) < 2:
                problems.append(FieldProblem(f"{at}.assets", "name at least two assets"))
            if len(together) > MOST_TOGETHER:
                problems.append(FieldProblem(f"{at}.assets", f"at most {MOST_TOGETHER} assets together"))
            if word.choice is Choice.MERGE and into is None and assets:
                problems.append(FieldProblem(f"{at}.into", "a merge names the asset to merge into"))
            elif word.choice is Choice.KEEP_BOTH and word.into is not None:
                problems.append(FieldProblem(f"{at}.into", "only a merge goes into an asset"))
            elif word.choice is Choice.UNDO and word.into is not None:
                assets = (*assets, word.into)
            named.append(replace(word, assets=assets, into=into))
        _refuse(problems)
        return named

    def _check(
        self,
        said: Sequence[_Said],
        documents: Mapping[str, AssetDocument],
        records: Mapping[str, Mapping[str, Any]],
    ) -> None:
        holding = {one.asset: one for one in self.merges() if one.holds}
        undone = {one.asset for one in said if one.choice is Choice.UNDO} | {
            one.other for one in said if one.choice is Choice.UNDO
        }
        heirs = {asset: one.into for asset, one in holding.items()}
        problems: list[FieldProblem] = []
        named: set[frozenset[str]] = set()
        for one in said:
            at = f"decisions.{one.number}"
            pair = frozenset((one.asset, one.other))
            if pair in named:
                problems.append(FieldProblem(f"{at}.assets", "another decision here speaks of the same two"))
            named.add(pair)
            missing = [ident for ident in (one.asset, one.other) if ident not in documents]
            if one.choice is Choice.UNDO:
                continue
            problems += [
                FieldProblem(f"{at}.assets", f"there is no asset {ident[:100]!r}") for ident in missing
            ]
            if one.choice is not Choice.MERGE:
                if (heirs.get(one.asset), heirs.get(one.other)) != (None, None):
                    told = "one of them is merged; undo that first"
                    problems.append(FieldProblem(f"{at}.assets", told))
                continue
            elsewhere = heirs.get(one.asset, one.other)
            if elsewhere != one.other and one.asset not in undone:
                told = f"{one.asset!r} is merged into {elsewhere!r} already; undo that first"
                problems.append(FieldProblem(f"{at}.assets", told))
                continue
            walked, at_end = {one.asset}, one.other
            while at_end in heirs and at_end not in walked:
                walked.add(at_end)
                at_end = heirs[at_end]
            if at_end in walked:
                told = f"{one.other!r} is merged into {one.asset!r}, or would be: a merge in a circle"
                problems.append(FieldProblem(f"{at}.into", told))
            heirs[one.asset] = one.other
        said_of = {one.number for one in said if _id(one.asset, one.other) in records}
        for number in dict.fromkeys(one.number for one in said if one.choice is Choice.UNDO):
            if number not in said_of:
                problems.append(FieldProblem(f"decisions.{number}.assets", "nobody decided about them"))
        _refuse(problems)

    def _keep_all(
        self, said: Sequence[_Said], documents: Mapping[str, AssetDocument], by: str, count: int
    ) -> None:
        now, done = self._clock(), 0
        try:
            for one in said:
                self._keep(one, documents, by, now)
                done += 1
            self._records.refresh(self._index)
            self._carry_out(sorted({ident for one in said for ident in (one.asset, one.other)}))
        except DiscoveryError as error:
            raise _cut_short(error, said[done:], count) from error

    def _keep(self, said: _Said, documents: Mapping[str, AssetDocument], by: str, now: datetime) -> None:
        ident = _id(said.asset, said.other)
        for _ in range(_TRIES):
            stored = self._records.get(self._index, ident)
            if stored is None and said.choice is Choice.UNDO:
                return
            if stored is not None and _is_said(stored, said):
                return
            source = _source(ident, said, documents, by, now, stored)
            try:
                self._records.put(self._index, ident, source, stored, visible=False)
            except EngineConflict:
                continue
            return
        raise EngineConflict(
            f"{said.asset!r} and {said.other!r} are being decided about by others; try again"
        )

    def _scan(
        self, conditions: Iterable[Mapping[str, Any]], includes: Sequence[str] | None = None
    ) -> Iterator[Mapping[str, Any]]:
        query = {"bool": {"filter": [{"term": {"kind": _KIND}}, *conditions]}}
        for hit in self._reader.scan(self._index, query, includes):
            yield hit["_source"]


def _check_sizes(words: Sequence[DuplicateWord], by: str) -> None:
    problems: list[FieldProblem] = []
    if not words:
        problems.append(FieldProblem("decisions", "expected at least one decision"))
    if len(words) > MOST_AT_ONCE:
        problems.append(FieldProblem("decisions", f"at most {MOST_AT_ONCE} at once"))
    if len(by) > LONGEST_BY:
        problems.append(FieldProblem("by", f"at most {LONGEST_BY} characters"))
    problems += [
        FieldProblem(f"decisions.{number}.why", f"at most {LONGEST_WHY} characters")
        for number, word in enumerate(words)
        if len(word.why) > LONGEST_WHY
    ]
    _refuse(problems)


def _refuse(problems: Sequence[FieldProblem]) -> None:
    if problems:
        told = "; ".join(f"{problem.field}: {problem.message}" for problem in problems[:5])
        raise InputInvalid(told, tuple(problems))


def _cut_short(error: DiscoveryError, left: Sequence[_Said], count: int) -> DiscoveryError:
    """Return the error that came in between as one that tells what was kept, and what to do."""
    missing = list(dict.fromkeys(one.number for one in left))
    if not missing:
        told = "all that was decided is kept, but not carried out yet: send it again"
    else:
        told = f"{count - len(missing)} of {count} decisions are kept: send all again, what is kept stays"
    problems = tuple(FieldProblem(f"decisions.{number}", "is not known to be kept") for number in missing)
    return type(error)(f"{error.detail}; {told}", (*error.problems, *problems))


def _is_said(stored: Stored, said: _Said) -> bool:
    told = stored.source
    if told["verdict"] != said.choice.value:
        return False
    return said.choice is not Choice.MERGE or told["asset"] == said.asset


def _effect(said: _Said, documents: Mapping[str, AssetDocument], record: Mapping[str, Any] | None) -> Effect:
    before = None
    if record is not None and record["verdict"] != Choice.UNDO.value:
        before = Choice(record["verdict"])
    if said.choice is not Choice.MERGE:
        return Effect(said.asset, said.other, said.choice, before)
    asset, into = documents[said.asset], documents[said.other]
    own = {*into.source.keywords, *into.curation.keywords}
    keywords = (*asset.source.keywords, *asset.curation.keywords)
    return Effect(
        said.asset,
        said.other,
        said.choice,
        before,
        tuple(dict.fromkeys(word for word in keywords if word not in own)),
        tuple(sku for sku in asset.product.sku if sku not in into.product.sku),
    )


def _source(
    ident: str,
    said: _Said,
    documents: Mapping[str, AssetDocument],
    by: str,
    now: datetime,
    stored: Stored | None,
) -> dict[str, Any]:
    history: list[Any] = []
    told = stored.source if stored is not None else {}
    if told:
        last = {name: value for name, value in told.items() if name in _TOLD}
        history = [*told.get("history", {}).get("entries", ()), last][-MOST_HISTORY:]
    asset, other = said.asset, said.other
    before = told.get("before")
    if said.choice is Choice.MERGE:
        before = _before(documents[asset])
    elif told:
        asset, other = told["asset"], told["other"]  # who was merged into whom is still to be known
    source = {
        "id": ident,
        "kind": _KIND,
        "asset": asset,
        "other": other,
        "verdict": said.choice.value,
        "by": by,
        "at": now.isoformat(),
        "why": said.why,
        "history": {"entries": history},
    }
    return source if before is None else {**source, "before": before}


_TOLD = ("asset", "other", "verdict", "by", "at", "why")


def _before(asset: AssetDocument) -> dict[str, Any]:
    """Return how an asset is before it is merged."""
    links = [
        {"sku": link.sku, "role": link.role, "method": link.method, "confidence": link.confidence}
        for link in asset.product.links
        if link.method != _DECLARED
    ]
    return {
        "status": asset.curation.status,
        "source": asset.source.name,
        "key": asset.source.key,
        "keywords": list(dict.fromkeys((*asset.source.keywords, *asset.curation.keywords))),
        "links": links,
    }


def _merge(source: Mapping[str, Any]) -> Merge:
    before = source["before"]
    links = tuple(
        AppliedLink(one["sku"], one["role"], one["method"], one["confidence"]) for one in before["links"]
    )
    return Merge(
        asset=source["asset"],
        into=source["other"],
        status=before["status"],
        gone=Absorbed(source["asset"], before["source"], before["key"], tuple(before["keywords"]), links),
        by=source["by"],
        holds=source["verdict"] == Choice.MERGE.value,
    )


def _said(source: Mapping[str, Any]) -> SaidOfPair:
    return SaidOfPair(
        source["asset"],
        source["other"],
        Choice(source["verdict"]),
        source["by"],
        datetime.fromisoformat(source["at"]),
        source.get("why", ""),
    )


def _id(asset: str, other: str) -> str:
    pair = "\0".join(sorted((asset, other)))
    digest = hashlib.blake2b(pair.encode("utf-8", "replace"), digest_size=16).hexdigest()
    return f"{_KIND}-{digest}"
