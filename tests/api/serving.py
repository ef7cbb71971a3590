"""A real server on this machine, for as long as a test needs it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from discovery.config import Settings
from discovery.web.app import create_app
from discovery.web.server import Server
from discovery.web.services import Services


@contextmanager
def served(services: Services, settings: Settings | None = None) -> Iterator[str]:
    """Serve on a port of its own; yield the address."""
    given = settings or Settings()
    web = replace(given.web, port=0)
    server = Server(create_app(services, replace(given, web=web)), web)
    thread = threading.Thread(target=server.run, name="served")
    thread.start()
    try:
        yield server.address
    finally:
        server.stop()
        thread.join(10)
    assert not thread.is_alive(), "the service did not stop"
