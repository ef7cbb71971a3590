"""Models as the API tells them: which there are, how well they do, and what they find for a query."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marshmallow import Schema, fields, validate

from discovery.web import schemas, shapes
from discovery.web.schemas import Text
from discovery.web.serialise import hit, moment
from discovery.web.services import Comparison, KnownModel
from discovery.web.shaping import (
    a_flag,
    a_text,
    maybe_moment,
    maybe_text,
    maybe_whole,
    some_objects,
)

LONGEST_QUERY = 200
_UNKNOWN = {"unknown": "unknown parameter"}

FIGURES = {
    "queries": "words to picture, queries made from the catalogue: nDCG@10",
    "first_kind": "share of first hits of the right kind",
    "first_trait": "share of first hits of the right trait and kind",
    "names": "by product name: mean reciprocal rank",
    "same_product": "picture to picture: share with the same product first",
    "among_ten": "picture to picture: share with the same product among ten",
    "open_world": "words from outside the catalogue: nDCG@10",
}
"""What is told of a fit, and what each figure is."""


class ModelFigure(Schema):
    """One figure on products that the fit had not seen."""

    name = a_text("which figure", enum=list(FIGURES))
    what = a_text("what it is")
    before = fields.Float(required=True, metadata={"description": "of the model as it was"})
    after = fields.Float(required=True, metadata={"description": "of the fitted one"})


class ModelShape(Schema):
    """The configured model, or a try to fit it to the catalogue."""

    recipe = a_text("digest of what its vectors are made by")
    name = a_text("what the model is called")
    outcome = a_text(
        "configured; adopted or refused, where it was fitted", enum=["configured", "adopted", "refused"]
    )
    serves = a_flag("whether searches use it")
    base = maybe_text("recipe of the model that it was fitted on")
    reason = maybe_text("why it was adopted or refused")
    fitted = maybe_moment("when")
    pictures = maybe_whole("how many it was fitted on")
    held_out = maybe_whole("how many it was judged on, of products that it had not seen")
    figures = some_objects(ModelFigure)


class ModelList(Schema):
    """Models: the configured one, then every try to fit it, the newest first."""

    models = some_objects(ModelShape)


class ModelComparison(Schema):
    """What the look of pictures finds for words, by the model that serves and by the one before."""

    q = a_text("the words")
    recipe = a_text("recipe that serves")
    now = some_objects(shapes.HitShape)
    before_recipe = maybe_text("recipe that served before; null: no other model's vectors are kept")
    before = fields.List(
        fields.Nested(shapes.HitShape),
        required=True,
        allow_none=True,
        metadata={"description": "what it finds; null: no other model's vectors are kept"},
    )


class _ComparisonParameters(Schema):
    error_messages = _UNKNOWN

    q = Text(
        required=True,
        validate=validate.Length(1, LONGEST_QUERY, error="from {min} to {max} characters"),
    )


_COMPARISON = _ComparisonParameters()
PARAMETERS = tuple(_COMPARISON.fields)


def words_of(given: Mapping[str, Any]) -> str:
    """Return the words to compare by.

    Raises:
        InputInvalid: naming what is wrong with them.
    """
    return str(schemas.load(_COMPARISON, given)["q"])


def listing(found: tuple[KnownModel, ...]) -> dict[str, Any]:
    """Return the models."""
    return {"models": [_model(one) for one in found]}


def comparison(q: str, found: Comparison) -> dict[str, Any]:
    """Return what both find."""
    return {
        "q": q,
        "recipe": found.recipe,
        "now": [hit(one) for one in found.now],
        "before_recipe": found.before_recipe,
        "before": None if found.before is None else [hit(one) for one in found.before],
    }


def _model(one: KnownModel) -> dict[str, Any]:
    before, after = one.figures.get("base", {}), one.figures.get("adapted", {})
    return {
        "recipe": one.recipe,
        "name": one.name,
        "outcome": one.outcome,
        "serves": one.serves,
        "base": one.base,
        "reason": one.reason,
        "fitted": moment(one.fitted),
        "pictures": one.pictures,
        "held_out": one.held_out,
        "figures": [
            {"name": name, "what": what, "before": before[name], "after": after[name]}
            for name, what in FIGURES.items()
            if before.get(name) is not None and after.get(name) is not None
        ],
    }
