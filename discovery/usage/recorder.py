"""What this service sees of usage itself, kept without ever slowing or failing a request.

A record is one count in memory. A thread of its own keeps the counts after a short while; while the engine
does not answer they wait, up to a bound, and what is beyond it is counted as lost. A killed process loses
what waited.
"""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from discovery.config import UsageSettings
from discovery.errors import DiscoveryError
from discovery.usage.background import Background
from discovery.usage.model import Action, Event

SERVICE = "service"
"""The feed of what happens here."""

AT_ONCE = 1000


class UsageRecorder:
    """Counts by action and asset, kept by ``keep`` every ``usage.flush_seconds``."""

    def __init__(
        self,
        keep: Callable[[Sequence[Event]], None],
        settings: UsageSettings,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._keep = keep
        self._settings = settings
        self._clock = clock
        self._lock = threading.Lock()
        self._counts: dict[tuple[Action, str], tuple[int, datetime]] = {}
        self._unkept: list[Event] = []
        self._background = Background("usage-recorder", self.flush, settings.flush_seconds)
        self.lost = 0

    def record(self, action: Action, asset: str) -> None:
        """Take note of something that was done with an asset."""
        of = (action, asset)
        with self._lock:
            if of not in self._counts and self.waiting >= self._settings.buffer:
                self.lost += 1
                return
            self._counts[of] = (self._counts.get(of, (0, None))[0] + 1, self._clock())
        self._background.start()

    @property
    def waiting(self) -> int:
        """How many records wait to be kept."""
        return len(self._counts) + len(self._unkept)

    def flush(self) -> bool:
        """Keep what waits; return whether all of it is kept."""
        with self._lock:
            taken, self._counts = self._counts, {}
            # The id is made once, so that what is sent again after a broken reply still counts once.
            self._unkept += [
                Event(uuid.uuid4().hex, SERVICE, action, asset, at, count=count)
                for (action, asset), (count, at) in taken.items()
            ]
            due = list(self._unkept)
        for start in range(0, len(due), AT_ONCE):
            some = due[start : start + AT_ONCE]
            try:
                self._keep(some)
            except DiscoveryError:
                return False
            with self._lock:
                del self._unkept[: len(some)]
        return True

    def close(self) -> None:
        """Keep what waits, and end the thread."""
        self._background.close()
