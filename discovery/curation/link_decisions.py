"""People's word on links: an asset shows a product, or does not.

A decision is a record first, and only then brought onto both sides; if the service dies in between, the next
run over links does the rest. There is one record for each asset and product, with its history.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from discovery.curation.words import LONGEST_BY, LONGEST_WHY, MOST_AT_ONCE, LinkWord, PastWord, Word
from discovery.engine.reader import Reader
from discovery.engine.records import Records, Stored
from discovery.errors import DiscoveryError, EngineConflict, FieldProblem, InputInvalid
from discovery.linking.outcome import Decision, Kind
from discovery.linking.roles import ROLES
from mappings.registry import ASSETS, DECISIONS, PRODUCTS

MOST_HISTORY = 50
_KIND = "link"
_TRIES = 5


@dataclass(frozen=True, slots=True)
class _Said:
    number: int
    asset: str
    sku: str
    word: Word
    role: str | None
    why: str


class LinkDecisions:
    """The decisions of one prefix. ``reconsider`` brings them onto the assets that it is given."""

    def __init__(
        self,
        records: Records,
        reader: Reader,
        prefix: str,
        reconsider: Callable[[Sequence[str]], None],
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._records = records
        self._reader = reader
        self._index = DECISIONS.write_alias(prefix)
        self._assets = ASSETS.read_alias(prefix)
        self._products = PRODUCTS.read_alias(prefix)
        self._reconsider = reconsider
        self._clock = clock

    def of(self, assets: Sequence[str]) -> Mapping[str, Sequence[Decision]]:
        """Return what people said of assets, by asset."""
        found: dict[str, list[Decision]] = defaultdict(list)
        conditions = [
            {"term": {"kind": _KIND}},
            {"terms": {"asset": list(assets)}},
            {"terms": {"verdict": [kind.value for kind in Kind]}},
        ]
        for hit in self._reader.scan(self._index, {"bool": {"filter": conditions}}):
            one = _decision(hit["_source"])
            found[one.asset].append(one)
        return found

    def decided(self) -> Iterator[str]:
        """Yield the assets of which people's word holds, each once for each product."""
        conditions = [{"term": {"kind": _KIND}}, {"terms": {"verdict": [kind.value for kind in Kind]}}]
        for hit in self._reader.scan(self._index, {"bool": {"filter": conditions}}, ("asset",)):
            yield hit["_source"]["asset"]

    def history(self, side: Literal["asset", "sku"], ident: str) -> tuple[PastWord, ...]:
        """Return all that people ever said of the links of one asset or one product, in order.

        What was changed or withdrawn later is among it.
        """
        conditions = [{"term": {"kind": _KIND}}, {"term": {side: ident}}]
        told: list[PastWord] = []
        for hit in self._reader.scan(self._index, {"bool": {"filter": conditions}}):
            source = hit["_source"]
            before = source.get("history", {}).get("entries", ())
            told += [_past(source, entry, last=False) for entry in before]
            told.append(_past(source, source, last=True))
        return tuple(sorted(told, key=lambda one: (one.at, one.sku, one.last)))

    def decide(self, words: Sequence[LinkWord], by: str) -> tuple[Decision, ...]:
        """Record what somebody says, and bring it onto both sides; all of it, or none if any is wrong.

        Returns what holds of each asset and product that was named, in that order; what was withdrawn is
        not among it. Saying the same once more changes nothing, so that what an error cut short may be sent
        again as it was; such an error tells what was kept before it.

        Raises:
            InputInvalid: naming each that is wrong: an unknown asset, product or role, a move to nowhere.
            EngineUnavailable, EngineTimedOut, EngineBusy, EngineConflict: naming each that may not be kept.
        """
        self._check(words, by)
        said = [one for number, word in enumerate(words) for one in _parts(number, word)]
        now = self._clock()
        kept: list[Mapping[str, Any]] = []
        try:
            for one in said:
                kept.append(self._keep(one, by, now))  # noqa: PERF401 - what was kept before an error counts
            self._records.refresh(self._index)
            self._reconsider(list(dict.fromkeys(one.asset for one in said)))
        except DiscoveryError as error:
            raise _cut_short(error, said[len(kept) :], len(words)) from error
        return tuple(_decision(source) for source in kept if source["verdict"] != Word.WITHDRAW)

    def _check(self, words: Sequence[LinkWord], by: str) -> None:
        problems: list[FieldProblem] = []
        if not words:
            problems.append(FieldProblem("decisions", "expected at least one decision"))
        if len(words) > MOST_AT_ONCE:
            problems.append(FieldProblem("decisions", f"at most {MOST_AT_ONCE} at once"))
        elif words:
            problems += self._problems(words)
        if len(by) > LONGEST_BY:
            problems.append(FieldProblem("by", f"at most {LONGEST_BY} characters"))
        if problems:
            told = "; ".join(f"{problem.field}: {problem.message}" for problem in problems[:5])
            raise InputInvalid(told, tuple(problems))

    def _problems(self, words: Sequence[LinkWord]) -> Iterator[FieldProblem]:
        skus = {sku for word in words for sku in (word.sku, word.to) if sku}
        known_assets = self._known(self._assets, {word.asset for word in words})
        known_products = self._known(self._products, skus)
        said = self._known(self._index, {_id(word.asset, word.sku) for word in words})
        named: set[tuple[str, str]] = set()
        for number, word in enumerate(words):
            at = f"decisions.{number}"
            here = {(word.asset, sku) for sku in (word.sku, word.to) if sku is not None}
            if here & named:
                yield FieldProblem(f"{at}.sku", "another decision here speaks of this asset and product")
            named |= here
            if word.asset not in known_assets:
                yield FieldProblem(f"{at}.asset", f"there is no asset {word.asset[:100]!r}")
            # What somebody spoke of before may be gone by now, and the word on it can still be changed.
            decided = _id(word.asset, word.sku) in said
            if word.word is Word.WITHDRAW and not decided:
                yield FieldProblem(f"{at}.sku", f"nobody decided about {word.sku[:100]!r}")
            elif word.sku not in known_products and (word.word is Word.ACCEPT or not decided):
                yield FieldProblem(f"{at}.sku", f"there is no product {word.sku[:100]!r}")
            if word.word is Word.MOVE and word.to is None:
                yield FieldProblem(f"{at}.to", "a move names the product it goes to")
            elif word.word is Word.MOVE and word.to not in known_products:
                yield FieldProblem(f"{at}.to", f"there is no product {str(word.to)[:100]!r}")
            elif word.word is Word.MOVE and word.to == word.sku:
                yield FieldProblem(f"{at}.to", "a move goes to another product")
            elif word.word is not Word.MOVE and word.to is not None:
                yield FieldProblem(f"{at}.to", "only a move goes to another product")
            if word.role is not None and word.role not in ROLES:
                yield FieldProblem(f"{at}.role", f"expected one of {', '.join(ROLES)}")
            if len(word.why) > LONGEST_WHY:
                yield FieldProblem(f"{at}.why", f"at most {LONGEST_WHY} characters")

    def _known(self, index: str, ids: set[str]) -> set[str]:
        sane = sorted(one for one in ids if one and len(one.encode("utf-8", "replace")) <= 512)
        return set(self._reader.multi_get(index, sane, includes=("id",)))

    def _keep(self, said: _Said, by: str, now: datetime) -> Mapping[str, Any]:
        ident = _id(said.asset, said.sku)
        for _ in range(_TRIES):
            stored = self._records.get(self._index, ident)
            if stored is not None and _is_said(stored, said, by):
                return stored.source
            source = _source(ident, said, by, now, stored)
            try:
                self._records.put(self._index, ident, source, stored, visible=False)
            except EngineConflict:
                continue
            return source
        raise EngineConflict(
            f"the link of {said.asset!r} and {said.sku!r} is being decided by others; try again"
        )


