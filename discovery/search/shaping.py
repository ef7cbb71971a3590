"""Query rules as clauses: what they bring into a result, lift and sink, inside the one request.

A pin brings its item in only through a clause of the query itself, so filters and rights hold for it, and
totals, facets and pages count it. Whole identifiers stay above every rule.
"""

from __future__ import annotations

from collections.abc import Iterable

from discovery.search.clauses import Clause, all_of, any_of, none_of
from discovery.search.filters import filter_clauses
from discovery.search.request import Filters
from discovery.search.rules import Fired, Rule
from mappings.fields import IDENTIFIERS, Side

SIGNAL = "rule"
HIGHEST_PIN, LOWEST_PIN = 3.0, 2.0
"""Above what words, pictures and a boost reach together, below a whole identifier."""

BURIED = 0.001
"""What remains of the score of a hit that is buried: it keeps its place among such, below all others."""


def boosted_and_buried(side: Side, signals: list[Clause], fired: Fired) -> list[Clause]:
    """Return ``signals`` with the rules that lift and sink what they find; nothing new is found by it."""
    if not signals or not (fired.boosts or fired.buries):
        return signals
    clause = any_of(signals)
    if fired.boosts:
        lifted = [
            {
                "constant_score": {
                    "filter": _meant(side, rule),
                    "boost": rule.weight,
                    "_name": name_of(rule.id, "boost"),
                }
            }
            for rule in fired.boosts
        ]
        clause = {"bool": {"must": [clause], "should": [{"dis_max": {"queries": lifted}}]}}
    if fired.buries:
        sunk = [
            {"constant_score": {"filter": _meant(side, rule), "_name": name_of(rule.id, "bury")}}
            for rule in fired.buries
        ]
        clause = {"boosting": {"positive": clause, "negative": any_of(sunk), "negative_boost": BURIED}}
    return [clause]


def pinned(side: Side, signals: list[Clause], fired: Fired) -> list[Clause]:
    """Return ``signals`` with the items that rules bring in, each in its place above the others.

    A pinned item's own score is left out, else it would decide among the pins.
    """
    if not fired.pins:
        return signals
    step = (HIGHEST_PIN - LOWEST_PIN) / len(fired.pins)
    pins = [
        {
            "constant_score": {
                "filter": _item(side, item),
                "boost": round(HIGHEST_PIN - step * place, 4),
                "_name": name_of(rule, "pin", place),
            }
        }
        for place, (item, rule) in enumerate(fired.pins)
    ]
    items = [_item(side, item) for item, _ in fired.pins]
    others: list[Clause] = []
    for signal in signals:
        if signal.get("dis_max", {}).get("_name") == "identifier":
            others.append(signal)
        else:
            others.append({"bool": {"must": [signal], **none_of(items)["bool"]}})
    return [*others, {"dis_max": {"queries": pins}}]


def name_of(rule: str, action: str, place: int = 0) -> str:
    """Return the name by which the engine tells that a rule was applied to a hit.

    Each clause needs a name of its own: of two with one name the engine tells only the last.
    """
    return f"{SIGNAL} {action} {place} {rule}"


def rule_named(names: Iterable[str]) -> tuple[str, str] | None:
    """Return id and action of the rule among the names of what a hit matched; a pin counts before others."""
    parts = (name.split(" ", 3) for name in names if is_rule(name))
    found = {action: rule for _, action, _, rule in parts}
    return next(((found[one], one) for one in ("pin", "bury", "boost") if one in found), None)


def is_rule(name: str) -> bool:
    """Return whether a name is that of a rule's clause."""
    return name.startswith(f"{SIGNAL} ")


def _meant(side: Side, rule: Rule) -> Clause:
    clauses = [_item(side, item) for item in rule.items]
    if rule.where:
        clauses.append(all_of(filter_clauses(side, Filters(rule.where))))
    return any_of(clauses)


def _item(side: Side, item: str) -> Clause:
    """Return the clause of an item by its id, or by an identifier of its own."""
    return any_of([{"term": {"id": {"value": item}}}, {"term": {IDENTIFIERS[side][0]: {"value": item}}}])
