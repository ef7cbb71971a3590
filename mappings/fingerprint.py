"""Canonical digests of index bodies, and what a change from one to another asks for."""

from __future__ import annotations

import enum
import hashlib
import json
from collections.abc import Mapping
from typing import Any


class Change(enum.Enum):
    """What must happen to an index of the old body before it serves the new one."""

    NONE = "none"
    ADDITIVE = "additive"
    REBUILD = "rebuild"


def digest(body: Mapping[str, Any]) -> str:
    """Return the first 16 hexadecimal digits of the SHA-256 of the body as canonical JSON."""
    canonical = json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(canonical.encode()).hexdigest()[:16]


def classify(old: Mapping[str, Any], new: Mapping[str, Any]) -> Change:
    """Name the change between two index bodies.

    Additive means that ``new`` only has properties more; anything else that differs needs a rebuild.
    """
    if digest(old) == digest(new):
        return Change.NONE
    if old.get("settings") != new.get("settings"):
        return Change.REBUILD
    return Change.ADDITIVE if _only_adds(old.get("mappings", {}), new.get("mappings", {})) else Change.REBUILD


def _only_adds(old: Mapping[str, Any], new: Mapping[str, Any]) -> bool:
    containers = ("properties", "fields")
    if {k: v for k, v in old.items() if k not in containers} != {
        k: v for k, v in new.items() if k not in containers
    }:
        return False
    return all(
        name in new.get(container, {}) and _only_adds(definition, new[container][name])
        for container in containers
        for name, definition in old.get(container, {}).items()
    )
