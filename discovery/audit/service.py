"""The audit as other rooms see it: run it, look at what it found, say what is to become of it, report."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from discovery.audit import scopes
from discovery.audit.asking import check_rules, no_rule, search_body, summary_body, summary_of
from discovery.audit.changes import changed
from discovery.audit.codec import finding_of
from discovery.audit.feedback import Feedback, reported
from discovery.audit.listing import (
    MOST_SIZE,
    FindingsPage,
    FindingsQuery,
    FindingsSummary,
    RunRequest,
    RunView,
    VersionedFinding,
    view_of,
)
from discovery.audit.memory import awake
from discovery.audit.model import REPORTED, UNRESOLVED, About, AuditRun, Finding, Outcome, finding_id
from discovery.audit.queue import MOST_TRIES, AuditQueue, Waiting
from discovery.audit.reports.digest import Digest, digests
from discovery.audit.reports.model import NO_SEARCH, Report, Section, make_report
from discovery.audit.reports.pictures import Thumbnails, no_thumbnails, with_pictures
from discovery.audit.rules import RULES
from discovery.audit.runner import GivenUp, Terms, new_run_id, run_audit
from discovery.audit.store import Store
from discovery.audit.survey import survey
from discovery.audit.turns import AuditTurns
from discovery.config import AuditSettings, Settings
from discovery.duplicates.groups import Pair
from discovery.duplicates.sweep import Kept
from discovery.engine.client import Engine
from discovery.engine.cursors import cursor_of
from discovery.engine.reader import Reader
from discovery.engine.records import Records
from discovery.errors import (
    ConfigurationInvalid,
    DiscoveryError,
    EngineBusy,
    EngineConflict,
    EngineTimedOut,
    EngineUnavailable,
    FieldProblem,
    IndexMissing,
    InputInvalid,
    NotFound,
    RunInProgress,
)
from discovery.mail.mailing import Mailing, Round
from discovery.mail.server import Delivery, post

TRENDS = 30

Sections = Callable[[Sequence[str], int], tuple[Section, ...]]
"""Tells what saved searches find, by their ids, with so many items of each."""


def no_sections(_searches: Sequence[str], _most: int) -> tuple[Section, ...]:
    """Return nothing: no saved searches are known here."""
    return ()


class AuditService:
    """Everything that people and jobs do with the audit.

    ``asked`` is called when a run has been queued; ``thumbnails`` are what reports show of assets,
    ``sections`` what they show of saved searches.

    ``inputs`` fills in what a run is to know from other rooms (usage, absent files), for whoever starts it.

    Raises:
        ConfigurationInvalid: settings name a rule that does not exist.
    """

    def __init__(
        self,
        engine: Engine,
        settings: Settings,
        *,
        clock: Callable[[], datetime] | None = None,
        turns: AuditTurns | None = None,
        asked: Callable[[], None] = lambda: None,
        inputs: Callable[[Terms], Terms] = lambda terms: terms,
        thumbnails: Thumbnails = no_thumbnails,
        sections: Sections = no_sections,
    ) -> None:
        self._sections = sections
        self._inputs = inputs
        self._settings = settings.audit
        self._thumbnails = thumbnails
        self._mail = settings.mail
        self._base_url = settings.mail.service_url
        self._clock = clock or (lambda: datetime.now(UTC))
        self._store = Store(
            engine,
            settings.engine.prefix,
            bulk_documents=settings.index.bulk_documents,
            retries=settings.index.retries,
        )
        self._asked = asked
        self._queue = AuditQueue(Records(engine), Reader(engine), self._store.runs)
        self._turns = turns or AuditTurns(Records(engine), self._store.runs)
        # A server may take its time for each of a mail's steps: greeting, sender, recipient, text, answer.
        patience = timedelta(seconds=5 * settings.mail.timeout_seconds)
        self._mailing = Mailing(Records(engine), self._store.runs, patience)
        check_settings(settings.audit)

    def run(self, terms: Terms | None = None) -> AuditRun:
        """Run the audit; a run that a brake stopped says so in its outcome.

        Raises:
            InputInvalid: a rule that does not exist.
            RunInProgress: another audit is under way; a dry run, which changes nothing, does not mind.
            IndexMissing: nothing has been indexed yet.
            EngineUnavailable: as named.
        """
        terms = terms or Terms()
        check_rules("rule", terms.rules)
        if terms.dry_run:
            return run_audit(self._store, self._settings, self._inputs(terms), clock=self._clock)
        with self._turns.take_now() as turn:
            ours = replace(terms, go_on=_both(terms.go_on, turn.check))
            return run_audit(self._store, self._settings, self._inputs(ours), clock=self._clock)

    def duplicates(self, kept: Kept) -> tuple[tuple[Pair, ...], tuple[str, ...]]:
        """Return the pairs of files that hold the same picture now, and what was left out.

        ``kept`` are the pairs that people said are both meant.

        Raises:
            IndexMissing: nothing has been indexed yet.
        """
        with self._store.snapshot() as snapshot:
            found = survey(snapshot, self._settings, kept)
        return found.pairs, found.notes

    def ask(self, request: RunRequest) -> RunView:
        """Keep that somebody asks for a run; the next worker that has its turn works it off.

        Raises:
            InputInvalid: a rule that does not exist.
            RunInProgress: too many wait already.
            IndexMissing: nothing has been indexed yet.
        """
        check_rules("rules", request.rules)
        now = self._clock()
        view = self._queue.add(new_run_id(now), request, now)
        self._asked()
        return view

    def work_off(self, terms: Terms, go_on: Callable[[], None]) -> bool:
        """Run the audit that has waited longest, if it is our turn; return whether one was worked off.

        Raises:
            EngineUnavailable, EngineTimedOut, EngineBusy: as named; the run waits on.
        """
        try:
            if self._queue.next() is None:
                return False
            turn = self._turns.take()
        except IndexMissing:
            return False
        if turn is None:
            return False
        with turn:
            # Whoever has the turn is alone: what is marked as running was left by a process that died.
            waiting = self._queue.next()
            if waiting is None:
                return False
            try:
                self._work_off(waiting, terms, _both(go_on, turn.check))
            except EngineConflict:
                return False
        return True

    def _work_off(self, waiting: Waiting, terms: Terms, go_on: Callable[[], None]) -> None:
        ident, request = waiting.view.id, waiting.view.request or RunRequest()
        kept = self._kept(ident)
        if kept is not None:  # its process died between the last two of its steps
            self._queue.done(waiting, kept)
            return
        if waiting.tries >= MOST_TRIES:
            self._queue.fail(
                waiting, f"{MOST_TRIES} processes ended while they ran it; it is not tried again"
            )
            return
        begun = self._queue.begin(waiting, self._clock())
        whole = replace(
            terms,
            rules=request.rules,
            dry_run=request.dry_run,
            accept=request.accept,
            id=ident,
            go_on=go_on,
        )
        try:
            run = run_audit(self._store, self._settings, self._inputs(whole), clock=self._clock)
        except (GivenUp, RunInProgress):
            self._queue.put_back(begun)
        except (EngineUnavailable, EngineTimedOut, EngineBusy):
            self._queue.put_back(begun)
            raise
        except DiscoveryError as error:
            self._queue.fail(begun, f"{error.kind.title}: {error.detail}")
        except Exception as error:
            self._queue.fail(begun, f"something went wrong here ({type(error).__name__}); the log tells more")
            raise
        else:
            self._queue.done(begun, run)

    def _kept(self, id: str) -> AuditRun | None:
        try:
            return self._store.audit(id)
        except NotFound:
            return None

    def runs(self, most: int = TRENDS) -> list[AuditRun]:
        """Return the last runs, the newest first."""
        return self._store.audits(most)

    def audit_run(self, id: str) -> AuditRun:
        """Return one run.

        Raises:
            NotFound: there is none of this id.
        """
        return self._store.audit(id)

    def run_views(self, most: int = TRENDS) -> list[RunView]:
        """Return the last runs, those that wait or are under way included, the newest first.

        Raises:
            IndexMissing: nothing has been indexed yet.
        """
        asked = {view.id: view for view in self._queue.recent(most)}
        views = {run.id: view_of(run) for run in self._store.audits(most)} | asked
        return sorted(views.values(), key=lambda view: (view.asked, view.id), reverse=True)[:most]

    def run_view(self, id: str) -> RunView:
        """Return one run, whether it waits, is under way, or is over.

        Raises:
            NotFound: there is none of this id.
        """
        _check_id(id, "audit run", _RUN_ID)
        waiting = self._queue.read(id)
        return view_of(self._store.audit(id)) if waiting is None else waiting.view

    def findings(self, query: FindingsQuery) -> FindingsPage:
        """Return one page of findings.

        Raises:
            InputInvalid: naming every filter that is wrong.
        """
        body = search_body(query)
        reply = self._store.reader.search(self._store.findings, body)
        hits = reply["hits"]["hits"]
        found = tuple(self._current(finding_of(hit["_source"])) for hit in hits)
        more = len(hits) == query.size
        return FindingsPage(
            int(reply["hits"]["total"]["value"]), found, cursor_of(hits[-1]["sort"]) if more else None
        )

    def summary(self) -> FindingsSummary:
        """Return how many findings are pending, by what they are.

        A waiver that ended since the last run counts as waived until the next one writes it.
        """
        body = summary_body(self._clock().date())
        return summary_of(self._store.reader.search(self._store.findings, body))

    def finding(self, id: str) -> Finding:
        """Return one finding.

        Raises:
            NotFound: there is none of this id.
        """
        return self.versioned(id).finding

    def versioned(self, id: str) -> VersionedFinding:
        """Return one finding with its version.

        Raises:
            NotFound: there is none of this id.
        """
        _check_id(id, "finding", _FINDING_ID)
        finding, stored = self._store.record(id)
        return VersionedFinding(self._current(finding), stored.version)

    def change(self, id: str, change: Mapping[str, Any], who: str | None = None) -> Finding:
        """Change what people may change about a finding, and return it.

        Raises:
            NotFound: there is none of this id.
            InputInvalid: naming every field that is wrong.
            EngineConflict: somebody else changed it meanwhile; read again and decide again.
        """
        return self.change_versioned(id, change, who).finding

    def change_versioned(
        self, id: str, change: Mapping[str, Any], who: str | None = None, expected: str | None = None
    ) -> VersionedFinding:
        """Change a finding as :meth:`change` does; if ``expected`` is given, only that version of it.

        Raises:
            NotFound, InputInvalid, EngineConflict: as for :meth:`change`.
        """
        _check_id(id, "finding", _FINDING_ID)
        finding, stored = self._store.record(id)
        if expected is not None and expected != stored.version:
            raise EngineConflict("the finding was changed since it was read; read it again and decide again")
        after = changed(self._current(finding), change, self._clock(), who)
        return VersionedFinding(after, self._store.replace(after, stored).version)

    def tell(self, feedback: Feedback, about: About, who: str) -> VersionedFinding:
        """Keep what somebody says is wrong with ``about``, as a finding.

        Raises:
            EngineConflict: somebody else said something of it at this moment.
            IndexMissing: nothing has been indexed yet.
        """
        try:
            before, stored = self._store.record(finding_id(REPORTED, about.kind, about.id))
        except NotFound:
            before, stored = None, None
        after = reported(feedback, about, before, self._clock(), who)
        kept = self._store.replace(after, stored)
        return VersionedFinding(after, kept.version)

    def all_findings(self, states: tuple[str, ...] = UNRESOLVED) -> Iterator[Finding]:
        """Yield every finding in one of ``states``, the most severe first."""
        after: str | None = None
        while True:
            body = search_body(FindingsQuery(after=after, size=MOST_SIZE), states)
            hits = self._store.reader.search(self._store.findings, body)["hits"]["hits"]
            for hit in hits:
                yield self._current(finding_of(hit["_source"]))
            if len(hits) < MOST_SIZE:
                return
            after = cursor_of(hits[-1]["sort"])

    def report(
        self, run: str | None = None, *, pictured: bool = False, searches: Sequence[str] | None = None
    ) -> Report:
        """Return the report on what is open now, with the last whole run (or ``run``) and the trends.

        ``pictured``: with thumbnails, as many as a file that is mailed can hold. ``searches`` are saved
        searches to show too, by id; those of the settings where none are named.

        Raises:
            NotFound: there is no run of this id.
            InputInvalid: naming ``searches``, where there is no saved search of an id.
        """
        if run is not None:
            _check_id(run, "audit run", _RUN_ID)
        runs = self._store.audits(TRENDS)
        chosen = (
            self._store.audit(run) if run else next((r for r in runs if r.outcome is Outcome.FINISHED), None)
        )
        made = make_report(
            chosen,
            runs,
            self.all_findings(),
            made=self._clock(),
            base_url=self._base_url,
            rows=self._settings.report_rows,
        )
        named = self._settings.report_searches if searches is None else searches
        shown = self._sections(tuple(dict.fromkeys(named)), self._settings.report_rows)
        problems = [
            FieldProblem("searches", f"there is no saved search {one.id[:100]!r}")
            for one in shown
            if searches is not None and one.broken == NO_SEARCH
        ]
        if problems:
            raise InputInvalid("; ".join(f"{p.field}: {p.message}" for p in problems), tuple(problems))
        made = replace(made, searches=shown)
        return with_pictures(made, self._thumbnails) if pictured else made

    def digests(self) -> tuple[Digest, ...]:
        """Return the mails that are due now, one for each owner who has not heard of something."""
        return self._digests(self._clock(), self._seen())

    def mail(self, due: datetime | None = None, token: int = 0) -> tuple[Delivery, ...]:
        """Send the mails that are due now to the owners of what they are about, and say how each went.

        What was told is remembered for each owner; where a mail was refused, the next call tries again.
        ``due`` and ``token`` are those of the turn that mails: for one due time each owner is told once,
        as far as a mail server lets that be known. Without them each call is a time of its own.

        Raises:
            IndexMissing: nothing has been indexed yet.
        """
        now, seen = self._clock(), self._seen()
        waiting = self._digests(now, seen)
        if not waiting:
            return ()
        with post(self._mail) as opened:
            return tuple(self._mailing.deliver(waiting, opened, Round(due or now, token, now, seen)))

    def _digests(self, now: datetime, seen: datetime) -> tuple[Digest, ...]:
        return digests(
            self.all_findings(),
            now.date(),
            told=self._mailing.told,
            until=seen,
            lead_days=self._settings.lead_days,
            base_url=self._base_url,
        )

    def _seen(self) -> datetime:
        """Return until when all that was found is written: a run under way may still write what is older."""
        finished = self._store.audits(1, Outcome.FINISHED)
        return finished[0].as_of if finished else self._clock()

    def _current(self, finding: Finding) -> Finding:
        """Return the finding as it stands today: a waiver ends on its day, not at the next run."""
        return awake(finding, self._clock())


def check_settings(settings: AuditSettings) -> None:
    """Refuse settings that name a rule which does not exist.

    Raises:
        ConfigurationInvalid: naming each.
    """
    named = dict.fromkeys(scopes.all_rules_named(settings.off, settings.scopes))
    problems = tuple(FieldProblem("audit.off", no_rule(name)) for name in named if name not in RULES)
    if problems:
        raise ConfigurationInvalid("; ".join(f"{p.field}: {p.message}" for p in problems), problems)


_FINDING_ID = re.compile(r"[0-9a-f]{24}")
_RUN_ID = re.compile(r"audit-[0-9]{1,20}-[0-9a-f]{6}")


def _check_id(id: str, what: str, pattern: re.Pattern[str]) -> None:
    """Refuse what cannot be an id, before it becomes part of an address."""
    if not pattern.fullmatch(id):
        raise NotFound(f"there is no {what} {id[:100]!r}", (FieldProblem("id", f"no such {what}"),))


def _both(one: Callable[[], None], other: Callable[[], None]) -> Callable[[], None]:
    def go_on() -> None:
        one()
        other()

    return go_on
