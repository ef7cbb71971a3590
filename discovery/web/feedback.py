"""What people say is wrong with an asset or a product, as the API takes it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marshmallow import Schema, post_load, validate

from discovery.audit.changes import LONGEST_NOTE
from discovery.audit.feedback import Complaint, Feedback
from discovery.audit.model import About, AssetSubject, ProductSubject
from discovery.audit.subjects import about
from discovery.errors import FieldProblem, InputInvalid
from discovery.search.request import Viewer
from discovery.web import schemas
from discovery.web.schemas import MOST_ID_CHARACTERS, Text
from discovery.web.services import Search
from discovery.web.who import named, who_field

_UNKNOWN = {"unknown": "unknown field", "type": "expected an object"}
_ID = validate.Length(1, MOST_ID_CHARACTERS, error="from {min} to {max} characters")


class FeedbackRequest(Schema):
    """What is wrong with an asset or a product. One of ``asset`` and ``product`` is given."""

    error_messages = _UNKNOWN

    asset = Text(load_default=None, validate=_ID, metadata={"description": "id of the asset"})
    product = Text(load_default=None, validate=_ID, metadata={"description": "SKU of the product"})
    complaint = Text(
        required=True,
        validate=validate.OneOf([one.value for one in Complaint], error="expected one of {choices}"),
        metadata={
            "description": "wrong: not what it is said to be; outdated: not as it is any more; not_usable"
        },
    )
    note = Text(
        load_default=None,
        validate=validate.Length(max=LONGEST_NOTE, error="at most {max} characters"),
        metadata={"description": "what there is to say of it"},
    )
    by = who_field()

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> tuple[Feedback, str]:
        """Return what is said, and by whom."""
        note = " ".join((data["note"] or "").split()) or None
        given = Feedback(Complaint(data["complaint"]), data["asset"], data["product"], note)
        return given, named(data["by"])


_REQUEST = FeedbackRequest()


def feedback(body: Mapping[str, Any]) -> tuple[Feedback, str]:
    """Return what a body says, and by whom.

    Raises:
        InputInvalid: naming every field that is wrong.
    """
    given, who = schemas.load(_REQUEST, body)
    if (given.asset is None) is (given.product is None):
        message = "expected exactly one of asset and product"
        raise InputInvalid(f"asset: {message}", (FieldProblem("asset", message),))
    return given, who


def subject_of(given: Feedback, search: Search, viewer: Viewer) -> About:
    """Return what is spoken of.

    Raises:
        NotFound: there is no such item, or the viewer may not see it.
    """
    if given.asset is not None:
        return about(AssetSubject(search.asset(given.asset, viewer)))
    return about(ProductSubject(search.product(given.product or "", viewer)))
