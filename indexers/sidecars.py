"""Metadata that lies beside a file, as JSON: the names that people use, the values that make sense. Pure."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from discovery.vision.metadata import EmbeddedMetadata

_TEXTS = ("title", "description", "alt_text", "creator", "copyright", "usage_terms", "status")
_WORDS = ("keywords", "identifiers")
_TIMES = ("licence_ends", "created")
_ALIASES = {
    "alt": "alt_text",
    "alttext": "alt_text",
    "author": "creator",
    "caption": "description",
    "expires": "licence_ends",
    "headline": "title",
    "license_ends": "licence_ends",
    "photographer": "creator",
    "rights": "copyright",
    "sku": "identifiers",
    "tags": "keywords",
}


def read_json_sidecar(data: bytes) -> EmbeddedMetadata:
    """Return what a JSON sidecar says; what it says in a way that makes no sense becomes a warning.

    The names are those of the asset's fields (title, description, alt_text, keywords, creator, copyright,
    usage_terms, licence_ends, status, created, identifiers) or usual others for them; any other name is
    passed over.
    """
    try:
        said = json.loads(data.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        return EmbeddedMetadata(warnings=(f"the sidecar is no JSON that can be read: {error}",))
    if not isinstance(said, Mapping):
        return EmbeddedMetadata(warnings=("the sidecar is not a JSON object",))
    values: dict[str, Any] = {}
    warnings: list[str] = []
    for name, value in said.items():
        field = _ALIASES.get(name.lower(), name.lower())
        if value is None or field not in (*_TEXTS, *_TIMES, *_WORDS):
            continue
        try:
            values[field] = _value(field, value)
        except ValueError as error:
            warnings.append(f"{name} in the sidecar: {error}")
    return EmbeddedMetadata(**values, warnings=tuple(warnings))


def merged(inside: EmbeddedMetadata, beside: EmbeddedMetadata) -> EmbeddedMetadata:
    """Return both; where both say something, the sidecar has the later word."""
    given = {
        field.name: value
        for field in dataclasses.fields(beside)
        if field.name != "warnings" and (value := getattr(beside, field.name))
    }
    return dataclasses.replace(inside, **given, warnings=(*inside.warnings, *beside.warnings))


def _value(field: str, value: Any) -> Any:
    if field in _WORDS:
        words = value.split(",") if isinstance(value, str) else value
        if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
            raise ValueError("expected a list of texts")
        return tuple(word.strip() for word in words if word.strip())
    if not isinstance(value, str):
        raise ValueError(f"expected a text, found {json.dumps(value)[:60]}")
    if field in _TEXTS:
        return value
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        raise ValueError(f"expected a date such as 2027-01-31, found {value[:60]!r}") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
