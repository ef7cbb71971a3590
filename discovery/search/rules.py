"""Query rules: what people have decided about single queries. Pure: read, checked, and matched to a query.

A rule is for whole queries, or for queries that contain its words; it may begin and end on a day. See
docs/searching.md for what each action does.
"""

from __future__ import annotations

import itertools
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal, get_args

from discovery.errors import FieldProblem, InputInvalid
from discovery.search.clauses import nearest
from discovery.search.filters import filter_clauses
from discovery.search.request import Condition, Filters
from discovery.search.wordforms import Form, form, found_at
from mappings.fields import FIELDS, Side, find_field

Action = Literal["pin", "bury", "boost", "replace", "redirect", "synonyms"]
ACTIONS: tuple[Action, ...] = get_args(Action)
MATCHES = ("whole", "contains")

MOST_RULES = 1000
MOST_ITEMS = 50
MOST_QUERIES = 50
MOST_OTHERS = 8
"""Other wordings of one query that are looked for besides; each is a search of its own in the engine."""

LONGEST = 200
LONGEST_ADDRESS = 2000
DEFAULT_WEIGHT = 0.3
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_SIDES: tuple[Side, ...] = get_args(Side)
_KEYS = {
    "pin": {"items"},
    "bury": {"items", "where"},
    "boost": {"items", "where", "weight"},
    "replace": {"to"},
    "redirect": {"to"},
    "synonyms": {"words"},
}
_COMMON = {"id", "action", "queries", "match", "in", "from", "until", "note"}


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. ``starts`` and ``ends`` are days in UTC, both included.

    Synonyms with ``queries`` go one way: these find ``words`` too; without, ``words`` all mean the same.
    """

    id: str
    action: Action
    queries: tuple[str, ...] = ()
    match: Literal["whole", "contains"] = "whole"
    side: Side | None = None
    items: tuple[str, ...] = ()
    where: tuple[Condition, ...] = ()
    to: str = ""
    words: tuple[str, ...] = ()
    weight: float = DEFAULT_WEIGHT
    starts: date | None = None
    ends: date | None = None
    note: str = ""

    def holds(self, side: Side, today: date) -> bool:
        """Return whether the rule is for that side on that day."""
        begun = self.starts is None or self.starts <= today
        return begun and (self.ends is None or today <= self.ends) and self.side in (None, side)

    def is_for(self, asked: Form) -> bool:
        """Return whether the rule is for a query."""
        forms = (form(query) for query in self.queries)
        if self.match == "whole":
            return asked in forms
        return any(found_at(one, asked) is not None for one in forms)


@dataclass(frozen=True, slots=True)
class Fired:
    """What the rules make of one query.

    ``pins`` are items with the rule that brings each, first first; ``others`` are other wordings.
    """

    pins: tuple[tuple[str, str], ...] = ()
    buries: tuple[Rule, ...] = ()
    boosts: tuple[Rule, ...] = ()
    replaced: tuple[str, str] | None = None
    redirect: tuple[str, str] | None = None
    applied: tuple[Rule, ...] = ()

    @property
    def move_hits(self) -> bool:
        """Whether any of them changes a hit's score."""
        return bool(self.pins or self.buries or self.boosts)


NO_RULES = Fired()


def fire(rules: Iterable[Rule], side: Side, q: str, today: date) -> Fired:
    """Return what ``rules`` make of the query ``q``, in their order; one replacement, one redirect."""
    asked = form(q)
    live = [rule for rule in rules if asked and rule.holds(side, today) and rule.is_for(asked)]
    pins: dict[str, str] = {}
    for rule in live:
        if rule.action == "pin":
            for item in rule.items:
                pins.setdefault(item, rule.id)
    redirect = next(((rule.to, rule.id) for rule in live if rule.action == "redirect"), None)
    replaced = next(((rule.to, rule.id) for rule in live if rule.action == "replace"), None)
    return Fired(
        tuple(pins.items())[:MOST_ITEMS],
        tuple(rule for rule in live if rule.action == "bury"),
        tuple(rule for rule in live if rule.action == "boost"),
        replaced,
        redirect,
        tuple(rule for rule in live if rule.action != "synonyms"),
    )


