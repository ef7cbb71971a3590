"""Hits that were opened, as the API is told of them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from marshmallow import Schema, validate

from discovery.search_log.model import Opened
from discovery.web import schemas
from discovery.web.identity import SANE_ID
from discovery.web.schemas import MOST_ID_CHARACTERS, Text, Whole
from discovery.web.shaping import a_flag

LAST_POSITION = 1_000_000


class ClickTaken(Schema):
    """Whether the click is recorded: not where recording is switched off."""

    recorded = a_flag("whether it is recorded; where its search is not known, it is dropped later")


class ClickRequest(Schema):
    """A hit of a search that somebody opened."""

    error_messages = {"unknown": "unknown field", "type": "expected an object"}  # noqa: RUF012

    request_id = Text(
        required=True,
        validate=validate.Regexp(SANE_ID, error="is no request id of a search"),
        metadata={"description": "request_id of the search's first page"},
    )
    id = Text(
        required=True,
        validate=validate.Length(min=1, max=MOST_ID_CHARACTERS, error="1 to {max} characters"),
        metadata={"description": "id of the hit"},
    )
    position = Whole(
        required=True,
        validate=validate.Range(1, LAST_POSITION, error="a number from {min} to {max}"),
        metadata={"description": "where it stood in the list, counted from 1 over all pages"},
    )


_CLICK = ClickRequest()


def opened(body: Mapping[str, Any]) -> Opened:
    """Return the hit that a body says was opened.

    Raises:
        InputInvalid: naming every field that is wrong.
    """
    given = schemas.load(_CLICK, body)
    return Opened(given["request_id"], given["id"], given["position"], datetime.now(UTC))
