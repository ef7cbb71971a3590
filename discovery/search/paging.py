"""Cursors: how one page leads to the next without repeats or gaps while documents change.

The first page costs nothing extra and leaves nothing behind: its cursor only holds what was shown. When it
is followed, a point in time is taken, the result is walked from its beginning, and what was shown before is
passed over wherever it now stands. From then on the cursor holds the point in time, the sort values of the
last hit, and those shown before that have not been met yet. See docs/decisions/0004.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from discovery.errors import CursorExpired, FieldProblem

MARK_BYTES = 5
"""Of an id's digest. In pages of 24 two ids share a mark once in a thousand million walks, in pages of
1,000 once in half a million; and a cursor of the largest page stays below 8,000 characters."""

_SIGNATURE_BYTES = 16
_HEADER_BYTES = 3


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where a walk stands.

    ``request`` is the digest of what was asked; ``mode``, ``corrected`` (the words in a better spelling),
    ``reason`` and ``reading`` (how the query was read, as JSON has it) are what the first page decided.
    ``pit`` and ``after`` are absent until the walk has left its first page. ``shown`` are the marks of hits
    that were shown and may still come.
    """

    request: str
    mode: str
    corrected: str | None
    reason: str | None
    shown: frozenset[bytes]
    pit: str | None = None
    after: tuple[Any, ...] | None = None
    reading: tuple[Any, ...] = ()


@dataclass(frozen=True, slots=True)
class Step:
    """What one page shows of the hits that were fetched for it, and the cursor to the next, if any."""

    hits: tuple[dict[str, Any], ...]
    next: Cursor | None


def mark(id: str) -> bytes:
    """Return what stands for an id among those shown."""
    return hashlib.blake2b(id.encode(), digest_size=MARK_BYTES).digest()


def digest(*parts: Any) -> str:
    """Return the digest of a request: equal questions have equal ones."""
    return hashlib.blake2b(repr(parts).encode("utf-8", "backslashreplace"), digest_size=9).hexdigest()


def fetch_size(cursor: Cursor, size: int) -> int:
    """Return how many hits to fetch so that ``size`` and one more remain whatever was shown before."""
    return size + len(cursor.shown) + 1


def first_step(start: Cursor, hits: list[dict[str, Any]], total: int) -> Step:
    """Return the first page, found without a point in time; ``start`` says what was decided."""
    more = bool(hits) and total > len(hits)
    shown = frozenset(mark(hit["_id"]) for hit in hits)
    return Step(tuple(hits), replace(start, shown=shown) if more else None)


def next_step(cursor: Cursor, fetched: list[dict[str, Any]], size: int, pit: str) -> Step:
    """Return the page after ``cursor`` out of ``fetched``, what :func:`fetch_size` hits were asked for."""
    exhausted = len(fetched) < fetch_size(cursor, size)
    pending = set(cursor.shown)
    page: list[dict[str, Any]] = []
    left = False
    for hit in fetched:
        known = mark(hit["_id"])
        if len(page) == size:
            left = left or known not in pending
        elif known in pending:
            pending.discard(known)
        else:
            page.append(hit)
    if not page or (exhausted and not left):
        return Step(tuple(page), None)
    onward = replace(cursor, pit=pit, after=tuple(page[-1]["sort"]), shown=frozenset(pending))
    return Step(tuple(page), onward)


def encode(cursor: Cursor, key: bytes) -> str:
    """Return ``cursor`` as an opaque text for a URL, signed with ``key``."""
    held: list[Any] = [cursor.request, cursor.mode, cursor.corrected, cursor.reason, cursor.pit, cursor.after]
    held.append(cursor.reading)
    said = json.dumps(held, separators=(",", ":")).encode("ascii")
    content = len(said).to_bytes(_HEADER_BYTES, "big") + said + b"".join(sorted(cursor.shown))
    return base64.urlsafe_b64encode(_signature(content, key) + content).rstrip(b"=").decode()


def decode(token: str, key: bytes, request: str) -> Cursor:
    """Return the cursor that ``token`` holds.

    Raises:
        CursorExpired: naming ``after``, when it is not one of ours, was changed, or belongs to another
            request than the one with the digest ``request``.
    """
    try:
        raw = base64.b64decode(
            token.encode("ascii") + b"=" * (-len(token) % 4), altchars=b"-_", validate=True
        )
    except (UnicodeEncodeError, binascii.Error, ValueError):
        raise expired("is not one that a search of this service returned") from None
    signature, content = raw[:_SIGNATURE_BYTES], raw[_SIGNATURE_BYTES:]
    if not hmac.compare_digest(signature, _signature(content, key)):
        raise expired("is not one that this service returned since it was started")
    length = int.from_bytes(content[:_HEADER_BYTES], "big")
    said, marks = content[_HEADER_BYTES:][:length], content[_HEADER_BYTES + length :]
    digest_, mode, corrected, reason, pit, after, reading = json.loads(said)
    if digest_ != request:
        raise expired("belongs to another search; follow it with the same words, filters and order")
    return Cursor(
        digest_,
        mode,
        corrected,
        reason,
        frozenset(_split(marks)),
        pit,
        None if after is None else tuple(after),
        tuple(reading),
    )


def expired(message: str) -> CursorExpired:
    """Return the error of a cursor that cannot be continued."""
    problem = FieldProblem("after", f"{message}; start the search again")
    return CursorExpired(f"after: {problem.message}", (problem,))


def _signature(content: bytes, key: bytes) -> bytes:
    return hmac.new(key, content, hashlib.sha256).digest()[:_SIGNATURE_BYTES]


def _split(marks: bytes) -> Iterable[bytes]:
    return (marks[start : start + MARK_BYTES] for start in range(0, len(marks), MARK_BYTES))