def other_words(rules: Iterable[Rule], side: Side, q: str, today: date) -> tuple[str, ...]:
    """Return ``q`` in other words: each synonym in the place of what it means, a few at once."""
    words = q.split()
    choices: list[tuple[str, ...]] = []
    synonyms = [rule for rule in rules if rule.action == "synonyms" and rule.holds(side, today)]
    place = 0
    while synonyms and place < len(words):
        length, others = _meant(synonyms, words[place:])
        choices.append((" ".join(words[place : place + length]), *others))
        place += length
    asked = itertools.islice(itertools.product(*choices), MOST_OTHERS + 1)
    return tuple(dict.fromkeys(" ".join(one) for one in asked))[1:]


def _meant(synonyms: Sequence[Rule], words: Sequence[str]) -> tuple[int, tuple[str, ...]]:
    """Return how many words from the first on have synonyms, the most there are, and those."""
    forms = [form(word) for word in words]
    best, found = 1, dict[str, None]()
    for rule in synonyms:
        named = rule.queries or rule.words
        for name in named:
            wanted = form(name)
            length = _beginning(wanted, forms)
            if not length or length < best:
                continue
            if length > best:
                best, found = length, {}
            found |= dict.fromkeys(other for other in rule.words if form(other) != wanted)
    return best, tuple(found)


def _beginning(wanted: Form, forms: Sequence[Form]) -> int:
    """Return after how many words ``wanted`` is all there, 0 where the words do not begin with it."""
    seen: Form = ()
    for count, one in enumerate(forms, 1):
        seen = (*seen, *one)
        if wanted[: len(seen)] != seen:
            return 0
        if seen == wanted:
            return count if seen else 0
    return 0


def read_rule(raw: Mapping[str, Any], id: str, at: str = "") -> tuple[Rule | None, list[FieldProblem]]:
    """Return a rule from its table, or all that is wrong with it; ``at`` begins the names of fields."""
    reader = _Reader(raw, at)
    rule = reader.rule(id)
    return (None, reader.problems) if reader.problems else (rule, [])


def written(rule: Rule) -> dict[str, Any]:
    """Return the table that :func:`read_rule` reads as this rule, without its id."""
    table: dict[str, Any] = {"action": rule.action}
    if rule.queries:
        table |= {"queries": list(rule.queries), "match": rule.match}
    if rule.side is not None:
        table["in"] = rule.side
    for name in ("items", "words"):
        if getattr(rule, name):
            table[name] = list(getattr(rule, name))
    if rule.where:
        table["where"] = {one.field: list(one.any) for one in rule.where}
    if rule.to:
        table["to"] = rule.to
    if rule.action == "boost":
        table["weight"] = rule.weight
    for name, day in (("from", rule.starts), ("until", rule.ends)):
        if day is not None:
            table[name] = day.isoformat()
    return table | ({"note": rule.note} if rule.note else {})


def loop(rules: Iterable[Rule], action: Literal["replace", "synonyms"]) -> tuple[str, ...]:
    """Return the words of a loop, its first word again at its end: a, b, a. Empty where there is none.

    Synonyms that go one way make one, and replacements. Words that all mean the same do not.
    """
    follows: dict[Form, dict[Form, str]] = {}
    for rule in rules:
        if rule.action == action and rule.queries:
            for query in rule.queries:
                goals = rule.words if action == "synonyms" else (rule.to,)
                follows.setdefault(form(query), {}).update({form(goal): goal for goal in goals})
    done: set[Form] = set()
    for start in follows:
        found = _walk(follows, start, (), done)
        if found:
            return tuple(" ".join(one) for one in found)
    return ()


def loop_problem(rules: Sequence[Rule], at: str) -> FieldProblem | None:
    """Return what is wrong where synonyms or replacements lead back to where they began."""
    actions: tuple[Literal["replace", "synonyms"], ...] = ("synonyms", "replace")
    for action in actions:
        found = loop(rules, action)
        if found:
            return FieldProblem(at, f"{action} go round in a loop: {' → '.join(found)}")
    return None


