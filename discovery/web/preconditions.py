"""The version that a change goes by: ``If-Match`` with the ETag of a reply (RFC 9110, section 13.1.1)."""

from __future__ import annotations

from flask import Response, request

from discovery.errors import FieldProblem, InputInvalid


def expected() -> str | None:
    """Return the version that the current request goes by; ``None`` where it goes by whatever there is.

    Raises:
        InputInvalid: naming ``If-Match``, for several ETags.
    """
    if "If-Match" not in request.headers or request.if_match.star_tag:
        return None
    versions = request.if_match.as_set()
    version = next(iter(versions), None)
    if len(versions) != 1 or not version:
        message = "expected one ETag, as a reply gives it"
        raise InputInvalid(f"If-Match: {message}", (FieldProblem("If-Match", message),))
    return version


def versioned(response: Response, version: str) -> Response:
    """Return the response with the version of what it tells as its ETag."""
    response.set_etag(version)
    return response
