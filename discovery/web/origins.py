"""No page of another site may change anything here through the browser of somebody who can reach us."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Flask, request

from discovery.config import WebSettings
from discovery.errors import CrossSiteRefused

_HARMLESS = frozenset({"GET", "HEAD", "OPTIONS"})
_OWN = frozenset({"same-origin", "none"})
_DEFAULT_PORTS = {"http": 80, "https": 443}


def register_origin_check(app: Flask, settings: WebSettings) -> None:
    """Refuse what a browser sends for another origin's page, unless it only reads.

    A browser says so itself by ``Sec-Fetch-Site``, or, an old one and one that talks plain HTTP, by
    ``Origin``. A client that sends neither is no browser, and no page can make it do anything.
    """
    named = frozenset(name.lower() for name in settings.hosts)

    @app.before_request
    def check() -> None:
        if request.method in _HARMLESS:
            return
        site, origin = request.headers.get("Sec-Fetch-Site"), request.headers.get("Origin")
        if site in _OWN:
            return
        # Also another port of this machine is "same-site"; it is not us.
        if site is not None:
            raise _refused(f"Sec-Fetch-Site says {site[:100]!r}")
        if origin is not None and not _is_own(origin, request.headers.get("Host", ""), named):
            raise _refused(f"Origin says {origin[:100]!r}")


def _refused(evidence: str) -> CrossSiteRefused:
    return CrossSiteRefused(
        f"a page of another origin may not send this ({evidence}); "
        "use the service's own pages, or a client that is no browser"
    )


def _is_own(origin: str, host: str, named: frozenset[str]) -> bool:
    """Return whether an origin is the address that was asked; its scheme may have changed on a proxy."""
    try:
        parts = urlsplit(origin)
        port = parts.port or _DEFAULT_PORTS.get(parts.scheme)
        asked = urlsplit(f"{parts.scheme}://{host}")
        asked_port = asked.port or _DEFAULT_PORTS.get(parts.scheme)
    except ValueError:
        return False
    if port is None or parts.hostname is None:
        return False
    return parts.hostname in named or (parts.hostname, port) == (asked.hostname, asked_port)
