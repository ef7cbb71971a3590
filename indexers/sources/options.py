"""Options of a source: unknown ones are refused by name, all at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from discovery.errors import FieldProblem, InputInvalid


def check_options(given: Iterable[str], known: Mapping[str, str], owner: str) -> None:
    """Refuse names that are not among ``known``, whose values are one line of help each.

    Raises:
        InputInvalid: naming every unknown option, and listing the known ones.
    """
    unknown = sorted(set(given) - set(known))
    if not unknown:
        return
    listed = ", ".join(sorted(known)) or "none"
    raise InputInvalid(
        f"unknown option {', '.join(unknown)}; {owner} know {listed}",
        tuple(FieldProblem(f"options.{name}", f"is unknown; expected one of {listed}") for name in unknown),
    )


def bad_option(name: str, message: str) -> InputInvalid:
    """Return the error for one option whose value cannot be used."""
    return InputInvalid(f"option {name}: {message}", (FieldProblem(f"options.{name}", message),))
