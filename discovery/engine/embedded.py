"""The embedded engine: a private OpenSearch for one home, started on demand and shared by its processes."""

from __future__ import annotations

import atexit
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock

import discovery
from discovery.engine.java import java_runtime
from discovery.engine.node import Folders, Launch, log_tail
from discovery.engine.parts import Fetched, parts_folder, provision_parts, read_manifest
from discovery.engine.state import (
    NodeState,
    decision_lock,
    is_held,
    read_state,
    register_user,
    supervisor_lock,
    unregister_user,
    users,
)
from discovery.engine.supervisor import READY_SECONDS, encode
from discovery.errors import EngineSetupFailed

STOP_SECONDS = 30.0
POLL_SECONDS = 0.05
SHORT_LIVED_FLAGS = ("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC")
"""Without the optimising compiler: ready in 8 s in place of 15 s (two busy cores), slower at work."""


@dataclass(frozen=True, slots=True)
class EngineAddress:
    """Where the node answers; ``joined`` says that it ran already."""

    url: str
    pid: int
    joined: bool


@dataclass(frozen=True, slots=True)
class EngineStatus:
    """What ``discovery engine status`` tells. Paths are there whether or not the node runs."""

    running: bool
    url: str | None
    pid: int | None
    log: Path
    data: Path
    parts: Path
    java: str | None
    heap_mb: int | None
    users: tuple[int, ...]
    kept: bool
    restarts: int


class EmbeddedEngine:
    """One home's node, as one process sees it.

    ``heap_mb``, ``port`` and ``short_lived`` count for the process that starts the node; one that joins takes
    it as it is. ``port`` 0 takes the port of the last start, or a free one. ``parts_home`` is the home whose
    parts are used, if not this one. ``short_lived`` gives up speed at work for half the start-up time.
    """

    def __init__(
        self,
        home: Path,
        heap_mb: int,
        port: int = 0,
        *,
        parts_home: Path | None = None,
        short_lived: bool = False,
    ) -> None:
        self._folders = Folders(home)
        self._heap_mb = heap_mb
        self._port = port
        self._parts_home = parts_home or home
        self._flags = SHORT_LIVED_FLAGS if short_lived else ()
        self._use: FileLock | None = None
        self._owner = os.getpid()

    def provision(self, progress: bool = True) -> Fetched:
        """Fetch and verify the parts; seconds the first time, a tenth of one after that.

        Raises:
            EngineSetupFailed: a part cannot be had.
        """
        return provision_parts(self._parts_home, progress=progress)

    def start(self, *, progress: bool = True, keep: bool = False) -> EngineAddress:
        """Start the node, or join the one that runs; return when it answers.

        It runs until the last process that started or joined it has left or ended. With ``keep`` it runs
        on until :meth:`stop`.

        Raises:
            EngineSetupFailed: the parts, Java or the node itself are not to be had; the message has the end
                of the log.
        """
        library = self.provision(progress).library
        self._folders.make()
        with decision_lock(self._folders):
            if keep:
                self._folders.kept.touch()
            if self._use is None:
                self._use = register_user(self._folders)
                atexit.register(self.leave)
            joined = is_held(supervisor_lock(self._folders))
            try:
                if not joined:
                    self._spawn_supervisor(library)
                state = self._wait_until_ready()
            except BaseException:
                if keep:
                    self._folders.kept.unlink(missing_ok=True)
                self._give_up_use()
                raise
        return EngineAddress(state.url, state.pid, joined)

    def leave(self) -> None:
        """Give up this process's use; if it was the last one, the node is stopped before this returns."""
        if self._use is None or os.getpid() != self._owner:
            return
        with decision_lock(self._folders):
            self._give_up_use()
            if not self._folders.kept.exists() and not users(self._folders):
                self._end_supervisor()

    def stop(self, *, force: bool = False) -> bool:
        """End the node unless other processes use it; they are not asked with ``force``.

        Returns whether it is down. Where it is not, it ends with the last of its users.
        """
        self._folders.make()
        with decision_lock(self._folders):
            self._folders.kept.unlink(missing_ok=True)
            self._give_up_use()
            if users(self._folders) and not force:
                return not is_held(supervisor_lock(self._folders))
            self._end_supervisor()
            return True

    def status(self) -> EngineStatus:
        """Return what runs and where everything lies; starts nothing."""
        folders = self._folders
        alive = folders.root.is_dir() and is_held(supervisor_lock(folders))
        state = read_state(folders) if alive else None
        ready = state if state is not None and state.phase == "ready" else None
        return EngineStatus(
            running=ready is not None,
            url=ready.url if ready else None,
            pid=ready.pid if ready else None,
            log=folders.log,
            data=folders.data,
            parts=parts_folder(self._parts_home, read_manifest()),
            java=state.java if state else None,
            heap_mb=state.heap_mb if state else None,
            users=users(folders),
            kept=folders.kept.exists(),
            restarts=state.restarts if state else 0,
        )

    def _spawn_supervisor(self, library: Path) -> None:
        java = java_runtime(os.environ)
        launch = Launch(
            home=self._folders.home.absolute(),
            library=library.absolute(),
            java=java.executable.absolute(),
            flags=(*java.flags, *self._flags),
            heap_mb=self._heap_mb,
            port=self._port,
        )
        packages = [str(Path(discovery.__file__).parents[1]), os.environ.get("PYTHONPATH", "")]
        with self._folders.console.open("wb") as console:
            done = subprocess.run(  # noqa: S603 - our own module under our own interpreter
                [sys.executable, "-m", "discovery.engine.supervisor", encode(launch)],
                stdin=subprocess.DEVNULL,
                stdout=console,
                stderr=subprocess.STDOUT,
                cwd=self._folders.run,
                env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, packages))},
                start_new_session=True,
                check=False,
            )
        if done.returncode:
            raise EngineSetupFailed(
                f"the embedded engine's supervisor did not start: {log_tail(self._folders)}"
            )

    def _wait_until_ready(self) -> NodeState:
        deadline = (
            time.monotonic() + READY_SECONDS + STOP_SECONDS
        )  # the supervisor gives up first, and says why
        while True:
            alive = is_held(supervisor_lock(self._folders))
            state = read_state(self._folders)
            if state is not None and state.phase == "failed":
                raise EngineSetupFailed(state.reason)
            if state is not None and state.phase == "ready" and alive:
                return state
            if not alive or time.monotonic() > deadline:
                raise EngineSetupFailed(
                    "the embedded engine did not become ready; "
                    f"the end of its log in {self._folders.logs}:\n{log_tail(self._folders)}"
                )
            time.sleep(POLL_SECONDS)

    def _give_up_use(self) -> None:
        if self._use is not None:
            unregister_user(self._use)
            self._use = None
            atexit.unregister(self.leave)

    def _end_supervisor(self) -> None:
        lock = supervisor_lock(self._folders)
        deadline = time.monotonic() + STOP_SECONDS
        told = False
        while is_held(lock):
            state = read_state(self._folders)
            if state is not None and not told:
                os.kill(state.supervisor, signal.SIGTERM)
                told = True
            if time.monotonic() > deadline:
                raise EngineSetupFailed(f"the embedded engine did not stop; see {self._folders.log}")
            time.sleep(POLL_SECONDS)
