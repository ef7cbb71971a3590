"""The audit as other rooms see it: run it, look at what it found, say what is to become of it, report."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from discovery.audit import scopes
from discovery.audit.changes import changed
from discovery.audit.codec import finding_of
from discovery.audit.mail import Delivery, send
from discovery.audit.memory import awake
from discovery.audit.model import SELF, SEVERITIES, STATES, UNRESOLVED, AuditRun, Finding, Outcome
from discovery.audit.reports.digest import Digest, digests
from discovery.audit.reports.model import Report, make_report
from discovery.audit.rules import RULES
from discovery.audit.runner import Terms, run_audit
from discovery.audit.store import Store
from discovery.config import AuditSettings, Settings
from discovery.engine.client import Engine
from discovery.errors import ConfigurationInvalid, FieldProblem, InputInvalid

DEFAULT_SIZE = 50
MOST_SIZE = 500
TRENDS = 30


@dataclass(frozen=True, slots=True)
class FindingsQuery:
    """Which findings to list; ``None`` for all. ``state`` ``"unresolved"`` is all but the resolved ones.

    ``subject`` is an asset's id or a SKU, with or without ``asset:`` or ``product:`` before it. ``after`` is
    the cursor of the page before.
    """

    rule: str | None = None
    severity: str | None = None
    state: str | None = None
    subject: str | None = None
    owner: str | None = None
    after: str | None = None
    size: int = DEFAULT_SIZE


@dataclass(frozen=True, slots=True)
class FindingsPage:
    """One page of findings, the most severe first; ``next`` is the cursor of the next page."""

    total: int
    findings: tuple[Finding, ...]
    next: str | None


class AuditService:
    """Everything that people and jobs do with the audit.

    Raises:
        ConfigurationInvalid: settings name a rule that does not exist.
    """

    def __init__(
        self,
        engine: Engine,
        settings: Settings,
        *,
        clock: Callable[[], datetime] | None = None,
    ) -> None:
        self._settings = settings.audit
        self._mail = settings.mail
        self._base_url = settings.mail.service_url
        self._clock = clock or (lambda: datetime.now(UTC))
        self._store = Store(
            engine,
            settings.engine.prefix,
            bulk_documents=settings.index.bulk_documents,
            retries=settings.index.retries,
        )
        check_settings(settings.audit)

    def run(self, terms: Terms | None = None) -> AuditRun:
        """Run the audit; a run that a brake stopped says so in its outcome.

        Raises:
            InputInvalid: a rule that does not exist.
            IndexMissing: nothing has been indexed yet.
            EngineUnavailable: as named.
        """
        terms = terms or Terms()
        wrong = [FieldProblem("rule", _no_rule(name)) for name in terms.rules if name not in RULES]
        if wrong:
            raise InputInvalid("; ".join(problem.message for problem in wrong), tuple(wrong))
        return run_audit(self._store, self._settings, terms, clock=self._clock)

    def runs(self, most: int = TRENDS) -> list[AuditRun]:
        """Return the last runs, the newest first."""
        return self._store.audits(most)

    def audit_run(self, id: str) -> AuditRun:
        """Return one run.

        Raises:
            NotFound: there is none of this id.
        """
        return self._store.audit(id)

    def findings(self, query: FindingsQuery) -> FindingsPage:
        """Return one page of findings.

        Raises:
            InputInvalid: naming every filter that is wrong.
        """
        body = _search_body(query)
        reply = self._store.reader.search(self._store.findings, body)
        hits = reply["hits"]["hits"]
        found = tuple(self._current(finding_of(hit["_source"])) for hit in hits)
        more = len(hits) == query.size
        return FindingsPage(
            int(reply["hits"]["total"]["value"]), found, _cursor(hits[-1]["sort"]) if more else None
        )

    def finding(self, id: str) -> Finding:
        """Return one finding.

        Raises:
            NotFound: there is none of this id.
        """
        return self._current(self._store.record(id)[0])

    def change(self, id: str, change: Mapping[str, Any], who: str | None = None) -> Finding:
        """Change what people may change about a finding, and return it.

        Raises:
            NotFound: there is none of this id.
            InputInvalid: naming every field that is wrong.
            EngineConflict: somebody else changed it meanwhile; read again and decide again.
        """
        finding, stored = self._store.record(id)
        after = changed(self._current(finding), change, self._clock(), who)
        self._store.replace(after, stored)
        return after

    def all_findings(self, states: tuple[str, ...] = UNRESOLVED) -> Iterator[Finding]:
        """Yield every finding in one of ``states``, the most severe first."""
        after: str | None = None
        while True:
            body = _search_body(FindingsQuery(after=after, size=MOST_SIZE), states)
            hits = self._store.reader.search(self._store.findings, body)["hits"]["hits"]
            for hit in hits:
                yield self._current(finding_of(hit["_source"]))
            if len(hits) < MOST_SIZE:
                return
            after = _cursor(hits[-1]["sort"])

    def report(self, run: str | None = None) -> Report:
        """Return the report on what is open now, with the last whole run (or ``run``) and the trends.

        Raises:
            NotFound: there is no run of this id.
        """
        runs = self._store.audits(TRENDS)
        chosen = (
            self._store.audit(run) if run else next((r for r in runs if r.outcome is Outcome.FINISHED), None)
        )
        return make_report(
            chosen,
            runs,
            self.all_findings(),
            made=self._clock(),
            base_url=self._base_url,
            rows=self._settings.report_rows,
        )

    def digests(self, since: date | None = None) -> tuple[Digest, ...]:
        """Return the mails that are due today; ``since`` is the day of the last ones."""
        return digests(
            self.all_findings(),
            self._clock().date(),
            since=since,
            lead_days=self._settings.lead_days,
            base_url=self._base_url,
        )

    def mail(self, since: date | None = None) -> tuple[Delivery, ...]:
        """Send the mails that are due today to the owners of what they are about, and say how it went."""
        return send(self.digests(since), self._mail)

    def _current(self, finding: Finding) -> Finding:
        """Return the finding as it stands today: a waiver ends on its day, not at the next run."""
        return awake(finding, self._clock())


def check_settings(settings: AuditSettings) -> None:
    """Refuse settings that name a rule which does not exist.

    Raises:
        ConfigurationInvalid: naming each.
    """
    named = dict.fromkeys(scopes.all_rules_named(settings.off, settings.scopes))
    problems = tuple(FieldProblem("audit.off", _no_rule(name)) for name in named if name not in RULES)
    if problems:
        raise ConfigurationInvalid("; ".join(f"{p.field}: {p.message}" for p in problems), problems)


def _no_rule(name: str) -> str:
    return f"there is no rule {name[:60]!r}; expected one of {', '.join(RULES)}"


def _search_body(query: FindingsQuery, states: tuple[str, ...] | None = None) -> dict[str, Any]:
    problems: list[FieldProblem] = []
    conditions: list[dict[str, Any]] = []

    def choose(field: str, value: str | None, choices: tuple[str, ...]) -> None:
        if value is not None and value not in choices:
            problems.append(
                FieldProblem(field, f"expected one of {', '.join(choices)}, found {value[:60]!r}")
            )
        elif value is not None:
            conditions.append({"term": {field: value}})

    choose("rule", query.rule, (*RULES, SELF))
    choose("severity", query.severity, SEVERITIES)
    if query.state == "unresolved":
        states = UNRESOLVED
    else:
        choose("state", query.state, (*STATES, "unresolved"))
    if states is not None:
        conditions.append({"terms": {"state": list(states)}})
    if query.subject is not None:
        kind, separator, ident = query.subject.partition(":")
        if separator and kind in ("asset", "product", "audit"):
            conditions += [{"term": {"subject.kind": kind}}, {"term": {"subject.id": ident}}]
        else:
            conditions.append({"term": {"subject.id": query.subject}})
    if query.owner is not None:
        conditions.append({"term": {"owner": query.owner}})
    if not 1 <= query.size <= MOST_SIZE:
        problems.append(FieldProblem("size", f"expected a number from 1 to {MOST_SIZE}, found {query.size}"))
    body: dict[str, Any] = {
        "query": {"bool": {"filter": conditions}},
        "size": query.size,
        "sort": [{"rank": "desc"}, {"rule": "asc"}, {"id": "asc"}],
        "track_total_hits": True,
    }
    if query.after is not None:
        try:
            body["search_after"] = _uncursor(query.after)
        except ValueError:
            problems.append(FieldProblem("after", "is no cursor of this list"))
    if problems:
        detail = "; ".join(f"{problem.field}: {problem.message}" for problem in problems)
        raise InputInvalid(detail, tuple(problems))
    return body


def _cursor(sort: list[Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(sort).encode()).decode().rstrip("=")


def _uncursor(text: str) -> list[Any]:
    try:
        sort = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except (binascii.Error, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise ValueError(text) from error
    whole = isinstance(sort, list) and len(sort) == 3
    if not whole or type(sort[0]) is not int or not all(isinstance(part, str) for part in sort[1:]):
        raise ValueError(text)
    return [*sort]
