"""A bounded queue between threads; it ends when its senders are done, or at once when the run stops."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator
from typing import Generic, TypeVar

T = TypeVar("T")


class Halted(Exception):
    """The run stops; whoever sends or receives leaves off."""


class Halt:
    """One run's stop: wakes every thread that waits on one of the run's channels.

    ``error`` is the first error that a thread died of, ``None`` when the run was merely interrupted.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._conditions: list[threading.Condition] = []
        self._raised = threading.Event()
        self.error: BaseException | None = None

    @property
    def raised(self) -> bool:
        """Whether the run stops."""
        return self._raised.is_set()

    def watch(self, condition: threading.Condition) -> None:
        """Wake ``condition`` when the run stops."""
        with self._lock:
            self._conditions.append(condition)

    def stop(self, error: BaseException | None = None) -> None:
        """Stop the run; the first error given is kept."""
        with self._lock:
            if self.error is None:
                self.error = error
            self._raised.set()
            conditions = tuple(self._conditions)
        for condition in conditions:
            with condition:
                condition.notify_all()

    def wait(self, seconds: float) -> bool:
        """Sleep for ``seconds`` or until the run stops; return whether it does."""
        return self._raised.wait(seconds)


class Channel(Generic[T]):
    """A queue of at most ``capacity`` items from ``senders`` threads to any number of receivers."""

    def __init__(self, capacity: int, halt: Halt, senders: int = 1) -> None:
        self._capacity = capacity
        self._halt = halt
        self._senders = senders
        self._items: deque[T] = deque()
        self._changed = threading.Condition()
        halt.watch(self._changed)

    def send(self, item: T) -> None:
        """Append ``item``, waiting for room.

        Raises:
            Halted: when the run stops.
        """
        with self._changed:
            self._changed.wait_for(lambda: len(self._items) < self._capacity or self._halt.raised)
            if self._halt.raised:
                raise Halted
            self._items.append(item)
            self._changed.notify_all()

    def close(self) -> None:
        """Say that one sender is done; after the last one, receivers end when the queue is empty."""
        with self._changed:
            self._senders -= 1
            self._changed.notify_all()

    def receive(self, most: int, *, least: int = 1) -> list[T]:
        """Return up to ``most`` items, waiting for ``least`` of them; fewer only when no more will come.

        An empty list means the end.

        Raises:
            Halted: when the run stops.
        """
        with self._changed:
            self._changed.wait_for(
                lambda: len(self._items) >= least or self._senders <= 0 or self._halt.raised
            )
            if self._halt.raised:
                raise Halted
            taken = [self._items.popleft() for _ in range(min(most, len(self._items)))]
            self._changed.notify_all()
            return taken

    def __iter__(self) -> Iterator[T]:
        while items := self.receive(1):
            yield items[0]
