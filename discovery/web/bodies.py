"""Request bodies: read under limits and believed only when they are what they say."""

from __future__ import annotations

import io
import json
import math
from dataclasses import dataclass
from typing import Any, NoReturn

from flask import Request, request

from discovery.errors import FieldProblem, InputInvalid, MalformedRequest, MediaTypeUnsupported
from discovery.web.grammar import Pairs

JSON = "application/json"
MULTIPART = "multipart/form-data"
PICTURES = ("image", "unlike")


class InMemory(Request):
    """A request whose uploads stay in memory: they are under the body's limit, and are read whole."""

    def _get_file_stream(self, *_args: Any, **_kwargs: Any) -> io.BytesIO:
        return io.BytesIO()


def json_object() -> dict[str, Any]:
    """Return the JSON object in the body of the current request.

    Raises:
        MediaTypeUnsupported: for another content type.
        MalformedRequest: for a body that is no JSON.
        InputInvalid: for JSON that is no object.
    """
    if request.mimetype != JSON:
        raise MediaTypeUnsupported(f"expected content type {JSON}, found {request.mimetype or 'none'}")
    value = decode_json(request.get_data(cache=False), "the body")
    if not isinstance(value, dict):
        raise InputInvalid("the body must be a JSON object", (FieldProblem("(body)", "expected an object"),))
    return value


def decode_json(data: bytes | str, what: str) -> Any:
    """Decode JSON strictly: UTF-8, finite numbers, no nesting deeper than the decoder's own limit."""
    try:
        text = data.decode("utf-8") if isinstance(data, bytes) else data
        return json.loads(text, parse_constant=_refuse, parse_float=_finite)
    except UnicodeDecodeError as error:
        raise MalformedRequest(f"{what} is not UTF-8") from error
    except RecursionError as error:
        raise MalformedRequest(f"{what} is nested too deeply") from error
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise MalformedRequest(f"{what} is not JSON: {error.msg.lower()} at {where}") from error
    except ValueError as error:
        raise MalformedRequest(f"{what} holds a number that is not finite or too long") from error


@dataclass(frozen=True, slots=True)
class Form:
    """A multipart form: pictures that are meant, pictures that are not, and its other fields."""

    like: tuple[bytes, ...]
    unlike: tuple[bytes, ...]
    pairs: Pairs


def form() -> Form:
    """Return the pictures of a multipart form and its other fields.

    Raises:
        InputInvalid: where there is no picture, an empty one, or another file.
    """
    others = sorted(set(request.files) - set(PICTURES))
    if others:
        raise InputInvalid(
            f"unknown file {others[0]!r}; expected files named image or unlike",
            tuple(FieldProblem(name, "unknown file; expected image or unlike") for name in others),
        )
    found: dict[str, tuple[bytes, ...]] = {}
    for name in PICTURES:
        if name in request.form:
            _refuse_file(name, "expected a file, found a text; send it with a file name")
        found[name] = tuple(file.read() for file in request.files.getlist(name))
        if not all(found[name]):
            _refuse_file(name, "the picture is empty")
    if not found["image"]:
        _refuse_file("image", "expected a picture, found none")
    return Form(found["image"], found["unlike"], list(request.form.items(multi=True)))


def _refuse_file(name: str, message: str) -> NoReturn:
    raise InputInvalid(f"{name}: {message}", (FieldProblem(name, message),))


def _refuse(constant: str) -> NoReturn:
    raise ValueError(constant)


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(text)
    return value
