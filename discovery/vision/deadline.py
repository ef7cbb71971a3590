"""A time limit for work that cannot be asked to stop.

Most of Pillow's decoders read their input in blocks, and are stopped in the middle by
:class:`TimedBytes`. Those of libwebp, libavif, OpenJPEG and libtiff take the bytes whole; no thread can
be killed in Python, so such a decode is abandoned: the caller is told at once, the thread ends by itself
when the decoder returns, and no more than :data:`MOST_ABANDONED` of them may be alive at one time. What
they can cost is bounded by the limits on bytes and pixels, which are checked before decoding.
"""

from __future__ import annotations

import io
import threading
import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

MOST_ABANDONED = 4

_changed = threading.Condition()
_abandoned: set[threading.Thread] = set()


class DeadlinePassedError(Exception):
    """The work took longer than it was given."""


class TimedBytes(io.BytesIO):
    """Bytes to read from until ``deadline``, in seconds of ``time.monotonic``; then reading raises."""

    def __init__(self, data: bytes, deadline: float) -> None:
        super().__init__(data)
        self.deadline = deadline

    def read(self, size: int | None = -1, /) -> bytes:
        """Return up to ``size`` bytes, as :meth:`io.BytesIO.read` does."""
        if time.monotonic() > self.deadline:
            raise DeadlinePassedError
        return super().read(size)


def within(seconds: float, work: Callable[[float], T]) -> T:
    """Return ``work(deadline)``, run in a thread of its own for at most ``seconds``.

    Raises:
        DeadlinePassedError: when it took longer, or when earlier abandoned work left no room for that long.
    """
    deadline = time.monotonic() + seconds
    with _changed:
        if not _changed.wait_for(lambda: len(_abandoned) < MOST_ABANDONED, timeout=seconds):
            raise DeadlinePassedError
    outcome: list[T] = []
    failure: list[BaseException] = []
    done = threading.Event()

    def run() -> None:
        try:
            outcome.append(work(deadline))
        except BaseException as error:  # noqa: BLE001 - handed to the caller's thread, whatever it is
            failure.append(error)
        done.set()
        with _changed:
            _abandoned.discard(thread)
            _changed.notify_all()

    # A daemon, so that an abandoned decode never keeps the process from ending.
    thread = threading.Thread(target=run, name="picture", daemon=True)
    thread.start()
    if not done.wait(max(0.0, deadline - time.monotonic())):
        with _changed:
            if not done.is_set():
                _abandoned.add(thread)
        raise DeadlinePassedError
    if failure:
        raise failure[0]
    return outcome[0]
