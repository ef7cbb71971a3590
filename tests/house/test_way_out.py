"""No test leaves this machine."""

from __future__ import annotations

import asyncio
import socket
import urllib.request
from concurrent.futures import ThreadPoolExecutor

import pytest

AWAY = "192.0.2.1"  # of RFC 5737: documentation, never anybody's


def test_a_connection_that_leaves_this_machine_is_refused() -> None:
    with socket.socket() as one, pytest.raises(PermissionError, match=r"192\.0\.2\.1"):
        one.connect((AWAY, 80))
    with socket.socket(type=socket.SOCK_DGRAM) as one, pytest.raises(PermissionError):
        one.sendto(b"", (AWAY, 53))


def test_libraries_are_refused_too() -> None:
    with pytest.raises(OSError, match="must not leave"):
        urllib.request.urlopen(f"http://{AWAY}/", timeout=5)

    def open_connection() -> None:
        asyncio.run(asyncio.open_connection(AWAY, 80))

    # In a thread of its own: the browser's tests leave a loop running in the main one.
    with ThreadPoolExecutor() as thread, pytest.raises(PermissionError):
        thread.submit(open_connection).result()


def test_this_machine_can_be_reached() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, socket.socket() as one:
        one.connect(server.getsockname())
