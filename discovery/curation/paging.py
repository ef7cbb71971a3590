"""What is wrong with the page that a query of a list asks for, and after which hit it begins. Pure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from discovery.errors import FieldProblem, InputInvalid


def begun_after(
    problems: list[FieldProblem], size: int, most: int, after: str | None, read: Callable[[str], list[Any]]
) -> list[Any] | None:
    """Return the sort values that a page goes on after, if it does; ``read`` reads them from a cursor.

    Raises:
        InputInvalid: naming the ``problems`` that were found before, and those of size and cursor.
    """
    found: list[Any] | None = None
    if not 1 <= size <= most:
        problems = [*problems, FieldProblem("size", f"expected a number from 1 to {most}")]
    if after is not None:
        try:
            found = read(after)
        except ValueError:
            problems = [*problems, FieldProblem("after", "is no cursor of this list")]
    if problems:
        detail = "; ".join(f"{problem.field}: {problem.message}" for problem in problems)
        raise InputInvalid(detail, tuple(problems))
    return found
