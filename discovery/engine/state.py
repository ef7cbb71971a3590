"""What one home knows of its running node, shared by files: the supervisor's account and the users' locks."""

from __future__ import annotations

import dataclasses
import fcntl
import functools
import json
import os
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from filelock import FileLock

from discovery.engine.node import HOST, Folders

Phase = Literal["starting", "ready", "failed"]


@dataclass(frozen=True, slots=True)
class NodeState:
    """The supervisor's account: process numbers, port, heap in MB, Java, restarts, and why it failed."""

    phase: Phase
    supervisor: int
    pid: int
    port: int
    heap_mb: int
    java: str
    started: float
    restarts: int = 0
    reason: str = ""

    @property
    def url(self) -> str:
        """Return the node's address."""
        return f"http://{HOST}:{self.port}"


def write_state(folders: Folders, state: NodeState) -> None:
    """Replace the account in one step."""
    scratch = folders.state.with_name(f"state-{os.getpid()}.json")
    scratch.write_text(json.dumps(dataclasses.asdict(state)), encoding="utf-8")
    scratch.replace(folders.state)


def read_state(folders: Folders) -> NodeState | None:
    """Return the account, or None where there is none that can be read."""
    try:
        return NodeState(**json.loads(folders.state.read_text(encoding="utf-8")))
    except (FileNotFoundError, ValueError, TypeError):
        return None


def remembered_port(folders: Folders) -> int | None:
    """Return the port of the last start."""
    try:
        return int(folders.port.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return None


def decision_lock(folders: Folders, timeout: float = -1) -> FileLock:
    """Return the lock under which a node is started, joined, left or stopped; timeout in seconds, or -1."""
    return FileLock(folders.root / "engine.lock", timeout=timeout, thread_local=False)


def supervisor_lock(folders: Folders) -> FileLock:
    """Return the lock that a supervisor holds for as long as it lives."""
    return FileLock(folders.root / "supervisor.lock", thread_local=False)


def is_held(lock: FileLock) -> bool:
    """Return whether some process holds this lock."""
    return not _if_free(Path(lock.lock_file), lambda: None)


def _if_free(path: Path, act: Callable[[], None]) -> bool:
    """Act while nobody holds the lock of this file, and return whether so it was.

    The probe is a shared lock: two processes that look at once do not take each other for a holder.
    """
    try:
        descriptor = os.open(path, os.O_RDWR)
    except FileNotFoundError:
        return True
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        act()
    except BlockingIOError:
        return False
    finally:
        os.close(descriptor)
    return True


def register_user(folders: Folders) -> FileLock:
    """Return a held lock that says "this process uses the node"; it ends with the process, come what may."""
    path = folders.users / f"{os.getpid()}-{uuid.uuid4().hex[:8]}.lock"
    lock = FileLock(path, thread_local=False)
    lock.acquire()
    return lock


def unregister_user(lock: FileLock) -> None:
    """Give up a use of the node."""
    Path(lock.lock_file).unlink(missing_ok=True)
    lock.release()


def users(folders: Folders) -> tuple[int, ...]:
    """Return the process numbers of those who use the node now; locks of the dead are cleared away."""
    # A newcomer whose file goes while it waits for its lock notices that and makes another.
    return tuple(
        int(path.name.partition("-")[0])
        for path in sorted(folders.users.glob("*.lock"))
        if not _if_free(path, functools.partial(path.unlink, missing_ok=True))
    )


def is_wanted(folders: Folders) -> bool:
    """Return whether the node has a reason to run: a user, or somebody's wish to keep it."""
    return folders.kept.exists() or bool(users(folders))
