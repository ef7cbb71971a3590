"""Dates as cameras, agencies and editors write them, as aware datetimes; no zone means UTC."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone

_PATTERN = re.compile(
    r"\s*(?P<year>\d{4})(?:[-:/.]?(?P<month>\d{2})(?:[-:/.]?(?P<day>\d{2})"
    r"(?:[T\s]+(?P<hour>\d{2}):?(?P<minute>\d{2})(?::?(?P<second>\d{2})(?:[.,]\d*)?)?)?)?)?"
    r"\s*(?P<zone>Z|[+-]\d{2}:?\d{2})?\s*\Z",
    re.ASCII,
)


def moment(text: str) -> datetime | None:
    """Return the moment that ``text`` names, or ``None`` when it names none.

    Takes ISO 8601 and its beginnings ("2026", "2026-05"), EXIF ("2026:05:01 10:00:00") and IIM
    ("20260501", "20260501 100000+0200"). What is left out is the first: January, the first, midnight.
    """
    found = _PATTERN.match(text)
    if found is None:
        return None
    parts = {name: int(found[name] or first) for name, first in _FIRST.items()}
    try:
        return datetime(**parts, tzinfo=_zone(found["zone"]))
    except ValueError:
        return None


_FIRST = {"year": 1, "month": 1, "day": 1, "hour": 0, "minute": 0, "second": 0}


def _zone(text: str | None) -> timezone:
    if not text or text == "Z":
        return UTC
    sign = -1 if text[0] == "-" else 1
    return timezone(sign * timedelta(hours=int(text[1:3]), minutes=int(text[-2:])))