def _walk(
    follows: Mapping[Form, Mapping[Form, str]], at: Form, path: tuple[Form, ...], done: set[Form]
) -> tuple[Form, ...]:
    if at in path:
        return (*path[path.index(at) :], at)
    if at in done:
        return ()
    for goal in follows.get(at, {}):
        found = _walk(follows, goal, (*path, at), done)
        if found:
            return found
    done.add(at)
    return ()


@dataclass(slots=True)
class _Reader:
    raw: Mapping[str, Any]
    at: str
    problems: list[FieldProblem] = field(default_factory=list)

    def rule(self, id: str) -> Rule | None:
        if not _ID.fullmatch(id):
            self._wrong("id", f"expected letters, digits, dots, dashes or underscores, found {id[:100]!r}")
        action = self.raw.get("action")
        if action not in ACTIONS:
            known = nearest(str(action)[:50], ACTIONS) if action is not None else "is required"
            self._wrong("action", f"unknown action {action!r}"[:100] + known if action is not None else known)
            return None
        self._unknown_keys(action)
        starts, ends = self._day("from"), self._day("until")
        if starts and ends and ends < starts:
            self._wrong("until", f"{ends} is before from, {starts}")
        one_way = action == "synonyms" and "queries" not in self.raw
        queries = () if one_way else self._texts("queries", MOST_QUERIES)
        side = self._side()
        rule = Rule(
            id,
            action,
            queries,
            self._match(),
            side,
            self._texts("items", MOST_ITEMS) if "items" in self.raw or action == "pin" else (),
            self._where(side),
            self._to(action),
            self._texts("words", MOST_QUERIES) if action == "synonyms" else (),
            self._weight(),
            starts,
            ends,
            self._note(),
        )
        self._whole(rule, one_way=one_way)
        return rule

    def _whole(self, rule: Rule, *, one_way: bool) -> None:
        if rule.action in ("bury", "boost") and not rule.items and not rule.where and not self.problems:
            self._wrong("items", f"a {rule.action} needs items, or where")
        if one_way and len({form(word) for word in rule.words}) < 2 and not self.problems:
            self._wrong("words", "expected at least two words that mean the same, or queries")
        if rule.action == "replace" and form(rule.to) in {form(query) for query in rule.queries}:
            self._wrong("to", f"{rule.to!r} is replaced by itself")

    def _unknown_keys(self, action: Action) -> None:
        known = _COMMON | _KEYS[action]
        for key in sorted(set(self.raw) - known):
            self._wrong(
                str(key)[:100], f"unknown key of a rule with action {action!r}{nearest(str(key), known)}"
            )

    def _texts(self, name: str, most: int) -> tuple[str, ...]:
        given = self.raw.get(name)
        sound = isinstance(given, list | tuple) and 1 <= len(given) <= most
        if not sound or not all(_is_text(one, LONGEST) for one in given or ()):
            self._wrong(name, f"expected 1 to {most} texts")
            return ()
        return tuple(dict.fromkeys(" ".join(str(one).split()) for one in given or ()))

    def _match(self) -> Literal["whole", "contains"]:
        given = self.raw.get("match", "whole")
        if given not in MATCHES:
            self._wrong("match", f"expected whole or contains, found {given!r}"[:200])
        return "contains" if given == "contains" else "whole"

    def _side(self) -> Side | None:
        given = self.raw.get("in")
        if given is not None and given not in _SIDES:
            self._wrong("in", f"expected assets or products, found {given!r}"[:200])
            return None
        return given

    def _where(self, side: Side | None) -> tuple[Condition, ...]:
        given = self.raw.get("where")
        if given is None:
            return ()
        if not isinstance(given, Mapping) or not given:
            self._wrong("where", "expected a table of fields with their values")
            return ()
        if side is None:
            self._wrong("in", "is required with where: assets or products, whose fields are named")
            return ()
        conditions = []
        for name, values in given.items():
            listed = values if isinstance(values, list | tuple) else [values]
            if find_field(side, str(name)) is None:
                self._wrong(f"where.{name}", f"unknown field of {side}{nearest(str(name), FIELDS[side])}")
            else:
                conditions.append(Condition(str(name), any=tuple(listed)))
        return self._checked(side, tuple(conditions))

    def _checked(self, side: Side, conditions: tuple[Condition, ...]) -> tuple[Condition, ...]:
        try:
            filter_clauses(side, Filters(conditions))
        except InputInvalid as error:
            for problem in error.problems:
                self._wrong(problem.field.replace("filters.", "where.", 1), problem.message)
            return ()
        return conditions

    def _to(self, action: Action) -> str:
        if action not in ("replace", "redirect"):
            return ""
        given = self.raw.get("to")
        if not _is_text(given, LONGEST if action == "replace" else LONGEST_ADDRESS):
            self._wrong("to", "expected a text")
            return ""
        address = str(given).strip()
        if action == "redirect" and not re.match(r"https?://[^\s/]|/(?![/\\])", address):
            self._wrong("to", "expected an address: http://…, https://… or a path that begins with one slash")
        return address

    def _weight(self) -> float:
        given = self.raw.get("weight", DEFAULT_WEIGHT)
        if isinstance(given, bool) or not isinstance(given, int | float) or not 0 < given <= 1:
            self._wrong("weight", "expected a number above 0, at most 1")
            return DEFAULT_WEIGHT
        return float(given)

    def _day(self, name: str) -> date | None:
        given = self.raw.get(name)
        if given is None:
            return None
        if isinstance(given, date) and type(given) is date:
            return given
        try:
            if isinstance(given, str) and len(given) == len("2026-03-31"):
                return date.fromisoformat(given)
        except ValueError:
            pass
        self._wrong(name, f'expected a day such as "2026-03-31", found {given!r}'[:200])
        return None

    def _note(self) -> str:
        given = self.raw.get("note", "")
        if not isinstance(given, str) or len(given) > LONGEST_ADDRESS:
            self._wrong("note", f"expected a text of at most {LONGEST_ADDRESS} characters")
            return ""
        return given

    def _wrong(self, name: str, message: str) -> None:
        self.problems.append(FieldProblem(f"{self.at}{name}", message))


