"""Usage as other rooms see it: told, imported, rolled up, and how far it can be trusted."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from discovery.config import Settings
from discovery.engine.client import Engine
from discovery.errors import FieldProblem, IndexMissing, InputInvalid, NotFound
from discovery.usage.log import UsageLog
from discovery.usage.model import (
    MOST_AT_ONCE,
    Coverage,
    Event,
    Feed,
    Refused,
    Taken,
    name_problem,
    read_event,
    read_feed,
)
from discovery.usage.rollup import Progress, Roller, RollUp


class Silent:
    """Progress that nobody watches."""

    def expect(self, items: int) -> None:
        """Do nothing."""

    def advance(self, items: int) -> None:
        """Do nothing."""

    def say(self, stage: str) -> None:
        """Do nothing."""


class UsageService:
    """Everything that people, feeds and jobs do with usage.

    ``exclusive`` is held while counts are projected onto documents, so that none is lost to another
    generation that begins to serve just then.
    """

    def __init__(
        self,
        engine: Engine,
        settings: Settings,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        exclusive: Callable[[], AbstractContextManager[None]] = nullcontext,
    ) -> None:
        self._clock = clock
        self._lag = timedelta(hours=settings.usage.lag_hours)
        bulk = {"bulk_documents": settings.index.bulk_documents, "retries": settings.index.retries}
        self._log = UsageLog(engine, settings.engine.prefix, **bulk)
        self._roller = Roller(engine, self._log, settings.engine.prefix, exclusive, **bulk)

    def take(self, feed: str, rows: Sequence[Mapping[str, Any] | object]) -> Taken:
        """Keep the events that a feed tells, each once however often it is told; refuse bad ones alone.

        Raises:
            InputInvalid: a feed without a sound name, or too many events at once.
            IndexMissing: nothing has been indexed yet.
        """
        if (why := name_problem(feed)) is not None:
            raise _invalid(FieldProblem("feed", why))
        if len(rows) > MOST_AT_ONCE:
            raise _invalid(FieldProblem("events", f"at most {MOST_AT_ONCE} at once, found {len(rows)}"))
        now = self._clock()
        events: dict[str, Event] = {}
        refused: list[Refused] = []
        twice = 0
        for number, row in enumerate(rows):
            if not isinstance(row, Mapping):
                refused.append(Refused(number, (FieldProblem("(row)", "expected an object"),)))
                continue
            event = read_event(row, feed, now)
            if isinstance(event, Event):
                twice += event.id in events
                events.setdefault(event.id, event)
            else:
                refused.append(Refused(number, event))
        new, known = self._log.add(list(events.values()), now) if events else (0, 0)
        unknown = self._log.unknown_assets([event.asset for event in events.values()]) if events else ()
        return Taken(new, known + twice, tuple(refused), unknown)

    def keep(self, events: Sequence[Event]) -> None:
        """Keep events that were made here; the same ones once however often."""
        self._log.add(events, self._clock())

    def declare(self, name: Any, since: Any, complete_until: Any) -> Feed:
        """Keep that a feed has told everything from ``since`` until ``complete_until``.

        Raises:
            InputInvalid: naming all that is wrong.
        """
        before = self._log.feed(name) if name_problem(name) is None else None
        feed = read_feed(name, since, complete_until, self._clock(), before)
        if not isinstance(feed, Feed):
            raise _invalid(*feed)
        self._log.declare(feed, self._clock())
        return feed

    def retire(self, name: str) -> None:
        """Wait for a feed no longer; what it told is kept.

        Raises:
            NotFound: there is no such feed.
        """
        feed = next((one for one in self._log.feeds() if one.name == name), None)
        if feed is None:
            raise NotFound(f"there is no usage feed {name[:100]!r}")
        self._log.declare(replace(feed, retired=True), self._clock())

    def feeds(self) -> tuple[Feed, ...]:
        """Return the feeds that are waited for, by name."""
        return self._log.feeds()

    def roll_up(self, progress: Progress | None = None, *, everything: bool = False) -> RollUp:
        """Bring the counts on documents up to date with what was told.

        Raises:
            IndexMissing: nothing has been indexed yet.
        """
        return self._roller.roll_up(self._clock(), progress or Silent(), everything=everything)

    def coverage(self) -> Coverage:
        """Return how far the counts on documents can be trusted now."""
        feeds, now = self._log.feeds(), self._clock()
        if not feeds:
            return Coverage(None, ("no usage feed is declared",))
        missing = [
            f"the feed {feed.name!r} has told everything until {feed.complete_until:%Y-%m-%d %H:%M} only"
            for feed in feeds
            if feed.complete_until < now - self._lag
        ]
        try:
            missing += self._not_rolled_up()
        except IndexMissing:
            missing.append("nothing is indexed yet")
        return Coverage(max(feed.since for feed in feeds), tuple(missing))

    def _not_rolled_up(self) -> list[str]:
        self._log.refresh()
        mark = self._log.mark()
        if mark is None:
            return ["usage was never rolled up"]
        if mark.catalogue != self._log.generations() or self._log.indexed_since(mark.started):
            return ["usage was not rolled up since the last indexing"]
        if self._log.received_since(mark.until):
            return ["usage that was told since the last roll-up is not counted yet"]
        return []


def _invalid(*problems: FieldProblem) -> InputInvalid:
    told = "; ".join(f"{problem.field}: {problem.message}" for problem in problems[:5])
    return InputInvalid(told, tuple(problems))
