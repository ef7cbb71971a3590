"""Due times. APScheduler's triggers compute them; its own loop is not used, for it believes the wall clock.

With an hour's step back that loop would sleep for an hour; see docs/decisions/0008-due-times-and-leases.md.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from apscheduler.triggers.cron import CronTrigger  # type: ignore[import-untyped]
from apscheduler.triggers.interval import IntervalTrigger  # type: ignore[import-untyped]

from discovery.errors import ConfigurationInvalid

_EVERY = re.compile(r"every (\d+) (second|minute|hour|day)s?")
_ORIGIN = datetime(1970, 1, 1, tzinfo=UTC)
_LEAST_STEP = timedelta(milliseconds=1)
"""Due times are whole seconds; less would be lost where the trigger reckons with floats."""

_FIRST_LOOK_BACK = timedelta(seconds=1)

FAR_AHEAD = timedelta(days=1)
"""A due time that was served, but lies this far ahead, was served by a clock that was wrong."""


class Trigger:
    """When a job is due: ``every N minutes``, counted from 1970 on all machines alike, or a crontab line.

    Where clocks are put back, a time with a given hour comes once, as it does with cron; where they are put
    forward over it, it comes an hour later. Day and weekday must both fit where both are given.

    Raises:
        ConfigurationInvalid: ``text`` is neither, or never comes.
    """

    def __init__(self, text: str, zone: str = "UTC") -> None:
        self.text = text
        try:
            self._trigger = _made(text, zone)
            never = self._trigger.get_next_fire_time(None, _ORIGIN) is None
        except (ValueError, KeyError, OverflowError) as error:
            raise ConfigurationInvalid(f"schedule: {text!r} is no time to run at: {error}") from error
        if never:
            raise ConfigurationInvalid(f"schedule: {text!r} is no time to run at: it never comes")
        self._once_a_day = not text.startswith("every ") and not text.split()[1].startswith("*")

    def next_due(self, after: datetime) -> datetime | None:
        """Return the first due time after ``after``, ``None`` if there is none."""
        return self._at_or_after(after + _LEAST_STEP)

    def last_due(self, served: datetime, now: datetime) -> datetime | None:
        """Return the last due time after ``served`` up to ``now``: those missed are folded into it."""
        first = self.next_due(served)
        if first is None or first > now:
            return None
        back = _FIRST_LOOK_BACK
        while now - back > served and self._due_by(now - back, now) is None:
            back *= 2
        due = self._due_by(max(served, now - back), now) or first
        while (later := self._due_by(due, now)) is not None:
            due = later
        return due

    def _due_by(self, after: datetime, now: datetime) -> datetime | None:
        due = self.next_due(after)
        return due if due is not None and due <= now else None

    def _at_or_after(self, moment: datetime) -> datetime | None:
        due: datetime | None = self._trigger.get_next_fire_time(None, moment)
        while due is not None and due.fold and self._once_a_day:
            due = self._trigger.get_next_fire_time(None, due.astimezone(UTC) + _LEAST_STEP)
        return due.astimezone(UTC) if due is not None else None


def _made(text: str, zone: str) -> CronTrigger | IntervalTrigger:
    if found := _EVERY.fullmatch(text):
        length = timedelta(**{f"{found[2]}s": int(found[1])})
        return IntervalTrigger(seconds=round(length.total_seconds()), start_date=_ORIGIN, timezone=UTC)
    return CronTrigger.from_crontab(text, timezone=UTC if zone == "UTC" else ZoneInfo(zone))
