"""Whether an asset may be used, in a sentence."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from discovery.config import AuditSettings
from discovery.picture_sets.heroes import is_unapproved
from discovery.web.language import day, message, translated

SOON_DAYS = 30

GOOD, CARE, BAD = "good", "care", "bad"

STATUSES = {
    "approved": message("approved"),
    "unreviewed": message("not looked at yet"),
    "draft": message("a draft"),
    "rejected": message("rejected"),
    "superseded": message("replaced by another file"),
    "archived": message("archived"),
}


def usability(
    item: Mapping[str, Any], settings: AuditSettings, now: datetime | None = None
) -> dict[str, str]:
    """Return whether an asset may be used, as the API tells of it: a tone, and a sentence."""
    now = now or datetime.now(UTC)
    rights, status = item["curation"]["rights"], item["curation"]["status"]
    terms = rights["usage_terms"]
    ends = datetime.fromisoformat(rights["licence_ends"]) if rights["licence_ends"] else None
    if item["curation"]["merged_into"]:
        return {"tone": BAD, "text": translated("Replaced: another file stands for this one")}
    if ends is not None and ends < now:
        return {"tone": BAD, "text": translated("Not usable: its licence ended on %(day)s", day=day(ends))}
    if is_unapproved(status, settings):
        return {"tone": BAD, "text": translated("Not usable: it is %(status)s", status=standing(status))}
    scope = [terms] if terms else []
    if ends is not None:
        scope.append(translated("until %(day)s", day=day(ends)))
    if status != "approved":
        scope.append(standing(status))
    text = translated("Usable") + (f": {', '.join(scope)}" if scope else "")
    near = ends is not None and (ends - now).days < SOON_DAYS
    return {"tone": CARE if near or status != "approved" else GOOD, "text": text}


def standing(status: str) -> str:
    """Return how far an asset was approved, in words."""
    return translated(STATUSES.get(status, "")) or status
