"""What the room speaks of: events, feeds, and what is known of both. Pure; strict about what it is given."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from discovery.errors import FieldProblem
from mappings.documents import asset_id

LONGEST = 200
MOST_COUNT = 1_000_000_000
FROM_THE_FUTURE = timedelta(minutes=10)
"""By how much the clocks of two machines may differ."""

EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)

FIELDS = ("id", "asset", "source", "key", "action", "at", "product", "channel", "by", "count")
"""What an event may say; an asset is named by its id, or by its source and its key there."""

MOST_AT_ONCE = 10_000
"""Events of one request."""


class Action(StrEnum):
    """What was done with an asset. A view is no use; a withdrawal ends what a publication began."""

    VIEW = "view"
    DOWNLOAD = "download"
    PUBLICATION = "publication"
    WITHDRAWAL = "withdrawal"


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that was done with an asset, ``count`` times, the last time ``at`` then (UTC).

    ``id`` is the feed's own name for it: told again, it counts once. ``by`` is an account's id, nothing else
    of a person.
    """

    id: str
    feed: str
    action: Action
    asset: str
    at: datetime
    product: str | None = None
    channel: str | None = None
    by: str | None = None
    count: int = 1


@dataclass(frozen=True, slots=True)
class Feed:
    """Where events come from. It tells everything from ``since`` to ``complete_until``; later, maybe not."""

    name: str
    since: datetime
    complete_until: datetime
    retired: bool = False


@dataclass(frozen=True, slots=True)
class Refused:
    """One event that was not taken; ``row`` is its place among those given, the first is 0."""

    row: int
    problems: tuple[FieldProblem, ...]


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of some events.

    ``known`` were told before and count once. ``unknown_assets`` are ids of which nothing is indexed; their
    events are kept, and count when it is.
    """

    taken: int
    known: int
    refused: tuple[Refused, ...]
    unknown_assets: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Coverage:
    """How far the counts on documents can be trusted: since when all feeds tell, and what is missing.

    ``since`` is ``None`` where no feed is declared.
    """

    since: datetime | None
    missing: tuple[str, ...] = ()

    @property
    def complete(self) -> bool:
        """Whether nothing is missing that would make something used look unused."""
        return self.since is not None and not self.missing


def read_event(row: Mapping[str, Any], feed: str, now: datetime) -> Event | tuple[FieldProblem, ...]:
    """Return the event that a row tells, or all that is wrong with it."""
    problems = [
        FieldProblem(str(name)[:60], f"unknown field; expected {', '.join(FIELDS)}")
        for name in row
        if name not in FIELDS
    ]
    texts = {name: _text(row, name, problems) for name in FIELDS if name not in ("at", "count")}
    asset = texts["asset"]
    if asset is None and texts["source"] is not None and texts["key"] is not None:
        asset = asset_id(texts["source"], texts["key"])
    elif asset is not None and (texts["source"] is not None or texts["key"] is not None):
        problems.append(FieldProblem("asset", "give its id, or its source and key, not both"))
    elif asset is None and not any(p.field in ("asset", "source", "key") for p in problems):
        problems.append(FieldProblem("asset", "is required: its id, or its source and key"))
    for name in ("id", "action"):
        if texts[name] is None and not any(problem.field == name for problem in problems):
            problems.append(FieldProblem(name, "is required"))
    action = texts["action"]
    if action is not None and action not in tuple(Action):
        problems.append(FieldProblem("action", f"expected one of {', '.join(Action)}, found {action[:60]!r}"))
    if action in (Action.PUBLICATION, Action.WITHDRAWAL) and texts["channel"] is None:
        problems.append(FieldProblem("channel", f"is required: a {action} is in a channel"))
    at = read_moment(row.get("at"), "at", now, problems)
    count = row.get("count", 1)
    if type(count) is not int or not 1 <= count <= MOST_COUNT:
        problems.append(FieldProblem("count", f"expected a whole number from 1 to {MOST_COUNT}"))
    if problems or at is None:
        return tuple(problems)
    ident, known = texts["id"], asset
    assert ident is not None
    assert known is not None
    return Event(
        ident, feed, Action(str(action)), known, at, texts["product"], texts["channel"], texts["by"], count
    )


def read_moment(value: Any, field: str, now: datetime, problems: list[FieldProblem]) -> datetime | None:
    """Return the moment that a text means, in UTC where it names no zone; or add what is wrong."""
    if value is None:
        problems.append(FieldProblem(field, "is required"))
        return None
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else None
        if moment is not None:
            moment = moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC)
    except (ValueError, OverflowError):
        moment = None
    if moment is None:
        problems.append(FieldProblem(field, "expected a date and time such as 2026-03-31T09:30:00Z"))
    elif moment > now + FROM_THE_FUTURE:
        problems.append(FieldProblem(field, f"{value} is in the future; it is {now:%Y-%m-%d %H:%M} UTC"))
    elif moment < EARLIEST:
        problems.append(FieldProblem(field, f"{value[:40]} is too long ago"))
    else:
        return moment
    return None


def read_feed(
    name: Any, since: Any, complete_until: Any, now: datetime, before: Feed | None
) -> Feed | tuple[FieldProblem, ...]:
    """Return a feed as somebody declares it, or all that is wrong; ``since`` may be left out later on."""
    problems: list[FieldProblem] = []
    if (why := name_problem(name)) is not None:
        problems.append(FieldProblem("feed", why))
    if since is None and before is not None:
        began: datetime | None = before.since
    else:
        began = read_moment(since, "since", now, problems)
    until = read_moment(complete_until, "complete_until", now, problems)
    if began is not None and until is not None and until < began:
        problems.append(FieldProblem("complete_until", "is before since"))
    if problems or began is None or until is None:
        return tuple(problems)
    return Feed(name, began, until)


def name_problem(name: Any) -> str | None:
    """Return what is wrong with a feed's name."""
    sound = isinstance(name, str) and name.isprintable() and name.strip() == name and 0 < len(name) <= LONGEST
    return None if sound else f"expected a name of 1 to {LONGEST} characters"


def document_id(feed: str, event: str) -> str:
    """Return the id under which an event is kept: the same however often it is told."""
    text = f"{feed}\0{event}".encode("utf-8", "replace")
    return f"event-{hashlib.blake2b(text, digest_size=16).hexdigest()}"


def content_id(row: Mapping[str, Any], occurrence: int) -> str:
    """Return an id for a row that has none, by what it says and how often its file has said that before."""
    text = json.dumps([sorted(row.items()), occurrence], default=str).encode("utf-8", "replace")
    return hashlib.blake2b(text, digest_size=16).hexdigest()


def _text(row: Mapping[str, Any], name: str, problems: list[FieldProblem]) -> str | None:
    value = row.get(name)
    if value is None:
        return None
    longest = 1024 if name == "key" else LONGEST
    if not isinstance(value, str) or not value.strip() or len(value) > longest or not value.isprintable():
        problems.append(FieldProblem(name, f"expected a text of 1 to {longest} characters"))
        return None
    try:
        value.encode()
    except UnicodeEncodeError:
        problems.append(FieldProblem(name, "is not valid UTF-8"))
        return None
    return value
