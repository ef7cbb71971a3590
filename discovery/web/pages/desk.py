"""What the pages of jobs and of search gaps show."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from discovery.search_log.reports.formats import FORMATS
from discovery.web import gaps, serialise
from discovery.web.grammar import Pairs
from discovery.web.language import counted, message, time, translated
from discovery.web.pages import view
from discovery.web.services import Jobs, SearchLog

AT_ONCE = 50

OUTCOMES = {
    "succeeded": message("Done"),
    "problems": message("Done, with things to look at"),
    "failed": message("Failed"),
    "timed-out": message("Took too long and was ended"),
    "crashed": message("Ended by an error"),
    "stopped": message("Stopped; it is made up for"),
    "lost": message("Lost; it is made up for"),
}
_FINE = frozenset({"succeeded"})
TABS = {"products": message("To photograph next"), "queries": message("Asked in vain")}


def jobs(board: Jobs) -> list[dict[str, Any]]:
    """Return the job table in words."""
    return [_job(one) for one in serialise.jobs(board.jobs())["jobs"]]


def _job(one: Mapping[str, Any]) -> dict[str, Any]:
    last = one["runs"][0] if one["runs"] else None
    return {
        **one,
        "next": time(one["next_due"]) if one["next_due"] else translated("when asked for"),
        "under_way": one["running"] is not None,
        "waits": one["asked"] is not None,
        "last": time(last["started"]) if last else translated("never yet"),
        "outcome": translated(OUTCOMES.get(last["outcome"], last["outcome"])) if last else "",
        "fine": last is None or last["outcome"] in _FINE,
        "reason": last["reason"] if last else None,
        "took": _took(last) if last else "",
    }


def _took(run: Mapping[str, Any]) -> str:
    seconds = (
        datetime.fromisoformat(run["finished"]) - datetime.fromisoformat(run["started"])
    ).total_seconds()
    if seconds < 90:
        return counted("%(num)s second", "%(num)s seconds", max(1, round(seconds)))
    return counted("%(num)s minute", "%(num)s minutes", round(seconds / 60))


def wanted(log: SearchLog, pairs: Pairs) -> dict[str, Any]:
    """Return what is asked for and not found: products to photograph, or queries.

    Raises:
        InputInvalid: the cursor in the address is none.
    """
    asked = view.value_of(pairs, "of")
    tab = asked if asked in TABS else "products"
    after = view.value_of(pairs, "after")
    given: dict[str, Any] = {"size": AT_ONCE, **({"after": after} if after else {})}
    found = (gaps.wanted if tab == "products" else gaps.gaps)(log.gaps(), given)
    more = urlencode({"of": tab, "after": found["next"]}) if found["next"] else None
    return {
        "enabled": log.enabled,
        "tab": tab,
        "tabs": [
            {"label": translated(label), "href": f"/gaps?of={name}", "current": name == tab}
            for name, label in TABS.items()
        ],
        "found": found,
        "since": time(found["since"]) if found["since"] else "",
        "more": f"/gaps?{more}" if more else None,
        "formats": [{"label": name.upper(), "href": f"/api/v1/search/gaps.{name}"} for name in FORMATS],
    }
