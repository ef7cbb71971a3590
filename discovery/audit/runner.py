"""One audit run: freeze, look over, judge, weigh, and only then write.

Everything is judged before anything is written: sightings wait in a temporary file, so that a brake can still
stop the run with nothing changed, and so that memory does not grow with what is flagged.
"""

from __future__ import annotations

import json
import secrets
import tempfile
from array import array
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import IO, Protocol

import numpy as np

from discovery.audit import brakes, memory, scopes
from discovery.audit.context import Context, UsageFeed
from discovery.audit.memory import Sighting
from discovery.audit.model import (
    SELF,
    About,
    AuditRun,
    FileSubject,
    Outcome,
    RuleCounts,
    Subject,
    Verdict,
    finding_id,
    unknown,
)
from discovery.audit.rules import ASSET_RULES, FILE_RULES, PRODUCT_RULES, RULES, asset_superseded_in_use
from discovery.audit.rules.asset_file_missing import GONE
from discovery.audit.rules.base import Rule, S
from discovery.audit.store import Snapshot, Store
from discovery.audit.subjects import (
    FailedFiles,
    LinkStates,
    about,
    asset_subjects,
    no_links,
    product_subjects,
)
from discovery.audit.survey import expected_attributes, survey
from discovery.config import AuditSettings
from discovery.duplicates.groups import Pair
from discovery.engine.writer import Operation, Put, Update
from discovery.errors import (
    AnswerPartial,
    CursorExpired,
    DiscoveryError,
    EngineBusy,
    EngineTimedOut,
    EngineUnavailable,
)

SIGHTINGS_AT_ONCE = 500
MOST_REASONS = 5

STOPPING = (AnswerPartial, CursorExpired, EngineBusy, EngineTimedOut, EngineUnavailable)
"""Errors that mean that not all of the catalogue could be seen."""


class Progress(Protocol):
    """What a run reports to. Must not raise."""

    def expect(self, items: int) -> None:
        """``items`` more will be judged."""

    def advance(self, items: int) -> None:
        """``items`` are judged."""

    def say(self, stage: str) -> None:
        """Name what the run does now."""


class Silent:
    """Progress that nobody watches."""

    def expect(self, items: int) -> None:
        """Do nothing."""

    def advance(self, items: int) -> None:
        """Do nothing."""

    def say(self, stage: str) -> None:
        """Do nothing."""


def _just_go_on() -> None:
    """Do nothing: there is no reason to end."""


def _keep_nothing(pairs: Sequence[Pair], whole: bool) -> None:
    """Do nothing: nobody wants to know which files hold the same picture."""


def new_run_id(now: datetime) -> str:
    """Return an id for a run that is asked for or begun at this moment."""
    return f"audit-{round(now.timestamp() * 1000)}-{secrets.token_hex(3)}"


@dataclass(frozen=True, slots=True)
class Terms:
    """What one run is asked to do.

    ``rules``: the names of those to judge by, all of them by default. ``as_of``: judge by this moment (UTC)
    instead of now; the clock's own brake looks at now all the same. ``accept``: go on where a brake would
    stop the run for mass flags, a shrunken source or a stale index; never where not all could be read.
    ``absent``: ids of assets that the last full listing of their source did not have, if anybody looked.
    ``kept_copies`` are pairs that people said are both meant; ``keep_pairs`` is given the pairs of files that
    hold one picture, once the run is whole, and whether all were looked at. ``id`` is the run's, one of
    :func:`new_run_id`; ``go_on`` is called before every step that can wait for another time, and ends the run
    by raising, with nothing changed if nothing has been written yet.
    """

    rules: tuple[str, ...] = ()
    dry_run: bool = False
    as_of: datetime | None = None
    accept: bool = False
    usage: UsageFeed | None = None
    absent: frozenset[str] | None = None
    kept_copies: frozenset[frozenset[str]] = frozenset()
    links: LinkStates = no_links
    progress: Progress = field(default_factory=Silent)
    keep_pairs: Callable[[Sequence[Pair], bool], object] = _keep_nothing
    id: str | None = None
    go_on: Callable[[], None] = _just_go_on


class GivenUp(Exception):
    """Raised by ``Terms.go_on`` to end a run: its process is to end."""


class _Stop(Exception):
    def __init__(self, reasons: Sequence[str]) -> None:
        super().__init__("; ".join(reasons))
        self.reasons = tuple(reasons)


