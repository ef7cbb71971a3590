"""Who asks, and by which id the request is known in replies, logs and metrics."""

from __future__ import annotations

import re
import uuid

from flask import Flask, g, request

from discovery.search.request import Viewer

REQUEST_ID_HEADER = "X-Request-Id"
CONTINUES_HEADER = "X-Search-Continues"
SANE_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,99}\Z")


def new_request_id() -> str:
    """Return a random id of 32 hexadecimal digits."""
    return uuid.uuid4().hex


def request_id() -> str:
    """Return the current request's id: the caller's own if it is a sane one, else a new one."""
    if "request_id" not in g:
        offered = request.headers.get(REQUEST_ID_HEADER, "")
        g.request_id = offered if SANE_ID.fullmatch(offered) else new_request_id()
    return str(g.request_id)


def continued() -> str | None:
    """Return the request id of the search that this one goes on from, if the caller names a sane one."""
    offered = request.headers.get(CONTINUES_HEADER, "")
    return offered if SANE_ID.fullmatch(offered) else None


def viewer() -> Viewer:
    """Return who asks. Nobody signs in yet, so everybody is the same viewer."""
    return Viewer()


def register_identity(app: Flask) -> None:
    """Settle the request's id before anything else may fail."""

    @app.before_request
    def settle() -> None:
        request_id()
