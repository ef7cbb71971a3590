"""When a licence has ended, and when it will have. Pure."""

from __future__ import annotations

from datetime import datetime, time, timedelta


def ended(ends: datetime, now: datetime) -> bool:
    """Return whether a licence has ended; one that ends at midnight is a date, with all of that day."""
    if ends.time() == time():
        return ends.date() < now.date()
    return ends < now


def over_from(ends: datetime) -> datetime:
    """Return the moment from which a licence has ended."""
    return ends + timedelta(days=1) if ends.time() == time() else ends
