"""What every run has, whichever side it indexes: its start, its records, its beginning and its end."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import nullcontext, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar

from discovery.config import Settings
from discovery.engine.writer import Put
from discovery.errors import DiscoveryError, SourceShrank
from discovery.picture_sets.standing import SetJudge
from indexers.catalogue import Catalogue, Side
from indexers.channel import Halt, Halted
from indexers.deadletters import DeadLetters
from indexers.door import Door, told
from indexers.locks import projection_lock
from indexers.plan import Outcome, StoredState, plan
from indexers.progress import Progress
from indexers.projection import Projection
from indexers.records import Problem
from indexers.roster import Roster
from indexers.summary import FINISHED, INTERRUPTED, PLANNED, RunSummary, Tally
from mappings.documents import AssetDocument, ProductDocument

T = TypeVar("T")

ASSETS = "assets"
PRODUCTS = "products"

PLANNED_AT_ONCE = 500
SETTLED_EVERY = 2000
"""Documents written between two projections within a run."""

LEAVE_SECONDS = 5.0
"""How long an interrupted run waits for threads that have nothing to acknowledge."""

FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Terms:
    """What a run may do, and who watches it."""

    progress: Progress
    accept_shrink: bool = False
    dry_run: bool = False
    door: Door | None = None


class Run:
    """One run over one source."""

    def __init__(
        self, side: str, source: str, catalogue: Catalogue, settings: Settings, terms: Terms
    ) -> None:
        now = datetime.now(UTC)
        self.side, self.source, self.catalogue, self.settings, self.terms = (
            side,
            source,
            catalogue,
            settings,
            terms,
        )
        self.started = now.replace(microsecond=now.microsecond // 1000 * 1000)
        self.version = round(self.started.timestamp() * 1000)
        self.halt = Halt()
        self.tally = Tally(source, side)
        self.letters = DeadLetters(catalogue, side, source, self.started)
        self.roster = Roster()
        self.listing_error: DiscoveryError | None = None
        self.judge = SetJudge(settings.audit)
        lock = projection_lock(settings.home, settings.engine.prefix)
        # Whoever fills a generation is alone with it, and must not keep those waiting who serve.
        self.projection = Projection(catalogue, nullcontext if catalogue.filling else lock, self.judge)
        self.exists = False
        self._new = 0
        self._unsettled = 0
        self._arrived: dict[str, str] = {}

    @property
    def progress(self) -> Progress:
        """Who watches."""
        return self.terms.progress

    def begin(self) -> None:
        """Finish what a run that died has left, and learn which items failed before."""
        if not self.terms.dry_run:
            self.catalogue.ensure_exists()
            self._settle()
            self.letters.load()
        self.exists = self.catalogue.reader.exists(self._side.index)
        with self.tally.stage("planning"):
            if self.exists:
                self.roster = Roster(self._side.made_from(self.source))

    def batches(self, items: Iterable[T | Problem]) -> Iterator[list[T]]:
        """Yield what the source lists in batches; take note of its problems and of the error it ends with."""
        batch: list[T] = []
        iterator = iter(items)
        while True:
            try:
                with self.tally.stage("listing"):
                    item = next(iterator, None)
            except DiscoveryError as error:
                self.listing_error = error
                break
            if item is None:
                break
            if isinstance(item, Problem):
                self._listed_problem(item)
                continue
            batch.append(item)
            if len(batch) == PLANNED_AT_ONCE:
                yield self._listed(batch)
                batch = []
        if batch:
            yield self._listed(batch)

    def _listed(self, batch: list[T]) -> list[T]:
        self.tally.add("read", len(batch))
        self.progress.expect(len(batch))
        return batch

    def _listed_problem(self, problem: Problem) -> None:
        if not problem.fatal:
            self.tally.note(problem)
            return
        self.tally.add("read")
        self.progress.expect(1)
        self.roster.see_problem(problem, self.side, self.source)
        self.fail(problem)

    def fail(self, problem: Problem) -> None:
        """Record an item's failure, or a part of it that was left out."""
        self.tally.note(problem)
        if problem.fatal:
            self.progress.advance(1)
            if not self.terms.dry_run:
                self.letters.add(problem)

    def warn(self, key: str, reasons: Iterable[str]) -> None:
        """Record what was left out of an item that is indexed."""
        for reason in reasons:
            self.tally.note(Problem(self.source, key, reason, fatal=False))

    def unchanged(self) -> None:
        """Count an item that is left alone."""
        self.tally.add("unchanged")
        self.progress.advance(1)

    def stale(self) -> None:
        """Count an item that a later run has written."""
        self.tally.add("stale")
        self.progress.advance(1)

    def written(self, key: str, how: str, *, new: bool, pending: bool) -> None:
        """Count a document that the engine has acknowledged."""
        self.tally.add(how)
        self.progress.advance(1)
        self.letters.recovered(key)
        self._new += new
        self._unsettled += pending

    def arrived(self, ident: str, key: str) -> None:
        """Take note of a picture whose bytes were not there before under its name."""
        self._arrived[ident] = key

    def settle_if_due(self) -> None:
        """Bring the sides up to date with each other when much has been written since the last time."""
        if self._unsettled >= SETTLED_EVERY:
            self._settle()

    def _settle(self) -> None:
        with self.tally.stage("connecting"):
            self._unsettled = 0
            self.tally.add("connected", self.projection.settle())

    def work(
        self, plan_items: Callable[[], None], threads: Sequence[threading.Thread], writer: int = -1
    ) -> bool:
        """Plan in this thread while ``threads`` work; return whether it was interrupted.

        ``writer`` is the place of the thread that is waited for even then: it holds acknowledgements.

        Raises:
            Exception: the first error that any thread died of.
        """
        interrupted = False
        for thread in threads:
            thread.start()
        try:
            plan_items()
            for thread in threads:
                thread.join()
        except Halted:
            pass
        except KeyboardInterrupt:
            interrupted = True
            self.halt.stop()
        except BaseException as error:
            self.halt.stop(error)
            raise
        finally:
            if self.halt.raised:
                threads[writer].join()
                for thread in threads:
                    thread.join(LEAVE_SECONDS)
        if self.halt.error is not None:
            raise self.halt.error
        return interrupted

    def guarded(self, work: Callable[[], None], *closed_after: Any) -> Callable[[], None]:
        """Return what a thread runs: ``work``, then its channels' ends; its error ends the whole run."""

        def guarded() -> None:
            try:
                work()
            except Halted:
                return
            except BaseException as error:  # noqa: BLE001 - raised again in the thread that waits for the run
                self.halt.stop(error)
            else:
                for channel in closed_after:
                    channel.close()

        return guarded

    def end(self, *, interrupted: bool) -> RunSummary:
        """Settle, remove what is gone, write the run's records, and return its summary.

        Raises:
            SourceShrank: when far fewer items were listed than are stored; nothing was removed.
            DiscoveryError: the one with which the listing ended.
        """
        if self.terms.dry_run:
            return self._end_of_dry_run()
        failure: DiscoveryError | None = self.listing_error
        outcome = FAILED if failure else FINISHED
        try:
            if not interrupted:
                self.progress.say("connecting")
                self._settle()
                if failure is None:
                    self._remove()
                    self._look_at_the_door()
        except KeyboardInterrupt:
            interrupted = True
        except SourceShrank as error:
            failure, outcome = error, "stopped"
        outcome = INTERRUPTED if interrupted else outcome
        self.letters.close(complete=outcome == FINISHED)
        self._record(outcome)
        if interrupted and self.catalogue.filling:
            # A summary would let the caller go on, and a half-filled generation be promoted.
            raise KeyboardInterrupt
        if failure is not None and not interrupted:
            raise failure
        return self.tally.summary(outcome)

    def _look_at_the_door(self) -> None:
        """Say which of the new pictures are there already, once what is gone from the source is gone here."""
        door = self.terms.door
        if door is None or not self._arrived or not door.most or self.catalogue.filling:
            return
        self.progress.say("looking for duplicates")
        ids = list(self._arrived)[: door.most]
        if len(self._arrived) > len(ids):
            self.tally.say(
                f"{len(ids)} of {len(self._arrived)} new pictures were looked up among what is there "
                f"(index.door_most); the next audit looks at all"
            )
        with self.tally.stage("comparing"):
            self.catalogue.refresh()
            for ident, alike in door.look(ids).items():
                self.tally.already_here(Problem(self.source, self._arrived[ident], told(alike), fatal=False))

    def abandon(self) -> None:
        """Write what can be written of a run that an error ended; the engine may be that error."""
        with suppress(DiscoveryError):
            self.letters.close(complete=False)
            self._record(FAILED)

    def _end_of_dry_run(self) -> RunSummary:
        if self.listing_error is not None:
            raise self.listing_error
        stored, gone = self._gone()
        self.tally.add("gone", len(gone))
        if brake := self._brake(stored, gone):
            self.tally.say(brake)
        return self.tally.summary(PLANNED)

    def _gone(self) -> tuple[int, list[str]]:
        """Return how many items were stored before this run, and which of them the listing did not have."""
        if self.roster.all_seen():
            return len(self.roster), []
        stored, gone = 0, []
        for ident, source in self._side.of_source(self.source, "source.key", "run"):
            stored += 1
            state = StoredState.from_source(source)
            absent = not self.roster.has_seen(ident, state.key)
            if absent and plan(None, state.build, state, started=self.started) is Outcome.GONE:
                gone.append(ident)
        return stored - self._new, gone

    @property
    def _side(self) -> Side[AssetDocument] | Side[ProductDocument]:
        return self.catalogue.assets if self.side == ASSETS else self.catalogue.products

    def _brake(self, stored: int, gone: list[str]) -> str | None:
        """Return why nothing may be removed, ``None`` if it may."""
        share = self.settings.index.shrink_share
        listed = self.tally.count("read")
        stored = max(stored, self.catalogue.elder_count(self._side.index, self.source))
        if self.terms.accept_shrink or not (gone or self.catalogue.filling):
            return None
        way_out = "if that is meant, run it again with --accept-shrink"
        if (listed == 0 and stored > 0) or listed < (1 - share) * stored:
            return (
                f"source {self.source!r} listed {listed} of the {stored} items it had; nothing was removed; "
                f"{way_out}"
            )
        if len(gone) > share * stored and (lost := len(gone) - self._moved(gone)) > share * stored:
            return (
                f"{lost} of the {stored} items of source {self.source!r} are no longer there; "
                f"nothing was removed; {way_out}"
            )
        return None

    def _moved(self, gone: list[str]) -> int:
        """Return how many of the gone have their bytes elsewhere in the index: renamed, not lost."""
        if self.side != ASSETS:
            return 0
        moved = 0
        for start in range(0, len(gone), PLANNED_AT_ONCE):
            states = self.catalogue.assets.states(gone[start : start + PLANNED_AT_ONCE])
            checksums = [state.checksum for state in states.values() if state.checksum]
            kept = self.catalogue.kept(checksums, frozenset(gone))
            moved += sum(checksum in kept for checksum in checksums)
        return moved

    def _remove(self) -> None:
        stored, gone = self._gone()
        if brake := self._brake(stored, gone):
            raise SourceShrank(brake)
        if not gone:
            return
        self.progress.say("removing")
        remove = self.projection.remove_assets if self.side == ASSETS else self.projection.remove_products
        with self.tally.stage("removing"):
            for count in remove(gone):
                self.tally.add("gone", count)

    def _record(self, outcome: str) -> None:
        index = self.catalogue.names.runs
        summary = self.tally.summary(outcome)
        record = {
            "kind": "run",
            "source": self.source,
            "side": self.side,
            "started": self.started.isoformat(),
            "finished": datetime.now(UTC).isoformat(),
            "outcome": outcome,
            "counts": summary.counts(),
        }
        self.catalogue.write([Put(index, f"run-{self.side}-{self.source[:200]}-{self.version}", record)])
        self.catalogue.writer().refresh(index)
