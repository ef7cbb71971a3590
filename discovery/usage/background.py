"""A thread that does something again and again, beside the requests that gave reason to."""

from __future__ import annotations

import threading
from collections.abc import Callable

CLOSE_SECONDS = 5.0


class Background:
    """Calls ``work`` every ``seconds``, from :meth:`start` on, and once more when it is closed."""

    def __init__(self, name: str, work: Callable[[], object], seconds: float) -> None:
        self._name = name
        self._work = work
        self._seconds = seconds
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._closing = threading.Event()

    def start(self) -> None:
        """Begin, unless it has begun or is closed."""
        if self._thread is not None:
            return
        with self._lock:
            if self._thread is None and not self._closing.is_set():
                self._thread = threading.Thread(target=self._run, name=self._name, daemon=True)
                self._thread.start()

    def close(self) -> None:
        """Do what waits, and end the thread."""
        self._closing.set()
        with self._lock:
            thread = self._thread
        if thread is not None:
            thread.join(CLOSE_SECONDS)

    def _run(self) -> None:
        while not self._closing.wait(self._seconds):
            self._work()
        self._work()
