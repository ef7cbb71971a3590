"""The one place where errors become replies: ``application/problem+json`` (RFC 9457)."""

from __future__ import annotations

import dataclasses
import json
import logging
from collections.abc import Callable, Iterable
from typing import Any

from flask import Flask, Response, g
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as WerkzeugResponse

from discovery.errors import (
    DiscoveryError,
    ErrorKind,
    FieldProblem,
    MalformedRequest,
    MediaTypeUnsupported,
    MethodNotAllowed,
    NotFound,
    TooLarge,
)
from discovery.web.identity import request_id
from discovery.web.language import language
from discovery.web.sayings import said

MEDIA_TYPE = "application/problem+json"
DOCUMENTATION = "/api/v1/docs"

_LOG = logging.getLogger(__name__)

_BY_STATUS: dict[int, tuple[ErrorKind, str]] = {
    404: (NotFound.kind, f"there is nothing at this address; see {DOCUMENTATION}"),
    405: (MethodNotAllowed.kind, "this address does not take this method; see the Allow header"),
    413: (TooLarge.kind, "the body is larger than this service takes (web.max_body_bytes)"),
    415: (MediaTypeUnsupported.kind, "this address does not take this content type"),
}


def problem(
    kind: ErrorKind,
    detail: str,
    problems: Iterable[FieldProblem] = (),
    *,
    id: str,
    extra: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """Return the problem document of one error."""
    document: dict[str, Any] = {
        "type": f"{DOCUMENTATION}#error-{kind.code}",
        "title": kind.title,
        "status": kind.status,
        "code": kind.code,
        "detail": detail,
        "request_id": id,
    }
    named = [{"field": one.field, "message": one.message} for one in problems]
    if named:
        document["errors"] = named
    return document | (extra or {})


def body_of(document: dict[str, Any]) -> bytes:
    """Encode a problem; a lone surrogate that a client sent is escaped, not passed on."""
    return json.dumps(document, ensure_ascii=True).encode()


def respond(
    kind: ErrorKind,
    detail: str,
    problems: Iterable[FieldProblem] = (),
    extra: dict[str, Any] | None = None,
) -> Response:
    """Return the reply to the current request that tells of one error, in the reader's language."""
    g.error_code = kind.code
    told = dataclasses.replace(kind, title=said(kind.title))
    document = problem(told, said(detail), problems, id=request_id(), extra=extra)
    response = Response(body_of(document), kind.status, content_type=MEDIA_TYPE)
    response.headers["Cache-Control"] = "no-store"
    response.headers["Content-Language"] = language()
    if kind.retry_after is not None:
        response.headers["Retry-After"] = str(kind.retry_after)
    return response


def kind_of(status: int) -> tuple[ErrorKind, str]:
    """Return the table's row and a detail for an HTTP status that the web framework raised itself."""
    if status in _BY_STATUS:
        return _BY_STATUS[status]
    if status >= 500:
        return dataclasses.replace(DiscoveryError.kind, status=status), "the request could not be served"
    return dataclasses.replace(MalformedRequest.kind, status=status), "the request cannot be read"


def explain(error: Exception) -> tuple[ErrorKind, str, tuple[FieldProblem, ...]]:
    """Return what may be told of any error; an unexpected one is logged here and told without details."""
    if isinstance(error, DiscoveryError):
        if error.kind.status >= 500:
            _LOG.warning("%s: %s (request %s)", error.kind.code, error.detail, request_id())
        return error.kind, error.detail, error.problems
    if isinstance(error, HTTPException) and error.code is not None:
        kind, detail = kind_of(error.code)
        return kind, detail, ()
    _LOG.error("unexpected error (request %s)", request_id(), exc_info=error)
    return DiscoveryError.kind, f"something went wrong here; the log tells more under {request_id()}", ()


def register_problems(app: Flask, page: Callable[[ErrorKind, str], Response | None]) -> None:
    """Turn every error into a problem; ``page`` may answer with a page for people instead."""

    @app.errorhandler(Exception)
    def answer(error: Exception) -> WerkzeugResponse:
        if isinstance(error, HTTPException) and (error.code is None or error.code < 400):
            return error.get_response()
        kind, detail, problems = explain(error)
        response = page(kind, detail) or respond(kind, detail, problems)
        g.error_code = kind.code
        if isinstance(error, HTTPException):
            for name, value in error.get_headers():
                if name in ("Allow", "Content-Range"):
                    response.headers[name] = value
        return response
