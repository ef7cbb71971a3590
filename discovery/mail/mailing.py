"""Who has been told what: a record for each owner, so that nothing is told twice and nothing is left out.

A record is claimed before its mail goes out and settled after. Who finds one claimed and not settled cannot
know whether the mail left; it is sent again, under the same Message-ID if it is for the same due time.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from discovery.engine.records import Records, Stored
from discovery.errors import EngineConflict
from discovery.mail.letter import Letter, Told
from discovery.mail.server import Delivery, Post

DIGEST = "digest"
"""The ``kind`` of an owner's record of the audit's digests in the ``runs`` index."""

SENDING, SENT, REFUSED = "sending", "sent", "refused"
ELSEWHERE = "another run is telling them right now"
LONGEST_REASON = 1000


@dataclass(frozen=True, slots=True)
class Round:
    """One round of letters: for which due time, fenced by which token (0: by hand), begun when.

    ``seen`` is the moment up to which all that was found is told.
    """

    due: datetime
    token: int
    now: datetime
    seen: datetime


class Mailing:
    """The owners' records under one index, of letters of one ``kind``.

    ``patience`` is how long one mail may take to send.
    """

    def __init__(self, records: Records, index: str, patience: timedelta, kind: str = DIGEST) -> None:
        self._records = records
        self._index = index
        self._patience = patience
        self._kind = kind

    def told(self, owner: str) -> Told | None:
        """Return what an owner has heard."""
        stored = self._records.get(self._index, self._ident(owner))
        return None if stored is None else _told_of(stored)

    def deliver(self, letters: Iterable[Letter], post: Post, this: Round) -> Iterator[Delivery]:
        """Send each mail that nobody has sent for this due time; yield what became of each."""
        for letter in letters:
            before = self._records.get(self._index, self._ident(letter.to))
            if before is not None and _is_done(before, this):
                continue
            if before is not None and self._is_elsewhere(before, this):
                yield Delivery(letter.to, ELSEWHERE, letter.subject)
                continue
            if post.broken is not None:
                yield post.send(letter)  # nothing leaves, so nothing is claimed
                continue
            try:
                claim = self._put(letter.to, before, this, SENDING, _told_of(before) if before else None)
            except EngineConflict:
                yield Delivery(letter.to, ELSEWHERE, letter.subject)
                continue
            delivery = post.send(letter, self._message_id(letter.to, this.due))
            self._settle(letter.to, claim, this, delivery)
            yield delivery

    def _settle(self, owner: str, claim: Stored, this: Round, delivery: Delivery) -> None:
        if delivery.reason is None:
            self._put(owner, claim, this, SENT, Told(this.now.date(), this.seen))
        else:
            self._put(owner, claim, this, REFUSED, _told_of(claim), delivery.reason)

    def _is_elsewhere(self, before: Stored, this: Round) -> bool:
        """Return whether somebody else, as far as one can know, is at it."""
        if before.source["outcome"] != SENDING:
            return False
        token = int(before.source["attempts"])
        if token and this.token:
            return token > this.token  # a lower one has lost its lease and is dead
        return datetime.fromisoformat(before.source["started"]) > this.now - self._patience

    def _put(
        self,
        owner: str,
        before: Stored | None,
        this: Round,
        outcome: str,
        told: Told | None,
        reason: str | None = None,
    ) -> Stored:
        source: dict[str, Any] = {
            "kind": self._kind,
            "key": owner,
            "outcome": outcome,
            "attempts": this.token,
            "started": this.now.isoformat(),
            "settings": {
                "due": this.due.isoformat(),
                "day": told.day.isoformat() if told else None,
                "seen": told.seen.isoformat() if told else None,
            },
        }
        if reason is not None:
            source["reason"] = reason[:LONGEST_REASON]
        return self._records.put(self._index, self._ident(owner), source, before, visible=False)

    def _ident(self, owner: str) -> str:
        # An address may be longer than an id may be.
        return f"{self._kind}:{_digest(owner)}"

    def _message_id(self, owner: str, due: datetime) -> str:
        return f"{self._kind}.{_digest(self._index, owner, due.isoformat())}"


def _is_done(before: Stored, this: Round) -> bool:
    due = datetime.fromisoformat(before.source["settings"]["due"])
    return bool(before.source["outcome"] == SENT and due == this.due)


def _told_of(stored: Stored) -> Told | None:
    said = stored.source["settings"]
    if said["day"] is None:
        return None
    return Told(date.fromisoformat(said["day"]), datetime.fromisoformat(said["seen"]))


def _digest(*parts: str) -> str:
    return hashlib.blake2b("\0".join(parts).encode("utf-8", "replace"), digest_size=16).hexdigest()
