"""Bodies that hold one decision by itself, or several in a list: read alike, and named alike if wrong."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from marshmallow import Schema

from discovery.errors import DiscoveryError, FieldProblem, InputInvalid
from discovery.web import schemas

LIST = "decisions"


def loaded(schema: Schema, body: Mapping[str, Any], shared: Collection[str]) -> tuple[dict[str, Any], bool]:
    """Load a body by the schema of its list; return it, and whether it is one decision by itself.

    ``shared`` are the fields beside the list, which one decision by itself has among its own.

    Raises:
        InputInvalid: naming every field that is wrong, as the body has it.
    """
    single = LIST not in body
    whole: dict[str, Any] = dict(body)
    if single:
        whole = {name: value for name, value in body.items() if name in shared}
        whole[LIST] = [{name: value for name, value in body.items() if name not in shared}]
    try:
        return schemas.load(schema, whole), single
    except InputInvalid as error:
        raise (unbulked(error) if single else error) from error


def unbulked(error: DiscoveryError) -> DiscoveryError:
    """Return an error about several decisions as one about a decision that stood by itself."""
    problems = tuple(
        FieldProblem(problem.field.removeprefix(f"{LIST}.0.").replace(f"{LIST}.0", "(body)"), problem.message)
        for problem in error.problems
    )
    if not isinstance(error, InputInvalid):
        return type(error)(error.detail, problems)
    return InputInvalid("; ".join(f"{one.field}: {one.message}" for one in problems[:5]), problems)
