"""The scheduler as a child of another process: begun with it, begun again if it dies, ended with it."""

from __future__ import annotations

import signal
import subprocess
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress

AGAIN_SECONDS = 5.0


class Beside:
    """A command kept running beside this process. It must end when its standard input does."""

    def __init__(self, argv: Sequence[str], grace: float, say: Callable[[str], None]) -> None:
        self._argv = argv
        self._grace = grace
        self._say = say
        self._ending = threading.Event()
        self._process: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()
        self._keeper = threading.Thread(target=self._keep, name="scheduler", daemon=True)

    @property
    def pid(self) -> int | None:
        """The child's process id, ``None`` while there is none."""
        process = self._process
        return process.pid if process is not None and process.poll() is None else None

    def start(self) -> None:
        """Begin it and keep it running."""
        self._keeper.start()

    def stop(self) -> None:
        """End it, and wait for its end; by force when it takes too long."""
        with self._lock:
            self._ending.set()
        process = self._process
        if process is None:
            return
        with suppress(ProcessLookupError):
            process.send_signal(signal.SIGTERM)
        try:
            process.wait(self._grace)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        self._keeper.join()

    def _keep(self) -> None:
        while True:
            with self._lock:
                if self._ending.is_set():
                    return
                # A session of its own: Ctrl-C ends it through us, so that it can end what it runs first.
                process = self._process = subprocess.Popen(  # noqa: S603 - our own command
                    self._argv, stdin=subprocess.PIPE, start_new_session=True
                )
            code = process.wait()
            assert process.stdin is not None
            process.stdin.close()
            if self._ending.is_set():
                return
            self._say(f"discovery: the scheduler ended (exit code {code}); it is started again")
            if self._ending.wait(AGAIN_SECONDS):
                return
