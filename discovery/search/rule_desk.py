"""Query rules as they are listed, kept and taken away: the file's are only shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, Protocol

from discovery.errors import FieldProblem, InputInvalid, NotFound
from discovery.search.rule_book import RuleBook
from discovery.search.rules import MOST_RULES, Rule, loop_problem, read_rule, written


class Kept(Protocol):
    """A rule as it is kept: its table, and who wrote it when."""

    @property
    def id(self) -> str:
        """Its id."""

    @property
    def table(self) -> Mapping[str, Any]:
        """What :func:`read_rule` reads."""

    @property
    def by(self) -> str:
        """Who wrote it."""

    @property
    def at(self) -> datetime:
        """When."""


class Keeping(Protocol):
    """Where rules are kept."""

    def all(self) -> Sequence[Kept]:
        """Return every kept rule, by id."""

    def put(self, id: str, table: Mapping[str, Any], by: str) -> Kept:
        """Keep a rule, in the place of one of that id."""

    def delete(self, id: str) -> Kept:
        """Take a rule away and return it, or raise ``NotFound``."""


@dataclass(frozen=True, slots=True)
class ListedRule:
    """A rule as people are shown it. What comes from the file has nobody's name and no time."""

    rule: Rule
    origin: Literal["file", "record"]
    by: str | None = None
    at: datetime | None = None


class RuleDesk:
    """Query rules for people."""

    def __init__(self, book: RuleBook, keeping: Keeping) -> None:
        self._book = book
        self._keeping = keeping

    def rules(self) -> tuple[ListedRule, ...]:
        """Return every rule, those of the file first."""
        own = (ListedRule(rule, "file") for rule in self._book.of_file())
        kept = (_listed(one) for one in self._keeping.all())
        return (*own, *(one for one in kept if one is not None))

    def rule(self, id: str) -> ListedRule:
        """Return one rule.

        Raises:
            NotFound: there is none of that id.
        """
        for one in self.rules():
            if one.rule.id == id:
                return one
        raise NotFound(f"there is no query rule {id[:100]!r}", (FieldProblem("id", "no such query rule"),))

    def put(self, id: str, table: Mapping[str, Any], by: str) -> ListedRule:
        """Keep a rule, in the place of one of that id; the next query goes by it.

        Raises:
            InputInvalid: naming each field that is wrong; naming ``id``, where the rules file has it.
        """
        rule, problems = read_rule(table, id)
        others = [one.rule for one in self.rules() if one.rule.id != id]
        if rule is not None:
            problem = loop_problem([*others, rule], "to" if rule.action == "replace" else "words")
            problems += [] if problem is None else [problem]
        if any(one.id == id for one in self._book.of_file()):
            problems.append(FieldProblem("id", "is a rule of the rules file; change it there"))
        if len(others) >= MOST_RULES:
            problems.append(FieldProblem("id", f"at most {MOST_RULES} rules"))
        if rule is None or problems:
            told = "; ".join(f"{problem.field}: {problem.message}" for problem in problems[:5])
            raise InputInvalid(told, tuple(problems))
        kept = self._keeping.put(id, written(rule), by)
        self._book.forget()
        return ListedRule(rule, "record", kept.by, kept.at)

    def delete(self, id: str) -> ListedRule:
        """Take a rule away and return it.

        Raises:
            NotFound: there is none of that id.
            InputInvalid: naming ``id``, where the rules file has it.
        """
        if any(one.id == id for one in self._book.of_file()):
            message = "is a rule of the rules file; take it out there"
            raise InputInvalid(f"id: {message}", (FieldProblem("id", message),))
        kept = self._keeping.delete(id)
        self._book.forget()
        listed = _listed(kept)
        assert listed is not None
        return listed


def _listed(kept: Kept) -> ListedRule | None:
    rule, _ = read_rule(kept.table, kept.id)
    return None if rule is None else ListedRule(rule, "record", kept.by, kept.at)
