"""Catalogues' picture paths and assets' keys, brought to one form. Pure."""

from __future__ import annotations

import unicodedata


def key_of(path: str) -> str:
    """Return the asset key that a catalogue's path means, in lowercase: relative, forward slashes, NFC."""
    key = path.replace("\\", "/").removeprefix("./").lstrip("/")
    return unicodedata.normalize("NFC", key).lower()
