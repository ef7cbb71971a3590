"""``asset-duplicate``: a second file of a picture that is there already."""

from __future__ import annotations

from discovery.audit.context import Context
from discovery.audit.model import AssetSubject, Verdict
from discovery.audit.rules.base import Rule


def judge(subject: AssetSubject, context: Context) -> Verdict | None:
    """Flag the lesser file of a pair: the unlinked, the smaller, the later one."""
    copy = context.copies.get(subject.asset.id)
    if copy is None:
        return None
    return Verdict(
        "duplicate" if copy.likeness >= 1 else "near-duplicate",
        (f"{copy.how} {copy.name}",),
        confidence=round(copy.likeness, 3),
        related=(copy.id,),
    )


RULE = Rule(
    name="asset-duplicate",
    looks="assets",
    severity="warning",
    question="Is the same picture there in another file?",
    remedy="Keep one and archive the other, or say that both are meant.",
    judge=judge,
)
