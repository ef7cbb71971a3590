"""Locks between processes of one home: one run per source, one projection and one migration at a time."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock, Timeout

from discovery.errors import RunInProgress

LONGEST_WAIT_SECONDS = 900


def _lock(home: Path, *names: str, timeout: float) -> FileLock:
    folder = home / "locks"
    folder.mkdir(parents=True, exist_ok=True)
    digest = hashlib.blake2b("\0".join(names).encode("utf-8", "replace"), digest_size=8).hexdigest()
    return FileLock(folder / f"{names[1]}-{digest}.lock", timeout=timeout)


@contextmanager
def source_lock(home: Path, prefix: str, side: str, source: str) -> Iterator[None]:
    """Keep any other run over the same source out; the engine's prefix tells services of one home apart.

    Raises:
        RunInProgress: when one is under way.
    """
    try:
        with _lock(home, prefix, side, source, timeout=0):
            yield
    except Timeout:
        raise RunInProgress(
            f"a run over {side} source {source!r} is already running; wait for its end, then start this one"
        ) from None


@contextmanager
def lifecycle_lock(home: Path, prefix: str) -> Iterator[None]:
    """Let one process at a time make an index that is missing.

    Raises:
        RunInProgress: when another one has been at it for very long.
    """
    try:
        with _lock(home, prefix, "lifecycle", timeout=LONGEST_WAIT_SECONDS):
            yield
    except Timeout:
        raise RunInProgress("another process has been making the index for long; try again later") from None


@contextmanager
def migration_lock(home: Path, prefix: str, what: str) -> Iterator[None]:
    """Let one process at a time make, promote or remove generations; ``what`` it does is told to others.

    Raises:
        RunInProgress: another one is at it; says what it does, and since when.
    """
    lock = _lock(home, prefix, "migration", timeout=0)
    told = Path(lock.lock_file).with_suffix(".json")
    try:
        with lock:
            since = datetime.now(UTC).isoformat(timespec="seconds")
            told.write_text(json.dumps({"what": what, "since": since, "pid": os.getpid()}), encoding="utf-8")
            try:
                yield
            finally:
                told.unlink(missing_ok=True)
    except Timeout:
        other = {"what": "another migration", "since": "just now", "pid": "unknown"}
        with suppress(OSError, ValueError):
            other = json.loads(told.read_text(encoding="utf-8"))
        raise RunInProgress(
            f"{other['what']} is under way since {other['since']} (process {other['pid']}); wait for its "
            "end, then start this one"
        ) from None


def projection_lock(home: Path, prefix: str) -> Callable[[], AbstractContextManager[None]]:
    """Return what opens the lock that every projection holds while it works.

    Raises:
        RunInProgress: on opening, when others have held it for very long.
    """

    @contextmanager
    def held() -> Iterator[None]:
        try:
            with _lock(home, prefix, "projection", timeout=LONGEST_WAIT_SECONDS):
                yield
        except Timeout:
            raise RunInProgress(
                f"other runs have been connecting both sides for {LONGEST_WAIT_SECONDS} s; try again later"
            ) from None

    return held