@dataclass(slots=True)
class _Tally:
    subjects: Counter[str] = field(default_factory=Counter)
    changes: Counter[tuple[str, str]] = field(default_factory=Counter)
    severities: Counter[str] = field(default_factory=Counter)
    unanswerable: dict[str, str] = field(default_factory=dict)

    def counts(self, rule: str) -> RuleCounts:
        change = self.changes
        new, still, returned = (change[rule, name] for name in ("new", "still", "returned"))
        return RuleCounts(
            subjects=self.subjects[rule],
            flagged=new + still + returned,
            new=new,
            still=still,
            returned=returned,
            settled=change[rule, "settled"],
            unknown=change[rule, "unknown"],
            not_judged=self.unanswerable.get(rule),
        )


def run_audit(
    store: Store, settings: AuditSettings, terms: Terms, *, clock: Callable[[], datetime] | None = None
) -> AuditRun:
    """Judge the whole catalogue at one point in time, remember what was found, and return the run.

    A run that a brake stops changes no finding but the one about itself.

    Raises:
        IndexMissing: nothing has been indexed yet.
        EngineUnavailable: the engine cannot even be told that the run stopped.
    """
    run = _Run(store, settings, terms, clock or (lambda: datetime.now(UTC)))
    return run.run()


class _Run:
    def __init__(
        self, store: Store, settings: AuditSettings, terms: Terms, clock: Callable[[], datetime]
    ) -> None:
        self._store, self._settings, self._terms, self._clock = store, settings, terms, clock
        self._started = clock()
        self._as_of = terms.as_of or self._started
        self._id = terms.id or new_run_id(self._started)
        self._tally = _Tally()
        self._seen = array("Q")
        self._sources: dict[str, int] = {}
        self._notes: list[str] = []
        self._pairs: tuple[tuple[Pair, ...], bool] = ((), False)
        self._chosen = frozenset(terms.rules or RULES)

    def run(self) -> AuditRun:
        with tempfile.TemporaryFile("w+b") as spool:
            try:
                previous = next(iter(self._store.audits(1, Outcome.FINISHED)), None)
                with self._store.snapshot() as snapshot:
                    self._check_inputs(snapshot, previous)
                    self._judge(snapshot, spool)
                self._settle(spool)
                self._check_flags(previous)
            except _Stop as stop:
                return self._stopped(stop.reasons)
            except STOPPING as error:
                with suppress(DiscoveryError):
                    return self._stopped((error.detail,))
                raise
            return self._finished(spool)

    def _check_inputs(self, snapshot: Snapshot, previous: AuditRun | None) -> None:
        self._terms.progress.say("checking inputs")
        settings, runs = self._settings, self._store.source_runs()
        self._sources = snapshot.counts("assets") | snapshot.counts("products")
        reasons = list(brakes.broken_inputs(runs))
        newest = max((run.finished for run in runs), default=None) or snapshot.newest()
        last = previous.finished if previous is not None else None
        reasons += brakes.wrong_clock(self._started, newest, last, settings)
        if previous is not None:
            reasons += brakes.shrunken_inputs(self._sources, previous.sources, settings)
        if reasons and not self._terms.accept:
            raise _Stop([*reasons, brakes.ACCEPT])

    def _side(self, side: str) -> int:
        return sum(count for label, count in self._sources.items() if label.startswith(f"{side}/"))

    def _judge(self, snapshot: Snapshot, spool: IO[bytes]) -> None:
        settings, terms = self._settings, self._terms
        assets, products = self._side("assets"), self._side("products")
        terms.progress.expect(assets + products)
        terms.progress.say("looking over")
        found = survey(snapshot, settings, terms.kept_copies)
        self._pairs = found.pairs, not found.notes
        self._notes += found.notes
        failed = FailedFiles(self._store.failures())
        context = Context(
            now=self._as_of,
            settings=settings,
            assets=assets,
            products=products,
            usage=terms.usage,
            copies=found.copies,
            newer=found.newer,
            successors=found.successors,
            expected=expected_attributes(snapshot, settings.attribute_share),
            failed=failed.reasons(),
            refused=self._store.refusals(),
            absent=terms.absent,
        )
        keep = _Keeper(self, spool)
        terms.progress.say("judging products")
        rules = self._rules(PRODUCT_RULES, context)
        seen = 0
        for products_page in product_subjects(snapshot):
            terms.go_on()
            seen += len(products_page)
            for product in products_page:
                failed.note(product)
                self._ask(rules, product, context, keep)
            terms.progress.advance(len(products_page))
        self._complete("products", seen, products)
        terms.progress.say("judging assets")
        asset_rules, file_rules = self._rules(ASSET_RULES, context), self._rules(FILE_RULES, context)
        rules_of_merged = [rule for rule in asset_rules if rule.name == asset_superseded_in_use.RULE.name]
        seen = 0
        for assets_page in asset_subjects(snapshot, terms.links):
            terms.go_on()
            seen += len(assets_page)
            for asset in assets_page:
                merged = asset.asset.curation.merged_into is not None
                self._ask(rules_of_merged if merged else asset_rules, asset, context, keep)
                if terms.absent is not None and asset.asset.id in terms.absent:
                    said = asset.asset.source
                    gone = FileSubject(
                        asset.asset.id, said.name, said.key, GONE, None, asset.asset.product.sku
                    )
                    self._ask(file_rules, gone, context, keep)
            terms.progress.advance(len(assets_page))
        self._complete("assets", seen, assets)
        for file in failed.subjects():
            self._ask(file_rules, file, context, keep)
        keep.flush()
        for rule in file_rules:  # every indexed file was there to be read, or it would not be indexed
            self._tally.subjects[rule.name] += assets

    def _rules(self, table: Iterable[Rule[S]], context: Context) -> list[Rule[S]]:
        able = []
        for rule in table:
            if rule.name not in self._chosen:
                continue
            why = "it is off" if rule.name in self._settings.off else rule.answerable(context)
            if why is None:
                able.append(rule)
            else:
                self._tally.unanswerable[rule.name] = why
        return able

    def _ask(self, rules: list[Rule[S]], subject: S, context: Context, keep: _Keeper) -> None:
        for rule in rules:
            if context.settings.scopes and scopes.is_off(rule.name, subject, context):
                continue
            self._tally.subjects[rule.name] += 1
            try:
                verdict = rule.judge(subject, context)
            except Exception as error:  # noqa: BLE001 - one subject's failure is that subject's
                verdict = unknown(f"it could not be judged: {type(error).__name__}")
                self._notes.append(
                    f"{rule.name} failed on {about(subject).id}: {type(error).__name__}: {error}"
                )
            if verdict is not None:
                keep.add(rule, subject, verdict, context)

    def _complete(self, side: str, seen: int, expected: int) -> None:
        if seen != expected:
            raise _Stop([f"only {seen} of {expected} {side} could be read; an answer in part is no answer"])

    def saw(self, ident: str) -> None:
        self._seen.append(int(ident[:16], 16))

    def decide(self, sightings: list[Sighting], spool: IO[bytes]) -> None:
        """Look up what is known of some sightings, and put what is to be written into the spool."""
        stored = self._store.stored([sighting.id for sighting in sightings])
        for sighting in sightings:
            before = stored.get(sighting.id)
            after, change = memory.seen(sighting, before, self._started, self._id)
            self._tally.changes[sighting.rule, change] += 1
            self._tally.severities[after.severity] += 1
            turned = before is not None and after.state != before.state
            _spooled(self._store.operation(after, new=before is None, turned=turned), spool)

    def unknown(self, rule: str, ident: str) -> None:
        """Leave a finding that cannot be judged as it is."""
        self._tally.changes[rule, "unknown"] += 1
        self.saw(ident)

    def _settle(self, spool: IO[bytes]) -> None:
        """Find what was there before and is not any more, of the rules that looked at everything."""
        self._terms.progress.say("comparing with the last run")
        judged = sorted(self._chosen - self._tally.unanswerable.keys())
        seen = np.unique(np.frombuffer(self._seen, dtype=np.uint64)) if self._seen else np.empty(0, np.uint64)
        for finding in self._store.unresolved([*judged, SELF]):
            number = np.uint64(int(finding.id[:16], 16))
            place = int(np.searchsorted(seen, number))
            if place < len(seen) and seen[place] == number:
                continue
            if finding.rule != SELF:
                self._tally.changes[finding.rule, "settled"] += 1
            after = memory.settled(finding, self._started, self._id)
            _spooled(self._store.operation(after, new=False, turned=True), spool)

    def _check_flags(self, previous: AuditRun | None) -> None:
        if self._terms.accept:
            return
        sudden = frozenset(rule.name for rule in RULES.values() if rule.sudden)
        counts = {name: self._tally.counts(name) for name in self._chosen}
        reasons = list(brakes.mass_flags(counts, sudden, previous, self._settings))
        if reasons:
            raise _Stop([*reasons, brakes.ACCEPT])

    def _finished(self, spool: IO[bytes]) -> AuditRun:
        if self._terms.dry_run:
            return self._record(Outcome.PLANNED)
        self._terms.progress.say("writing")
        self._terms.go_on()
        spool.seek(0)
        _, failures = self._store.write(self._still_ours(_read(spool)))
        if failures:
            self._notes.append(f"{len(failures)} findings could not be written: {'; '.join(failures[:3])}")
        run = self._record(Outcome.FAILED if failures else Outcome.FINISHED)
        self._store.keep_run(run)
        self._terms.keep_pairs(*self._pairs)
        return run

    def _still_ours(self, operations: Iterator[Operation]) -> Iterator[Operation]:
        for number, operation in enumerate(operations):
            if number % SIGHTINGS_AT_ONCE == 0:
                self._terms.go_on()
            yield operation

    def _stopped(self, reasons: tuple[str, ...]) -> AuditRun:
        run = replace(self._record(Outcome.STOPPED, reasons), rules={}, severities={})
        if self._terms.dry_run:
            return run
        self._terms.go_on()
        itself = About("audit", "audit", "the audit itself")
        verdict = Verdict("stopped", reasons[:MOST_REASONS])
        ident = finding_id(SELF, itself.kind, itself.id)
        before = self._store.stored([ident]).get(ident)
        sighting = Sighting(SELF, "error", itself, verdict, self._settings.owner or None)
        after, _ = memory.seen(sighting, before, self._started, self._id)
        turned = before is not None and after.state != before.state
        self._store.write([self._store.operation(after, new=before is None, turned=turned)])
        self._store.keep_run(run)
        self._terms.keep_pairs(*self._pairs)
        return run

    def _record(self, outcome: Outcome, reasons: tuple[str, ...] = ()) -> AuditRun:
        return AuditRun(
            id=self._id,
            started=self._started,
            finished=max(self._clock(), self._started),
            as_of=self._as_of,
            outcome=outcome,
            reasons=reasons,
            notes=tuple(self._notes[:20]),
            assets=self._side("assets"),
            products=self._side("products"),
            sources=self._sources,
            rules={name: self._tally.counts(name) for name in RULES if name in self._chosen},
            severities=dict(self._tally.severities),
            partial=bool(self._terms.rules),
        )


