"""The fields that describe whatever people keep: what it is called, who answers for it, a note."""

from __future__ import annotations

from typing import Any

from marshmallow import validate

from discovery.curation.collection_model import LONGEST_NAME, LONGEST_NOTE, LONGEST_OWNER
from discovery.web.schemas import Text


def a_name(*, required: bool = True) -> Text:
    """Return the field for the name of something that people keep."""
    return Text(
        required=required,
        validate=[
            validate.Length(1, LONGEST_NAME, error="from {min} to {max} characters"),
            validate.Regexp(r".*\S", error="expected a text that is not blank"),
        ],
        metadata={"description": "what it is called", "pattern": r"\S"},
    )


def an_owner(**given: Any) -> Text:
    """Return the field for who answers for something that people keep."""
    return Text(
        allow_none=True,
        validate=validate.Length(max=LONGEST_OWNER, error="at most {max} characters"),
        metadata={"description": "who answers for it, such as an e-mail address"},
        **given,
    )


def a_note(**given: Any) -> Text:
    """Return the field for what there is to say of something that people keep."""
    return Text(
        allow_none=True,
        validate=validate.Length(max=LONGEST_NOTE, error="at most {max} characters"),
        metadata={"description": "what there is to say of it"},
        **given,
    )
