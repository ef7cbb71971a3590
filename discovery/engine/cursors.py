"""Where a list of records goes on: the sort values of its last hit as one word. Pure."""

from __future__ import annotations

import base64
import binascii
import json
from typing import Any


def cursor_of(sort: list[Any]) -> str:
    """Return the cursor of the page after the hit with these sort values."""
    return base64.urlsafe_b64encode(json.dumps(sort).encode()).decode().rstrip("=")


def sort_of(cursor: str) -> list[Any]:
    """Return the sort values in a cursor; what they may be is for the list to check.

    Raises:
        ValueError: it is no cursor.
    """
    try:
        sort = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (binascii.Error, UnicodeError, RecursionError, ValueError) as error:
        raise ValueError(cursor) from error
    if not isinstance(sort, list):
        raise ValueError(cursor)
    return sort
