"""Who says something, where a request may name somebody: there are no accounts yet."""

from __future__ import annotations

from marshmallow import validate

from discovery.curation.words import LONGEST_BY
from discovery.web.schemas import Text

WHO = "api"
"""Who says it where nobody is named."""


def who_field(load_default: str | None = WHO) -> Text:
    """Return the field that names who says so."""
    return Text(
        load_default=load_default,
        allow_none=True,
        validate=validate.Length(max=LONGEST_BY, error="at most {max} characters"),
        metadata={"description": "who says so"},
    )


def named(given: str | None) -> str:
    """Return the name that was given, or that of nobody in particular."""
    return (given or "").strip() or WHO