def _parts(number: int, word: LinkWord) -> Iterator[_Said]:
    if word.word is Word.MOVE:
        assert word.to is not None
        yield _Said(number, word.asset, word.sku, Word.REFUSE, None, word.why)
        yield _Said(number, word.asset, word.to, Word.ACCEPT, word.role, word.why)
    else:
        yield _Said(number, word.asset, word.sku, word.word, word.role, word.why)


def _cut_short(error: DiscoveryError, left: Sequence[_Said], count: int) -> DiscoveryError:
    """Return the error that came in between as one that tells what was kept, and what to do about the rest.

    Of what the engine was keeping just then nobody knows.
    """
    missing = list(dict.fromkeys(one.number for one in left))
    if not missing:
        told = "all that was decided is kept, but not on both sides yet: send it again, or run over all links"
    elif count == 1:
        told = "the decision is not known to be kept: send it again"
    else:
        kept = count - len(missing)
        told = f"{kept} of {count} decisions are kept: send all again, what is kept stays as it is"
    problems = tuple(FieldProblem(f"decisions.{number}", "is not known to be kept") for number in missing)
    return type(error)(f"{error.detail}; {told}", (*error.problems, *problems))


def _is_said(stored: Stored, said: _Said, by: str) -> bool:
    """Return whether the last word on an asset and a product is this one, of the same person."""
    told = stored.source
    return (told["verdict"], told.get("role"), told["by"], told.get("why", "")) == (
        said.word.value,
        said.role,
        by,
        said.why,
    )


def _source(ident: str, said: _Said, by: str, now: datetime, stored: Stored | None) -> dict[str, Any]:
    history: list[Any] = []
    if stored is not None:
        before = {name: value for name, value in stored.source.items() if name in _TOLD}
        history = [*stored.source.get("history", {}).get("entries", ()), before][-MOST_HISTORY:]
    source = {
        "id": ident,
        "kind": _KIND,
        "asset": said.asset,
        "sku": said.sku,
        "verdict": said.word.value,
        "by": by,
        "at": now.isoformat(),
        "why": said.why,
        "history": {"entries": history},
    }
    return source if said.role is None else {**source, "role": said.role}


_TOLD = ("verdict", "role", "by", "at", "why")


def _decision(source: Mapping[str, Any]) -> Decision:
    return Decision(
        asset=source["asset"],
        sku=source["sku"],
        kind=Kind(source["verdict"]),
        by=source["by"],
        at=datetime.fromisoformat(source["at"]),
        role=source.get("role"),
        why=source.get("why", ""),
    )


def _past(record: Mapping[str, Any], entry: Mapping[str, Any], *, last: bool) -> PastWord:
    return PastWord(
        asset=record["asset"],
        sku=record["sku"],
        word=Word(entry["verdict"]),
        by=entry["by"],
        at=datetime.fromisoformat(entry["at"]),
        role=entry.get("role"),
        why=entry.get("why", ""),
        last=last,
    )


def _id(asset: str, sku: str) -> str:
    digest = hashlib.blake2b(f"{asset}\0{sku}".encode("utf-8", "replace"), digest_size=16).hexdigest()
    return f"{_KIND}-{digest}"
