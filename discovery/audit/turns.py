"""Whose turn it is: one audit at a time under one prefix, whichever process runs it.

The right is a record in the engine. Who holds it writes to it every few seconds; who waits watches whether it
changes, on a clock of its own that nobody sets. One that has not changed for long belongs to a process that
died, and is taken over; every change is made over the record as it was read, so only one can take it.
"""

from __future__ import annotations

import os
import secrets
import socket
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from types import TracebackType
from typing import Any

from discovery.engine.records import Records, Stored
from discovery.errors import DiscoveryError, EngineConflict, RunInProgress

KIND = "audit-turn"
ID = "audit-turn"
BEAT_SECONDS = 3.0
PATIENCE_SECONDS = 15.0
_HELD, _FREE = "held", "free"


class Turn:
    """The right to run an audit, from when it was taken until the block is left."""

    def __init__(self, turns: AuditTurns, owner: str, stored: Stored) -> None:
        self._turns = turns
        self._owner = owner
        self._stored = stored
        self._alive = time.monotonic()
        self._lost = False
        self._over = threading.Event()
        self._writing = threading.Lock()
        self._beats = threading.Thread(target=self._beat, name="audit-turn", daemon=True)

    def check(self) -> None:
        """Go on only while the turn is surely this process's.

        Raises:
            RunInProgress: another process may have taken it over, because this one was not heard of.
        """
        if self._lost or time.monotonic() - self._alive > self._turns.patience * 0.75:
            raise RunInProgress("this audit was not heard of for too long and another took over; it ended")

    def __enter__(self) -> Turn:
        self._beats.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._beats.join()
        # One that cannot be given back is taken over by whoever watches it for long enough.
        with suppress(DiscoveryError), self._writing:
            if not self._lost:
                self._turns.write(self._owner, _FREE, self._stored)

    def _beat(self) -> None:
        while not self._over.wait(self._turns.beat):
            try:
                with self._writing:
                    began = time.monotonic()
                    self._stored = self._turns.write(self._owner, _HELD, self._stored)
                    self._alive = began
            except EngineConflict:
                self._lost = True
                return
            except DiscoveryError:
                continue  # the engine may be back before anybody's patience ends


class AuditTurns:
    """Hands out turns under one prefix, one at a time; ``index`` is where records of runs lie."""

    def __init__(
        self,
        records: Records,
        index: str,
        *,
        beat: float = BEAT_SECONDS,
        patience: float = PATIENCE_SECONDS,
    ) -> None:
        self._records = records
        self._index = index
        self.beat = beat
        self.patience = patience
        self._watched: tuple[tuple[int, int], float] | None = None

    def take(self) -> Turn | None:
        """Take the turn if it is free, or if its holder has not been heard of while this was called.

        Raises:
            IndexMissing: nothing has been indexed yet.
            EngineUnavailable, EngineTimedOut, EngineBusy: as named.
        """
        stored = self._records.get(self._index, ID)
        if stored is not None and stored.source.get("outcome") == _HELD and not self._is_dead(stored):
            return None
        owner = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"
        try:
            held = self.write(owner, _HELD, stored)
        except EngineConflict:
            return None
        self._watched = None
        return Turn(self, owner, held)

    def take_now(self, wait: Callable[[float], Any] = time.sleep) -> Turn:
        """Take the turn, after having watched for long enough that its holder is dead, if there is one.

        Raises:
            RunInProgress: an audit is under way.
        """
        first = self._holder()
        while True:
            turn = self.take()
            if turn is not None:
                return turn
            if self._holder() != first:
                raise RunInProgress("an audit is under way; try again when it is over")
            wait(min(1.0, self.beat / 3))

    def write(self, owner: str, outcome: str, expected: Stored | None) -> Stored:
        """Write the record over the one that was read.

        Raises:
            EngineConflict: somebody else was there first.
        """
        now = datetime.now(UTC).isoformat()
        before: Mapping[str, Any] = expected.source if expected else {}
        source = {
            "kind": KIND,
            "key": owner,
            "outcome": outcome,
            "attempts": int(before.get("attempts", 0)) + (before.get("key") != owner),
            "last_seen": now,
        }
        return self._records.put(self._index, ID, source, expected, visible=False)

    def _holder(self) -> tuple[int, int] | None:
        stored = self._records.get(self._index, ID)
        return (stored.primary_term, stored.seq_no) if stored else None

    def _is_dead(self, stored: Stored) -> bool:
        version = (stored.primary_term, stored.seq_no)
        now = time.monotonic()
        if self._watched is None or self._watched[0] != version:
            self._watched = version, now
        return now - self._watched[1] >= self.patience
