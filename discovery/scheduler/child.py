"""A turn in a process of its own: begun, ended at its limit; and what runs inside of it.

A child reads from its standard input until when its turn is surely its own, again and again, and ends itself
when that time is over or the pipe is, however its scheduler ended. It writes its outcome as one line of JSON
to what was its standard output; all else that is printed goes to standard error.
"""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import threading
import traceback
from collections.abc import Callable, Sequence
from contextlib import suppress

from discovery.errors import DiscoveryError
from discovery.scheduler.clock import steady_seconds
from discovery.scheduler.model import CRASHED, FAILED, STOPPED, TIMED_OUT, UNSERVED, Job, JobOutcome, Turn

LONGEST_ANSWER = 1_000_000
LONGEST_GRACE_SECONDS = 10.0
CUT_OFF = 0.45
"""Share of the lease after which a turn that is not told to be its own any more ends by itself."""
LONGEST_LOOK_SECONDS = 1.0
"""A machine that slept must not have its children believe that no time has passed."""
FOR_GOOD_SECONDS = 5.0
"""Time that the system may take to end what was killed."""


def grace_seconds(lease_seconds: float) -> float:
    """Return how long a child may take to end after SIGTERM: with the cut-off, less than the lease."""
    return min(LONGEST_GRACE_SECONDS, lease_seconds / 5)


class Child:
    """One turn's process, ended at its limit together with all it started, also if it does not want to.

    ``wake`` is called once when it has ended, from another thread. ``own_seconds`` is as in :meth:`beat`.
    """

    def __init__(
        self,
        argv: Sequence[str],
        limit_seconds: float,
        grace: float,
        own_seconds: float,
        wake: Callable[[], None],
    ) -> None:
        self._limit = limit_seconds
        self._grace = grace
        self._wake = wake
        # A session of its own: Ctrl-C reaches the scheduler alone, and signals reach all that the job starts.
        self._process = subprocess.Popen(  # noqa: S603 - our own command
            argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True
        )
        self._label: tuple[str, str] | None = None
        self._answer = b""
        self._lock = threading.Lock()
        self._gone = False
        self._over = threading.Event()
        self.beat(own_seconds)
        threading.Thread(target=self._read, name="job-answer", daemon=True).start()
        threading.Thread(target=self._keep_limit, name="job-limit", daemon=True).start()

    @property
    def pid(self) -> int:
        """The child's process id."""
        return self._process.pid

    @property
    def over(self) -> bool:
        """Whether it has ended."""
        return self._over.is_set()

    def beat(self, own_seconds: float) -> None:
        """Tell it for how many more seconds its turn is surely its own."""
        assert self._process.stdin is not None
        with suppress(OSError, ValueError):
            self._process.stdin.write(b"%.3f\n" % (steady_seconds() + own_seconds))
            self._process.stdin.flush()

    def end(self, outcome: str, reason: str) -> None:
        """Ask it to end, and kill it after the grace; what comes of it is ``outcome``."""
        with self._lock:
            if self._label is not None or self.over:
                return
            self._label = (outcome, reason)
        self._signal(signal.SIGTERM)
        threading.Thread(target=self._insist, name="job-end", daemon=True).start()

    def wait(self) -> bool:
        """Wait for the end of a child that was asked to; return whether it has come."""
        return self._over.wait(self._grace + FOR_GOOD_SECONDS)

    def result(self) -> JobOutcome:
        """Return what came of it, once it is over."""
        told = self._told()
        if self._label is not None:
            # It may have done all it should just before it was asked to end.
            done = self._label[0] in UNSERVED and told is not None and told.outcome not in UNSERVED
            return told if done and told is not None else JobOutcome(self._label[0], reason=self._label[1])
        code = self._process.returncode
        if code:
            how = f"by {signal.Signals(-code).name}" if code < 0 else f"with exit code {code}"
            return JobOutcome(CRASHED, reason=f"its process ended {how}")
        return told or JobOutcome(CRASHED, reason="its process ended without an outcome")

    def _told(self) -> JobOutcome | None:
        if self._process.returncode:
            return None
        try:
            told = json.loads(self._answer)
            return JobOutcome(told["outcome"], told["figures"], told["reason"])
        except (ValueError, KeyError, TypeError):
            return None

    def _read(self) -> None:
        assert self._process.stdout is not None
        assert self._process.stdin is not None
        with self._process.stdout as out:
            self._answer = out.read(LONGEST_ANSWER)
        if hasattr(os, "waitid"):
            # Not reaped yet, so that its group's number cannot be anybody else's.
            os.waitid(os.P_PID, self._process.pid, os.WEXITED | os.WNOWAIT)
        else:
            self._process.wait()
        # What the job has started and left behind must not live on without it.
        self._signal(signal.SIGKILL)
        with self._lock:
            self._gone = True
            self._process.wait()
        with suppress(OSError):
            self._process.stdin.close()
        self._over.set()
        self._wake()

    def _keep_limit(self) -> None:
        if not self._over.wait(self._limit):
            self.end(TIMED_OUT, f"ended at its limit of {self._limit:g} s")

    def _insist(self) -> None:
        if not self._over.wait(self._grace):
            self._signal(signal.SIGKILL)

    def _signal(self, number: signal.Signals) -> None:
        with self._lock, suppress(ProcessLookupError, PermissionError):
            if not self._gone:
                os.killpg(self._process.pid, number)


def take_turn(job: Job, turn: Turn, lease_seconds: float) -> None:
    """Run a job inside its child process and write its outcome."""
    answer = os.dup(1)
    os.dup2(2, 1)
    with_parent(grace_seconds(lease_seconds), told_until=True)
    outcome = _outcome_of(job, turn)
    told = {"outcome": outcome.outcome, "figures": dict(outcome.figures), "reason": outcome.reason}
    # Where nobody listens any more, somebody else has the word on this turn.
    with suppress(BrokenPipeError), os.fdopen(answer, "w", encoding="utf-8") as out:
        out.write(json.dumps(told, allow_nan=False) + "\n")


def with_parent(grace: float, *, told_until: bool = False) -> None:
    """End this process as Ctrl-C does when the one that began it is gone.

    It is told by standard input, which ends then. With ``told_until`` it also has moments on it, one a line,
    and the last of them is when this process must end unless another one comes. What has not ended after
    ``grace`` seconds is killed, with all it started.
    """

    def watch() -> None:
        with suppress(OSError, ValueError):
            _listen(told_until=told_until)
        os.kill(os.getpid(), signal.SIGTERM)
        threading.Event().wait(grace)
        if os.getpgid(0) == os.getpid():
            os.killpg(0, signal.SIGKILL)
        os._exit(1)

    threading.Thread(target=watch, name="lifeline", daemon=True).start()


def _listen(*, told_until: bool) -> None:
    """Return when standard input ends, or the last moment told on it is past."""
    heard = b""
    until = float("inf")
    while steady_seconds() < until:
        if not select.select([0], [], [], LONGEST_LOOK_SECONDS)[0]:
            continue
        some = os.read(0, 1024)
        if not some:
            return
        *whole, heard = (heard + some).split(b"\n")
        if told_until and whole:
            until = float(whole[-1])


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
