"""The fields that shapes of replies are made of: each is always there."""

from __future__ import annotations

from marshmallow import Schema, fields


def a_text(description: str, **extra: object) -> fields.String:
    """Return a field that holds a text."""
    return fields.String(required=True, metadata={"description": description, **extra})


def maybe_text(description: str, **extra: object) -> fields.String:
    """Return a field that holds a text or null."""
    return fields.String(required=True, allow_none=True, metadata={"description": description, **extra})


def maybe_moment(description: str) -> fields.String:
    """Return a field that holds a moment (RFC 3339) or null."""
    return maybe_text(description, format="date-time")


def a_whole(description: str) -> fields.Integer:
    """Return a field that holds a whole number."""
    return fields.Integer(required=True, metadata={"description": description})


def maybe_whole(description: str) -> fields.Integer:
    """Return a field that holds a whole number or null."""
    return fields.Integer(required=True, allow_none=True, metadata={"description": description})


def a_number(description: str) -> fields.Float:
    """Return a field that holds a number."""
    return fields.Float(required=True, metadata={"description": description})


def a_flag(description: str) -> fields.Boolean:
    """Return a field that holds true or false."""
    return fields.Boolean(required=True, metadata={"description": description})


def maybe_flag(description: str) -> fields.Boolean:
    """Return a field that holds true, false or null."""
    return fields.Boolean(required=True, allow_none=True, metadata={"description": description})


def some_texts(description: str) -> fields.List[str]:
    """Return a field that holds a list of texts."""
    return fields.List(fields.String(), required=True, metadata={"description": description})


def an_object(schema: type[Schema]) -> fields.Nested:
    """Return a field that holds an object of its own."""
    return fields.Nested(schema, required=True)


def some_objects(schema: type[Schema]) -> fields.List[object]:
    """Return a field that holds a list of objects."""
    return fields.List(fields.Nested(schema), required=True)