def _is_text(given: Any, longest: int) -> bool:
    if not isinstance(given, str) or not 0 < len(given) <= longest:
        return False
    return any(c.isalnum() for c in given) and not any("\ud800" <= c <= "\udfff" or c < " " for c in given)


def rules_of_file(text: str, name: str) -> tuple[tuple[Rule, ...], list[FieldProblem]]:
    """Return the rules of a file, or all that is wrong with it, each by file, row and field."""
    return _File(name).read(text)


@dataclass(slots=True)
class _File:
    name: str
    problems: list[FieldProblem] = field(default_factory=list)

    def read(self, text: str) -> tuple[tuple[Rule, ...], list[FieldProblem]]:
        try:
            tables = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            return (), [FieldProblem(self.name, f"is no TOML: {error}")]
        for key in sorted(set(tables) - {"rules", "synonyms"}):
            self.problems.append(
                FieldProblem(f"{self.name}: {key}", "unknown table; expected [[rules]] or [[synonyms]]")
            )
        rules = [*self._rows(tables, "synonyms"), *self._rows(tables, "rules")]
        if len(rules) > MOST_RULES:
            self.problems.append(FieldProblem(self.name, f"at most {MOST_RULES} rules"))
        problem = loop_problem(rules, self.name)
        found = [*self.problems, *([problem] if problem else [])]
        return (tuple(rules), []) if not found else ((), found)

    def _rows(self, tables: Mapping[str, Any], kind: str) -> Iterator[Rule]:
        rows = tables.get(kind, [])
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            self.problems.append(FieldProblem(f"{self.name}: {kind}", f"expected [[{kind}]] tables"))
            return
        seen: set[str] = set()
        for number, row in enumerate(rows, 1):
            name = str(row.get("id", f"{kind}-{number}"))
            at = f"{self.name}: {kind}[{number}]."
            if name in seen:
                self.problems.append(FieldProblem(f"{at}id", f"{name!r} is used twice"))
            seen.add(name)
            given = {"action": "synonyms", **row} if kind == "synonyms" else row
            rule, problems = read_rule(given, name, at)
            self.problems += problems
            if rule is not None:
                yield rule
