"""A page as an answer: rendered anew each time, kept by nobody."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from flask import Response, render_template

from discovery.web.identity import request_id
from discovery.web.pages import view


def page(template: str, status: int = 200, **values: Any) -> Response:
    """Return a page."""
    text = render_template(template, request_id=request_id(), quote=quote, address=view.address, **values)
    response = Response(text, status, mimetype="text/html")
    response.headers["Cache-Control"] = "no-store"
    return response
