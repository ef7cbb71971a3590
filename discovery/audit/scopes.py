"""Which parameters hold for a subject: those of the settings, or of the scope it is in. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from discovery.audit.context import Context
from discovery.audit.model import AssetSubject, ProductSubject, Subject
from discovery.config import AuditScopeSettings
from discovery.picture_sets.scopes import least_long_edge


def sources_of(subject: Subject) -> tuple[str, ...]:
    """Return the names of the sources that a scope may name for this subject."""
    if isinstance(subject, AssetSubject):
        return (subject.asset.source.name,)
    if isinstance(subject, ProductSubject):
        return (subject.product.source.name,)
    return (subject.source,)


def families_of(subject: Subject) -> tuple[str, ...]:
    """Return the families that a scope may name for this subject."""
    if isinstance(subject, AssetSubject):
        return subject.asset.product.family
    if isinstance(subject, ProductSubject):
        family = subject.product.source.family
        return (family,) if family else ()
    return ()


def fitting(subject: Subject, context: Context) -> tuple[AuditScopeSettings, ...]:
    """Return the scopes that a subject is in, the strongest first."""
    if not context.settings.scopes:
        return ()
    return context.scopes(sources_of(subject), families_of(subject))


def is_off(rule: str, subject: Subject, context: Context) -> bool:
    """Return whether a scope keeps ``rule`` from looking at a subject."""
    return any(rule in scope.off for scope in fitting(subject, context))


def owner_of(subject: Subject, context: Context) -> str | None:
    """Return who is asked first to mend what is wrong with a subject."""
    named = (scope.owner for scope in fitting(subject, context) if scope.owner)
    return next(named, context.settings.owner) or None


def metadata_of(subject: AssetSubject, context: Context) -> tuple[str, ...]:
    """Return what a file must say."""
    named = (scope.metadata for scope in fitting(subject, context) if scope.metadata)
    return next(named, context.settings.metadata)


def required_of(subject: ProductSubject, context: Context) -> tuple[str, ...]:
    """Return what a product must say."""
    named = (scope.required for scope in fitting(subject, context) if scope.required)
    return next(named, context.settings.required)


def least_long_edge_of(subject: Subject, context: Context) -> int:
    """Return the least pixels of the long edge of a picture that shows a product."""
    return least_long_edge(context.settings, sources_of(subject), families_of(subject))


def stale_years_of(subject: Subject, context: Context) -> float:
    """Return the age at which a picture is outdated by age alone; 0 for never."""
    named = (scope.stale_years for scope in fitting(subject, context) if scope.stale_years)
    return next(named, context.settings.stale_years)


def all_rules_named(settings_off: tuple[str, ...], scopes: tuple[AuditScopeSettings, ...]) -> Iterator[str]:
    """Yield every rule that settings name, so that a misspelt one can be refused."""
    yield from settings_off
    for scope in scopes:
        yield from scope.off
