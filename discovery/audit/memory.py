"""What became of a finding since the last run: new, still there, returned or settled. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Literal

from discovery.audit.model import About, Event, Finding, Severity, Verdict, finding_id

Change = Literal["new", "still", "returned"]

MOST_EVENTS = 50
"""Events of one finding that are kept, the newest ones."""


@dataclass(frozen=True, slots=True)
class Sighting:
    """A verdict of one run about one subject."""

    rule: str
    severity: Severity
    about: About
    verdict: Verdict
    owner: str | None = None

    @property
    def id(self) -> str:
        """The finding that this is a sighting of."""
        return finding_id(self.rule, self.about.kind, self.about.id)


def seen(sighting: Sighting, stored: Finding | None, now: datetime, run: str) -> tuple[Finding, Change]:
    """Return the finding after this run has seen it, and how it stands to the runs before.

    People's fields (owner, due, note, waiver) are left as they are, but for a waiver that has ended and that
    of a finding that was settled and returns. ``owner`` is taken from the settings only at first sight.
    """
    verdict = sighting.verdict
    if stored is None:
        fresh = Finding(
            id=sighting.id,
            rule=sighting.rule,
            severity=verdict.severity or sighting.severity,
            subject=sighting.about,
            verdict=verdict.text,
            reasons=verdict.reasons,
            confidence=verdict.confidence,
            state="open",
            first_seen=now,
            last_seen=now,
            related=verdict.related,
            ends=verdict.ends,
            owner=sighting.owner,
            run=run,
            history=(Event(now, "found"),),
        )
        return fresh, "new"
    current = replace(
        stored,
        severity=verdict.severity or sighting.severity,
        subject=sighting.about,
        verdict=verdict.text,
        reasons=verdict.reasons,
        confidence=verdict.confidence,
        related=verdict.related,
        ends=verdict.ends,
        last_seen=now,
        run=run,
    )
    if stored.state == "resolved":
        opened = replace(current, state="open", resolved=None, waived_until=None)
        return with_event(opened, Event(now, "returned")), "returned"
    return awake(current, now), "still"


def awake(finding: Finding, now: datetime) -> Finding:
    """Return the finding with its waiver ended, if the day until which it was waived is over."""
    if finding.state != "waived" or is_waived(finding.waived_until, now):
        return finding
    return with_event(replace(finding, state="open", waived_until=None), Event(now, "waiver ended"))


def is_waived(until: date | None, now: datetime) -> bool:
    """Return whether a waiver still holds: through the whole of its last day."""
    return until is not None and until >= now.date()


def settled(finding: Finding, now: datetime, run: str) -> Finding:
    """Return the finding that a whole run no longer saw: it resolves itself."""
    return with_event(
        replace(finding, state="resolved", resolved=now, waived_until=None, run=run), Event(now, "settled")
    )


def with_event(finding: Finding, event: Event) -> Finding:
    """Return the finding with one more event in its history."""
    return replace(finding, history=(*finding.history, event)[-MOST_EVENTS:])
