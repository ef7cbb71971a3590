"""A letter, and whom one can write to. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime


@dataclass(frozen=True, slots=True)
class Letter:
    """One mail: to whom, its subject, and its body as text and as HTML."""

    to: str
    subject: str
    text: str
    html: str


@dataclass(frozen=True, slots=True)
class Told:
    """What an owner has heard: what was due up to ``day``, and what was first seen up to ``seen``."""

    day: date
    seen: datetime


def is_address(text: str) -> bool:
    """Return whether an owner can be written to: one address, on one line, without anything else."""
    name, separator, host = text.rpartition("@")
    sound = bool(name and separator and host) and text.isprintable()
    return sound and not any(character in text for character in ' ,;:<>()[]\\"')


def one_line(text: str) -> str:
    """Return a text without line breaks and what cannot be printed."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())
