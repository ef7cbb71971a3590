"""Serving: waitress, with errors of its own told as problems, and an end that is both soon and clean."""

from __future__ import annotations

import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

from flask import Flask
from waitress import wasyncore  # type: ignore[import-untyped]
from waitress.adjustments import Adjustments  # type: ignore[import-untyped]
from waitress.channel import HTTPChannel  # type: ignore[import-untyped]
from waitress.server import TcpWSGIServer  # type: ignore[import-untyped]
from waitress.task import ErrorTask, ThreadedTaskDispatcher  # type: ignore[import-untyped]

from discovery.config import WebSettings
from discovery.errors import ConfigurationInvalid, FieldProblem
from discovery.web.identity import REQUEST_ID_HEADER, new_request_id
from discovery.web.problems import MEDIA_TYPE, body_of, kind_of, problem
from discovery.web.replies import data_headers

# How long requests that are being answered may take to finish after the signal to stop.
GRACE_SECONDS = 5.0
_LOOP_SECONDS = 1.0


class _ProblemTask(ErrorTask):  # type: ignore[misc]
    """Tells what waitress refuses by itself (malformed HTTP, bodies and headers too large) as a problem."""

    def execute(self) -> None:
        refused = self.request.error
        kind, detail = kind_of(refused.code)
        identity = new_request_id()
        body = body_of(problem(kind, detail, id=identity))
        self.status = f"{refused.code} {refused.reason}"
        self.response_headers += [
            ("Content-Type", MEDIA_TYPE),
            ("Cache-Control", "no-store"),
            (REQUEST_ID_HEADER, identity),
            *data_headers(),
        ]
        self.set_close_on_finish()
        self.content_length = len(body)
        self.write(body)


class _Channel(HTTPChannel):  # type: ignore[misc]
    error_task_class = _ProblemTask


class _Listener(TcpWSGIServer):  # type: ignore[misc]
    channel_class = _Channel


class Server:
    """One listening service. ``address`` is known as soon as it exists, port 0 resolved.

    Raises:
        ConfigurationInvalid: when the address cannot be listened on.
    """

    def __init__(self, app: Flask, settings: WebSettings) -> None:
        adjustments = Adjustments(
            sockets=[],
            threads=settings.threads,
            max_request_body_size=settings.max_body_bytes,
            asyncore_loop_timeout=_LOOP_SECONDS,
            ident=None,
            clear_untrusted_proxy_headers=True,
        )
        self._map: dict[int, Any] = {}
        self._dispatcher = ThreadedTaskDispatcher()
        self._dispatcher.set_thread_count(settings.threads)
        self._stop = threading.Event()
        try:
            found = socket.getaddrinfo(settings.host, settings.port, type=socket.SOCK_STREAM)
            # A name with addresses of both kinds, as localhost has, is served on the older kind alone.
            family, kind, protocol, _, place = min(found, key=lambda info: info[0] != socket.AF_INET)
            self._listener = _Listener(
                app,
                map=self._map,
                dispatcher=self._dispatcher,
                adj=adjustments,
                sockinfo=(family, kind, protocol, place),
            )
        except OSError as error:
            self._dispatcher.shutdown()
            wasyncore.close_all(self._map)
            where = f"{settings.host}:{settings.port}"
            problem_ = FieldProblem("web.port", f"cannot listen on {where}: {error.strerror}; choose another")
            raise ConfigurationInvalid(problem_.message, (problem_,)) from error
        name = f"[{settings.host}]" if ":" in settings.host else settings.host
        self.address = f"http://{name}:{self._listener.effective_port}"

    def run(self) -> None:
        """Answer until :meth:`stop`; then finish what is being answered, for a few seconds at most."""
        try:
            while not self._stop.is_set():
                wasyncore.loop(timeout=_LOOP_SECONDS, map=self._map, count=1, use_poll=True)
        finally:
            self._finish()

    def stop(self) -> None:
        """End :meth:`run` at once; may be called from any thread and from a signal handler."""
        self._stop.set()
        self._listener.pull_trigger()

    def _finish(self) -> None:
        self._listener.accepting = False
        deadline = time.monotonic() + GRACE_SECONDS
        while self._busy() and time.monotonic() < deadline:
            wasyncore.loop(timeout=0.05, map=self._map, count=1, use_poll=True)
        self._dispatcher.shutdown(timeout=0.5)
        wasyncore.close_all(self._map)

    def _busy(self) -> bool:
        channels = list(self._listener.active_channels.values())
        return any(channel.requests or channel.total_outbufs_len for channel in channels)


def serve(app: Flask, settings: WebSettings, announce: Callable[[str], None]) -> None:
    """Serve until SIGINT or SIGTERM; ``announce`` is told ``ready http://HOST:PORT`` once it answers.

    Must run in the main thread, where signals arrive.
    """
    server = Server(app, settings)
    with _stopping(server):
        announce(f"ready {server.address}")
        server.run()


@contextmanager
def _stopping(server: Server) -> Iterator[None]:
    def stop(_number: int, _frame: FrameType | None) -> None:
        server.stop()

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
