"""Which scopes of the settings fit, and the least pixels they ask for. Pure."""

from __future__ import annotations

from collections.abc import Collection

from discovery.config import AuditScopeSettings, AuditSettings


def fitting_scopes(
    settings: AuditSettings, sources: Collection[str], families: Collection[str]
) -> tuple[AuditScopeSettings, ...]:
    """Return the scopes that something of these sources and families is in, the strongest first."""
    fitting = (
        scope
        for scope in settings.scopes
        if (not scope.source or scope.source in sources) and (not scope.family or scope.family in families)
    )
    return tuple(reversed(tuple(fitting)))


def least_long_edge(settings: AuditSettings, sources: Collection[str], families: Collection[str]) -> int:
    """Return the least pixels of the long edge of a picture that shows a product."""
    named = (scope.least_long_edge for scope in fitting_scopes(settings, sources, families))
    return next((edge for edge in named if edge), settings.least_long_edge)
