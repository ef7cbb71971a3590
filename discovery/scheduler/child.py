"""A turn in a process of its own: begun, watched, ended at its limit; and what runs inside of it.

The child is told by its standard input, which ends when its scheduler does, however that ended. It writes its
outcome as one line of JSON to what was its standard output; all else that is printed goes to standard error.
"""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Callable, Sequence
from contextlib import suppress

from discovery.errors import DiscoveryError
from discovery.scheduler.model import CRASHED, FAILED, STOPPED, TIMED_OUT, Job, JobOutcome, Turn

LONGEST_ANSWER = 1_000_000
LONGEST_GRACE_SECONDS = 10.0
CUT_OFF = 0.45
"""Share of the lease after which a turn that is not told to be its own any more ends by itself."""


def grace_seconds(lease_seconds: float) -> float:
    """Return how long a child may take to end after SIGTERM: with the cut-off, less than the lease."""
    return min(LONGEST_GRACE_SECONDS, lease_seconds / 5)


class Child:
    """One turn's process. ``wake`` is called once when it has ended, from another thread."""

    def __init__(
        self, argv: Sequence[str], limit_seconds: float, grace: float, wake: Callable[[], None]
    ) -> None:
        self._limit = limit_seconds
        self._grace = grace
        self._wake = wake
        # A session of its own: Ctrl-C reaches the scheduler alone, and signals reach all that the job starts.
        self._process = subprocess.Popen(  # noqa: S603 - our own command
            argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True
        )
        self._began = time.monotonic()
        self._kill_at: float | None = None
        self._label: tuple[str, str] | None = None
        self._answer = b""
        self._over = threading.Event()
        threading.Thread(target=self._read, name="job-answer", daemon=True).start()

    @property
    def pid(self) -> int:
        """The child's process id."""
        return self._process.pid

    @property
    def over(self) -> bool:
        """Whether it has ended."""
        return self._over.is_set()

    def beat(self) -> None:
        """Tell it that its turn is still its own."""
        assert self._process.stdin is not None
        with suppress(OSError, ValueError):
            self._process.stdin.write(b".")
            self._process.stdin.flush()

    def watch(self) -> None:
        """End it at its limit: first asked, then killed with everything it started."""
        now = time.monotonic()
        if self._label is None and now - self._began > self._limit:
            self.end(TIMED_OUT, f"ended at its limit of {self._limit:g} s")
        if self._kill_at is not None and now > self._kill_at:
            self._signal(signal.SIGKILL)

    def end(self, outcome: str, reason: str) -> None:
        """Ask it to end; what comes of it is ``outcome``."""
        if self._label is None and not self.over:
            self._label = (outcome, reason)
            self._kill_at = time.monotonic() + self._grace
            self._signal(signal.SIGTERM)

    def wait(self, seconds: float) -> None:
        """Wait for its end, then kill it."""
        if not self._over.wait(seconds):
            self._signal(signal.SIGKILL)
            self._over.wait()

    def result(self) -> JobOutcome:
        """Return what came of it, once it is over."""
        if self._label is not None:
            return JobOutcome(self._label[0], reason=self._label[1])
        code = self._process.returncode
        if code:
            how = f"by {signal.Signals(-code).name}" if code < 0 else f"with exit code {code}"
            return JobOutcome(CRASHED, reason=f"its process ended {how}")
        try:
            told = json.loads(self._answer)
            return JobOutcome(told["outcome"], told["figures"], told["reason"])
        except (ValueError, KeyError, TypeError):
            return JobOutcome(CRASHED, reason="its process ended without an outcome")

    def _read(self) -> None:
        assert self._process.stdout is not None
        assert self._process.stdin is not None
        with self._process.stdout as out:
            self._answer = out.read(LONGEST_ANSWER)
        self._process.wait()
        # What the job has started and left behind must not live on without it.
        self._signal(signal.SIGKILL, ended=True)
        with suppress(OSError):
            self._process.stdin.close()
        self._over.set()
        self._wake()

    def _signal(self, number: signal.Signals, *, ended: bool = False) -> None:
        if not ended and self._process.poll() is not None:
            return
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, number)


def take_turn(job: Job, turn: Turn, lease_seconds: float) -> None:
    """Run a job inside its child process and write its outcome."""
    answer = os.dup(1)
    os.dup2(2, 1)
    with_parent(grace_seconds(lease_seconds), silence_seconds=CUT_OFF * lease_seconds)
    outcome = _outcome_of(job, turn)
    told = {"outcome": outcome.outcome, "figures": dict(outcome.figures), "reason": outcome.reason}
    with os.fdopen(answer, "w", encoding="utf-8") as out:
        out.write(json.dumps(told, allow_nan=False) + "\n")


def with_parent(grace: float, *, silence_seconds: float | None = None) -> None:
    """End this process as Ctrl-C does when the one that began it is gone, or silent for too long.

    It is told by standard input. What has not ended after ``grace`` seconds is killed, with all it started.
    """

    def watch() -> None:
        with suppress(OSError):
            while select.select([0], [], [], silence_seconds)[0] and os.read(0, 1024):
                pass
        os.kill(os.getpid(), signal.SIGTERM)
        threading.Event().wait(grace)
        if os.getpgid(0) == os.getpid():
            os.killpg(0, signal.SIGKILL)
        os._exit(1)

    threading.Thread(target=watch, name="lifeline", daemon=True).start()


def _outcome_of(job: Job, turn: Turn) -> JobOutcome:
    try:
        return job.call(turn)
    except DiscoveryError as error:
        return JobOutcome(FAILED, reason=f"{error.kind.title}: {error.detail}")
    except KeyboardInterrupt:
        return JobOutcome(STOPPED, reason="interrupted")
    except Exception as error:  # noqa: BLE001 - whatever a job dies of is that job's outcome
        traceback.print_exc(file=sys.stderr)
        return JobOutcome(FAILED, reason=f"{type(error).__name__}: {error}")
