"""What people say is wrong with an asset or a product: a finding like those that rules make. Pure."""

from __future__ import annotations

import enum
from dataclasses import dataclass, replace
from datetime import datetime

from discovery.audit.memory import MOST_EVENTS, Sighting, seen, with_event
from discovery.audit.model import REPORTED, About, Event, Finding, Severity, Verdict

MOST_SAYINGS = 10
"""Of one finding's reports that it tells, the newest ones."""

QUESTION = "Has somebody said that it is wrong?"
REMEDY = "Look at what was said; mend it, or say why it is right and resolve this."


class Complaint(enum.StrEnum):
    """What is wrong: not what it is said to be; not as it is any more; of no use."""

    WRONG = "wrong"
    OUTDATED = "outdated"
    NOT_USABLE = "not_usable"


_SEVERITIES: dict[Complaint, Severity] = {
    Complaint.WRONG: "warning",
    Complaint.OUTDATED: "warning",
    Complaint.NOT_USABLE: "error",
}
_TOLD = {Complaint.WRONG: "wrong", Complaint.OUTDATED: "outdated", Complaint.NOT_USABLE: "not usable"}


@dataclass(frozen=True, slots=True)
class Feedback:
    """What somebody says of an asset (by id) or of a product (by SKU); one of the two is given."""

    complaint: Complaint
    asset: str | None = None
    product: str | None = None
    note: str | None = None


def reported(given: Feedback, about: About, stored: Finding | None, now: datetime, who: str) -> Finding:
    """Return the finding after ``who`` has said so; what was said before stays in it."""
    said = f"{who} says: {_TOLD[given.complaint]}" + (f" ({given.note})" if given.note else "")
    before = stored.reasons if stored is not None and stored.state != "resolved" else ()
    reasons = (said, *(one for one in before if one != said))[:MOST_SAYINGS]
    severity = _SEVERITIES[given.complaint]
    sighting = Sighting(REPORTED, severity, about, Verdict(_TOLD[given.complaint], reasons))
    after, _ = seen(sighting, stored, now, "")
    history = after.history if stored is not None else ()
    told = with_event(replace(after, history=history[-MOST_EVENTS:]), Event(now, said, who))
    return replace(told, run=stored.run if stored is not None else None)
