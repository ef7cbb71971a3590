"""What people may change about a finding, and what is wrong with a change that they may not make. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from discovery.audit.memory import is_waived, with_event
from discovery.audit.model import STATES, Event, Finding
from discovery.errors import FieldProblem, InputInvalid

FIELDS = ("state", "owner", "due", "waived_until", "note")
LONGEST_OWNER = 200
LONGEST_NOTE = 4000


def changed(finding: Finding, change: Mapping[str, Any], now: datetime, who: str | None = None) -> Finding:
    """Return the finding after a person's change, with the change in its history.

    ``change`` holds some of :data:`FIELDS`; dates are ``date`` or ISO 8601 texts, ``None`` clears a field. A
    date until which it is waived waives it, unless another state is asked for.

    Raises:
        InputInvalid: naming every field that is wrong.
    """
    problems = [
        FieldProblem(str(name), f"unknown field; expected one of {', '.join(FIELDS)}")
        for name in change
        if name not in FIELDS
    ]
    if not change:
        problems.append(FieldProblem("(body)", f"expected one or more of {', '.join(FIELDS)}"))
    values: dict[str, Any] = {}
    for name, longest in (("owner", LONGEST_OWNER), ("note", LONGEST_NOTE)):
        if name in change:
            values[name] = _text(name, change[name], longest, problems)
    for name in ("due", "waived_until"):
        if name in change:
            values[name] = _future(name, change[name], now, problems)
    state = change.get("state")
    if "state" in change and state not in STATES:
        problems.append(FieldProblem("state", f"expected one of {', '.join(STATES)}, found {_shown(state)}"))
    elif "state" in change:
        values["state"] = state
    elif values.get("waived_until") is not None:
        values["state"] = "waived"
    if problems:
        raise _refusal(problems)
    return _applied(finding, values, now, who)


def _applied(finding: Finding, values: dict[str, Any], now: datetime, who: str | None) -> Finding:
    state = values.get("state", finding.state)
    until = values.get("waived_until", finding.waived_until)
    if state == "waived" and not is_waived(until, now):
        raise _refusal([FieldProblem("waived_until", "is required for a waiver: a day from today on")])
    if state != "waived":
        if values.get("waived_until") is not None:
            raise _refusal([FieldProblem("waived_until", f"goes with the state waived, not {state}")])
        values["waived_until"] = None
    if state == "resolved" and finding.state != "resolved":
        values["resolved"] = now
    elif state != "resolved":
        values["resolved"] = None
    after = replace(finding, **values)
    told = [
        _told(name, getattr(after, name)) for name in FIELDS if getattr(after, name) != getattr(finding, name)
    ]
    return with_event(after, Event(now, ", ".join(told), who)) if told else finding


def _refusal(problems: list[FieldProblem]) -> InputInvalid:
    detail = "; ".join(f"{problem.field}: {problem.message}" for problem in problems)
    return InputInvalid(f"the finding cannot be changed: {detail}", tuple(problems))


def _text(name: str, value: Any, longest: int, problems: list[FieldProblem]) -> str | None:
    if value is None:
        return None
    if not isinstance(value, str):
        problems.append(FieldProblem(name, "expected a text or null"))
        return None
    text = value.encode("utf-8", "replace").decode().replace("\0", "").strip()
    if len(text) > longest:
        problems.append(FieldProblem(name, f"expected at most {longest} characters, found {len(text)}"))
    if name == "owner" and any(ord(character) < 32 for character in text):
        problems.append(FieldProblem(name, "expected one line"))
    return text or None


def _future(name: str, value: Any, now: datetime, problems: list[FieldProblem]) -> date | None:
    if value is None:
        return None
    try:
        day = value.date() if isinstance(value, datetime) else value
        if not isinstance(day, date):
            day = date.fromisoformat(str(value)[:10]) if isinstance(value, str) else None
            if isinstance(value, str) and len(value) > 10:
                datetime.fromisoformat(value)
    except ValueError:
        day = None
    if day is None:
        problems.append(FieldProblem(name, f"expected a date such as 2030-01-31, found {_shown(value)}"))
    elif day < now.date():
        problems.append(FieldProblem(name, f"lies in the past: {day}"))
    return day


def _told(name: str, value: Any) -> str:
    return f"{name.replace('_', ' ')} {'cleared' if value is None else value}"


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:59] + "…"
