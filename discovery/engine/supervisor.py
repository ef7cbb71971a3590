"""The process that owns the embedded node: starts it, restarts it once, and stops it when nobody uses it.

It runs apart from every user (own session, so that a Ctrl-C in a terminal does not reach it) and learns that
a user is gone, however it went, from that user's lock. Started as ``python -m discovery.engine.supervisor``
with one :class:`~discovery.engine.node.Launch` as JSON.
"""

from __future__ import annotations

import dataclasses
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from filelock import Timeout

from discovery.engine.node import (
    Folders,
    Launch,
    ask,
    claim_port,
    is_free,
    is_our_node,
    log_tail,
    spawn,
    stop_process,
    write_configuration,
)
from discovery.engine.state import (
    NodeState,
    decision_lock,
    is_wanted,
    read_state,
    remembered_port,
    supervisor_lock,
    write_state,
)
from discovery.errors import EngineSetupFailed

READY_SECONDS = 180.0
TICK_SECONDS = 0.5
CALM_SECONDS = 600.0
"""A node that ran this long since its restart has earned another one."""

PORT_TRIES = 3


class _PortLost(Exception):
    """Another program listens on the port that was free when the node's start began."""


class Supervisor:
    """Keeps one node alive for as long as it is wanted."""

    def __init__(self, launch: Launch) -> None:
        self._launch = launch
        self._folders = Folders(launch.home)
        self._told = threading.Event()
        self._stop = False
        self._restarts = 0
        self._ready = False
        self._port = 0
        self._last_word = decision_lock(self._folders, timeout=0)

    def ask_to_stop(self, *_signal: Any) -> None:
        """End the node and this process soon; safe in a signal handler."""
        self._stop = True
        self._told.set()

    def run(self, in_charge: Callable[[], None]) -> None:
        """Supervise until asked to stop, until nobody wants the node, or until it has died twice.

        ``in_charge`` is called once this process holds the home's lock and no older account lies there.
        """
        with supervisor_lock(self._folders).acquire(timeout=5):
            self._end_orphan()
            self._folders.state.unlink(missing_ok=True)
            in_charge()
            write_configuration(self._folders)
            try:
                self._supervise_on_a_port()
            except (EngineSetupFailed, OSError) as error:
                self._record("failed", 0, reason=str(error))

    def _supervise_on_a_port(self) -> None:
        remembered = remembered_port(self._folders)
        for _ in range(PORT_TRIES):
            claim = claim_port(self._launch.port, remembered)
            with claim.socket:
                self._port = claim.port
                self._folders.port.write_text(str(self._port), encoding="utf-8")
                try:
                    self._supervise()
                except _PortLost:
                    remembered = None
                else:
                    return
        raise EngineSetupFailed(
            "other programs took the port before the embedded engine could; start it again"
        )

    def _end_orphan(self) -> None:
        left = read_state(self._folders)
        if left is not None and left.pid and is_our_node(left.pid, self._folders):
            os.kill(left.pid, signal.SIGTERM)
            _wait_until(lambda: not is_our_node(left.pid, self._folders), 20.0)

    def _supervise(self) -> None:
        while True:
            ran_since = time.monotonic()
            node = self._start_node()
            try:
                ended_by_wish = self._watch(node)
            finally:
                stop_process(node)
            if ended_by_wish:
                self._folders.state.unlink(missing_ok=True)
                return
            if not self._ready and not self._launch.port and not is_free(self._port):
                raise _PortLost
            if time.monotonic() - ran_since > CALM_SECONDS:
                self._restarts = 0
            self._restarts += 1
            if self._restarts > 1 or not self._ready:
                raise EngineSetupFailed(
                    f"the embedded engine {'ended by itself' if self._ready else 'did not become ready'} "
                    f"(exit status {node.returncode}); "
                    f"the end of its log in {self._folders.logs}:\n{log_tail(self._folders)}"
                )

    def _start_node(self) -> subprocess.Popen[bytes]:
        node = spawn(self._launch, self._port)
        self._record("starting", node.pid)
        threading.Thread(target=self._tell_when_ended, args=(node,), daemon=True).start()
        return node

    def _tell_when_ended(self, node: subprocess.Popen[bytes]) -> None:
        node.wait()
        self._told.set()

    def _watch(self, node: subprocess.Popen[bytes]) -> bool:
        """Return True when the node is to end, False when it ended by itself."""
        deadline = time.monotonic() + READY_SECONDS
        self._ready = False
        while node.poll() is None:
            if self._stop or self._is_unwanted():
                return True
            if not self._ready:
                answer = ask(self._port, self._folders.cluster)
                if answer == "healthy":
                    self._ready = True
                    self._record("ready", node.pid)
                elif answer == "stranger" or time.monotonic() > deadline:
                    return False
            self._told.wait(TICK_SECONDS if self._ready else 0.1)
            self._told.clear()
        return self._stop

    def _is_unwanted(self) -> bool:
        if is_wanted(self._folders):
            return False
        try:
            self._last_word.acquire()
        except Timeout:
            return False
        if is_wanted(self._folders):
            self._last_word.release()
            return False
        return True  # the lock stays held until this process is gone: nobody joins a node that is going

    def _record(self, phase: Any, pid: int, reason: str = "") -> None:
        write_state(
            self._folders,
            NodeState(
                phase=phase,
                supervisor=os.getpid(),
                pid=pid,
                port=self._port,
                heap_mb=self._launch.heap_mb,
                java=str(self._launch.java),
                started=time.time(),
                restarts=self._restarts,
                reason=reason,
            ),
        )


def _wait_until(condition: Any, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def encode(launch: Launch) -> str:
    """Return a launch as the text that the supervisor's process is given."""
    return json.dumps(dataclasses.asdict(launch), default=str)


def decode(text: str) -> Launch:
    """Return the launch that :func:`encode` wrote."""
    raw = json.loads(text)
    return Launch(
        home=Path(raw["home"]),
        library=Path(raw["library"]),
        java=Path(raw["java"]),
        flags=tuple(raw["flags"]),
        heap_mb=raw["heap_mb"],
        port=raw["port"],
    )


def main() -> None:
    """Leave a supervisor behind, in nobody's care, and return when it is in charge."""
    launch = decode(sys.argv[1])
    reading, writing = os.pipe()
    if os.fork():
        os.close(writing)
        os._exit(0 if os.read(reading, 1) else 1)
    os.close(reading)
    supervisor = Supervisor(launch)
    signal.signal(signal.SIGTERM, supervisor.ask_to_stop)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)

    def in_charge() -> None:
        os.write(writing, b"1")
        os.close(writing)

    supervisor.run(in_charge)


if __name__ == "__main__":
    main()
