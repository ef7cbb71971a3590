"""When a run does not trust what it sees: it stops, changes nothing, and says why. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from discovery.audit.model import AuditRun, RuleCounts
from discovery.config import AuditSettings

FEWEST = 50
"""Subjects, or items of a source, below which a share says nothing."""

CLOCK_TOLERANCE = timedelta(minutes=10)
"""By how much the clocks of two machines may differ."""

ACCEPT = "if that is meant, run it again with --accept"


@dataclass(frozen=True, slots=True)
class SourceRun:
    """The last indexing run over one source."""

    side: str
    source: str
    outcome: str
    finished: datetime

    @property
    def label(self) -> str:
        """The key of this source in the counts of a run."""
        return f"{self.side}/{self.source}"


def wrong_clock(
    now: datetime, newest: datetime | None, last_audit: datetime | None, settings: AuditSettings
) -> Iterator[str]:
    """Yield why the clock cannot be believed: behind what was done already, or far ahead of all of it."""
    done = [moment for moment in (newest, last_audit) if moment is not None]
    if done and now < max(done) - CLOCK_TOLERANCE:
        yield f"the clock says {now:%Y-%m-%d %H:%M}, but a run ended at {max(done):%Y-%m-%d %H:%M} already"
    bound = timedelta(days=settings.clock_days)
    if newest is not None and now - newest > bound:
        yield (
            f"nothing was indexed since {newest:%Y-%m-%d}, {(now - newest).days} days ago "
            f"(audit.clock_days is {settings.clock_days}): the index is stale, or the clock is ahead"
        )


def broken_inputs(runs: list[SourceRun]) -> Iterator[str]:
    """Yield each source whose last indexing run did not come to its end."""
    for run in sorted(runs, key=lambda run: run.label):
        if run.outcome != "finished":
            yield (
                f"the last indexing run over {run.label} ({run.finished:%Y-%m-%d %H:%M}) is {run.outcome}; "
                f"index it again first"
            )


def shrunken_inputs(
    counts: Mapping[str, int], before: Mapping[str, int], settings: AuditSettings
) -> Iterator[str]:
    """Yield each source, and each side, that has far fewer items than at the last run."""
    for label, earlier in sorted({**before, **_sides(before)}.items()):
        current = {**counts, **_sides(counts)}.get(label, 0)
        lost = earlier - current
        if (earlier >= FEWEST and lost > settings.shrink_share * earlier) or (earlier and not current):
            yield f"{label} has {current} items; it had {earlier} at the last audit"


def _sides(counts: Mapping[str, int]) -> dict[str, int]:
    sides: dict[str, int] = {}
    for label, count in counts.items():
        side = label.partition("/")[0]
        sides[side] = sides.get(side, 0) + count
    return sides


def mass_flags(
    rules: Mapping[str, RuleCounts],
    sudden: frozenset[str],
    previous: AuditRun | None,
    settings: AuditSettings,
) -> Iterator[str]:
    """Yield each rule that would newly flag more than ``audit.most_new_share`` of what it looked at.

    Subjects that have come since the last run do not count: something new may well be wrong. Where a rule is
    asked for the first time, only ``sudden`` ones are held back: most of a catalogue may lack a description,
    but hardly most of it expires on one day.
    """
    for name, counts in sorted(rules.items()):
        before = previous.rules.get(name) if previous is not None else None
        if before is None or before.not_judged is not None:
            if name not in sudden:
                continue
            grown = 0
        else:
            grown = max(0, counts.subjects - before.subjects)
        sudden_flags = counts.new + counts.returned - grown
        if counts.subjects >= FEWEST and sudden_flags > settings.most_new_share * counts.subjects:
            yield (
                f"{name} would newly flag {counts.new + counts.returned} of {counts.subjects} subjects "
                f"(audit.most_new_share is {settings.most_new_share:g})"
            )
