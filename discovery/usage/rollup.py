"""Counts and last dates, projected from the log onto the documents of assets and products.

Nothing is added up on documents: what was touched is counted anew from the log and written as it is. So a
roll-up that dies, or runs twice, or beside another, comes to the same. It looks at what was received since
the last one; at all of the log when anything was indexed since, because a new or rebuilt document may have
missed what was told before it came.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from discovery.engine.client import Engine
from discovery.engine.reader import Reader
from discovery.engine.writer import Update, Writer
from discovery.errors import EngineRejected
from discovery.usage.log import Mark, UsageLog
from discovery.usage.model import Action
from mappings.documents import Usage, encode_block
from mappings.registry import ASSETS, PRODUCTS

PAGE = 100
MOST_CHANNELS = 100
"""Channels of one item: a page's buckets must stay below the engine's limit of 65,535."""

OVERLAP = timedelta(minutes=10)
"""By how much an event may be seen later than it was received: clocks, requests under way, the refresh."""


class Progress(Protocol):
    """What a roll-up reports to. Must not raise."""

    def expect(self, items: int) -> None:
        """``items`` more will be counted."""

    def advance(self, items: int) -> None:
        """``items`` are counted."""

    def say(self, stage: str) -> None:
        """Name what is done now."""


@dataclass(frozen=True, slots=True)
class RollUp:
    """What one roll-up did. ``unplaced`` have events, but no document yet."""

    everything: bool
    counted: int
    written: int
    unplaced: int


class Roller:
    """Rolls up the log of one prefix; ``exclusive`` is held while a page of it is projected."""

    def __init__(
        self,
        engine: Engine,
        log: UsageLog,
        prefix: str,
        exclusive: Callable[[], AbstractContextManager[None]] = nullcontext,
        *,
        bulk_documents: int,
        retries: int,
    ) -> None:
        self._log = log
        self._exclusive = exclusive
        self._reader = Reader(engine)
        self._writer = Writer(engine, retries=retries, chunk_documents=bulk_documents)
        self._sides = (("asset", ASSETS.write_alias(prefix)), ("product", PRODUCTS.write_alias(prefix)))

    def roll_up(self, now: datetime, progress: Progress, *, everything: bool = False) -> RollUp:
        """Bring documents up to date with the log.

        Raises:
            IndexMissing: nothing has been indexed yet.
            EngineRejected: the engine refused an update.
        """
        self._log.refresh()
        mark, generations = self._log.mark(), self._log.generations()
        everything = everything or mark is None or self._is_new(mark, generations)
        since = None if everything or mark is None else mark.until - OVERLAP
        counted = written = unplaced = 0
        for field, index in self._sides:
            progress.say(f"counting {field}s")
            for values in self._log.subjects(field, since, PAGE):
                progress.expect(len(values))
                with self._exclusive():
                    updates, absent = self._due(field, index, values)
                    written += self._write(updates)
                counted, unplaced = counted + len(values), unplaced + absent
                progress.advance(len(values))
        self._log.keep_mark(Mark(now, now, generations))
        for _, index in self._sides:
            self._writer.refresh(index)
        return RollUp(everything, counted, written, unplaced)

    def _is_new(self, mark: Mark, generations: tuple[str, ...]) -> bool:
        # A run that ended while the last roll-up was counting may have written over what that had projected.
        return mark.catalogue != generations or self._log.indexed_since(mark.started - OVERLAP)

    def _due(self, field: str, index: str, values: Sequence[str]) -> tuple[list[Update], int]:
        """Return what must be written, and how many have no document."""
        totals = self._log.totals(field, values, MOST_CHANNELS)
        stored = self._reader.multi_get(index, list(values), includes=("usage",))
        updates = []
        for ident, document in stored.items():
            fresh = encode_block(usage_of(totals[ident])) if ident in totals else encode_block(Usage())
            if encode_block(usage_from(document)) != fresh:
                updates.append(Update(index, ident, {"usage": fresh}))
        return updates, len(values) - len(stored)

    def _write(self, updates: Sequence[Update]) -> int:
        outcomes = list(self._writer.write(updates))
        failed = [outcome for outcome in outcomes if outcome.status == "failed"]
        if failed:
            raise EngineRejected(
                f"the usage of {len(failed)} documents could not be written; the first, {failed[0].id!r}: "
                f"{failed[0].reason}; run it again when that is mended"
            )
        return sum(outcome.status == "written" for outcome in outcomes)


def usage_from(source: Mapping[str, Any]) -> Usage:
    """Return the usage that a document carries."""
    block = source.get("usage") or {}
    return Usage(
        used=block.get("used") or 0,
        last_used=_moment_of(block.get("last_used")),
        viewed=block.get("viewed") or 0,
        last_viewed=_moment_of(block.get("last_viewed")),
        downloaded=block.get("downloaded") or 0,
        published=block.get("published") or 0,
        channels=tuple(block.get("channels") or ()),
    )


def usage_of(figures: Mapping[str, Any]) -> Usage:
    """Return the usage that the engine's figures of one item mean."""
    times = {Action(b["key"]): int(b["times"]["value"]) for b in figures["actions"]["buckets"]}
    last = {Action(b["key"]): _moment(b["last"]) for b in figures["actions"]["buckets"]}
    downloaded, published = times.get(Action.DOWNLOAD, 0), times.get(Action.PUBLICATION, 0)
    used = [moment for action in (Action.DOWNLOAD, Action.PUBLICATION) if (moment := last.get(action))]
    return Usage(
        used=downloaded + published,
        last_used=max(used, default=None),
        viewed=times.get(Action.VIEW, 0),
        last_viewed=last.get(Action.VIEW),
        downloaded=downloaded,
        published=published,
        channels=tuple(sorted(_published_in(figures["channels"]["buckets"]))),
    )


def _published_in(buckets: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Yield the channels whose last publication is after their last withdrawal."""
    for bucket in buckets:
        published, withdrawn = _moment(bucket["publication"]["last"]), _moment(bucket["withdrawal"]["last"])
        if published is not None and (withdrawn is None or published > withdrawn):
            yield bucket["key"]


def _moment(figure: Mapping[str, Any]) -> datetime | None:
    value = figure.get("value")
    return None if value is None else datetime.fromtimestamp(value / 1000, UTC)


def _moment_of(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
