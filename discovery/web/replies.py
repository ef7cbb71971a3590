"""Replies in JSON, and what browsers are told about every reply."""

from __future__ import annotations

import ipaddress
from typing import Any

import orjson
from flask import Flask, Response, request

from discovery.audit.reports.style import POLICY as REPORT_POLICY
from discovery.config import WebSettings
from discovery.errors import HostRefused
from discovery.web.identity import REQUEST_ID_HEADER, request_id

_PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
# What is not a page of ours (JSON, thumbnails, originals) may run and load nothing at all.
_DATA_POLICY = "default-src 'none'; sandbox; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"

_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}


def encode(data: Any) -> bytes:
    """Encode JSON as compact UTF-8; a number that JSON cannot say is null."""
    return orjson.dumps(data)


def reply(data: Any, status: int = 200, mimetype: str = "application/json") -> Response:
    """Return a JSON reply that is not kept by caches."""
    response = Response(encode(data), status, content_type=mimetype)
    response.headers["Cache-Control"] = "no-store"
    return response


def report_reply(content: bytes, media_type: str, filename: str) -> Response:
    """Return a report as a file; one that is a page is shown, under its own policy."""
    response = Response(content, content_type=media_type)
    response.headers["Cache-Control"] = "no-store"
    shown = "inline" if response.mimetype == "text/html" else "attachment"
    response.headers["Content-Disposition"] = f'{shown}; filename="{filename}"'
    if response.mimetype == "text/html":
        response.headers["Content-Security-Policy"] = f"{REPORT_POLICY}; frame-ancestors 'none'"
    return response


def data_headers() -> list[tuple[str, str]]:
    """Return the headers of a reply that is given without the application."""
    return [*_HEADERS.items(), ("Content-Security-Policy", _DATA_POLICY)]


def register_headers(app: Flask) -> None:
    """Put the request's id and the security headers on every reply."""

    @app.after_request
    def add(response: Response) -> Response:
        policy = _PAGE_POLICY if response.mimetype == "text/html" else _DATA_POLICY
        response.headers.setdefault("Content-Security-Policy", policy)
        for name, value in _HEADERS.items():
            response.headers.setdefault(name, value)
        response.headers[REQUEST_ID_HEADER] = request_id()
        return response


def register_host_check(app: Flask, settings: WebSettings) -> None:
    """Refuse foreign Host headers where the service is for this machine only, or names its hosts.

    A web page that rebinds its own name to 127.0.0.1 would otherwise read a service on loopback.
    """
    if not is_loopback(settings.host) and not settings.hosts:
        return
    own = {settings.host.lower(), *(name.lower() for name in settings.hosts)}

    @app.before_request
    def check() -> None:
        name = _host_name(request.headers.get("Host", ""))
        if name not in own and not is_loopback(name):
            raise HostRefused(
                f"the host {name[:100]!r} is not served here; add it to web.hosts if it should be"
            )


def is_loopback(host: str) -> bool:
    """Return whether ``host`` names this machine."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def _host_name(header: str) -> str:
    bracketed, closing, _ = header.partition("]")
    return (bracketed + closing if closing else header.partition(":")[0]).lower()