class _Keeper:
    """Gathers sightings and hands them on in bunches."""

    def __init__(self, run: _Run, spool: IO[bytes]) -> None:
        self._run, self._spool = run, spool
        self._waiting: dict[str, Sighting] = {}

    def add(self, rule: Rule[S], subject: Subject, verdict: Verdict, context: Context) -> None:
        known_as = about(subject)
        if verdict.answer == "unknown":
            self._run.unknown(rule.name, finding_id(rule.name, known_as.kind, known_as.id))
            return
        sighting = Sighting(rule.name, rule.severity, known_as, verdict, scopes.owner_of(subject, context))
        if sighting.id in self._waiting:
            return  # a file that failed and is indexed from before is one subject
        self._waiting[sighting.id] = sighting
        self._run.saw(sighting.id)
        if len(self._waiting) >= SIGHTINGS_AT_ONCE:
            self.flush()

    def flush(self) -> None:
        if self._waiting:
            self._run.decide(list(self._waiting.values()), self._spool)
            self._waiting.clear()


def _spooled(operation: Operation, spool: IO[bytes]) -> None:
    new = isinstance(operation, Put)
    body = operation.source if isinstance(operation, Put) else getattr(operation, "partial", {})
    line = json.dumps([new, operation.index, operation.id, body], ensure_ascii=False)
    spool.write(line.encode("utf-8") + b"\n")


def _read(spool: IO[bytes]) -> Iterator[Operation]:
    for line in spool:
        new, index, ident, body = json.loads(line)
        yield Put(index, ident, body) if new else Update(index, ident, body)
