"""``asset-metadata-incomplete``: a file that does not say what it must."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from discovery.audit import scopes
from discovery.audit.context import Context
from discovery.audit.model import AssetSubject, Verdict
from discovery.audit.rules.base import Rule
from mappings.documents import AssetSource

_SAYS: Mapping[str, Callable[[AssetSource], bool]] = {
    "title": lambda said: bool(said.title),
    "description": lambda said: bool(said.description),
    "keywords": lambda said: bool(said.keywords),
    "categories": lambda said: bool(said.categories),
    "creator": lambda said: bool(said.creator),
    "copyright": lambda said: bool(said.copyright),
    "usage_terms": lambda said: bool(said.usage_terms),
    "rights": lambda said: bool(said.copyright or said.usage_terms),
    "created": lambda said: said.created is not None,
}


def judge(subject: AssetSubject, context: Context) -> Verdict | None:
    """Flag a file that lacks any of ``audit.metadata``."""
    said = subject.asset.source
    missing = [name for name in scopes.metadata_of(subject, context) if not _SAYS[name](said)]
    if not missing:
        return None
    return Verdict("incomplete metadata", (f"it does not say: {', '.join(missing)}",))


RULE = Rule(
    name="asset-metadata-incomplete",
    looks="assets",
    severity="warning",
    question="Does the file say what it must?",
    remedy="Fill in what is missing, in the file or beside it.",
    judge=judge,
)
